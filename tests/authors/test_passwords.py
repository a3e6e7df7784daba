"""Which passwords somebody may choose, at the page where they do."""

import unicodedata

from django.test import TestCase

from newsroom.models import Masthead
from tests.authors.test_door import PASSWORD, make_staff, sign_in

CHANGE = "/admin/password_change/"
GOOD = (
    "새벽 첫차를 타고 떠난 날",
    "correct horse battery staple",
    "tractor velvet umbrella 9",
    "bicycle-mountain-piano",
    "x9K2mP4vQ7wR",
    "gksrmfvotmdnjemekfflsms",
)
KNOWN = (
    *("christopher1", "password2024!!", "p@ssw0rd2024!", "PASSWORD-password", "iloveyou123456"),
    *("baseballdragon", "monkey!monkey!", "Sunshine2025!"),
    *("비밀번호비밀번호12", "dkssudgktpdy123", "사랑해사랑해사랑해123"),
    *("qwer1234asdf", "1q2w3e4r5t6y", "1q2w3e4r5t6y!!", "1qaz2wsx3edc4rfv", "qwe123qwe123"),
    *("ㅂㅈㄷㄱㅁㄴㅇㄹㅋㅌㅊㅍ", "가나다라마바사아자차카타", "aaaaaaaaaaaa", "abcabcabcabc"),
    *("미르내신문2024!!", "한도경한도경2024!", "dokyung19900101", "000000000000a"),
)


class PasswordTests(TestCase):
    def setUp(self):
        Masthead.objects.create(pk=1, title="미르내신문")
        self.user = make_staff(last_name="한", first_name="도경", email="dokyung@example.com")
        sign_in(self.client)

    def is_taken(self, password, old=PASSWORD):
        data = {"old_password": old, "new_password1": password, "new_password2": password}
        return self.client.post(CHANGE, data).status_code == 302

    def test_several_words_are_taken(self):
        old = PASSWORD
        for password in GOOD:
            with self.subTest(password):
                self.assertTrue(self.is_taken(password, old))
                old = password

    def test_known_ones_are_refused_however_they_are_lengthened(self):
        for password in KNOWN:
            with self.subTest(password):
                self.assertFalse(self.is_taken(password))
        self.assertTrue(self.is_taken(GOOD[0]))

    def test_twelve_characters_are_enough_and_eleven_are_not(self):
        self.assertFalse(self.is_taken("장터 국밥 먹는 저녁"))
        self.assertTrue(self.is_taken("장터 국밥을 먹는 저녁"))

    def test_hangul_in_pieces_counts_as_syllables(self):
        self.assertFalse(self.is_taken(unicodedata.normalize("NFD", "장터에 켜진 불")))
        self.assertTrue(self.is_taken(unicodedata.normalize("NFD", "장터 국밥을 먹는 저녁")))

    def test_more_than_128_characters_are_refused(self):
        longest = (GOOD[0] * 10)[:128]
        self.assertFalse(self.is_taken(longest + "밤"))
        self.assertTrue(self.is_taken(longest))

    def test_page_says_in_korean_what_is_wanted_and_what_is_wrong(self):
        self.assertContains(self.client.get(CHANGE), "최소 12자")
        data = {"old_password": PASSWORD, "new_password1": "password2024!!"}
        page = self.client.post(CHANGE, {**data, "new_password2": "password2024!!"})
        self.assertContains(page, "짐작하기 쉬운 비밀번호")

    def test_passwords_from_before_go_on_working(self):
        self.assertLess(len(PASSWORD), 12)
        self.client.post("/admin/logout/")
        self.assertEqual(sign_in(self.client).status_code, 302)
