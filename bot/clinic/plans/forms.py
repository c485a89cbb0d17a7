"""The forms of changes: one for each kind, which gives the change that it says."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from bot.clinic.numbers import InRange
from bot.clinic.plans.offers import Offers
from bot.clinic.plans.words import UNDO
from bot.clinic.regimen_names import regimen_name
from scheduler.changing import Override
from scheduler.plan.changes import Branch, Change, Delay, Enter, Hold, Move, Resume, Skip, Stop, Switch

_LONGEST = 500
_WEEK = timedelta(days=7)

needed = InputRequired(_("Fill this in."))


def _choices(*found: tuple[str, str | LazyString]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in found]


class ChangeForm(FlaskForm):
    """What every change is asked: for which version of the plan, whether the patient is told, why, who answers."""

    kind: ClassVar[str]
    asked: ClassVar[tuple[str, ...]] = ()
    """The fields that say what the change is."""

    version = HiddenField()
    changes = HiddenField()
    """How many changes of the plan there were when the page was made."""
    seen = HiddenField()
    """The change as it was last shown: only that one is made."""
    tell = BooleanField(_("Send this text to the patient"))
    reason = StringField(_("Why (kept sealed; for those who look later)"), [Length(max=_LONGEST)])
    answers_by = StringField(_("Who answers for it"), [Length(max=100)])
    answers_why = StringField(_("Why it may be, in your own words"), [Length(max=_LONGEST)])

    def __init__(self, offers: Offers) -> None:
        super().__init__()
        self.offers = offers
        self.fill()

    @property
    def override(self) -> Override | None:
        """Who answers for what the regimen does not allow."""
        by, why = (self.answers_by.data or "").strip(), (self.answers_why.data or "").strip()
        return Override(by, why) if by or why else None

    @property
    def expected_version(self) -> int:
        """The version of the plan on which the person looked; -1 where it is none."""
        return _number(self.version.data)

    @property
    def next_change(self) -> int:
        """At which place among the changes of the plan, from 0, this one stands if it was made; -1: it is not known."""
        return _number(self.changes.data)

    def fill(self) -> None:
        """Gives its fields their choices, and where nothing was sent what is likely meant."""

    def change(self) -> Change:
        """The change; only where the form is valid."""
        raise NotImplementedError


class DelayForm(ChangeForm):
    kind = "delay"
    asked = ("cycle", "days", "policy")
    cycle = SelectField(_("Which cycle"))
    days = IntegerField(_("By how many days"), [needed, InRange(1, 366, _("From 1 to 366 days."))], default=7)
    policy = SelectField(
        _("What follows"),
        choices=[
            SelectChoice("reanchor", _("All later cycles move along")),
            SelectChoice("keepgrid", _("Later cycles stay where they are")),
        ],
    )

    def fill(self) -> None:
        self.cycle.choices = _choices(*self.offers.cycles)
        self.days.render_kw = {"min": 1, "max": 366, "inputmode": "numeric"}

    def change(self) -> Change:
        return Delay(int(self.cycle.data), self.days.data or 0, self.policy.data)


class MoveForm(ChangeForm):
    kind = "move"
    asked = ("date", "to")
    date = SelectField(_("Which visit"))
    to = DateField(_("To which day"), [needed])

    def fill(self) -> None:
        self.date.choices = _choices(*self.offers.visits)
        today = self.offers.standing.today.isoformat()
        _ready(self, "date", lambda: next((day for day, _said in self.offers.visits if day >= today), None))

    def change(self) -> Change:
        return Move(date.fromisoformat(self.date.data), self.to.data or date.min)


class SkipForm(ChangeForm):
    kind = "skip"
    asked = ("date", "counts")
    date = SelectField(_("Which day"))
    counts = SelectField(
        _("The number of cycles"),
        choices=[
            SelectChoice("no", _("It does not count: one more follows in the end")),
            SelectChoice("yes", _("It counts as given")),
        ],
    )

    def fill(self) -> None:
        self.date.choices = _choices(*self.offers.days)
        today = self.offers.standing.today.isoformat()
        _ready(self, "date", lambda: next((day for day, _said in self.offers.days if day >= today), None))

    def change(self) -> Change:
        return Skip(date.fromisoformat(self.date.data), self.counts.data == "yes")


class HoldForm(ChangeForm):
    kind = "hold"
    asked = ("from_",)
    from_ = DateField(_("From which day"), [needed], name="from")

    def fill(self) -> None:
        _ready(self, "from_", lambda: self.offers.standing.today)

    def change(self) -> Change:
        return Hold(self.from_.data or date.min)


class ResumeForm(ChangeForm):
    kind = "resume"
    asked = ("on", "cycle")
    on = DateField(_("On which day"), [needed])
    cycle = SelectField(
        _("With which cycle"),
        choices=[
            SelectChoice("new", _("Day 1 of a new cycle")),
            SelectChoice("same", _("Where the same cycle stopped")),
        ],
    )

    def fill(self) -> None:
        def likely() -> date:
            held = self.offers.standing.calendar.timeline.state.held_from
            return max(self.offers.standing.today, date.fromordinal(held) if held else date.min)

        _ready(self, "on", likely)

    def change(self) -> Change:
        return Resume(self.on.data or date.min, self.cycle.data)


class StopForm(ChangeForm):
    kind = "stop"
    asked = ("on", "tail")
    on = DateField(_("From which day nothing is given"), [needed])
    tail = SelectField(
        _("Texts about late side effects"),
        choices=_choices(("yes", _("They follow, as the regimen says")), ("no", _("None is sent"))),
    )

    def fill(self) -> None:
        _ready(self, "on", lambda: self.offers.standing.today)

    def change(self) -> Change:
        return Stop(self.on.data or date.min, self.tail.data == "yes")


class SwitchForm(ChangeForm):
    kind = "switch"
    asked = ("to", "from_", "cycle")
    to = SelectField(_("To which regimen"))
    from_ = DateField(_("From which day"), [needed], name="from")
    cycle = IntegerField(
        _("With which of its cycles"),
        [Optional(), InRange(1, 999, _("From 1 to 999."))],
        default=1,
    )

    def fill(self) -> None:
        self.to.choices = [
            SelectChoice(each.id, f"{regimen_name(each)} ({each.version})") for each in self.offers.regimens.values()
        ]
        coming = self.offers.next_treatment
        _ready(self, "to", lambda: None if self.offers.newer is None else self.offers.newer.id)
        _ready(self, "from_", lambda: coming.date if coming else self.offers.standing.today + _WEEK)
        if self.offers.newer is not None and coming is not None:
            _ready(self, "cycle", lambda: coming.cycle)

    def change(self) -> Change:
        return Switch(self.offers.regimens[self.to.data], self.from_.data or date.min, self.cycle.data or None)


class EnterForm(ChangeForm):
    kind = "enter"
    asked = ("phase", "on")
    phase = SelectField(_("For which part of treatment"))
    on = DateField(_("It starts on"), [needed])

    def fill(self) -> None:
        self.phase.choices = _choices(*self.offers.phases)

    def change(self) -> Change:
        return Enter(self.phase.data, self.on.data or date.min)


class BranchForm(ChangeForm):
    kind = "branch"
    asked = ("question", "take")
    question = SelectField(_("Which question"))
    take = SelectField(_("The answer"), choices=_choices(("yes", _("Yes")), ("no", _("No"))))

    def fill(self) -> None:
        self.question.choices = _choices(*self.offers.questions)

    def change(self) -> Change:
        return Branch(self.question.data, self.take.data == "yes")


class UndoForm(ChangeForm):
    kind = UNDO


FORMS: dict[str, type[ChangeForm]] = {
    each.kind: each
    for each in (
        DelayForm,
        MoveForm,
        SkipForm,
        HoldForm,
        ResumeForm,
        EnterForm,
        BranchForm,
        SwitchForm,
        StopForm,
        UndoForm,
    )
}


def _number(written: str | None) -> int:
    """A number of a hidden field; -1 where it is none."""
    plain = written or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else -1


def _ready(form: FlaskForm, name: str, likely: Callable[[], Any]) -> None:
    """What is likely meant, in a form that nobody has sent yet."""
    if not form.is_submitted() and (value := likely()) is not None:
        form[name].data = value
