"""What is wrong with a content file, said so that an editor can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend: the file, its line (from 1), the rule that was broken and what to do."""

    file: str
    line: int
    rule: str
    mend: str

    def __str__(self) -> str:
        """One line, whatever stood in the file: what is repeated and cannot be printed is written as an escape."""
        told = f"{self.file}:{self.line} {self.rule} {self.mend}"
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in told)


class ContentError(Exception):
    """Content that cannot be used. ``faults`` has every fault found; the message has them one a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))
