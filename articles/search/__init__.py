"""Finding articles by their words: what is kept of them, how a question is read and ranked.

`terms` makes terms of text, `index` keeps which article has which, `question` reads what
somebody asks, `ranking` puts the articles found in order, `vocabulary` knows our own words.
"""
