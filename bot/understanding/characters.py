"""From what a phone sent to small plain letters: accents, look-alike letters, invisible characters and emoji."""

import re

from content.phrases import plain

LONGEST = 1600
"""Characters of a text that are read, as many as a provider hands on; of a longer one the beginning and the end."""
_TAIL = 600

# Cyrillic and Greek letters that look like Latin ones, and letters that do not decompose.
_LOOK_ALIKES = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁһвкмнтгпАЕОРСУХІЈЅВКМНТ", "aeopcyxijsdhbkmhtrnaeopcyxijsbkmht", strict=True)),
        **dict(zip("αβεηικμνορτυχωΑΒΕΗΙΚΜΝΟΡΤΥΧΖ", "abenikmvoptuxwabehikmnoptyxz", strict=True)),
        **dict(zip("øØłŁđĐħıſßæÆœŒ", "oolldd" + "h" + "i" + "s" + "s" + "aaoo", strict=True)),
    }
)
_INVISIBLE_RANGES = ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0x1F3FB, 0x1F3FF))
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF]
    + [code for first, last in _INVISIBLE_RANGES for code in range(first, last + 1)]
)
_MARKS = str.maketrans(
    {
        **dict.fromkeys("¿¡“”«»", " "),
        **dict.fromkeys("–—−", "-"),
        **dict.fromkeys("º°", " degrees "),
        **dict(zip("…•。，？！×\r", "...,?!x\n", strict=True)),
        "½": " y medio ",
    }
)
# The few emoji that carry a meaning of their own; every other one is dropped.
_EMOJI = {"🤮": " vomiting ", "🤢": " nausea ", "🌡": " temperature ", "💩": " poop ", "🩸": " blood ", "🆘": " sos ",
          "🚑": " ambulance ", "😂": " lol ", "🤣": " lol ", "😭": " ", "🥶": " chills ", "🤧": " sneezing ",
          "🔫": " gun ", "💊": " pills ", "🤕": " "}  # fmt: skip
_EMOJI_FOUND = re.compile("|".join(_EMOJI))
_ONLY_LETTERS = re.compile(r"[^\W_]", re.UNICODE)


def small(text: str) -> str:
    """The text in small plain letters, no longer than LONGEST and some; the same for the same text."""
    if len(text) > LONGEST:
        text = text[: LONGEST - _TAIL] + "\n" + text[-_TAIL:]
    if text.isascii():
        return plain(text)
    if _ONLY_LETTERS.search(text):
        text = _EMOJI_FOUND.sub(lambda found: _EMOJI[found.group()], text)
    else:
        text = "".join(_EMOJI[mark] for mark in text if mark in "🆘🚑")
    return plain(text.translate(_INVISIBLE).translate(_MARKS)).translate(_LOOK_ALIKES)
