"""What an editor should look at before an article goes out: slips of the pen, words that are
missing, links that lead nowhere, what the law does not let us print.

`check()` takes the text of an article as revisions keep it and returns what it found. An error
must be put right before readers get the article; a warning may be meant as it is.
"""

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import islice

from django.utils.translation import gettext as _

from articles import links
from articles.models import Photo
from newsroom.models import Masthead
from newsroom.text import one_line

ERROR, WARNING = "error", "warning"
HEADLINE_SYLLABLES = 40
SENTENCE_SYLLABLES = 200
REPEATED_SYLLABLES = 15  # shorter sentences (“그는 고개를 저었다.”) may well stand twice
SHOWN = 40  # characters of a place that are quoted in a sentence
MOST = 20  # findings of one kind; whoever has put these right sees the next
LINES = ("headline", "subtitle", "lead", "hero_caption", "ai_assistance")


@dataclass(frozen=True)
class Finding:
    """Something to look at, and where it is."""

    code: str
    level: str
    sentence: str
    field: str
    paragraph: int = 0  # of the body, counted from 1
    offset: int = 0  # in the text of that paragraph, or of the field
    text: str = ""  # the words that stand there
    nth: int = 0  # how often the same words stand in the field before
    photo: int | None = None  # the picture that it is about

    @property
    def is_error(self):
        return self.level == ERROR


@dataclass
class Passage:
    """A piece of text without a break: a line of the form, or a paragraph of the body."""

    field: str
    tag: str
    text: str
    paragraph: int = 0


@dataclass(frozen=True)
class Link:
    """A link of the body, with the words that lead there."""

    address: str
    text: str
    passage: Passage
    offset: int


@dataclass
class Known:
    """What the text alone does not tell: its pictures, our telephone, where links lead."""

    photos: dict = field(default_factory=dict)
    phones: set = field(default_factory=set)
    broken: dict = field(default_factory=dict)


@dataclass
class Copy:
    """An article's text taken apart, with all that the checks go by."""

    content: dict
    passages: list
    links: list
    figures: list
    known: Known = field(default_factory=Known)

    def of(self, name):
        """Return the passages of one field."""
        return [passage for passage in self.passages if passage.field == name]

    @property
    def photos(self):
        """The pictures of the article with the field in which each stands: at the head first."""
        head = [(self.content.get("hero"), "hero")] if self.content.get("hero") else []
        numbers = dict.fromkeys(int(number) for number in self.figures if number.isdigit())
        body = [(number, "body") for number in numbers if number != self.content.get("hero")]
        return [(number, name, self.known.photos.get(number)) for number, name in head + body]


def check(content, known=None):
    """Return the findings in the text `content`: errors first, each kind in reading order.

    What else must be known (pictures, the paper's telephone, where links lead) is looked up
    unless it is given: one query for each, and one for each kind of page that is linked to.
    """
    copy = take_apart(content)
    copy.known = known or look_up(copy)
    findings = [finding for kind in CHECKS for finding in islice(kind(copy), MOST)]
    placed = counted(findings, copy)
    return sorted(placed, key=lambda finding: not finding.is_error)


def take_apart(content):
    """Return the passages, links and figures of an article's text."""
    reader = BodyReader()
    reader.feed(content.get("body") or "")
    reader.close()
    lines = [Passage(name, "", content.get(name) or "") for name in LINES]
    return Copy(content, lines + reader.passages, reader.links, reader.figures)


def look_up(copy):
    """Ask the database what the checks need to know about this text."""
    numbers = {number for number, _name, _photo in copy.photos}
    phone = digits(Masthead.load().phone)
    return Known(
        photos=Photo.objects.in_bulk(numbers) if numbers else {},
        phones={phone} if phone else set(),
        broken=links.broken({link.address for link in copy.links}),
    )


