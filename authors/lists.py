"""The lists of the desk: what keeps them quick when they are long."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import InvalidPage, Paginator
from django.db import connection
from django.db.models import CASCADE, PROTECT, RESTRICT
from django.db.models.deletion import get_candidate_relations_to_delete
from django.utils.functional import cached_property

COUNTED = 2000  # rows from the page that is shown; of more is only said that there are
MANY = 1000  # rows up to which the page before a deletion counts


class CountedPages(Paginator):
    """Pages of a list that is counted only as far as somebody may leaf on from one of them.

    The keys of those pages are found at once, which counts them; then the rows of one page.
    """

    first = 1  # the page from which is counted

    @property
    def start(self):
        return (self.first - 1) * self.per_page

    @property
    def most(self):
        """The number of rows up to which is counted."""
        return self.start + COUNTED

    @cached_property
    def keys(self):
        rows = self.object_list.prefetch_related(None)
        return list(rows.values_list("pk", flat=True)[self.start : self.most])

    @cached_property
    def count(self):
        return self.start + len(self.keys)

    @property
    def is_longer(self):
        """Whether there may be more rows than were counted."""
        return self.count >= self.most

    def keys_of(self, number):
        begin = (self.validate_number(number) - 1) * self.per_page - self.start
        return self.keys[begin : begin + self.per_page]

    def page(self, number):
        rows = self.object_list.filter(pk__in=self.keys_of(number))
        return self._get_page(rows, number, self)


class DeskList(ChangeList):
    """A list whose rows are taken by their keys alone: they were found once, with the keys."""

    def get_results(self, request):
        super().get_results(request)
        rows = self.queryset
        if not (self.show_all and self.can_show_all):
            try:
                keys = self.paginator.keys_of(self.page_num)
            except InvalidPage:
                raise IncorrectLookupParameters from None
            rows = self.root_queryset.filter(pk__in=keys)
            rows = rows.order_by(*self.queryset.query.order_by)
            if not rows.query.select_related:
                rows = self.apply_select_related(rows)
        self.result_list = self.model_admin.for_list(rows)
        if not (self.query or self.has_active_filters):  # then this is the full list
            self.full_result_count = self.result_count


class ShortDeletion:
    """The page before a deletion: it says how much goes along or stands against it, not each."""

    def get_deleted_objects(self, objs, request):
        if not objs:
            return [], {}, set(), []
        desks, refused = self.admin_site._registry, set()
        counts, protected = {self.opts.verbose_name_plural: len(objs)}, []
        if not all(self.has_delete_permission(request, row) for row in objs):
            refused.add(self.opts.verbose_name)
        for model, is_kept, number in hanging_on(objs):
            name = model._meta.verbose_name_plural
            if is_kept:
                protected.append(f"{name}: {number}")
            else:
                counts[name] = number
                if model in desks and not desks[model].has_delete_permission(request):
                    refused.add(model._meta.verbose_name)
        return [str(row) for row in objs], counts, refused, protected


def hanging_on(objs):
    """Yield (model, whether they keep it, how many) of the rows that hang on some of a model."""
    relations = [
        relation
        for relation in get_candidate_relations_to_delete(objs[0]._meta)
        if relation.on_delete in (CASCADE, PROTECT, RESTRICT)
        and not relation.related_model._meta.auto_created
    ]
    rows = [
        relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": objs})
        for relation in relations
    ]
    for relation, number in zip(relations, counts_of(rows), strict=True):
        if number:
            number = f"{MANY}+" if number > MANY else number
            yield relation.related_model, relation.on_delete != CASCADE, number


def counts_of(rows):
    """Return how many each of some querysets has, up to MANY and one, in one query."""
    if not rows:
        return []
    parts, values = [], []
    for each in rows:
        query = each.order_by().values("pk")[: MANY + 1].query
        sql, params = query.get_compiler(connection=connection).as_sql()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")
        values += params
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return cursor.fetchone()
