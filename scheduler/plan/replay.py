"""Changes applied to a plan's state, one after the other; pure, so that undoing is replaying without the last."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from content.plain import Plain, days_of
from content.regimen_format.model import StartKind
from scheduler.plan.changes import (
    Branch,
    Change,
    ChangeError,
    Close,
    Delay,
    Enter,
    Hold,
    Move,
    Resume,
    Skip,
    Stop,
    Switch,
)
from scheduler.plan.layout import Changed, NoSuchCycleError
from scheduler.plan.runs import UNCHANGED, CycleEdit, Dose, Run
from scheduler.plan.state import PlanState, Segment
from scheduler.plan.timeline import Timeline

Edit = Callable[[CycleEdit], CycleEdit]


def timeline_of(state: PlanState) -> Timeline:
    """A state laid out, with visits on the days on which the clinic is open. Raises NoSuchCycleError."""
    return Timeline(state, state.clinic_days)


def replay(state: PlanState, changes: Iterable[Change]) -> PlanState:
    """The state after changes in their order. Raises ChangeError at the first that cannot be made."""
    for change in changes:
        state = apply(state, change)
    return state


def apply(state: PlanState, change: Change) -> PlanState:
    """The state after one change. Raises ChangeError."""
    if state.stopped_on is not None:
        raise ChangeError(Plain("the plan was stopped on {day}: undo that first", day=_day(state.stopped_on)))
    match change:
        case Delay():
            return _delay(state, change)
        case Hold():
            return _hold(state, change.from_.toordinal())
        case Resume():
            return _resume(state, change.on.toordinal(), is_new=change.cycle == "new")
        case Skip():
            return _skip(state, change.date, counts=change.counts)
        case Move():
            return _move(state, change.date, change.to)
        case Close():
            return _close(state, change.date, change.to)
        case Stop():
            # What a hold keeps from happening until then does not happen either.
            return state._replace(stopped_on=change.on.toordinal(), has_tail=change.tail)
        case Switch():
            return _switch(state, change)
        case Enter():
            return _enter(state, change.phase, change.on)
        case Branch():
            return _branch(state, change.id, take=change.take)
    raise ChangeError(Plain('"{kind}" is no change', kind=change.kind))


def _delay(state: PlanState, change: Delay) -> PlanState:
    timeline = timeline_of(state)
    run, at = _cycle(timeline, change.cycle, change.phase)
    if change.policy == "reanchor":
        return _edited(state, run, at, lambda edit: edit.shifted(change.days))
    following = _start_after(timeline, run, at)
    first = next(run.doses(at), None)
    if first is not None and following is not None and first.ordinal + change.days >= following:
        raise ChangeError(
            Plain(
                "{later} later cycle {cycle} would not be over when the next one starts on {next}: delay it by "
                "less, or with policy=reanchor",
                later=days_of(change.days),
                cycle=change.cycle,
                next=_day(following),
            )
        )
    return _edited(state, run, at, lambda edit: replace(edit, alone=edit.alone + change.days))


def _hold(state: PlanState, first: int) -> PlanState:
    if state.held_from is not None:
        raise ChangeError(Plain("the plan is on hold since {day} already", day=_day(state.held_from)))
    if state.holds and first < state.holds[-1][1]:
        went_on = _day(state.holds[-1][1])
        raise ChangeError(Plain("the plan went on after a hold on {day}: a new hold begins later", day=went_on))
    return state._replace(held_from=first)


def _resume(state: PlanState, on: int, *, is_new: bool) -> PlanState:
    if state.held_from is None:
        raise ChangeError(Plain("the plan is not on hold: there is nothing to resume"))
    if on < state.held_from:
        began = _day(state.held_from)
        raise ChangeError(Plain("the hold began on {day}: treatment cannot go on before that", day=began))
    held = state.held_from
    state = state._replace(held_from=None, holds=(*state.holds, (held, on)))
    timeline = timeline_of(state)
    missed = next(timeline.doses(held), None)
    if missed is None:
        return state
    run, at = missed.run, missed.at
    is_first = missed.day == run.stage.shape(run.cycle + at, run.start_of(at)).days[0]
    if not is_new:
        return _continued(state, timeline, missed, held, on, is_first=is_first)
    if is_first:
        return _edited(state, run, at, _starting(on, run, at))
    state = _edited(state, run, at, lambda edit: replace(edit, cut=missed.day, uncounted=True))
    following = _same_cycle(timeline_of(state), run, run.cycle + at + 1)
    if following is None:
        return state
    return _edited(state, *following, _starting(on, *following))


def _continued(state: PlanState, timeline: Timeline, missed: Dose, held: int, on: int, *, is_first: bool) -> PlanState:
    """The same cycle goes on: the first dose that was missed is given on the day, and the others after it."""
    if missed.ordinal >= on:
        return state
    run, at = missed.run, missed.at
    if any(give.weekdays for give in run.stage.gives):
        # Weekdays stay weekdays: what was missed is left out.
        for dose in timeline.doses(held):
            if dose.ordinal >= on:
                break
            state = _edited(state, dose.run, dose.at, _without(dose.day))
        return state
    # Counted from where it is without the clinic's days: they are looked at again.
    moved_alone = dict(run.edit.moved).get(missed.day, 0)
    later = on - run.planned_on(at, missed.day) - moved_alone
    if is_first:
        return _edited(state, run, at, lambda edit: edit.shifted(later))
    return _edited(state, run, at, lambda edit: replace(edit, inner=(*edit.inner, (missed.day, later))))


def _skip(state: PlanState, day: date, *, counts: bool) -> PlanState:
    dose = _given_on(timeline_of(state), day)
    if dose is None:
        raise ChangeError(Plain("nothing is given on {day}: there is nothing to skip", day=day))
    state = _edited(state, dose.run, dose.at, _without(dose.day))
    if counts:
        return state
    left = _same_cycle(timeline_of(state), dose.run, dose.run.cycle + dose.at)
    if left is None or any(left[0].doses(left[1])) or left[0].moved_doses():
        return state
    return _edited(state, *left, lambda edit: replace(edit, uncounted=True))


def _move(state: PlanState, day: date, to: date) -> PlanState:
    timeline = timeline_of(state)
    dose = _given_on(timeline, day)
    if dose is None or dose.slot.setting is None:
        raise ChangeError(Plain("there is no visit on {day}: there is nothing to move", day=day))
    items = dose.run.stage.course.regimen.items
    if any(items[item].route == "pump" for item in dose.slot.items):
        raise ChangeError(Plain("the pump of {day} runs over many days: delay the cycle instead", day=day))
    there = to.toordinal()
    before = _visit_before(timeline, dose.ordinal)
    after = next((each for each in timeline.doses(dose.ordinal + 1) if each.slot.setting is not None), None)
    if before is not None and there <= before.ordinal:
        last = _day(before.ordinal)
        raise ChangeError(Plain("{day} is not after the visit before it, on {last}", day=to, last=last))
    if after is not None and there >= after.ordinal:
        following = _day(after.ordinal)
        raise ChangeError(Plain("{day} is not before the next visit, on {next}", day=to, next=following))
    days = there - dose.run.planned_on(dose.at, dose.day)

    def move(edit: CycleEdit) -> CycleEdit:
        return replace(edit, moved=tuple(sorted({**dict(edit.moved), dose.day: days}.items())))

    return _edited(state, dose.run, dose.at, move)


def _close(state: PlanState, day: date, to: date) -> PlanState:
    dose = _given_on(timeline_of(state), day)
    if dose is None or dose.slot.setting not in ("visit", "hospital"):
        return state
    return _move(state, day, to)


def _switch(state: PlanState, change: Switch) -> PlanState:
    start = change.from_.toordinal()
    last = state.segments[-1]
    if start <= last.start:
        began = _day(last.start)
        raise ChangeError(Plain("the regimen before it starts on {day}: switch after that day", day=began))
    end = start if state.held_from is None else min(start, state.held_from)
    cut = last._replace(changed=replace(last.changed, until=end))
    holds = _holds(state, change.from_)
    state = state.with_segment(len(state.segments) - 1, cut)
    switched = Segment(change.to, start, change.cycle or 1)
    state = state._replace(segments=(*state.segments, switched), held_from=None, holds=holds)
    if switched.start_cycle > 1:
        try:
            state.layouts()
        except NoSuchCycleError as error:
            raise ChangeError(
                Plain(
                    "{regimen} has no cycle {cycle} that could be on {day}",
                    regimen=change.to.id,
                    cycle=change.cycle,
                    day=change.from_,
                )
            ) from error
    return state


def _enter(state: PlanState, phase_id: str, on: date) -> PlanState:
    waiting = []
    for number in range(len(state.segments) - 1, -1, -1):
        segment = state.segments[number]
        for phase in segment.regimen.phases:
            if phase.start.kind is not StartKind.DATE:
                continue
            waiting.append(phase.id)
            if phase.id != phase_id:
                continue
            if on.toordinal() <= segment.start:
                raise ChangeError(
                    Plain(
                        "the plan starts on {day}: {phase} comes after that day",
                        day=_day(segment.start),
                        phase=phase_id,
                    )
                )
            stage = next((each for each in segment.course.stages if each.id == phase_id), None)
            if stage is None:
                raise ChangeError(
                    Plain("{phase} is not part of this plan: answer the choice it depends on first", phase=phase_id)
                )
            taken = segment.taken
            if stage.is_pending and phase.condition.only_if:
                taken |= {phase.condition.only_if}
            changed = segment.changed
            entered = {**changed.entered, phase_id: on.toordinal()}
            changed = Changed(changed.edits, entered, changed.until)
            return state.with_segment(number, segment._replace(taken=taken, changed=changed))
    if waiting:
        raise ChangeError(Plain('no phase "{phase}" waits for a date: {waiting}', phase=phase_id, waiting=waiting))
    raise ChangeError(Plain('no phase "{phase}" waits for a date', phase=phase_id))


def _branch(state: PlanState, choice: str, *, take: bool) -> PlanState:
    known = []
    for number in range(len(state.segments) - 1, -1, -1):
        segment = state.segments[number]
        ids = [each.id for each in segment.regimen.choices]
        known += ids
        if choice in ids:
            one = frozenset({choice})
            taken = segment.taken | one if take else segment.taken - one
            declined = segment.declined - one if take else segment.declined | one
            return state.with_segment(number, segment._replace(taken=taken, declined=declined))
    if known:
        raise ChangeError(Plain('there is no choice "{choice}": the choices are {known}', choice=choice, known=known))
    raise ChangeError(Plain('there is no choice "{choice}"', choice=choice))


def _holds(state: PlanState, on: date) -> tuple[tuple[int, int], ...]:
    """The holds, with the present one over on a day."""
    if state.held_from is None:
        return state.holds
    return (*state.holds, (state.held_from, max(on.toordinal(), state.held_from)))


def _edited(state: PlanState, run: Run, at: int, edit: Edit) -> PlanState:
    """The state with one cycle edited."""
    segment = state.segments[run.segment]
    place = (run.stage.id, run.cycle + at)
    edits = {**segment.changed.edits, place: edit(segment.changed.edits.get(place, UNCHANGED))}
    changed = Changed(edits, segment.changed.entered, segment.changed.until)
    return state.with_segment(run.segment, segment._replace(changed=changed))


def _starting(on: int, run: Run, at: int) -> Edit:
    """A cycle has its day 1 on a day, and what follows counts from there."""
    start = run.start_of(at)
    return lambda edit: replace(edit, before=edit.before + on - start + edit.alone, alone=0)


def _without(day: int) -> Edit:
    return lambda edit: replace(edit, skipped=edit.skipped | {day})


def _cycle(timeline: Timeline, number: int, phase: str | None) -> tuple[Run, int]:
    """A cycle by its number in the plan, or in a phase: the latest one of that number."""
    for run in reversed(timeline.runs):
        at = number - (run.plan_cycle if phase is None else run.cycle)
        if at >= 0 and (run.length is None or at < run.length) and phase in (None, run.stage.id):
            return run, at
    if phase is not None and phase not in {run.stage.id for run in timeline.runs}:
        planned = [run.stage.id for run in timeline.begins]
        raise ChangeError(Plain('no phase "{phase}" is planned: there are {planned}', phase=phase, planned=planned))
    if phase:
        raise ChangeError(Plain('there is no cycle {cycle} in the phase "{phase}"', cycle=number, phase=phase))
    raise ChangeError(Plain("there is no cycle {cycle} in this plan", cycle=number))


def _same_cycle(timeline: Timeline, run: Run, cycle: int) -> tuple[Run, int] | None:
    """A cycle of the same phase in a timeline that was laid out anew."""
    for other in timeline.runs:
        at = cycle - other.cycle
        is_there = at >= 0 and (other.length is None or at < other.length)
        if is_there and other.segment == run.segment and other.stage.id == run.stage.id:
            return other, at
    return None


def _start_after(timeline: Timeline, run: Run, at: int) -> int | None:
    """Day 1 of the cycle that follows."""
    if run.length is None or at + 1 < run.length:
        return run.start_of(at + 1)
    number = timeline.runs.index(run) + 1
    return timeline.runs[number].start if number < len(timeline.runs) else None


def _given_on(timeline: Timeline, day: date) -> Dose | None:
    dose = next(timeline.doses(day.toordinal()), None)
    return dose if dose is not None and dose.ordinal == day.toordinal() else None


def _visit_before(timeline: Timeline, ordinal: int) -> Dose | None:
    found = timeline.last_dose(ordinal)
    while found is not None and found.slot.setting is None:
        found = timeline.last_dose(found.ordinal)
    return found


def _day(ordinal: int) -> date:
    return date.fromordinal(ordinal)
