"""The gates: what a text passes at the moment it is sent, whatever was true when it was planned.

They stand in this order, and the first that objects decides. First come those that end a text for good, so that its
row says the deepest reason; then those that only let it wait. A text that waits until it is of no use is expired by the
gate that made it wait. The gate's name is stored with the text: what `immunotext message why` reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from content.plain import Plain
from scheduler.delivery.ways import NoWay, Way
from scheduler.send_window import SendWindow
from store.clinics import ClinicEntry
from store.outbox import CoverNow, TextToSend
from store.sent_before import SentBefore

# How soon to look again at what only staff or another text can change.
LOOK_AGAIN = timedelta(minutes=5)
WELCOME_TAKES = timedelta(minutes=1)
WELCOME_MENDED = timedelta(hours=1)
VISITS = "appointment"
"""The category of visit reminders in the wording files."""

ANSWER = "reply"
"""The kind of a text that answers one: what keeps texts back that nobody asked for does not keep it."""

REASONS: Mapping[str, Plain] = {
    "opted_out": Plain("This number opted out."),
    "paused": Plain("The patient had asked for a pause."),
    "told_in_answer": Plain("The answer to START had said the same."),
    "confirmed": Plain("The patient had confirmed before it was sent again."),
    "quarantined": Plain("Texts to this number kept failing, and nobody has looked at it yet."),
    "no_number": Plain("The phone number was erased or cannot be read."),
    "patient_ended": Plain("The patient's enrolment had ended."),
    "plan_held": Plain("The plan was on hold."),
    "plan_stopped": Plain("The plan had been stopped."),
    "event_gone": Plain("The plan no longer had what the text was about."),
    "event_moved": Plain("What the text was about had moved to another date."),
    "event_held": Plain("What the text was about was on hold."),
    "told_otherwise": Plain("The plan was changed, and what the text said was no longer so."),
    "event_done": Plain("What the text was about was over."),
    "too_late": Plain("It was too late for the text to be of use."),
    "clinic_not_live": Plain("The clinic was not live."),
    "not_welcomed": Plain("The text that confirms the enrolment had to go first."),
    "sender_stopped": Plain("The clinic had no number in service to text from."),
    "daily_cap": Plain("The clinic's number had sent as much on that day as the carriers take from it."),
    "no_template": Plain(
        "WhatsApp takes this text only as a template that it approved, and the clinic has none for it."
    ),
    "after_danger": Plain(
        "The person had told of danger to life: for some hours only answers and visit reminders go out."
    ),
    "outside_window": Plain("It was outside the hours at which this person is texted."),
    "daily_limit": Plain("The person had had as many texts on that day as the clinic sends at most."),
    "made_room": Plain("Its place among the texts of the day or the week was kept for a more useful one."),
    "rule_off": Plain("The reminder rule that it came from no longer holds."),
    "weekly_limit": Plain("The person had had as many texts in seven days as they agreed to."),
    "words": Plain("The text could not be put together from the wording files."),
    "not_settled": Plain("Nobody knows whether it went out, and the provider could not tell."),
}
"""What each gate's name means, for staff. ``words`` is the dispatcher's own, ``not_settled`` what asking ended with,
``paused`` and ``told_in_answer`` what `scheduler.consent` cancelled, ``confirmed`` what
`scheduler.confirmation` did."""


@dataclass(frozen=True, slots=True)
class Case:
    """A claimed text, the time, and what the gates judge it by. ``category``: what carriers file its words under."""

    text: TextToSend
    now: datetime
    entry: ClinicEntry
    before: SentBefore
    way: Way | NoWay
    category: str | None = None

    @property
    def window(self) -> SendWindow:
        """When this person may be texted."""
        return SendWindow.of(self.text, self.entry.clinic)


@dataclass(frozen=True, slots=True)
class Blocked:
    """The text ends here."""

    gate: str
    state: Literal["cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class Wait:
    """The text may go later: look again at ``until`` (UTC)."""

    gate: str
    until: datetime


Decision = Blocked | Wait
Gate = Callable[[Case], Decision | None]


def opted_out(case: Case) -> Decision | None:
    """Nothing that nobody asked for goes to who opted out, whenever it was planned (regulation.md R8)."""
    return Blocked("opted_out", "cancelled") if case.text.opted_out_at is not None else None


def quarantined(case: Case) -> Decision | None:
    """Nothing goes to a number that keeps failing before a person has looked at it."""
    return Blocked("quarantined", "cancelled") if case.text.quarantined_at is not None else None


def has_number(case: Case) -> Decision | None:
    """After erasure there is no number left."""
    return Blocked("no_number", "cancelled") if case.text.phone is None else None


def patient_active(case: Case) -> Decision | None:
    """Whose enrolment ended gets no more texts."""
    return Blocked("patient_ended", "cancelled") if case.text.patient_state == "ended" else None


def still_true(case: Case) -> Decision | None:
    """At least one event that the text tells of still stands, on the date it tells."""
    untrue: str | None = None
    for cover in case.text.covers:
        reason = _untrue(cover)
        if reason is None:
            return None
        untrue = untrue or reason
    return None if untrue is None else Blocked(untrue, "cancelled")


def in_time(case: Case) -> Decision | None:
    """Its shelf life is not over."""
    expires = case.text.expires_at
    return Blocked("too_late", "expired") if expires is not None and expires <= case.now else None


def clinic_live(case: Case) -> Decision | None:
    """The clinic has everything that it takes to be live."""
    return Wait("clinic_not_live", case.now + LOOK_AGAIN) if case.entry.missing() else None


def welcomed(case: Case) -> Decision | None:
    """The confirmation of the enrolment is the first text; any other waits until it went (regulation.md R20).

    One that was cancelled was so by an opt-out or a pause, and the answer to who takes that back confirms it; or the
    answer to START had confirmed it before. One that ended otherwise is a number that staff have to look at.
    """
    if case.text.kind in ("welcome", ANSWER) or case.before.welcome in _WELCOMED:
        return None
    takes = _WELCOME_TAKES.get(case.before.welcome or "none", WELCOME_MENDED)
    return Wait("not_welcomed", max(case.now + takes, case.window.next_open(case.now)))


def has_way(case: Case) -> Decision | None:
    """There is a network that takes the text, and a sender of the clinic for it that may send today."""
    if isinstance(case.way, Way):
        return None
    return Wait(case.way.gate, case.way.until or case.now + LOOK_AGAIN)


def calm_after_danger(case: Case) -> Decision | None:
    """Who told of danger to life is left in peace for the clinic's quiet hours; visits are still told of (A4)."""
    alarmed = case.text.alarmed_at
    if alarmed is None or case.category == VISITS or case.text.kind == ANSWER:
        return None
    over = alarmed + timedelta(hours=case.entry.clinic.quiet_hours)
    return Wait("after_danger", over) if case.now < over else None


