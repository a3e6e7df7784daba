"""The editors' desk in the Django admin."""

from articles.admin import articles, corrections, front, photos, places

__all__ = ["articles", "corrections", "front", "photos", "places"]
