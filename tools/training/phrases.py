"""Tells how sure the phrases of the danger signs are: ``python -m tools.training.phrases``.

For each phrase that is answered as urgent by itself: the sign, in how many lines of the corpus it is right and in how
many it would alarm for nothing, and one of these. What alarms too often belongs under ``hints`` of its sign's file.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass, field

from bot.understanding.engine import URGENT, Engine
from content.library import load
from tools.training.compose import compose

_MOST_FALSE = 0.06


@dataclass(slots=True)
class Use:
    """In which lines of the corpus a phrase is right, and in which it is not, each with its text."""

    right: set[int] = field(default_factory=set)
    false: dict[int, str] = field(default_factory=dict)

    @property
    def too_often(self) -> bool:
        """Whether it alarms for nothing more often than a sure phrase may."""
        return len(self.false) > _MOST_FALSE * (len(self.right) + len(self.false))


def uses() -> dict[str, Use]:
    """The uses of every phrase that stands in the corpus, by its sign and text."""
    engine = Engine(load(), learned=None)
    found: dict[str, Use] = defaultdict(Use)
    for example in compose():
        for why in engine.sure_signs(example.text):
            if example.label.partition(".")[0] in URGENT:
                found[why].right.add(example.group)
            else:
                found[why].false.setdefault(example.group, f"{example.label}: {example.text}")
    return found


def main() -> None:
    """Lists the phrases that alarm too often, the worst first."""
    for why, use in sorted(uses().items(), key=lambda pair: -len(pair[1].false)):
        if use.too_often:
            sys.stdout.write(f"{len(use.right)}\t{len(use.false)}\t{why}\t{next(iter(use.false.values()))}\n")


if __name__ == "__main__":
    main()
