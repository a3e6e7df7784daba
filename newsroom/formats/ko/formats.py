"""Times of Django's own pages as Koreans say them: 오후 before the hour."""

DATETIME_FORMAT = "Y년 n월 j일 A g:i"
