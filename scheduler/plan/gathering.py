"""From reminders to texts: what is told together, and what is left out where somebody would get too many.

Both look at all plans of a patient. The appointments of one day are one text, whatever plan they are of and in whatever
words each would be told alone. Of more texts than a day or seven days may have, the least useful are left out: a text
takes no place that a more useful one will need, later that day or on the days to come.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scheduler.plan.reminders import Reminder

WEEK = 7
"""Days: the weekly limit holds for any so many days that follow each other."""

# The most useful first; a rule that is not named here comes last.
_USEFUL = (
    "hospital_before",
    "visit_tomorrow",
    "visit_before",
    "visit_today",
    "pill_today",
    "cream_today",
    "cream_washoff",
    "off_first",
    "off_last",
    "phase_before",
    "finished",
    "late_effects",
    "between",
)
_RANKS = {rule: rank for rank, rule in enumerate(_USEFUL)}
_VISITS = frozenset({"visit_before", "visit_tomorrow", "visit_today"})

DAILY, WEEKLY, MADE_ROOM = "daily_limit", "weekly_limit", "made_room"
"""Why a text is left out: the day, or seven days, are full; or its place is kept for a more useful one."""


class Limits(NamedTuple):
    """The most texts on one local day, and on any seven that follow each other."""

    per_day: int
    per_week: int


class Gathered(NamedTuple):
    """One text: ``reminder`` is how it is told, ``tells`` the reminders that it stands for, with their plans' ids."""

    reminder: Reminder
    tells: tuple[tuple[int, Reminder], ...]

    @property
    def day(self) -> int:
        """The ordinal of the local day on which it is to arrive."""
        return self.reminder.local_date.toordinal()

    @property
    def rank(self) -> int:
        """How useful it is: the smaller the more."""
        return _RANKS.get(_rule(self.reminder), len(_RANKS))


def gather(found: Iterable[tuple[int, Reminder]]) -> list[Gathered]:
    """As few texts as say everything, in due order, of reminders with the ids of their plans.

    Told together are the visits of one day by one rule, different treatments at home at one moment, and what would be
    told in the same words at the same moment.
    """
    groups: dict[tuple[object, ...], list[tuple[int, Reminder]]] = {}
    for plan_id, reminder in found:
        groups.setdefault(_together(reminder), []).append((plan_id, reminder))
    return sorted((_text(group) for group in groups.values()), key=lambda text: text.reminder.due_at)


def left_out(texts: Sequence[Gathered], told: Mapping[int, int], limits: Limits) -> list[str | None]:
    """For each text, in due order, why it is left out; None where it goes.

    ``told``: how many texts there are already, by the ordinal of their local day. What is useful later counts only as
    far as ``texts`` tells of it: so that nothing more useful is left out, let it reach six days ahead.
    """
    kept = Counter(told)
    reasons = []
    for number, text in enumerate(texts):
        reason = _reason(text, _more_useful(texts, number), kept, limits)
        if reason is None:
            kept[text.day] += 1
        reasons.append(reason)
    return reasons


def _more_useful(texts: Sequence[Gathered], number: int) -> Counter[int]:
    """By their days, the texts after one that are more useful than it, as far ahead as they could need its place."""
    rank, last = texts[number].rank, texts[number].day + WEEK - 1
    ahead: Counter[int] = Counter()
    for other in texts[number + 1 :]:
        if other.day > last:
            break
        if other.rank < rank:
            ahead[other.day] += 1
    return ahead


def _reason(text: Gathered, ahead: Counter[int], kept: Counter[int], limits: Limits) -> str | None:
    day = text.day
    if kept[day] >= limits.per_day:
        return DAILY
    if kept[day] + ahead[day] >= limits.per_day:
        return MADE_ROOM
    needed = [min(ahead[day + later], limits.per_day) for later in range(WEEK)]
    for later in range(WEEK):
        before = sum(kept[day - back] for back in range(WEEK - later))
        if before >= limits.per_week:
            return WEEKLY
        if before + sum(needed[: later + 1]) >= limits.per_week:
            return MADE_ROOM
    return None


def _rule(reminder: Reminder) -> str:
    """The id of a rule without the number of its time or day."""
    return reminder.rule.partition("/")[0]


def _together(reminder: Reminder) -> tuple[object, ...]:
    rule = _rule(reminder)
    if rule in _VISITS:
        return rule, reminder.event_date, reminder.local_date
    if rule == "pill_today":
        return rule, reminder.due_at
    return reminder.template, reminder.due_at, reminder.event_date, tuple(sorted(reminder.args.items()))


def _text(group: list[tuple[int, Reminder]]) -> Gathered:
    """One text for reminders that are told together, due with the first and of use as long as all of it is."""
    group.sort(key=lambda each: each[1].due_at)
    first = group[0][1]
    template, args = first.template, first.args
    if _rule(first) in _VISITS:
        template, args = _visits(group)
    elif _rule(first) == "pill_today":
        items = sorted({each.args["item"] for _, each in group})
        if len(items) == 2:
            template, args = "pills_today", {"item": items[0], "other": items[1]}
        elif len(items) > 2:
            args = {"item": "treatment"}
    text = first._replace(
        template=template,
        args=args,
        expires_at=min(each.expires_at for _, each in group),
        priority=min(each.priority for _, each in group),
    )
    return Gathered(text, tuple(group))


def _visits(group: list[tuple[int, Reminder]]) -> tuple[str, dict[str, str]]:
    """The words for the visits of one day: one of them, or several with all, some or none of their times."""
    first, rule = group[0][1], _rule(group[0][1])
    times = sorted({each.args["time"] for _, each in group if "time" in each.args})
    untimed = Counter(plan_id for plan_id, _ in {(plan, each.event) for plan, each in group if "time" not in each.args})
    if len(times) + max(untimed.values(), default=0) == 1:
        of_a_kind = len({each.template for _, each in group}) == 1
        return first.template if of_a_kind else rule + ("" if times else "_untimed"), first.args
    args = {"date": first.args["date"]}
    if times:
        args["times"] = ",".join(times)
    if any("clock" in each.args for _, each in group):
        args["clock"] = "clinic"
    suffix = "" if not untimed else "_partly" if times else "_untimed"
    return rule.replace("visit", "visits") + suffix, args
