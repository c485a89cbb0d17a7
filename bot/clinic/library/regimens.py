"""The regimens: which there are, one of them in plain words with an example, and whether this clinic uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import ndiff

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, now, services
from bot.clinic.library import courses, regimen_words, signing
from bot.clinic.library.blueprint import routes
from bot.clinic.regimen_names import all_names, confirm_in_words
from bot.clinic.sentences import in_words
from content import comparing
from content.comparing import Difference
from content.phrases import plain
from content.regimens import PACKAGED, Regimen, notes
from scheduler import sign_offs as door
from scheduler.sign_offs import NotSigned
from store import reminder_rules, sign_offs
from store.sign_offs import Proposal, Signed

USES = ("current", "older", "waiting", "withdrawn", "none")


@dataclass(frozen=True, slots=True)
class Use:
    """How a clinic uses a regimen: ``state`` one of USES. ``signed``: its newest sign-off that stands, if there is one.

    "older": only another version is signed off, so that nobody can be enrolled.
    """

    regimen: Regimen
    state: str
    signed: Signed | None
    history: Sequence[Signed]
    waiting: Proposal | None


@routes.get("/regimens")
def regimens(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """Every regimen; `q` finds by words, `use` by how the clinic uses it."""
    asked, use = request.args.get("q", "").strip()[:100], request.args.get("use", "")
    every = _uses()
    words = plain(asked).split()
    listed = [
        each
        for each in every
        if (use not in USES or each.state == use)
        and all(word in plain(" ".join([*all_names(each.regimen), *each.regimen.items])) for word in words)
    ]
    return render_template("library/regimens.html", listed=listed, count=len(every), asked=asked, use=use)


@routes.get("/regimens/<regimen_id>")
def regimen(clinic_id: int, regimen_id: str) -> str:
    """One regimen."""
    use = _use(regimen_id)
    start = courses.first_day(now(), here().entry, request.args.get("start", ""))
    with services().database.reading() as tx:
        own = reminder_rules.of_clinic(tx, clinic_id)
        kept = sign_offs.kept_text(tx, use.signed.digest) if use.signed else None
    example = courses.example(now(), services().library, here().entry, own, use.regimen, start)
    return render_template(
        "library/regimen.html",
        use=use,
        parts=regimen_words.described(use.regimen),
        confirm_in_words=confirm_in_words,
        note=notes()[use.regimen.id],
        source=(PACKAGED / f"{use.regimen.id}.toml").read_text("utf-8"),
        start=start,
        example=example,
        is_kept=kept is not None,
        changed=_changed(kept, use.regimen) if kept else None,
        may_sign=here().may(Right.MANAGE),
        may_propose=here().may(Right.CARE),
    )


@routes.post("/regimens/<regimen_id>/sign")
def propose_regimen(clinic_id: int, regimen_id: str) -> AnyResponse:  # noqa: ARG001
    """Proposes the sign-off of a regimen, or gives it where the clinic needs one person."""
    if regimen_id not in services().library.regimens:
        abort(404)
    return signing.propose_of(regimen_id)


@routes.post("/regimens/<regimen_id>/withdraw")
def withdraw(clinic_id: int, regimen_id: str) -> AnyResponse:  # noqa: ARG001
    """Takes a regimen out of use for new plans."""
    if regimen_id not in services().library.regimens:
        abort(404)
    try:
        with services().database.writing() as tx:
            door.withdraw(tx, now(), here().clinic, regimen_id, here().actor)
    except NotSigned as error:
        flash(in_words(error), "error")
    else:
        flash(_("Out of use. Nobody is enrolled on it any more; plans that run go on as they are."))
    return redirect(url_for("library.regimen", regimen_id=regimen_id), 303)


def _uses() -> list[Use]:
    with services().database.reading() as tx:
        history = sign_offs.regimen_history(tx, here().clinic.id)
        waiting = {each.regimen_id: each for each in door.waiting(tx, services().library, here().clinic.id)}
    return [
        _used(each, history.get(each.id, ()), waiting.get(each.id)) for each in services().library.regimens.values()
    ]


def _use(regimen_id: str) -> Use:
    found = next((each for each in _uses() if each.regimen.id == regimen_id), None)
    if found is None:
        abort(404)
    return found


def _used(regimen: Regimen, history: Sequence[Signed], waiting: Proposal | None) -> Use:
    standing = [signed for signed in history if signed.withdrawn_at is None]
    digest = regimen.digest()
    current = next((signed for signed in standing if signed.digest == digest), None)
    if current is not None:
        state = "current"
    elif waiting is not None:
        state = "waiting"
    elif standing:
        state = "older"
    else:
        state = "withdrawn" if history else "none"
    return Use(regimen, state, current or (standing[0] if standing else None), history, waiting)


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs from the version that was signed: sentences that go and come, and every single value."""

    sentences: Sequence[tuple[str, str]]
    values: Sequence[Difference]


def _changed(kept: str, current: Regimen) -> Changed | None:
    if kept == current.to_json():
        return None
    before, after = (_sentences(each) for each in (Regimen.from_json(kept), current))
    fates = {"-": "goes", "+": "comes"}
    marked = [(fates[line[0]], line[2:]) for line in ndiff(before, after) if line[0] in fates]
    return Changed(marked, comparing.definition_differences(kept, current.to_json()))


def _sentences(regimen: Regimen) -> list[str]:
    return [f"{part.title}: {sentence}" for part in regimen_words.described(regimen) for sentence in part.sentences]
