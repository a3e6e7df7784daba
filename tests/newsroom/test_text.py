"""Korean text: normal form, particles, slugs, times as Koreans write them."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from newsroom.text import clean, excerpt, korean_slug, one_line, particle, plain


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("기사", "은/는", "는"),
        ("신문", "은/는", "은"),
        ("서울", "으로/로", "로"),
        ("부산", "으로/로", "으로"),
        ("마을", "이/가", "이"),
        ("3", "이/가", "이"),
        ("2", "을/를", "를"),
        ("7", "으로/로", "로"),
        ("KTX역", "과/와", "과"),
        ("html", "은/는", "은"),
        ("‘나눔’", "을/를", "을"),
        ("축제(2부)", "이/가", "가"),
        ("", "은/는", "는"),
    ],
)
def test_particle_follows_the_last_sound(word, pair, expected):
    assert particle(word, pair) == expected


def test_decomposed_and_invisible_characters_are_put_right():
    assert clean("나눔") == "나눔"
    assert clean("앞\x00뒤\u202e") == "앞뒤"
    assert clean("앞\x85\x9f\ufffe\uffff\ud800뒤") == "앞뒤"  # no XML, no database takes these
    assert one_line(" 두  칸\n줄 ") == "두 칸 줄"


def test_slug_keeps_hangul_and_is_cut_at_a_word():
    assert korean_slug("불 꺼진 장터에, 다시 ‘등’을!") == "불-꺼진-장터에-다시-등을"
    assert len(korean_slug("아주 긴 제목 " * 30)) <= 80
    assert korean_slug("!!!") == ""


def test_plain_text_keeps_words_apart():
    assert plain("<p>가</p><p>나&amp;다<br>라</p>") == "가 나&다 라"
    assert excerpt("가나 " * 100, 20).endswith("…")


def test_times_are_written_as_koreans_write_them():
    moment = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)
    template = Template("{% time moment %}")
    with translation.override("ko"):
        html = template.render(Context({"moment": moment}))
    assert html == '<time datetime="2026-11-23T09:10:00+09:00">2026.11.23. 오전 9:10</time>'
    with translation.override("en"):
        assert "9:10 a.m." in template.render(Context({"moment": moment}))
