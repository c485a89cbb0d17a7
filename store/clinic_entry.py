"""What is known of a clinic: its settings, its numbers and its sign-offs. `store.clinics` reads and writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal, NamedTuple, TypedDict

SenderKind = Literal["number", "service"]
OptOutBy = Literal["us", "provider"]
Carrier = Literal["long_code", "toll_free", "short_code", "service", "whatsapp"]
"""What a sender is to the carriers: they set the rate of each kind, and what it may send in a day."""
SnapTo = Literal["on_or_after", "nearest", "none"]
OverrideKind = Literal["alias", "wording"]
OFF: Literal["off"] = "off"
"""The kind of a row that takes a topic or a fact out of a clinic's texts; see `Clinic.switched_off`."""

QUIET_HOURS = 12
"""As long as content.md A4 suggests; a clinic may set another number, or 0 for none."""

TEXTS_PER_DAY = 3
"""Reminders a day, at most, unless a clinic sets another number."""

KEEP_WORDS_DAYS = 90
"""How long a new clinic keeps the words of its texts (regulation.md R46), until it sets another time."""

KEEP_WORDS_FROM, KEEP_WORDS_UNTIL = 7, 3660
"""What a clinic may set for that, in days. The shortest leaves a week to look into what somebody wrote."""


DANGER_MINUTES = (2, 7, 15)
"""After how many minutes each step of the rota is told of danger to life that nobody has seen, until a clinic says.

The first leaves whoever sits at the console the time to take it; at the last the alert is overdue.
"""

CALL_MINUTES = (10, 30, 60)
"""The same for a text to which we said: call now."""

GONE_QUIET_DAYS = 7
"""The silence from which on somebody may have gone quiet, in days, until a clinic sets another number."""


@dataclass(frozen=True, slots=True)
class Override:
    """How a clinic's content differs: another word for the topic ``key``, the fixed text ``key``, or ``key`` is off.

    A row as `Library.with_overrides` takes it.
    """

    kind: OverrideKind | Literal["off"]
    key: str
    language: str
    text: str


class ConsentWords(NamedTuple):
    """What somebody agrees to, and the language that it is in."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic's settings. ``version`` moves with every change of them, of its senders, sign-offs or own words.

    ``window_from`` and ``window_until`` bound the local time of day at which it texts its patients. The content
    fields are those of the newest sign-off; None where there is none. ``quiet_hours``: for how long after a text that
    told of danger to life nothing but answers and visit reminders goes to that person. ``open_weekdays``: on which
    there are visits (Monday 0), None where nobody said; ``closed_on``: the days, in order, on which there are none;
    ``snap``: the open day to which a visit goes that would be on another; ``fallback``: whether an SMS may stand in
    for a text that WhatsApp does not take, unless the person said otherwise. ``ask_confirmation``: whether the first
    text asks for a reply. ``tell_seen``: whether who texted of danger is told when somebody has seen it.
    ``approvals``: how many people it takes to change what patients read or how their texts are understood, 1 or 2.
    ``consent_texts``: what patients agree to, by language; ``consent_version`` is that of all of them.
    ``fever_c``, ``low_c`` (degrees Celsius) and ``stools`` (loose ones in 24 hours): from where on its patients must
    call; None: as the content has it, `Library.thresholds`. ``danger_minutes`` and ``call_minutes``: how long an alert
    has rung when each step of the rota is told. ``gone_quiet_days``: the shortest silence of somebody who has gone
    quiet. ``switched_off``: the topics and facts that it does not send.
    ``overrides``: those, and its own words that are in use; `Library.with_overrides` lays them over the content.
    ``keep_words_days``: after how long the words of texts are deleted; None: they are kept. ``segment_micros``: what a
    segment costs, in millionths of the currency's unit; None where nobody said.
    """

    id: int
    name: str
    program: str
    timezone: str
    country: str
    languages: tuple[str, ...]
    default_language: str
    phone_line: str | None
    consent_version: int
    window_from: time
    window_until: time
    join_code: str | None
    max_texts_per_week: int
    content_signed_by: str | None
    content_signed_at: datetime | None
    content_version: str | None
    demo: bool
    version: int
    quiet_hours: int = QUIET_HOURS
    max_texts_per_day: int = TEXTS_PER_DAY
    open_weekdays: tuple[int, ...] | None = None
    closed_on: tuple[date, ...] = ()
    snap: SnapTo = "on_or_after"
    fallback: bool = True
    ask_confirmation: bool = False
    tell_seen: bool = False
    approvals: int = 2
    overrides: tuple[Override, ...] = ()
    keep_words_days: int | None = None
    segment_micros: int | None = None
    consent_texts: Mapping[str, str] = field(default_factory=dict)
    fever_c: float | None = None
    low_c: float | None = None
    stools: int | None = None
    danger_minutes: tuple[int, ...] = DANGER_MINUTES
    call_minutes: tuple[int, ...] = CALL_MINUTES
    gone_quiet_days: int = GONE_QUIET_DAYS
    switched_off: tuple[str, ...] = ()

    def consent(self, language: str) -> ConsentWords:
        """What somebody of this language agrees to.

        In the clinic's first language where it has not written it in this one yet; no words at all where in none.
        """
        for each in (language, self.default_language, *self.consent_texts):
            if each in self.consent_texts:
                return ConsentWords(each, self.consent_texts[each])
        return ConsentWords(language, "")

    def wording(self, language: str) -> str:
        """What stands for `consent` in a form: something else as soon as its words or their language are others."""
        return f"{self.consent(language).language} {self.consent_version}"


