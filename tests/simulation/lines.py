"""The numbers of the clinic of a run: how fast each may be, and how much of a day it takes; WhatsApp and its templates.

Some runs have one number that takes whatever comes. In others a text of two segments keeps its number busy for minutes,
or the day's cap is used up by noon; or there is a second number, or some of the patients chose WhatsApp.
"""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from channels.base import Via
from content.library import Library
from scheduler.delivery.words import WELCOME
from store import clinics, whatsapp
from store.clinics import OptOutBy
from store.database import Tx
from store.whatsapp import Template

_WHATSAPP = "whatsapp:"
NUMBERS = ("+12025550100", "+12025550189")
_LIMITS = (
    # how often, segments a second, segments a day (0: as many as there are)
    (50, 1000.0, 0),
    (15, 0.02, 0),
    (15, 0.005, 0),
    (10, 1000.0, 12),
    (10, 0.02, 24),
)


@dataclass(frozen=True)
class Line:
    """A number of ours on one network. ``rate``: segments a second (WhatsApp: texts); ``cap``: as many a day, or 0."""

    address: str
    rate: float
    cap: int

    @property
    def via(self) -> Via:
        """Its network."""
        return Via.WHATSAPP if self.address.startswith(_WHATSAPP) else Via.SMS

    @property
    def number(self) -> str:
        """What people text."""
        return self.address.removeprefix(_WHATSAPP)


WITH_WHATSAPP = (Line(NUMBERS[0], 1000.0, 0), Line(f"{_WHATSAPP}{NUMBERS[0]}", 80.0, 0))


def draw(chance: Random) -> tuple[Line, ...]:
    """One number for SMS or two, and now and then one for WhatsApp; the first one is always there."""
    numbers = NUMBERS if chance.random() < 0.35 else NUMBERS[:1]
    drawn = [Line(number, *chance.choices(_LIMITS, [often for often, _, _ in _LIMITS])[0][1:]) for number in numbers]
    if chance.random() < 0.4:
        drawn.append(Line(f"{_WHATSAPP}{NUMBERS[0]}", 80.0, chance.choice([0, 0, 6, 250])))
    return tuple(drawn)


def templates(library: Library, approved: float) -> dict[tuple[str, str], str]:
    """The ids of the templates that WhatsApp approved, by wording key and language: the welcome's, and a share."""
    found: dict[tuple[str, str], str] = {}
    for language in ("en", "es"):
        for place, (key, text) in enumerate(sorted(library.wordings[language].texts.items())):
            # The same ones in every run with this share: a draw would be one more for each text there is.
            if key == WELCOME or (text.proactive and place * 0.618 % 1 < approved):
                found[key, language] = f"HX{len(found):032x}"
    return found


def set_up(
    tx: Tx,
    now: datetime,
    clinic_id: int,
    lines: tuple[Line, ...],
    library: Library,
    approved: float,
    *,
    provider_blocks: bool,
) -> None:
    """Gives the clinic its numbers, and the templates of one for WhatsApp."""
    for line in lines:
        is_sms = line.via is Via.SMS
        by: OptOutBy = "provider" if provider_blocks and is_sms else "us"
        clinics.add_sender(
            tx,
            now,
            clinic_id,
            line.address,
            kind="number",
            opt_out_by=by,
            carrier="long_code" if is_sms else "whatsapp",
            rate=line.rate,
            daily_cap=line.cap,
        )
        if not is_sms:
            for (key, language), sid in templates(library, approved).items():
                words = library.wordings[language].texts[key].text
                whatsapp.set_template(tx, Template(clinic_id, key, language, sid, words, now))
