"""Teaching: a text of which nothing was understood, the topic it is about, what that would change, and two people."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, known_clinics, now, services
from bot.clinic.inbox import replay
from bot.clinic.inbox.blueprint import routes
from bot.clinic.inbox.forms import TeachForm
from bot.clinic.inbox.replay import Replay
from bot.clinic.meanings import taken_for, topic_name
from bot.clinic.sentences import in_words
from scheduler import own_words
from scheduler.own_words import NotSo, Refused
from scheduler.plan.local_time import to_local
from store import console_inbox, messages, overrides, staff
from store.clinic_entry import Clinic, Override, OverrideKind
from store.console_inbox import NOT_UNDERSTOOD
from store.database import Tx
from store.messages import Message
from store.overrides import OwnWords

Answer = AnyResponse | str | tuple[str, int]

_ALIAS: OverrideKind = "alias"
_TAUGHT_AT_ONCE = frozenset({"unknown", "clarify", "topic", "limit", "info"})
"""What a text may be taken for by now that somebody wants to be another word for a topic."""
_RULES: Mapping[str, LazyString] = {
    "reserved": lazy_gettext("Phone companies or this bot act on this word themselves. Choose others."),
    "danger-alias": lazy_gettext("This is a danger sign, which is looked for first. It cannot be taught."),
    "topic": lazy_gettext("There is no such topic any more."),
    "language": lazy_gettext("There are no texts in this language."),
    "control": lazy_gettext("Write it on one line, in letters and digits."),
    "empty": lazy_gettext("Write the words that somebody texts."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What was taught or is to be, with how its topic begins and who did what by name."""

    words: OwnWords
    language: str
    phrase: str
    topic: str
    author: str
    approver: str
    is_own: bool


@routes.get("/unmatched")
def unmatched(clinic_id: int) -> str:
    """Texts of which nothing was understood, by their words; what waits to be approved, and what was taught."""
    with services().database.reading() as tx:
        received = console_inbox.newest_received(tx, clinic_id, replay.MOST_TEXTS, NOT_UNDERSTOOD)
        proposed = _shown(tx, overrides.of_clinic(tx, clinic_id, _ALIAS, ["proposed"]))
        published = _shown(tx, overrides.of_clinic(tx, clinic_id, _ALIAS, ["published"]))
    library, clinic = services().library, here().clinic
    return render_template(
        "inbox/unmatched.html",
        groups=replay.groups(received, clinic, services().engines.of(library.with_overrides(clinic.overrides))),
        looked_at=replay.MOST_TEXTS,
        proposed=proposed,
        published=published,
        zone=here().clinic.timezone,
    )


@routes.get("/teach/<int:message_id>")
def teach(clinic_id: int, message_id: int) -> str:
    """Another word for a topic, after one text."""
    text = _text(clinic_id, message_id)
    form = _form()
    phrase = replay.same_words(text.body or "")
    form.phrase.data = phrase if len(phrase) <= form.phrase.validators[1].max else ""
    form.language.data = text.language if text.language in here().clinic.languages else here().clinic.default_language
    return _teach_page(text, form)


@routes.post("/teach/<int:message_id>")
def propose(clinic_id: int, message_id: int) -> Answer:
    """Shows what it would change first, and proposes it when that was seen."""
    text = _text(clinic_id, message_id)
    form = _form(posted=True)
    if not form.validate():
        return _teach_page(text, form), 422
    phrase, language, topic = " ".join(form.phrase.data.split()), form.language.data, form.topic.data
    form.phrase.data = phrase
    row = Override(_ALIAS, topic, language, phrase)
    fault = _fault(here().clinic, row)
    if fault is not None:
        form.phrase.errors = [fault]
        return _teach_page(text, form), 422
    looked_at = f"{language}:{topic}:{phrase}"
    if form.looked_at.data != looked_at:
        form.looked_at.data = looked_at
        return _teach_page(text, form, _replayed(clinic_id, row))
    at = now()
    try:
        with services().database.writing() as tx:
            made = own_words.propose(
                tx,
                at,
                services().library,
                clinic_id,
                _ALIAS,
                topic,
                {language: phrase},
                here().actor,
                may_publish=here().may(Right.MANAGE),
            )
            alone = here().clinic.approvals == 1 and here().may(Right.MANAGE)
    except Refused as error:
        form.phrase.errors = [_in_reader_words(error)]
        return _teach_page(text, form), 422
    flash(
        _("From now on it is understood.")
        if alone
        else _("Proposed. It is understood once an administrator approves it.")
    )
    return redirect(url_for("inbox.taught", words_id=made.id), 303)