class BodyReader(HTMLParser):
    """Takes the body of an article apart."""

    BLOCKS = {
        *("p", "h2", "h3", "h4", "li", "blockquote", "pre"),
        *("figcaption", "caption", "th", "td"),
    }
    SOURCE_BREAK = re.compile(r"[ \t]*[\r\n]\s*")  # how the HTML itself is laid out

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.passages, self.links, self.figures = [], [], []
        self.passage = self.anchor = None

    def begin(self, tag):
        self.passage = Passage("body", tag, "", len(self.passages) + 1)
        self.passages.append(self.passage)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in self.BLOCKS:
            self.begin(tag)
        elif tag == "br" and self.passage:
            self.passage.text += "\n"
        elif tag == "figure" and "data-photo" in attrs:
            self.figures.append(attrs["data-photo"] or "")
        elif tag == "a":
            if self.passage is None:
                self.begin("")
            self.anchor = (attrs.get("href") or "", self.passage, len(self.passage.text))

    def handle_endtag(self, tag):
        if tag in self.BLOCKS:
            self.passage = None
        elif tag == "a" and self.anchor:
            address, passage, offset = self.anchor
            self.links.append(Link(address, passage.text[offset:].strip(), passage, offset))
            self.anchor = None

    def handle_data(self, data):
        text = self.SOURCE_BREAK.sub(" ", data)
        if self.passage is None:
            if not text.strip():
                return
            self.begin("")
        self.passage.text += text


# What is missing


def check_headline(copy):
    """A headline that is there, and that fits where headlines stand."""
    text = copy.content.get("headline") or ""
    if not text.strip():
        yield Finding("headline-missing", ERROR, _("There is no headline."), "headline")
    elif (length := syllables(text)) > HEADLINE_SYLLABLES:
        sentence = _("The headline has %(number)d syllables; more than %(most)d are cut in lists.")
        sentence %= {"number": length, "most": HEADLINE_SYLLABLES}
        yield Finding("headline-long", WARNING, sentence, "headline")


def check_missing(copy):
    """The parts that an article of the paper has: text, lead, section, byline."""
    content = copy.content
    has_text = any(passage.text.strip() for passage in copy.of("body"))
    if not has_text and not copy.figures:
        yield Finding("body-missing", WARNING, _("There is no text yet."), "body")
    if not (content.get("lead") or "").strip():
        sentence = _("There is no lead: cards and search show the beginning of the text.")
        yield Finding("lead-missing", WARNING, sentence, "lead")
    if not content.get("section"):
        yield Finding("section-missing", WARNING, _("No section is chosen."), "section")
    if not content.get("authors"):
        yield Finding("byline-missing", WARNING, _("Nobody signs the article."), "bylines")


def check_photos(copy):
    """Pictures that are there, with their words, whose licence goes on and who say they are AI."""
    for number, name, photo in copy.photos:
        if photo is None:
            text = _("There is no photo %d in the library; readers do not see it.") % number
            yield Finding("photo-missing", WARNING, text, name, photo=number)
            continue
        says_ai = photo.ai_notice or (copy.content.get("ai_assistance") or "").strip()
        what = {
            "licence-over": (photo.is_licence_over, ERROR, photo.warning),
            "alt-missing": (
                *(not photo.alt, WARNING),
                _("Photo %d has no alternative text for those who do not see it.") % number,
            ),
            "credit-missing": (
                *(not photo.credit, WARNING),
                _("Photo %d does not say whose it is.") % number,
            ),
            "ai-notice-missing": (
                *(photo.is_ai_generated and not says_ai, WARNING),
                _("Photo %d was made by AI: say under “use of AI” how, and who answers for it.")
                % number,
            ),
        }
        for code, (is_so, level, sentence) in what.items():
            if is_so:
                yield Finding(code, level, sentence, name, photo=number)


# Subheads and links

HEADINGS = {"h2": 2, "h3": 3, "h4": 4}


