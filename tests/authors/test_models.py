"""How accounts are called."""

from authors.models import User


def test_a_korean_name_begins_with_the_family_name():
    assert str(User(username="han", last_name="한", first_name="도경")) == "한도경"


def test_another_name_stands_as_it_is_said():
    assert str(User(username="ann", last_name="Lee", first_name="Ann")) == "Ann Lee"


def test_an_account_without_a_name_is_called_as_it_signs_in():
    assert str(User(username="han")) == "han"
