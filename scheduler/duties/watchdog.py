"""The watchdog's judgement: what is wrong, from facts that others have read. It knows no database and no clock.

Each rule is a named function; its sentence and what to do about it stand in `RULES`. docs/watching.md has the same
table for operators; a test holds the two together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from content.plain import Plain
from store.health import Heartbeat, ProcessKind
from store.watching import Behind, Passage

_WRITTEN = "%Y-%m-%d %H:%M UTC"
_MOMENTS = {"since", "oldest"}
"""What moments are called in what a rule finds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is wrong; all of the watchdog's numbers.

    ``silent``: without a sign of life a process counts as dead. ``behind``: how long after its time a text, or a
    patient to be planned for, may wait. ``unknown``: how long the fate of a text may be unknown. ``lately`` and
    ``least``: so many texts were due in so long a time and none went. ``skew``: how far a clock may be off.
    ``refused``: so many calls of webhooks were turned away since one was accepted, the latest within ``refused_for``.
    ``disk_mb``: room that must be left. ``most``: what is counted no further.
    """

    silent: timedelta = timedelta(seconds=60)
    behind: timedelta = timedelta(minutes=15)
    unknown: timedelta = timedelta(minutes=30)
    lately: timedelta = timedelta(hours=1)
    least: int = 5
    skew: timedelta = timedelta(seconds=10)
    refused: int = 5
    refused_for: timedelta = timedelta(hours=1)
    disk_mb: int = 500
    most: int = 1000


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at the moment ``real`` of the database's clock. Lists by clinic have only those with a count."""

    real: datetime
    beats: Sequence[Heartbeat] = ()
    overdue: Sequence[Behind] = ()
    unplanned: Sequence[Behind] = ()
    passages: Sequence[Passage] = ()
    unknown: Sequence[Behind] = ()
    stopped: Mapping[int, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: by which rule, for which clinic (None: the installation), with counts and names."""

    kind: str
    clinic_id: int | None
    detail: Mapping[str, Any]


Judge = Callable[[Facts, Limits], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its words. ``wrong`` is a sentence with the detail's names in braces; ``mend`` says what to do.

    Staff hear of it when it was on for ``patience``: what mends itself by then was none of theirs. ``clinics_too``:
    what is wrong with the whole installation concerns the people of every clinic, not the operator alone.
    """

    judge: Judge
    wrong: Plain
    mend: Plain
    patience: timedelta = timedelta(0)
    clinics_too: bool = False


def alive(facts: Facts, limits: Limits, kind: ProcessKind) -> list[Heartbeat]:
    """The processes of a kind that live."""
    return [beat for beat in facts.beats if beat.kind == kind and not beat.ended and not _is_old(beat, facts, limits)]


def scheduler_silent(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """No scheduler shows itself."""
    return _silent("scheduler_silent", "scheduler", facts, limits)


def web_silent(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """No web process shows itself."""
    return _silent("web_silent", "web", facts, limits)


def scheduler_died(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """A scheduler went away unasked, and nobody took its place."""
    return _died("scheduler_died", "scheduler", facts, limits)


def web_died(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """A web process went away unasked, and nobody took its place."""
    return _died("web_died", "web", facts, limits)


def overdue(facts: Facts, _: Limits) -> Iterable[Finding]:
    """Texts wait longer than any of them should."""
    return _behind("overdue", facts.overdue)


def unplanned(facts: Facts, _: Limits) -> Iterable[Finding]:
    """Nobody makes ready what is due."""
    return _behind("unplanned", facts.unplanned)


def unknown_waiting(facts: Facts, _: Limits) -> Iterable[Finding]:
    """Nobody found out what became of texts."""
    return _behind("unknown_waiting", facts.unknown)


def nothing_sent(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """Texts of a clinic were due, and none went: whatever the reason, its patients hear nothing."""
    went = {each.clinic_id: each.went for each in facts.passages}
    due: dict[int, int] = {each.clinic_id: each.kept for each in facts.passages}
    for each in (*facts.overdue, *facts.unplanned):
        due[each.clinic_id] = due.get(each.clinic_id, 0) + each.count
    for clinic_id, count in sorted(due.items()):
        if count >= limits.least and not went.get(clinic_id):
            yield Finding("nothing_sent", clinic_id, {"count": count, "minutes": limits.lately // timedelta(minutes=1)})


def sender_stopped(facts: Facts, _: Limits) -> Iterable[Finding]:
    """A number or service sends nothing until a person says that it may."""
    for clinic_id, senders in sorted(facts.stopped.items()):
        yield Finding("sender_stopped", clinic_id, {"count": len(senders), "senders": list(senders)})


def clock_skew(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """A host's clock is not the database's: what is due there is due too early or too late."""
    off = {beat.host: skew for beat in _living(facts, limits) if abs(skew := skew_of(beat)) > limits.skew}
    if off:
        worst = max(off.values(), key=abs)
        yield Finding("clock_skew", None, {"hosts": sorted(off), "seconds": round(worst.total_seconds())})


def deaf(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """What looks like Twilio's calls is turned away and none is accepted: we do not hear what patients text, or danger.

    Who knows the account and a number of ours can forge such calls; one that Twilio signed ends the alarm.
    """
    refused = refused_run(facts, limits)
    if refused >= limits.refused:
        yield Finding("deaf", None, {"count": refused})


def spool_waiting(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """Texts lie on a host's disk and are not played; while they do, this host sends nothing."""
    waiting = {beat.host: beat.vitals.spooled or 0 for beat in _living(facts, limits) if beat.vitals.spooled}
    if waiting:
        yield Finding("spool_waiting", None, {"count": sum(waiting.values()), "hosts": sorted(waiting)})


def spool_unwritable(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """Were the database to go away now, texts could be kept nowhere."""
    hosts = {beat.host for beat in _living(facts, limits) if beat.vitals.spool_writable is False}
    if hosts:
        yield Finding("spool_unwritable", None, {"hosts": sorted(hosts)})


def disk_full(facts: Facts, limits: Limits) -> Iterable[Finding]:
    """A disk is nearly full: soon nothing can be written."""
    room = {
        beat.host: beat.vitals.disk_free_mb
        for beat in _living(facts, limits)
        if beat.vitals.disk_free_mb is not None and beat.vitals.disk_free_mb < limits.disk_mb
    }
    if room:
        yield Finding("disk_full", None, {"hosts": sorted(room), "mb": min(room.values())})


RULES: Mapping[str, Rule] = {
    "scheduler_silent": Rule(
        scheduler_silent,
        Plain("No scheduler has shown itself since {since}: no reminder goes out."),
        Plain("Start `immunotext scheduler`; its log says why it ended."),
        clinics_too=True,
    ),
    "scheduler_died": Rule(
        scheduler_died,
        Plain("Schedulers that ended without being told to: {processes}. Others carry on."),
        Plain("Read the log there and start it again."),
        timedelta(minutes=1),
    ),
    "web_silent": Rule(
        web_silent,
        Plain("No web process has shown itself since {since}: what patients text is not heard, danger neither."),
        Plain("Start `immunotext serve`; its log says why it ended."),
        clinics_too=True,
    ),
    "web_died": Rule(
        web_died,
        Plain("Web processes that ended without being told to: {processes}. Others carry on."),
        Plain("Read the log there and start it again."),
        timedelta(minutes=1),
    ),
    "deaf": Rule(
        deaf,
        Plain(
            "{count} calls with a signature were turned away and none was accepted since: what patients text is not "
            "heard, danger neither. Who knows our account and number may have forged them."
        ),
        Plain(
            "Make PUBLIC_URL what Twilio calls, and TWILIO_AUTH_TOKEN what Twilio signs with; run `immunotext doctor`."
        ),
        clinics_too=True,
    ),
    "overdue": Rule(
        overdue,
        Plain("Texts overdue: {count}, the oldest since {oldest}."),
        Plain("The scheduler's log says what it waits for; `immunotext message why` says it of one text."),
    ),
    "unplanned": Rule(
        unplanned,
        Plain("Patients for whom nothing is made ready: {count}, for the first since {oldest}."),
        Plain("The scheduler's log says what is in its way."),
    ),
    "nothing_sent": Rule(
        nothing_sent,
        Plain("Nothing went out in {minutes} minutes, though {count} texts were due."),
        Plain("Run `immunotext doctor`, and look into Twilio's console for what it says of the account."),
    ),
    "unknown_waiting": Rule(
        unknown_waiting,
        Plain("Texts of which nobody knows whether they went: {count}, of the first since {oldest}."),
        Plain("They settle when Twilio's receipts come or it can be asked: run `immunotext doctor`."),
    ),
    "sender_stopped": Rule(
        sender_stopped,
        Plain("Numbers of the clinic that send nothing any more: {count} (sender {senders})."),
        Plain(
            "`immunotext sender list` has the reason. Mend it at Twilio, then let each send again: "
            "`immunotext sender set ADDRESS --resume`."
        ),
    ),
    "clock_skew": Rule(
        clock_skew,
        Plain("The clock of {hosts} is {seconds} seconds off the database's."),
        Plain("Turn on NTP there."),
        timedelta(minutes=1),
    ),
    "spool_waiting": Rule(
        spool_waiting,
        Plain("Texts that wait in the spool of {hosts}: {count}. Meanwhile nothing is sent from there."),
        Plain("The log there says why they are not taken in."),
        timedelta(minutes=5),
    ),
    "spool_unwritable": Rule(
        spool_unwritable,
        Plain("The spool of {hosts} cannot be written: without the database, texts would be kept nowhere."),
        Plain("Give the user of the program the right to write into VAR_DIR there, and room on its disk."),
        timedelta(minutes=1),
    ),
    "disk_full": Rule(
        disk_full,
        Plain("The disk of {hosts} has {mb} MB left."),
        Plain("Free some space there."),
        timedelta(minutes=5),
    ),
}


def judge(facts: Facts, limits: Limits) -> list[Finding]:
    """Everything that is wrong, in the order of the rules."""
    return [finding for rule in RULES.values() for finding in rule.judge(facts, limits)]


def wrong(kind: str, detail: Mapping[str, Any]) -> str:
    """The plain sentence of what is wrong."""
    return RULES[kind].wrong.filled(detail) if kind in RULES else kind


def refused_run(facts: Facts, limits: Limits) -> int:
    """How many calls with a signature were turned away since any process accepted one; 0 when the last is long ago."""
    vitals = [beat.vitals for beat in alive(facts, limits, "web")]
    accepted = max((each.accepted_at for each in vitals if each.accepted_at is not None), default=None)
    latest = max((each.refused_at for each in vitals if each.refused_at is not None), default=None)
    if latest is None or latest <= facts.real - limits.refused_for or (accepted is not None and accepted >= latest):
        return 0
    return sum(
        each.refused
        for each in vitals
        if each.refused_at is not None and (accepted is None or each.refused_at > accepted)
    )


def skew_of(beat: Heartbeat) -> timedelta:
    """How far the clock of a process is ahead of the database's."""
    return beat.vitals.clock - beat.at if beat.vitals.clock is not None else timedelta(0)


def written(moment: datetime) -> str:
    """A moment as alarms say it: UTC, to the minute."""
    return f"{moment:{_WRITTEN}}"


def with_moments(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What a rule found, with its moments as such, for readers who have a clock of their own."""
    found = dict(detail)
    for name in _MOMENTS & detail.keys():
        with suppress(ValueError):  # of another release
            found[name] = datetime.strptime(str(detail[name]), _WRITTEN).replace(tzinfo=UTC)
    return found


def _silent(rule: str, kind: ProcessKind, facts: Facts, limits: Limits) -> Iterable[Finding]:
    """It is missed since somebody has been there to miss it: after all were stopped, they do not start at once."""
    if alive(facts, limits, kind):
        return
    missed = min((beat.since for beat in _living(facts, limits)), default=facts.real)
    shown = max((beat.at for beat in facts.beats if beat.kind == kind), default=missed)
    if max(shown, missed) <= facts.real - limits.silent:
        yield Finding(rule, None, {"since": written(shown)})


def _died(rule: str, kind: ProcessKind, facts: Facts, limits: Limits) -> Iterable[Finding]:
    """One that began after another was last seen took its place. Where none is left, that is the silence."""
    living = alive(facts, limits, kind)
    dead = [beat for beat in facts.beats if beat.kind == kind and not beat.ended and _is_old(beat, facts, limits)]
    dead.sort(key=lambda each: each.at)
    for beat in sorted(living, key=lambda each: each.since):
        replaced = next((each for each in dead if each.at <= beat.since), None)
        if replaced is not None:
            dead.remove(replaced)
    if living and dead:
        names = sorted(beat.process for beat in dead)
        yield Finding(rule, None, {"count": len(names), "processes": names})


def _behind(rule: str, found: Sequence[Behind]) -> Iterable[Finding]:
    for each in found:
        yield Finding(rule, each.clinic_id, {"count": each.count, "oldest": written(each.oldest)})


def _living(facts: Facts, limits: Limits) -> list[Heartbeat]:
    return alive(facts, limits, "scheduler") + alive(facts, limits, "web")


def _is_old(beat: Heartbeat, facts: Facts, limits: Limits) -> bool:
    return beat.at <= facts.real - limits.silent