class ClinicFields(TypedDict, total=False):
    """What `store.clinics.set_clinic` may change."""

    name: str
    program: str
    timezone: str
    country: str
    languages: Sequence[str]
    default_language: str
    phone_line: str | None
    consent_texts: Mapping[str, str]
    window_from: time
    window_until: time
    max_texts_per_week: int
    quiet_hours: int
    max_texts_per_day: int
    open_weekdays: Sequence[int] | None
    closed_on: Sequence[date]
    snap: SnapTo
    fallback: bool
    ask_confirmation: bool
    tell_seen: bool
    approvals: int
    keep_words_days: int | None
    segment_micros: int | None
    fever_c: float | None
    low_c: float | None
    stools: int | None
    danger_minutes: Sequence[int]
    call_minutes: Sequence[int]
    gone_quiet_days: int
    switched_off: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sender:
    """A number ("+1...", "whatsapp:+1...") or messaging service ("MG...") of a clinic.

    ``opt_out_by`` says who answers STOP there. ``rate`` (segments a second) and ``daily_cap`` (segments a day; 0: none)
    are in place of what its ``carrier`` kind has; None: as the kind has it.
    """

    id: int
    clinic_id: int
    address: str
    kind: SenderKind
    opt_out_by: OptOutBy
    stopped_at: datetime | None
    stopped_reason: str | None
    carrier: Carrier = "long_code"
    rate: float | None = None
    daily_cap: int | None = None


@dataclass(frozen=True, slots=True)
class SignedRegimen:
    """That a clinic signed off one version of a regimen, known by the digest of its whole definition."""

    clinic_id: int
    regimen_id: str
    version: int
    digest: str
    signed_by: str
    signed_at: datetime


NEEDED = (
    "a number or service to text from",
    "a phone line that answers day and night",
    "a consent text",
    "a sign-off of the content",
    "a sign-off of at least one regimen",
)
"""What it takes for a clinic to be live, in words for staff."""


@dataclass(frozen=True, slots=True)
class ClinicEntry:
    """All that must be known of a clinic to answer and to text for it."""

    clinic: Clinic
    senders: tuple[Sender, ...]
    signed_regimens: tuple[SignedRegimen, ...]

    def missing(self) -> tuple[str, ...]:
        """What of `NEEDED` is not there; nobody is enrolled before it is empty."""
        there = (
            self.senders,
            self.clinic.phone_line,
            self.clinic.consent_texts,
            self.clinic.content_version,
            self.signed_regimens,
        )
        return tuple(what for what, it in zip(NEEDED, there, strict=True) if not it)