@routes.get("/taught/<int:words_id>")
def taught(clinic_id: int, words_id: int) -> str:
    """One word that was taught, or is to be, with what it would change."""
    with services().database.reading() as tx:
        words = _words(tx, clinic_id, words_id)
        (shown,) = _shown(tx, [words])
    fault = found = None
    if words.state == "proposed":
        (row,) = words.rows
        fault = _fault(here().clinic, row)
        found = None if fault else _replayed(clinic_id, row)
    return render_template("inbox/taught.html", shown=shown, fault=fault, replay=found, zone=here().clinic.timezone)


@routes.post("/taught/<int:words_id>/approve")
def approve(clinic_id: int, words_id: int) -> AnyResponse:
    """The word of an administrator who did not propose it."""
    at = now()
    try:
        with services().database.writing() as tx:
            _words(tx, clinic_id, words_id)
            own_words.approve(tx, at, services().library, clinic_id, words_id, here().actor)
    except Refused as error:
        flash(_in_reader_words(error), "error")
    except NotSo as error:
        flash(in_words(error), "error")
    else:
        flash(_("From now on it is understood."))
    return redirect(url_for("inbox.taught", words_id=words_id), 303)


@routes.post("/taught/<int:words_id>/withdraw")
def withdraw(clinic_id: int, words_id: int) -> AnyResponse:
    """Takes a proposal back or refuses it, or takes what was taught out of use."""
    at = now()
    try:
        with services().database.writing() as tx:
            if _words(tx, clinic_id, words_id).state == "published" and not here().may(Right.MANAGE):
                abort(403)
            own_words.withdraw(tx, at, services().library, clinic_id, words_id, here().actor)
    except NotSo as error:
        flash(in_words(error), "error")
    else:
        flash(_("It is understood no more, or never was."))
    return redirect(url_for("inbox.unmatched"), 303)


def _form(*, posted: bool = False) -> TeachForm:
    form = TeachForm() if posted else TeachForm(formdata=None)
    form.offer(services().library, here().entry, to_local(now(), here().clinic.timezone).date())
    return form


def _text(clinic_id: int, message_id: int) -> Message:
    with services().database.reading() as tx:
        found = messages.get_message(tx, message_id)
    if found is None or found.clinic_id != clinic_id or found.direction != "in":
        abort(404)
    return found


def _words(tx: Tx, clinic_id: int, words_id: int) -> OwnWords:
    found = overrides.one(tx, clinic_id, words_id)
    if found is None or found.kind != _ALIAS:
        abort(404)
    return found


def _fault(clinic: Clinic, row: Override) -> str | None:
    """Why a word cannot be taught: the linter refuses it, or by itself it is a danger sign or a command."""
    faults = own_words.faults_of(services().library, clinic, _ALIAS, row.key, {row.language: row.text})
    if faults:
        return _in_reader_words(Refused(faults))
    ours = services().engine.understand(row.text, language=row.language, country=clinic.country, own=clinic)
    if ours.kind not in _TAUGHT_AT_ONCE or (ours.kind == "clarify" and ours.detail in {"all_taken", "hurts"}):
        sentence = lazy_gettext("This text alone is taken for: %(what)s. It stays so whatever is taught.")
        return str(sentence) % {"what": taken_for(ours.kind, ours.id)}
    return None


def _in_reader_words(refused: Refused) -> str:
    """The linter's sentence, in the reader's language where there is one."""
    _language, fault = refused.faults[0]
    known = _RULES.get(fault.rule)
    return str(known) if known is not None else in_words(fault.mend)


def _replayed(clinic_id: int, row: Override) -> Replay:
    with services().database.reading() as tx:
        received = console_inbox.newest_received(tx, clinic_id, replay.MOST_TEXTS, replay.TEACHABLE)
        clinic = known_clinics(tx)[clinic_id].clinic
    library = services().library
    standing = library.with_overrides(clinic.overrides)
    wanted = library.with_overrides((*clinic.overrides, row))
    engines = services().engines
    return replay.replay(received, row.text, clinic, engines.of(standing), engines.of(wanted))


def _teach_page(text: Message, form: TeachForm, found: Replay | None = None) -> str:
    return render_template("inbox/teach.html", text=text, form=form, replay=found, zone=here().clinic.timezone)


def _shown(tx: Tx, found: list[OwnWords]) -> list[Shown]:
    names = {user.email: user.name for user, _role in staff.members(tx, here().clinic.id)}
    shown = []
    for words in found:
        ((language, phrase),) = words.texts.items()
        author, approver = (names.get(who or "", who or "") for who in (words.author, words.approver))
        is_own = words.author == here().actor and here().clinic.approvals > 1
        shown.append(Shown(words, language, phrase, topic_name(words.about), author, approver, is_own))
    return shown
