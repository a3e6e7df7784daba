"""Small functions that build what a test is about, with believable defaults."""

from datetime import timedelta
from io import BytesIO
from itertools import count

from django.contrib.auth.models import Group
from django.utils import timezone
from PIL import Image

from articles.models import Article, Byline, Photo, Section
from articles.search import index
from authors.models import Author, User
from comments import moderation
from comments.models import Comment, Contact

NUMBER = count(1)
BODY = "<p>장터에 불이 켜졌다.</p><h2>석 달 만의 저녁</h2><p>주민 삼백 명이 모였다.</p>"


def make_section(name="사회", slug=None, **fields):
    return Section.objects.create(name=name, slug=slug or name, **fields)


def make_author(name="한도경", **fields):
    fields.setdefault("role", "기자")
    return Author.objects.create(name=name, **fields)


def make_article(headline=None, tags=(), authors=(), hours_ago=1, **fields):
    """Make an article, published an hour ago unless told otherwise."""
    number = next(NUMBER)
    fields.setdefault("state", "published")
    fields.setdefault("published_at", timezone.now() - timedelta(hours=hours_ago, seconds=number))
    fields.setdefault("body", BODY)
    article = Article(headline=headline or f"장터에 다시 켜진 불 {number}", **fields)
    article.save()
    article.tags.set(tags)
    index.update(article)
    for position, author in enumerate(authors):
        Byline.objects.create(article=article, author=author, position=position)
    return article


def make_comment(article, text="좋은 기사 고맙습니다.", state="approved", email=None, **fields):
    fields.setdefault("author_name", "두물댁")
    comment = Comment.objects.create(article=article, text=text, **fields)
    if email:
        Contact.objects.create(comment=comment, email=email)
    if state != "pending":
        moderation.change_state(comment, state)
    article.refresh_from_db()
    return comment


def image_file(width=640, height=480, format="JPEG", colour=(40, 120, 110), **options):
    """Return an opened picture of one colour with a lighter right half."""
    image = Image.new("RGB", (width, height), colour)
    image.paste((240, 230, 200), (width // 2, 0, width, height))
    file = BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    file.name = f"사진.{format.lower()}"
    return file


def make_photo(file=None, **fields):
    fields.setdefault("alt", "불 켜진 장터")
    photo = Photo(**fields)
    photo.take(file or image_file())
    photo.save()
    return photo


def make_account(name, *groups, **fields):
    """Make an account of the newsroom, in the groups of those names."""
    account = User.objects.create_user(name, **{"is_staff": True, **fields})
    account.groups.set(Group.objects.get(name=group) for group in groups)
    return account
