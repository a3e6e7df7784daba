"""Queries that are compiled once and run many times.

Django compiles a queryset into SQL anew whenever it is run. For the queries of an article's
page that takes several times what the database needs to answer. A prepared query is
compiled once for each connection, with marks in place of its values, and from then on it
is only run.
"""

from datetime import UTC, datetime
from functools import partial

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections

from newsroom.databases import alias_for_reading

FIRST_NUMBER = 2_000_000_001  # marks of numbers: no row has a key like these
FIRST_YEAR = 1001


class prepared:
    """Make a function that returns a queryset of its values return the list of its rows.

    The function is called once for each shape: which values are None, and how long lists
    are. Values are primary keys, times, None, and lists of primary keys; it must put them
    into the query as they are, and compute nothing from them.
    """

    def __init__(self, build):
        self.build = build

    def __call__(self, *values):
        shape = tuple(len(v) if isinstance(v, list) else type(v).__name__ for v in values)
        # Of this thread's connection itself: `connection` is a stand-in for all of them.
        alias = alias_for_reading()
        kept = connections[alias].__dict__.setdefault("prepared_queries", {})
        if (self, shape) not in kept:
            kept[self, shape] = compiled(self.build, values, alias)
        return kept[self, shape](flat(values))


def compiled(build, values, alias):
    """Return what runs the query that `build` makes of values like these."""
    marks, marked = [], []
    for value in values:
        if isinstance(value, list):
            marked.append([mark_for(item, marks) for item in value])
        else:
            marked.append(value if value is None else mark_for(value, marks))
    queryset = build(*marked).using(alias)
    compiler = queryset.query.get_compiler(using=alias)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return lambda values: []
    adapted = {adapt(mark): place for place, mark in enumerate(marks)}
    places = [adapted.get(param) if not isinstance(param, bool) else None for param in params]
    queryset.query.get_compiler = lambda *args, **kwargs: compiler
    converters = compiler.get_converters([column[0] for column in compiler.select])
    compiler.get_converters = lambda expressions: converters
    return partial(run, queryset, compiler, sql, params, places)


def run(queryset, compiler, sql, params, places, values):
    """Return the rows of a compiled query with `values` where its marks stood."""
    values = [adapt(value) for value in values]
    filled = tuple(
        param if place is None else values[place]
        for param, place in zip(params, places, strict=True)
    )
    compiler.as_sql = lambda *args, **kwargs: (sql, filled)
    return list(queryset._iterable_class(queryset))


def mark_for(value, marks):
    """Return a value of the same kind that stands for `value`, and note it among `marks`."""
    number = len(marks)
    if isinstance(value, datetime):
        marks.append(datetime(FIRST_YEAR + number, 1, 1, tzinfo=UTC))
    else:
        marks.append(FIRST_NUMBER + number)
    return marks[-1]


def adapt(value):
    """Return a value as the database's driver takes it."""
    is_time = isinstance(value, datetime)
    return connection.ops.adapt_datetimefield_value(value) if is_time else value


def flat(values):
    """Return the values one after the other, those of lists too, None left out."""
    return [
        item
        for value in values
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]