def in_window(case: Case) -> Decision | None:
    """It is an hour at which this person may be texted (regulation.md R14); who wrote to us is answered at any."""
    if case.text.kind == ANSWER:
        return None
    opens = case.window.next_open(case.now)
    return Wait("outside_window", opens) if opens > case.now else None


def under_weekly_limit(case: Case) -> Decision | None:
    """No more texts in seven local days than the clinic's limit, which the consent and the confirmation name.

    What waits is tried again first thing on the next day, and then the more urgent goes first.
    """
    latest = case.before.nth_latest
    if case.text.kind in ("welcome", ANSWER) or latest is None or latest < case.window.week_began(case.now):
        return None
    return Wait("weekly_limit", case.window.opens_tomorrow(case.now))


GATES: tuple[Gate, ...] = (
    opted_out,
    quarantined,
    has_number,
    patient_active,
    still_true,
    in_time,
    clinic_live,
    welcomed,
    has_way,
    calm_after_danger,
    in_window,
    under_weekly_limit,
)


def judge(case: Case) -> Decision | None:
    """What the first gate that objects says; None: the text may go now."""
    for gate in GATES:
        decision = gate(case)
        if decision is not None:
            return _expired_if_useless(case.text, decision)
    return None


_WELCOMED = {"unknown", "accepted", "sent", "delivered", "undelivered", "cancelled"}
_WELCOME_TAKES = {"due": LOOK_AGAIN, "claimed": WELCOME_TAKES, "sending": WELCOME_TAKES}
_RUNNING = {"active", "finished"}
_DONE = {"given", "missed"}


def _untrue(cover: CoverNow) -> str | None:
    """The gate that a cover fails at; None while it holds. A plan is finished when its last text is planned.

    Of a plan that was stopped late side effects are still told.
    """
    is_tail = cover.plan_state == "stopped" and cover.rule.partition("/")[0] == "late_effects"
    if cover.plan_state not in _RUNNING and not is_tail:
        return f"plan_{cover.plan_state}"
    if cover.event_status is None or cover.event_status == "gone":
        return "event_gone"
    if cover.event_status == "held":
        return "event_held"
    if cover.event_status in _DONE:
        return "event_done"
    return "event_moved" if cover.date_now != cover.event_date else None


def _expired_if_useless(text: TextToSend, decision: Decision) -> Decision:
    if isinstance(decision, Wait) and text.expires_at is not None and decision.until >= text.expires_at:
        return Blocked(decision.gate, "expired")
    return decision
