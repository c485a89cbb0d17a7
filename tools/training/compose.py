"""Makes labelled texts out of the corpus: every line is a template, ``(one|other|)`` is a choice.

Deterministic: the same corpus and seed give the same texts in the same order. All texts of one template share its
group, so that a cross-validation never sees a paraphrase on both sides.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")
SHORTEST = 2
"""Words of a text. A single word is the work of whole_texts.toml and of the keywords."""
_VARIANTS = 8
_HARMLESS = ("unknown", "command", "topic")
_JOINED = 1 / 3
_BETWEEN = (". ", ", ", " ", "! ", " - ")
_CHOICE = re.compile(r"\(([^()]*)\)")
_SECTION = re.compile(r"\[([\w.]+)\]")


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its label; ``group`` is the template that it comes from."""

    text: str
    language: str
    label: str
    group: int


def compose(seed: int = 7) -> list[Example]:
    """Every text of the corpus, each template in up to _VARIANTS variants."""
    chance = random.Random(seed)  # noqa: S311
    examples: list[Example] = []
    seen: set[str] = set()
    for group, (label, language, template) in enumerate(templates()):
        for text in _variants(template, chance):
            if len(text.split()) >= SHORTEST and text not in seen:
                seen.add(text)
                examples.append(Example(text, language, label, group))
    return examples


def joined(examples: Sequence[Example], seed: int = 7) -> list[Example]:
    """Texts made of two, for learning that what stands beside a danger does not make it less: one in three of them.

    A harmless text is put before or after each; two harmless ones stay harmless. The group is that of the first.
    """
    chance = random.Random(seed)  # noqa: S311
    harmless = {
        language: [one for one in examples if one.language == language and one.label.startswith(_HARMLESS)]
        for language in sorted({one.language for one in examples})
    }
    made: list[Example] = []
    for one in examples:
        others = harmless[one.language]
        if not others or chance.random() > _JOINED:
            continue
        other, between = chance.choice(others).text, chance.choice(_BETWEEN)
        text = f"{one.text}{between}{other}" if chance.random() < 0.5 else f"{other}{between}{one.text}"
        made.append(replace(one, text=text))
    return made


def templates() -> Iterator[tuple[str, str, str]]:
    """Label, language and template of every line, in the order of the files."""
    for path in sorted(CORPUS.glob("*.txt")):
        kind, language, _ = path.name.split(".")
        kind = kind.split("_")[0] if kind.startswith(("topic", "more")) else kind
        section = ""
        for line in path.read_text("utf-8").splitlines():
            heading = _SECTION.fullmatch(line.strip())
            if heading:
                section = heading[1]
            elif line.strip() and not line.startswith("#"):
                yield _label(kind, section), language, line.strip()


def _label(kind: str, section: str) -> str:
    if kind == "more":
        return section
    return f"{kind}.{section}" if kind in ("emergency", "call_now", "command", "topic") else kind


def _variants(template: str, chance: random.Random) -> list[str]:
    choices = [choice.split("|") for choice in _CHOICE.findall(template)]
    possible = 1
    for choice in choices:
        possible *= len(choice)
    found: dict[str, None] = {}
    for _ in range(4 * min(possible, _VARIANTS)):
        picked = iter([chance.choice(choice) for choice in choices])
        text = _CHOICE.sub(lambda _: next(picked), template)  # noqa: B023
        found.setdefault(" ".join(text.replace(" ,", ",").replace(" ?", "?").split()))
        if len(found) >= _VARIANTS:
            break
    return list(found)
