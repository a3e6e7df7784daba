"""What the word list costs and what it catches.

    python -m benchmarks.words                  # time, evasions and clean sentences of our own
    python -m benchmarks.words --data FOLDER    # also precision and recall on other people's texts
    python -m benchmarks.words --data FOLDER --show   # and the texts that were held wrongly

FOLDER holds `profanity_ko.jsonl.gz` (rows with text and curse 0 or 1) and
`comments_ko.jsonl.gz` (rows with comment and label none, offensive or hate). The lists were
looked through against the even rows; the odd ones tell how they do on texts unseen.
"""

import argparse
import statistics
import time
from pathlib import Path

from benchmarks import corpus  # first: it chooses the database
from comments.words import WordList

TEXTS = Path(__file__).parents[1] / "tests" / "comments"
LENGTH = 10_000
HOSTILE = (
    "시",
    "시 ",
    "시발 ",
    "시이",
    "시~!",
    "ㅅ1",
    "ㅅㅣ",
    "ㅅㅂ",
    "새끼 강아지 ",
    "s i b a ",
    "@1l|",
)


def lines_of(name):
    lines = (TEXTS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("# ")]


def cost(words, text):
    """Return the CPU milliseconds of a look at `text`: the middle one of seven."""
    times = []
    for _ in range(7):
        began = time.process_time()
        words.look(text)
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def show_time(words):
    print(f"CPU ms for {LENGTH:,} characters")
    clean = " ".join(lines_of("clean.txt"))
    clean = (clean * (LENGTH // len(clean) + 1))[:LENGTH]
    print(f"  {cost(words, clean):7.1f}  the clean sentences")
    for piece in HOSTILE:
        print(f"  {cost(words, (piece * LENGTH)[:LENGTH]):7.1f}  {piece!r} over and over")


def show_own_texts(words):
    evasions = [line.removeprefix("!") for line in lines_of("evasions.txt")]
    caught = sum(bool(words.look(text)[0]) for text in evasions)
    print(f"evasions caught: {caught} of {len(evasions)} ({caught / len(evasions):.1%})")
    clean = lines_of("clean.txt")
    held = sum(bool(words.look(text)[0]) for text in clean)
    print(f"clean sentences held: {held} of {len(clean)}")


def show_data(words, folder, wrong):
    rows = corpus.lines_of(Path(folder, "profanity_ko.jsonl.gz"))
    profanity = [(row["text"], row["curse"]) for row in rows]
    rows = corpus.lines_of(Path(folder, "comments_ko.jsonl.gz"))
    comments = [(row["comment"], row["label"]) for row in rows]
    for rows, start in (("even", 0), ("odd", 1)):
        held = [(text, curse) for text, curse in profanity[start::2] if words.look(text)[0]]
        right = sum(curse for _, curse in held)
        all_curses = sum(curse for _, curse in profanity[start::2])
        print(
            f"\n{rows} rows: profanity: {len(held)} held, {right} of them marked as cursing:",
            end=" ",
        )
        print(f"precision {right / len(held):.3f}, recall {right / all_curses:.3f}")
        for label in ("none", "offensive", "hate"):
            texts = [text for text, of in comments[start::2] if of == label]
            number = sum(bool(words.look(text)[0]) for text in texts)
            share = f"{number / len(texts):.2%}"
            print(f"{rows} rows: comments marked {label}: {number} of {len(texts)} held, {share}")
        if wrong:
            clean = [text for text, label in comments[start::2] if label == "none"]
            for text in [*(text for text, curse in held if not curse), *clean]:
                if found := words.look(text)[0]:
                    print("   ", [place.text for place in found], text[:100].replace("\n", " "))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="a folder with the two files of other people's texts")
    parser.add_argument("--show", action="store_true", help="print what was held wrongly")
    options = parser.parse_args()
    words = WordList()
    show_time(words)
    show_own_texts(words)
    if options.data:
        show_data(words, options.data, options.show)


if __name__ == "__main__":
    main()