def check_subheads(copy):
    """Subheads that have words, something under them, and their place in the order."""
    above, body = 1, copy.of("body")
    for place, passage in enumerate(body):
        level = HEADINGS.get(passage.tag)
        if level is None:
            continue
        if not passage.text.strip():
            yield found("subhead-empty", WARNING, _("A subhead has no words."), passage)
            continue
        if level > above + 1:
            sentence = _("A small subhead stands here, and there is no larger one above it.")
            yield found("subhead-order", WARNING, sentence, passage, *span(passage))
        above = level
        following = body[place + 1].tag if place + 1 < len(body) else None
        is_last = following is None and not copy.content["body"].rstrip().endswith("</figure>")
        if is_last or HEADINGS.get(following, 9) <= level:
            sentence = _("Nothing stands under this subhead.")
            yield found("subhead-alone", WARNING, sentence, passage, *span(passage))


def check_links(copy):
    """Links that can be seen, and lead somewhere."""
    for link in copy.links:
        start, stop = link.offset, link.offset + len(link.text)
        if not link.text:
            sentence = _("A link to %s has no words: nobody can follow it.") % short(link.address)
            yield found("link-empty", WARNING, sentence, link.passage)
        verdict = copy.known.broken.get(link.address)
        if verdict == links.NOWHERE:
            sentence = _("This link leads nowhere: %s") % short(link.address)
            yield found("link-nowhere", ERROR, sentence, link.passage, start, stop)
        elif verdict == links.HIDDEN:
            sentence = _("Readers cannot see what this link leads to: %s") % short(link.address)
            yield found("link-hidden", WARNING, sentence, link.passage, start, stop)


# Slips of the pen

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
FOREIGN = re.compile(
    rf"[{HAN}]+"
    r"|[\u0400-\u052f]+"  # Cyrillic
    r"|[\u0590-\u0fff]+"  # Hebrew, Arabic, Indian scripts, Thai
    r"|[\u3041-\u3096\u30a1-\u30fa\u30fc]+"  # Kana
    r"|(?<=[A-Za-z])[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧνορυχ]|[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧνορυχ](?=[A-Za-z])"  # looks Latin
    r"|(?<=[가-힣])[ㄱ-ㅎㅏ-ㅣ](?=[가-힣])"  # a letter that did not become part of a syllable
)
IS_HAN = re.compile(rf"[{HAN}]")
# Hanja that Korean papers set without a gloss: countries, names, what stands before a word.
CUSTOMARY = frozenset(
    "美中日北南韓英佛獨露俄伊印越臺檢警軍靑與野黨政社民官法"
    "男女老少新舊前現故反親非脫無對駐訪在外內全總最大小高低多超準半每諸各該本同古今初終"
    "行史心有家人尹李朴金文盧崔鄭張趙詩書展賞株銀車孝忠情愛福壽喜春夏秋冬東西上下左右甲乙丙丁生先父母子"
)
GLOSS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|〈[^〈〉]*〉|《[^《》]*》|「[^「」]*」")
QUOTE = re.compile(r"“[^“”]*”|‘[^‘’]*’|\"[^\"]*\"|『[^『』]*』")
REST_OF_WORD = re.compile(r"[^\s“”‘’\"'.,!?…()\[\]]*")
GLOSSED = re.compile(r"\s?\([^()]*[가-힣]")

SPACES = re.compile(r"(?<=\S)[ \u00a0\u3000]{2,}(?=\S)")
TWICE = re.compile(r"(?<![^\s“‘\"'(])([가-힣]{2,})[ \u00a0]+\1(?![가-힣A-Za-z0-9])")
# Words that are said twice on purpose.
REDUPLICATED = """
하나 하루 매일 매년 매번 서로 아주 매우 너무 정말 진짜 점점 자꾸 다시 멀리 오래 빨리 천천히
조금 조금씩 차츰 차근 차례 구석 골목 마디 걸음 방울 송이 순간 조각 그루 가지 포기 한참 이따금
굽이 겹겹 따로 드문 반짝 주렁 어서 또박 사뿐 출렁 넘실 옹기 고이 길이
깊이 높이 두고 아니 그래 여보 여기 저기 거기 만세
"""
SAID_TWICE = frozenset(REDUPLICATED.split())
PARTICLES = re.compile(
    r"(?<=[가-힣])(?:"
    r"을를|를을|은는|는은|는는|를를|들이가|들의의|것의의|것을을|것은은|들을을|들은은"
    r"|에서에서|에게에게|께서께서|으로으로|으로로|부터부터|까지까지|에에서|습니다다|습니다습니다"
    r")(?![가-힣])"
    r"|(?:사람|것)이가(?![가-힣])"
    r"|(?<=[가-힣])(을|를|은|는|에서|에게|으로) \1(?![가-힣])"
)


