"""A regimen in plain words, sentence by sentence, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from bot.clinic.dates import time_of_day
from bot.clinic.plans.words import rule_in_words
from bot.clinic.regimen_names import item_name, phase_name, words_of_file
from bot.clinic.settings.forms import WEEKDAYS
from content.regimen_format.model import (
    Attached,
    Condition,
    Extra,
    Give,
    Item,
    OffDays,
    Phase,
    Ranges,
    Route,
    Rule,
    Span,
    StartKind,
    Stop,
)
from content.regimens import Regimen

ROUTES: Mapping[Route, LazyString] = {
    Route.IV: lazy_gettext("into a vein"),
    Route.PUMP: lazy_gettext("by a pump"),
    Route.CAPSULE: lazy_gettext("capsules at home"),
    Route.PILL: lazy_gettext("pills at home"),
    Route.CREAM: lazy_gettext("cream at home"),
    Route.BLADDER: lazy_gettext("into the bladder"),
    Route.UNDER_SKIN: lazy_gettext("under the skin"),
    Route.LESION: lazy_gettext("into the lesion"),
}
OFF_DAYS: Mapping[OffDays, LazyString] = {
    OffDays.REST: lazy_gettext("days without it are told as an off period"),
    OffDays.BETWEEN: lazy_gettext("days without it are told as days between visits, never as rest"),
    OffDays.UNTOLD: lazy_gettext("days without it are not told of"),
}

_WEEKDAYS = dict(WEEKDAYS)


@dataclass(frozen=True, slots=True)
class Part:
    """Sentences under a heading."""

    title: str
    sentences: tuple[str, ...]


def described(regimen: Regimen) -> list[Part]:
    """The whole regimen: what is given, its phases, what belongs to it, when it ends, what is texted."""
    parts = [
        Part(_("What is given"), tuple(_item(item) for item in regimen.items.values())),
        *(Part(_phase_title(phase), tuple(_phase(phase, regimen))) for phase in regimen.phases),
        Part(_("Beside it"), tuple(_beside(regimen))),
        Part(_("Choices of the staff"), tuple(words_of_file(choice.question) for choice in regimen.choices)),
        Part(_("The course ends"), tuple(_stop(stop, regimen) for stop in regimen.stops)),
        Part(_("After a pause"), (words_of_file(regimen.pause_rule),) if regimen.pause_rule else ()),
        Part(_("Reminders"), tuple(rule_sentence(rule) for rule in regimen.reminders)),
    ]
    return [part for part in parts if part.sentences]


def rule_sentence(rule: Rule) -> str:
    """A reminder rule: what it tells, and when."""
    return str(_("%(rule)s: %(when)s.", rule=rule_in_words(rule.id), when=when_in_words(rule)))


def when_in_words(rule: Rule) -> str:
    """When a rule tells it."""
    times = times_in_words(rule)
    if rule.days_after:
        days = ", ".join(map(str, rule.days_after))
        return str(_("%(times)s, on days %(days)s after the last treatment", times=times, days=days))
    if rule.id == "between":
        return str(_("%(times)s, on day %(day)s after a visit", times=times, day=rule.days))
    if rule.id in ("visit_before", "hospital_before", "phase_before"):
        said = ngettext("%(num)s day before", "%(num)s days before", rule.days)
        return str(_("%(times)s, %(days)s", times=times, days=said))
    return times


def times_in_words(rule: Rule) -> str:
    """The times of a rule."""
    opens = str(_("when the patient's hours begin"))
    return ", ".join(opens if at is None else time_of_day(at) for at in rule.at)


def _item(item: Item) -> str:
    route, off = ROUTES[item.route], OFF_DAYS[item.off_days]
    said = _("%(item)s, %(route)s: %(off)s.", item=item_name(item.name), route=route, off=off)
    if item.called:
        return str(_("%(sentence)s Patients read: %(word)s.", sentence=said, word=words_of_file(item.called)))
    return str(said)


def _phase_title(phase: Phase) -> str:
    return str(_("Phase: %(title)s", title=phase_name(phase)))


def _phase(phase: Phase, regimen: Regimen) -> Iterator[str]:
    start = phase.start
    if start.kind is StartKind.GAP:
        yield str(_("Begins %(gap)s after the last dose before it.", gap=_span(start.gap)))
    elif start.kind is StartKind.CYCLE_END:
        yield str(_("Begins when the last cycle before it is over."))
    elif start.kind is StartKind.DATE:
        yield str(_("Waits for a date that staff enter: %(what)s.", what=words_of_file(start.waits_for or "")))
        if start.minimum_wait:
            yield str(_("At least %(wait)s after what came before.", wait=_days(start.minimum_wait)))
    yield _length(phase)
    if phase.courses:
        offsets = ", ".join(_span(each) for each in phase.courses.offsets)
        anchor = regimen.phase(phase.courses.anchor)
        title = phase_name(anchor) if anchor else phase.courses.anchor
        said = _("end of %(phase)s", phase=title) if phase.courses.from_end else _("start of %(phase)s", phase=title)
        cycles = ngettext("%(num)s cycle", "%(num)s cycles", phase.courses.cycles)
        yield str(
            _(
                "Courses of %(cycles)s each, at %(offsets)s from the %(anchor)s.",
                cycles=cycles,
                offsets=offsets,
                anchor=said,
            )
        )
    for give in phase.gives:
        yield _give(give, regimen)
    for stay in phase.stays:
        said = _("In hospital %(days)s", days=_on(stay.days))
        yield _sentence(str(said), _cycles(stay.in_cycles), _condition(stay.condition, regimen))
    if condition := _condition(phase.condition, regimen):
        yield _sentence(str(_("This phase is there")), condition)


def _length(phase: Phase) -> str:
    if phase.courses:
        return str(_("A cycle takes %(cycle)s.", cycle=_span(phase.cycle)))
    every = _every(phase.cycle)
    if phase.cycles is not None and phase.lasts is not None:
        return str(
            _(
                "%(every)s, %(cycles)s times or for %(lasts)s, whichever comes first.",
                every=every,
                cycles=phase.cycles,
                lasts=_span(phase.lasts),
            )
        )
    if phase.cycles is not None:
        cycles = ngettext("%(num)s cycle", "%(num)s cycles", phase.cycles)
        return str(_("%(every)s, %(cycles)s.", every=every, cycles=cycles))
    if phase.lasts is not None:
        return str(_("%(every)s, for %(lasts)s.", every=every, lasts=_span(phase.lasts)))
    return str(_("%(every)s, with no end of its own.", every=every))


def _every(span: Span) -> str:
    if span.months:
        return str(ngettext("Every month", "Every %(num)s months", span.months))
    if span.days % 7 == 0:
        return str(ngettext("Every week", "Every %(num)s weeks", span.days // 7))
    return str(ngettext("Every day", "Every %(num)s days", span.days))


def _give(give: Give, regimen: Regimen) -> str:
    if give.weekdays:
        days = _("on %(days)s", days=", ".join(str(_WEEKDAYS[day]) for day in give.weekdays))
    else:
        days = _on(give.days)
    said = str(_("%(item)s %(days)s", item=item_name(give.item), days=days))
    more = [_cycles(give.in_cycles)]
    if give.route is not None:
        more.append(str(ROUTES[give.route]))
    if give.every is not None:
        more.append(str(_("every %(days)s", days=_days(give.every))))
    if give.gap is not None:
        least, most = give.gap
        if most is None:
            more.append(str(_("at least %(days)s after the last dose", days=_days(least))))
        else:
            more.append(str(_("%(least)s to %(most)s days after the last dose", least=least, most=most)))
    if give.watch_hours is not None:
        more.append(str(_("watched for %(hours)s h", hours=f"{give.watch_hours:g}")))
    if give.premedication:
        more.append(str(_("with medicines before it")))
    if give.label:
        more.append(words_of_file(give.label))
    return _sentence(said, *more, _condition(give.condition, regimen))


def _on(days: tuple[int, ...]) -> str:
    if len(days) == 1:
        return str(_("on day %(day)s of the cycle", day=days[0]))
    return str(_("on days %(days)s of the cycle", days=_numbers(days)))


def _beside(regimen: Regimen) -> Iterator[str]:
    for extra in regimen.extras:
        yield _extra(extra)
    for each in regimen.attached:
        yield _attached(each, regimen)


def _extra(extra: Extra) -> str:
    said = _("One more dose of %(item)s in week %(week)s of the course", item=item_name(extra.item), week=extra.week)
    return _sentence(str(said), words_of_file(extra.label or ""))


def _attached(each: Attached, regimen: Regimen) -> str:
    phase = regimen.phase(each.phase) if each.phase else None
    if each.item:
        of = _("doses of %(item)s", item=item_name(each.item))
    elif each.edge == "cycle":
        of = _("the first day of each cycle")
    elif each.edge == "start":
        of = _("the start of %(phase)s", phase=phase_name(phase)) if phase else _("the start of the course")
    else:
        of = _("the end of %(phase)s", phase=phase_name(phase)) if phase else _("the end of the course")
    if len(each.offsets) > 1 and min(each.offsets) > 0:
        when = str(_("%(days)s days after", days=_numbers(each.offsets)))
    else:
        when = ", ".join(_offset(days) for days in each.offsets)
    kind = _("visit of its own") if each.is_paired else _("no visit")
    name = item_name(each.name)
    said = _("%(name)s (%(kind)s): %(when)s, counted from %(of)s", name=name, kind=kind, when=when, of=of)
    more = [_cycles(each.in_cycles)]
    if each.every > 1:
        more.append(str(_("in each %(number)s. of them", number=each.every)))
    if each.lasts:
        more.append(str(_("for %(days)s", days=_days(each.lasts))))
    return _sentence(str(said), *more, _condition(each.condition, regimen))


def _offset(days: int) -> str:
    if days == 0:
        return str(_("the same day"))
    if days < 0:
        return str(ngettext("%(num)s day before", "%(num)s days before", -days))
    return str(ngettext("%(num)s day after", "%(num)s days after", days))


def _stop(stop: Stop, regimen: Regimen) -> str:
    if stop.cycles is not None:
        said = ngettext("After %(num)s cycle", "After %(num)s cycles", stop.cycles)
    elif stop.lasts is not None:
        said = _("After %(lasts)s", lasts=_span(stop.lasts))
    else:
        said = _("Before %(day)s", day=stop.before)
    return _sentence(str(said), _condition(stop.condition, regimen))


def _condition(condition: Condition, regimen: Regimen) -> str:
    questions = {choice.id: words_of_file(choice.question) for choice in regimen.choices}
    said = []
    if condition.only_if:
        question = questions.get(condition.only_if, condition.only_if)
        said.append(str(_('if "%(question)s" was answered yes', question=question)))
    if condition.unless:
        question = questions.get(condition.unless, condition.unless)
        said.append(str(_('unless "%(question)s" was answered yes', question=question)))
    return ", ".join(said)


def _cycles(ranges: Ranges) -> str:
    if ranges == ((1, None),):
        return ""
    written = ", ".join(
        str(first) if first == last else str(_("from %(first)s on", first=first)) if last is None else f"{first}-{last}"
        for first, last in ranges
    )
    is_one = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    return str(_("in cycle %(cycle)s", cycle=written) if is_one else _("in cycles %(cycles)s", cycles=written))


def _span(span: Span) -> str:
    if span.months:
        return str(ngettext("%(num)s month", "%(num)s months", span.months))
    return _days(span.days)


def _days(days: int) -> str:
    if days and days % 7 == 0:
        return str(ngettext("%(num)s week", "%(num)s weeks", days // 7))
    return str(ngettext("%(num)s day", "%(num)s days", days))


def _numbers(days: tuple[int, ...]) -> str:
    """Days as runs: 1-4, 9, 11-12."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][1] + 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _sentence(*parts: str) -> str:
    return f"{', '.join(part for part in parts if part)}."
