"""The words of one fixed text: ours as they arrive, and the clinic's own, which one proposes and another approves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, now, services
from bot.clinic.library import shown
from bot.clinic.library.blueprint import routes
from bot.clinic.library.shown import Sms
from bot.clinic.sentences import in_words
from content.checks.texts import OF_A_TEXT
from content.checks.urgent import PROVED, why_fixed
from content.faults import Fault
from content.plain import Plain
from content.wording_notes import notes
from scheduler import own_words
from scheduler.own_words import NotSo, Refused
from scheduler.plan.local_time import to_local
from store import overrides
from store.overrides import OwnWords

_UNFIT = 422
_LONGEST = 1000

Answer = AnyResponse | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """Words as somebody writes them, in one language: how they would arrive, and what the linter says of them."""

    language: str
    words: str
    sms: Sms
    faults: tuple[str, ...]


@routes.get("/texts/<key>")
def text(clinic_id: int, key: str) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """One fixed text."""
    _check_key(key)
    return _page(key)


@routes.post("/texts/<key>/check")
def check_wording(clinic_id: int, key: str) -> str:  # noqa: ARG001
    """What the linter says of words as they stand in the form, and what they would cost; nothing is written."""
    _check_key(key)
    written = _written()
    if not request.headers.get("HX-Request"):
        return _page(key, written)
    return render_template("library/_drafts.html", drafts=_drafts(key, written), names=_names())


@routes.post("/texts/<key>")
def propose_wording(clinic_id: int, key: str) -> Answer:
    """Proposes words in every language at once; one person alone publishes where the clinic needs one."""
    _check_key(key)
    if why_fixed(key) is not None:
        abort(422)
    written = _written()
    if any(not words for words in written.values()):
        flash(_("Write it in every language: they move together."), "error")
        return _page(key, written), _UNFIT
    if written == {sms.language: sms.written for sms in _in_use(key)}:
        flash(_("These are the words in use: nothing was changed."), "error")
        return _page(key, written), _UNFIT
    try:
        with services().database.writing() as tx:
            alone = here().clinic.approvals == 1 and here().may(Right.MANAGE)
            own_words.propose(
                tx,
                now(),
                services().library,
                clinic_id,
                "wording",
                key,
                written,
                here().actor,
                may_publish=here().may(Right.MANAGE),
            )
    except Refused:
        flash(_("Nothing was proposed: see below what is to be mended."), "error")
        return _page(key, written), _UNFIT
    flash(_("Published: texts say it from now on.") if alone else _("Proposed. A second person must approve it."))
    return redirect(url_for("library.text", key=key), 303)


@routes.post("/wordings/<int:words_id>")
def approve_wording(clinic_id: int, words_id: int) -> AnyResponse:
    """Publishes what somebody else proposed."""
    words = _proposal(words_id)
    try:
        with services().database.writing() as tx:
            own_words.approve(tx, now(), services().library, clinic_id, words_id, here().actor)
    except NotSo as error:
        flash(in_words(error), "error")
    else:
        flash(_("Published: texts say it from now on."))
    return redirect(url_for("library.text", key=words.about), 303)


@routes.post("/wordings/<int:words_id>/withdraw")
def withdraw_wording(clinic_id: int, words_id: int) -> AnyResponse:
    """Takes a proposal back, or goes back to our words."""
    words = _proposal(words_id)
    if words.state == "published" and not here().may(Right.MANAGE):
        abort(403)
    try:
        with services().database.writing() as tx:
            own_words.withdraw(tx, now(), services().library, clinic_id, words_id, here().actor)
    except NotSo as error:
        flash(in_words(error), "error")
    else:
        flash(_("The words of the program are in use again.") if words.state == "published" else _("Taken back."))
    return redirect(url_for("library.text", key=words.about), 303)


def _check_key(key: str) -> None:
    library = services().library
    if key not in library.wordings[library.languages[0]].texts:
        abort(404)


def _proposal(words_id: int) -> OwnWords:
    with services().database.reading() as tx:
        words = overrides.one(tx, here().clinic.id, words_id)
    if words is None or words.kind != "wording":
        abort(404)
    return words


def _page(key: str, written: Mapping[str, str] | None = None) -> str:
    library, entry = services().library, here().entry
    today = to_local(now(), here().clinic.timezone).date()
    with services().database.reading() as tx:
        known = overrides.of_clinic(tx, here().clinic.id, "wording", ("proposed", "published", "withdrawn"))
    mine = [words for words in known if words.about == key]
    ours = shown.fixed_text(library, entry, key, today)
    in_use = _in_use(key)
    found = library.wordings[library.languages[0]].texts[key]
    return render_template(
        "library/text.html",
        key=key,
        note=notes().get(key, ""),
        text=found,
        ours=ours,
        published=next((words for words in mine if words.state == "published"), None),
        in_use=in_use,
        is_in_use=[sms.written for sms in in_use] != [sms.written for sms in ours],
        proposals=[(words, _drafts(key, words.texts)) for words in mine if words.state == "proposed"],
        past=[words for words in mine if words.state == "withdrawn"],
        drafts=_drafts(key, written or {sms.language: sms.written for sms in in_use}),
        why_fixed=why_fixed(key),
        is_urgent=key.partition(".")[0] in PROVED,
        names=_names(),
        **_rights(),
    )


def _rights() -> dict[str, Any]:
    return {"may_sign": here().may(Right.MANAGE), "may_propose": here().may(Right.CARE)}


def _names() -> Mapping[str, str]:
    return shown.names_of(services().library)


def _in_use(key: str) -> list[Sms]:
    today = to_local(now(), here().clinic.timezone).date()
    laid = services().library.with_overrides(here().clinic.overrides)
    return shown.fixed_text(laid, here().entry, key, today)


def _written() -> dict[str, str]:
    """The words of the form; the spaces of a text area's lines are one space, as in the files."""
    languages = services().library.languages
    return {each: " ".join(request.form.get(f"text-{each}", "")[:_LONGEST].split()) for each in languages}


def _drafts(key: str, texts: Mapping[str, str]) -> list[Draft]:
    library, clinic = services().library, here().clinic
    today = to_local(now(), clinic.timezone).date()
    given = {language: words for language, words in texts.items() if words}
    # What is said already was judged when it was published, or is ours.
    is_said = given == {sms.language: sms.written for sms in _in_use(key)}
    faults = [] if is_said else own_words.faults_of(library, clinic, "wording", key, given)
    return [
        Draft(
            language,
            words,
            shown.draft(library, here().entry, key, language, words, today),
            tuple(_mend(fault) for named, fault in faults if named == language),
        )
        for language, words in texts.items()
    ]


def _mend(fault: Fault) -> str:
    """What to do about a fault; that it is of this text, the page says."""
    mend = fault.mend
    return in_words(mend.values["mend"] if isinstance(mend, Plain) and mend.template == OF_A_TEXT else mend)