def check_scripts(copy):
    """Letters of another script that got into a Hangul text (교육需求, Аpple)."""
    for passage in copy.passages:
        text = passage.text
        matches = list(FOREIGN.finditer(text))
        if not matches or not is_hangul(text):
            continue
        glosses, quotes = spans(GLOSS, text), spans(QUOTE, text)
        for match in matches:
            if is_inside(match, glosses) or is_meant(match, is_inside(match, quotes)):
                continue
            sentence = _("Letters of another script stand in this word.")
            yield found("script", WARNING, sentence, passage, *word_around(match))


def is_meant(match, is_quoted):
    """Return whether letters of another script stand here by custom."""
    text, letters = match.string, match[0]
    before, after = text[: match.start()][-1:], text[match.end() :]
    if not IS_HAN.match(letters):
        is_apart = not before.isalpha() and not ("ㄱ" <= letters <= "ㅣ")
        return letters == "の" or (is_apart and is_quoted and not after[:1].isascii())
    if set(letters) <= CUSTOMARY or GLOSSED.match(after):
        return True
    return is_quoted and not is_syllable(before)


def check_spaces(copy):
    """Two spaces where one belongs."""
    for passage in copy.passages:
        for match in SPACES.finditer(passage.text):
            sentence = _("Two spaces stand here.")
            yield found("spaces", WARNING, sentence, passage, *word_around(match))


def check_doubled_words(copy):
    """Words and particles that stand twice in a row."""
    for passage in copy.passages:
        quotes = None
        for pattern, code in ((TWICE, "word-twice"), (PARTICLES, "particle-twice")):
            for match in pattern.finditer(passage.text):
                if code == "word-twice" and match[1] in SAID_TWICE:
                    continue
                quotes = spans(QUOTE, passage.text) if quotes is None else quotes
                if is_inside(match, quotes):
                    continue  # as somebody speaks
                texts = {
                    "word-twice": _("A word stands twice."),
                    "particle-twice": _("A particle stands twice."),
                }
                yield found(code, WARNING, texts[code], passage, *word_around(match))


PROSE = {"p", "li", "blockquote", ""}
SENTENCE_END = re.compile(r"(?<![.?!…])[.?!…]+[\"”’'」』)\]]*(?=\s|$)|\n")


def check_sentences(copy):
    """Sentences that are very long, or that stand in the text twice."""
    seen = set()
    for passage in copy.passages:
        if passage.field not in ("lead", "body") or passage.tag not in PROSE:
            continue
        for start, stop in sentences_of(passage.text):
            text = passage.text[start:stop]
            if (length := syllables(text)) > SENTENCE_SYLLABLES:
                sentence = _("This sentence has %d syllables.") % length
                yield found("sentence-long", WARNING, sentence, passage, start, stop)
            if passage.tag not in ("p", "li") or length < REPEATED_SYLLABLES:
                continue  # a quotation may repeat what the text says
            if (key := one_line(text)) in seen:
                sentence = _("This sentence stands in the text twice.")
                yield found("sentence-twice", WARNING, sentence, passage, start, stop)
            seen.add(key)


# What the law does not let us print, or what nobody wants printed (개인정보 보호법 24조의2)

LONG_NUMBER = re.compile(r"\d{4}")
RESIDENT = re.compile(
    r"(?<![\d-])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(\s?[-–]\s?|)[1-8]\d{6}(?![\d-])"
)
WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
MOBILE = re.compile(r"(?<![\d-])(?:\+82[-\s]?|0)1[016789][-.\s)]{0,2}\d{3,4}[-.\s]?\d{4}(?![\d-])")
ACCOUNT = re.compile(
    r"(?:은행|뱅크|농협|축협|수협|신협|금고|우체국|계좌|입금)[^\d\n]{0,20}"
    r"(\d{2,6}(?:-\d{1,8}){1,4}|\d{10,16})(?![\d-])"
)
LANDLINE = re.compile(r"0\d{1,2}-\d{3,4}-\d{4}|1[5-8]\d{2}-\d{4}")


