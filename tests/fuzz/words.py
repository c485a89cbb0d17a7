"""Texts as nobody should write them, and the bound on what one of them may cost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from hypothesis import strategies as st

LONGEST = 5.0
"""Seconds of this process's own work that one value may cost, however busy the machine is."""

_ODD = (
    "\x00",
    "STOP\x00",
    "\ud800",
    "I have chest pain \udfff",
    "😀" * 1_600,
    "👩‍👩‍👧‍👦" * 200,
    "e\u0301" * 800,
    "\u202eniap tsehc evah I",
    "\ufeff",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "<Response><Message>&amp;]]></Message>",
    "{program} {0} %s %(x)s ${HOME}",
    "1e999999",
    "9" * 5_000,
    "fever " * 900,
    "not " * 1_000 + "chest pain",
    "a" * 60_000,
    "' OR 1=1; --",
    "٣٨٫٥",
    "१०४",
    "ｆｅｖｅｒ",
    "104" + "." * 3_000 + "5",
    "-inf",
)
_ORDINARY = ("I have chest pain", "STOP", "START", "FEVER", "temp 103", "NEXT", "C", "EFECTOS", "me duele el pecho", "")

odd_texts = st.one_of(
    st.sampled_from(_ODD),
    st.sampled_from(_ORDINARY),
    st.text(max_size=200),
    st.text(st.characters(codec=None), max_size=50),  # lone surrogates too
    st.lists(st.sampled_from((*_ODD[:16], *_ORDINARY)), max_size=4).map(" ".join),
)
"""Any text that a form, a line or a file may hold."""


class TooLong(BaseException):
    """What stood in `bounded` went on for too long; nothing that catches every Exception catches this."""


@contextmanager
def bounded() -> Iterator[None]:
    """What stands in it takes no longer than it may."""
    before = signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    except TooLong as error:
        raise AssertionError(f"it took over {LONGEST} s") from error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    raise TooLong
