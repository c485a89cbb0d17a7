"""The reminder rules of the clinic: what holds in place of a regimen's own, and what a change would do to a course."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, now, services
from bot.clinic.library import courses
from bot.clinic.library.blueprint import routes
from bot.clinic.library.forms import RuleForm
from bot.clinic.library.regimen_words import when_in_words
from bot.clinic.plans.words import rule_in_words
from bot.clinic.rule_shown import RuleShown
from bot.clinic.sentences import in_words
from bot.clinic.settings.fields import typed
from bot.clinic.settings.meanwhile import Meanwhile, newest, on_your_page
from content.regimen_format import notation, rules
from content.regimens import Regimen
from scheduler import own_rules
from scheduler.enrolment import offered
from scheduler.own_rules import NotSet
from scheduler.planned import overrides
from store import clinics, reminder_rules
from store.reminder_rules import OwnRule

_CONFLICT = 409
_UNFIT = 422
_SHOWN, _MOST = timedelta(weeks=9), 30

Answer = AnyResponse | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Held(RuleShown):
    """A rule as it holds on a regimen here. ``by``: regimen, all (the clinic's for every regimen) or one (for this).

    ``set_here``: all that the clinic has in its place, as it is written.
    """

    by: str
    set_here: str

    @property
    def sentence(self) -> str:
        """What is told, and when."""
        return str(_("not told")) if self.rule is None else when_in_words(self.rule)

    @property
    def choice(self) -> str:
        """What holds, as the form names it."""
        if self.by == "regimen":
            return "same"
        return "off" if self.rule is None else "own"

    @property
    def scope(self) -> str:
        """Where the form would set it."""
        return "all" if self.by == "all" else "one"


@routes.get("/reminders", endpoint="reminders")
def reminders_page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """The rules that hold on a regimen here."""
    return _page(_chosen(request.args.get("regimen", "")))


@routes.post("/reminders/preview")
def preview_rule(clinic_id: int) -> Answer:
    """The texts of an example course before and after a change; nothing is written."""
    form = RuleForm()
    regimen = _chosen(form.regimen.data or "")
    if regimen is None or not form.validate():
        return _page(regimen, form), _UNFIT
    with services().database.reading() as tx:
        own = reminder_rules.of_clinic(tx, clinic_id)
    try:
        there = _there(regimen, own, form)
        _check_news(there, form)
        spec, target = _asked(there, form, regimen)
    except NotSet as error:
        form.at.errors = [in_words(error)]
        return _page(regimen, form), _UNFIT
    rest = [each for each in own if (each.rule, each.regimen_id) != (form.rule.data, target)]
    changed = rest if spec is None else [*rest, OwnRule(str(form.rule.data), spec, target)]
    # Those for every regimen come first, as they are read.
    changed.sort(key=lambda each: each.regimen_id or "")
    start = courses.first_day(now(), here().entry, "")
    texts = courses.compared(now(), services().library, here().entry, (own, changed), regimen, start)
    shown = [text for text in texts if text.local.date() <= start + _SHOWN][:_MOST]
    counted = courses.counted(texts)
    return _page(regimen, form, texts=shown, rest=len(texts) - len(shown), counted=counted, start=start)


@routes.post("/reminders")
def set_rule(clinic_id: int) -> Answer:
    """Sets what the clinic has in place of a rule, or takes it away. What somebody else set since stays as it is."""
    form = RuleForm()
    regimen = _chosen(form.regimen.data or "")
    if regimen is None or not form.validate():
        return _page(regimen, form), _UNFIT
    rule, library, clinic = str(form.rule.data), services().library, here().clinic
    try:
        with services().database.writing() as tx:
            clinics.lock_clinic(tx, clinic_id)
            own = reminder_rules.of_clinic(tx, clinic_id)
            there = _there(regimen, own, form)
            is_older = (form.was.data or "") != there.set_here
            if not is_older:
                _check_news(there, form)
            spec, target = _asked(there, form, regimen)
            is_there = _own_of(own, rule, regimen)[-1:] == ([] if spec is None else [OwnRule(rule, spec, target)])
            if is_older:
                pass
            elif spec is None:
                own_rules.unset_of_clinic(tx, now(), clinic, rule, target, here().actor)
            else:
                own_rules.set_of_clinic(tx, now(), library, clinic, rule, spec, target, here().actor)
    except NotSet as error:
        form.at.errors = [in_words(error)]
        return _page(regimen, form), _UNFIT
    if is_older and not is_there:
        return _set_meanwhile(regimen, there, form), _CONFLICT
    flash(_("Saved. It counts for all that is not sent yet; patients with reminders of their own keep them."))
    return redirect(url_for("library.reminders", regimen=regimen.id), 303)


def _set_meanwhile(regimen: Regimen, there: Held, form: RuleForm) -> str:
    """The page with the rule as it is now, and what stood in the form of an older one."""
    theirs = [typed(each) for each in (form.choice, form.days, form.at, form.scope)]
    form.show(there.choice, there.shown.days, there.times, there.scope, there.set_here)
    form.at.errors = [on_your_page("; ".join(each for each in theirs if each != "-"))]
    fields = ((there.id,), (there.id, regimen.id))
    entry = newest("clinic", lambda each: each.action == "clinic.reminders" and each.fields in fields)
    return _page(regimen, form, meanwhile=Meanwhile(there.name, entry))


def _chosen(asked: str) -> Regimen | None:
    """The regimen that is asked for, else the first that the clinic uses, else the first of all."""
    library = services().library
    if asked:
        found = library.regimens.get(asked)
        if found is None:
            abort(404)
        return found
    return next(iter(offered(library, here().entry) or library.regimens.values()), None)


def _page(regimen: Regimen | None, form: RuleForm | None = None, **shown: Any) -> str:
    if regimen is None:
        abort(404)
    with services().database.reading() as tx:
        own = reminder_rules.of_clinic(tx, here().clinic.id)
    in_use = offered(services().library, here().entry)
    return render_template(
        "library/reminders.html",
        regimen=regimen,
        regimens=in_use if regimen in in_use else [regimen, *in_use],
        held=_held(regimen, own),
        own=own,
        form=form,
        may_set=here().may(Right.MANAGE),
        rule_in_words=rule_in_words,
        **shown,
    )


def _held(regimen: Regimen, own: Sequence[OwnRule]) -> list[Held]:
    for_all = [each for each in own if each.regimen_id is None]
    everywhere = {each.rule for each in for_all}
    here_alone = {each.rule for each in own if each.regimen_id == regimen.id}
    inherited = {rule.id: rule for rule in rules.merged(regimen.reminders)}
    held = {rule.id: rule for rule in rules.merged(regimen.reminders, overrides(tuple(own), regimen.id))}
    return [
        Held(
            each,
            held.get(each),
            inherited.get(each),
            "one" if each in here_alone else "all" if each in everywhere else "regimen",
            " / ".join(f"{row.regimen_id or 'all'} {row.spec}" for row in _own_of(own, each, regimen)),
        )
        for each in rules.RULES
        if rules.why_never(regimen, each) is None
    ]


def _own_of(own: Sequence[OwnRule], rule: str, regimen: Regimen) -> list[OwnRule]:
    """What the clinic has in place of a rule of a regimen; of two the last one holds."""
    return [each for each in own if each.rule == rule and each.regimen_id in (None, regimen.id)]


def _there(regimen: Regimen, own: Sequence[OwnRule], form: RuleForm) -> Held:
    """The rule that is meant, as it holds. Raises NotSet."""
    found = next((each for each in _held(regimen, own) if each.id == form.rule.data), None)
    if found is None:
        raise NotSet(_("There is no such reminder on this regimen."))
    return found


def _check_news(there: Held, form: RuleForm) -> None:
    """Raises NotSet where nothing is asked for."""
    if form.choice.data == "same" and there.by == "regimen":
        raise NotSet(_('It is as the regimen says already. Choose "as set here" to give it other times.'))


def _asked(there: Held, form: RuleForm, regimen: Regimen) -> tuple[str | None, str | None]:
    """What the form says as it is stored (None: nothing of the clinic's own), and the regimen (None: every one).

    Raises NotSet.
    """
    target = regimen.id if form.scope.data == "one" else None
    if form.choice.data != "own":
        return (rules.OFF if form.choice.data == "off" else None), target
    written = (form.at.data or "").strip()
    try:
        at = notation.times(written) if written else (None,)
    except ValueError as error:
        raise NotSet(*error.args) from error
    days = form.days.data if there.has_days and form.days.data else there.shown.days
    return rules.written(replace(there.shown, days=days, at=at)), target