def check_personal(copy):
    """Numbers that belong to a person: of registration, telephone, account."""
    for passage in copy.passages:
        text = passage.text
        if not LONG_NUMBER.search(text):
            continue
        for match in RESIDENT.finditer(text):
            is_right = is_registration(digits(match[0]))
            if not (match[1] or is_right):
                continue
            level = ERROR if match[1] and is_right else WARNING
            sentence = _("This looks like a resident registration number.")
            yield found("resident-number", level, sentence, passage, *match.span())
        for match in MOBILE.finditer(text):
            if digits(match[0]) in copy.known.phones:
                continue
            sentence = _("This is the number of a mobile phone. May it be printed?")
            yield found("phone", WARNING, sentence, passage, *match.span())
        for match in ACCOUNT.finditer(text):
            number = match[1]
            if LANDLINE.fullmatch(number) or not 10 <= len(digits(number)) <= 16:
                continue
            sentence = _("This looks like the number of an account. May it be printed?")
            yield found("account", WARNING, sentence, passage, *match.span(1))


def is_registration(number):
    """Return whether the last digit of a resident registration number fits the others.

    Those that were given out since October 2020 need not fit.
    """
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    base = 13 if number[6] in "5678" else 11  # of a foreigner
    return (base - total % 11) % 10 == int(number[12])


CHECKS = (
    check_headline,
    check_missing,
    check_photos,
    check_subheads,
    check_links,
    check_scripts,
    check_spaces,
    check_doubled_words,
    check_sentences,
    check_personal,
)


# Places


def found(code, level, sentence, passage, start=0, stop=0):
    """Return the finding at `start` to `stop` of a passage."""
    text = passage.text[start:stop]
    return Finding(code, level, sentence, passage.field, passage.paragraph, start, text)


def span(passage):
    """Return where the words of a whole passage begin and end."""
    text = passage.text
    return len(text) - len(text.lstrip()), len(text.rstrip())


def counted(findings, copy):
    """Return the findings, each with how often its words stand in the field before it."""
    texts = {}
    for passage in copy.passages:
        texts.setdefault(passage.field, []).append(passage)
    numbered = []
    for finding in findings:
        if finding.text:
            words, nth = one_line(finding.text), 0
            for passage in texts[finding.field]:
                if passage.paragraph == finding.paragraph:
                    nth += one_line(passage.text[: finding.offset]).count(words)
                    break
                nth += one_line(passage.text).count(words)
            finding = replace(finding, nth=nth)
        numbered.append(finding)
    return numbered


def spans(pattern, text):
    return [match.span() for match in pattern.finditer(text)]


def is_inside(match, places):
    return any(start <= match.start() and match.end() <= stop for start, stop in places)


def word_around(match):
    """Return where the word begins and ends in which a match stands."""
    text = match.string
    start = match.start()
    while start and REST_OF_WORD.fullmatch(text[start - 1]):
        start -= 1
    return start, REST_OF_WORD.match(text, match.end()).end()


def sentences_of(text):
    """Yield where each sentence of a text begins and ends."""
    start = 0
    for end in [match.end() for match in SENTENCE_END.finditer(text)] + [len(text)]:
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end


# Words


def syllables(text):
    """Return how many syllables, letters and digits a text has."""
    return sum(map(str.isalnum, text))


def is_syllable(letter):
    return "가" <= letter <= "힣"


def is_hangul(text):
    """Return whether a text is written in Hangul, not a quotation in another script."""
    return sum(map(is_syllable, text)) >= len(IS_HAN.findall(text))


def digits(text):
    """Return the digits of a number, as one dials it here."""
    number = re.sub(r"\D", "", text)
    return f"0{number[2:]}" if number.startswith("82") else number


def short(text):
    """Return words to quote, cut where they are long."""
    text = one_line(text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
