"""One conversation: what was said, an answer by hand, notes, who looks after it, and that it is done."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import RIGHTS, Right
from bot.clinic.here import here, now, services
from bot.clinic.inbox.blueprint import routes
from bot.clinic.inbox.forms import DOUBTS, AnswerForm, AssignForm, DoneForm, NoteForm, ReadyForm
from bot.clinic.live import conditional
from bot.clinic.numbers import row_number
from bot.clinic.sentences import in_words
from channels.base import Via
from content.checks.never import doubtful
from scheduler import answering
from scheduler.answering import CannotBeAnswered, HandedOver
from scheduler.delivery.words import by_hand
from store import console_inbox, contacts, follow_ups, messages, staff, threads
from store.console_inbox import Correspondent
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUp
from store.messages import Message
from store.staff import User
from store.threads import Note, ReadyAnswer, Thread

Answer = AnyResponse | str | tuple[str, int]

_MOST_TEXTS = 100


@dataclass(frozen=True, slots=True)
class Talk:
    """All that the page about one conversation shows. ``through``: the newest text of theirs that it shows."""

    contact: Contact
    who: Correspondent
    zone: str
    texts: tuple[Message, ...]
    tasks: tuple[FollowUp, ...]
    notes: tuple[Note, ...]
    thread: Thread | None
    people: tuple[User, ...]
    ready: tuple[ReadyAnswer, ...]
    is_answer: bool
    refusal: str | None

    @property
    def through(self) -> int:
        """The newest text of theirs; 0 where there is none."""
        return max((text.id for text in self.texts if text.direction == "in"), default=0)


@routes.get("/<int:contact_id>")
def talk(clinic_id: int, contact_id: int) -> str:
    """The conversation. `answer` fills in one of those at hand."""
    shown = _talk(clinic_id, contact_id)
    form = AnswerForm(formdata=None)
    asked = request.args.get("answer", None, row_number)
    form.words.data = next((each.words for each in shown.ready if each.id == asked), None)
    return _page(shown, form)


@routes.get("/<int:contact_id>/texts")
def texts(clinic_id: int, contact_id: int) -> AnyResponse:
    """What was said alone, as it is now."""
    with services().database.reading() as tx:
        contact = _contact(tx, clinic_id, contact_id)
        said = tuple(messages.conversation(tx, contact.id, _MOST_TEXTS))
    return conditional(render_template("patients/_texts.html", about={"texts": said, "zone": here().clinic.timezone}))


@routes.post("/<int:contact_id>/measure")
def measured(clinic_id: int, contact_id: int) -> str:
    """How an answer goes out, while somebody writes it."""
    with services().database.reading() as tx:
        contact = _contact(tx, clinic_id, contact_id)
    return render_template("inbox/_measured.html", **_measured(contact, AnswerForm().words.data or ""))


@routes.post("/<int:contact_id>/answer")
def answer(clinic_id: int, contact_id: int) -> Answer:
    """Has an answer go out, once whoever wrote it has read what speaks against its words."""
    form = AnswerForm()
    at = now()
    with services().database.reading() as tx:
        contact = _contact(tx, clinic_id, contact_id)
    words = " ".join((form.words.data or "").replace("\x00", "").split())
    form.words.data = words
    doubts = _doubts(words)
    if not form.validate() or not words:
        return _page(_talk(clinic_id, contact_id), form), 422
    if doubts and not form.as_it_is.data:
        return _page(_talk(clinic_id, contact_id), form, ask=True), 422
    try:
        with services().database.writing() as tx:
            answering.answer(tx, at, contact, words, here().actor, as_it_is=bool(doubts), seen=form.newest_seen())
    except CannotBeAnswered as error:
        form.words.errors = [in_words(error)]
        return _page(_talk(clinic_id, contact_id), form, ask=bool(doubts)), 422
    flash(_("It is on its way."))
    return redirect(url_for("inbox.talk", contact_id=contact_id), 303)


@routes.post("/<int:contact_id>/assign")
def assign(clinic_id: int, contact_id: int) -> AnyResponse:
    """Hands the conversation over."""
    form = AssignForm()
    at = now()
    with services().database.writing() as tx:
        contact = _contact(tx, clinic_id, contact_id)
        form.offer(_carers(tx, clinic_id))
        if not form.validate():
            abort(422)
        try:
            answering.assign(tx, at, contact, form.user.data or None, here().actor, was=form.was.data or None)
        except HandedOver as error:
            flash(in_words(error), "error")
        else:
            flash(_("Saved."))
    return redirect(url_for("inbox.talk", contact_id=contact_id), 303)


@routes.post("/<int:contact_id>/note")
def note(clinic_id: int, contact_id: int) -> Answer:
    """Writes something down."""
    form = NoteForm()
    at = now()
    with services().database.reading() as tx:
        contact = _contact(tx, clinic_id, contact_id)
    if not form.validate():
        return _page(_talk(clinic_id, contact_id), AnswerForm(formdata=None), noting=form), 422
    with services().database.writing() as tx:
        answering.note(tx, at, contact, form.words.data.strip(), here().actor)
    flash(_("Noted."))
    return redirect(url_for("inbox.talk", contact_id=contact_id), 303)


@routes.post("/<int:contact_id>/done")
def done(clinic_id: int, contact_id: int) -> AnyResponse:
    """That it needs nobody any more."""
    form = DoneForm()
    at = now()
    with services().database.writing() as tx:
        contact = _contact(tx, clinic_id, contact_id)
        if not form.validate():
            abort(422)
        is_all = answering.done(tx, at, contact, form.through.data, here().actor)
    if is_all:
        flash(_("Done."))
    else:
        flash(_("Done, but for what came later, a danger sign or a wish to join: these have a page of their own."))
    return redirect(url_for("inbox.page"), 303)


@routes.get("/answers")
def answers(clinic_id: int) -> str:
    """The answers that are kept at hand."""
    return _answers_page(clinic_id, ReadyForm(formdata=None))


@routes.post("/answers")
def add_answer(clinic_id: int) -> Answer:
    """Keeps another one at hand."""
    form = ReadyForm()
    if not form.validate():
        return _answers_page(clinic_id, form), 422
    at = now()
    with services().database.writing() as tx:
        words = " ".join(form.words.data.split())
        answering.keep_ready(tx, at, clinic_id, form.name.data.strip(), words, here().actor)
    flash(_("Saved."))
    return redirect(url_for("inbox.answers"), 303)


@routes.post("/answers/<int:answer_id>/remove")
def remove_answer(clinic_id: int, answer_id: int) -> AnyResponse:
    """Keeps one at hand no more."""
    at = now()
    with services().database.writing() as tx:
        if not answering.drop_ready(tx, at, clinic_id, answer_id, here().actor):
            abort(404)
    flash(_("Removed."))
    return redirect(url_for("inbox.answers"), 303)


def _contact(tx: Tx, clinic_id: int, contact_id: int) -> Contact:
    found = contacts.get_contact(tx, contact_id)
    if found is None or found.clinic_id != clinic_id:
        abort(404)
    return found


def _talk(clinic_id: int, contact_id: int) -> Talk:
    at = now()
    with services().database.reading() as tx:
        contact = _contact(tx, clinic_id, contact_id)
        refusal = answering.why_not(tx, at, contact)
        return Talk(
            contact,
            console_inbox.correspondents(tx, clinic_id, [contact_id])[contact_id],
            here().clinic.timezone,
            tuple(messages.conversation(tx, contact_id, _MOST_TEXTS)),
            tuple(task for task in follow_ups.about(tx, contact_id) if task.state == "open"),
            tuple(threads.notes(tx, contact_id)),
            threads.threads(tx, clinic_id, [contact_id]).get(contact_id),
            _carers(tx, clinic_id),
            tuple(threads.ready_answers(tx, clinic_id)),
            answering.is_answer(tx, at, contact),
            None if refusal is None else in_words(refusal),
        )


def _carers(tx: Tx, clinic_id: int) -> tuple[User, ...]:
    """Who may answer, and so look after a conversation, by name."""
    return tuple(user for user, role in staff.members(tx, clinic_id) if user.active and Right.CARE in RIGHTS[role])


def _page(shown: Talk, form: AnswerForm, *, noting: NoteForm | None = None, ask: bool = False) -> str:
    form.seen.data = str(max((text.id for text in shown.texts), default=0))
    standing = shown.thread.assigned_to or 0 if shown.thread else 0
    assigning = AssignForm(formdata=None, user=standing, was=standing)
    assigning.offer(shown.people)
    return render_template(
        "inbox/talk.html",
        about=shown,
        form=form,
        ask=ask,
        noting=noting or NoteForm(formdata=None),
        assigning=assigning,
        **_measured(shown.contact, form.words.data or ""),
    )


def _measured(contact: Contact, words: str) -> dict[str, object]:
    words = " ".join(words.split())
    went = by_hand(words, Via(contact.via))
    return {"words": words, "went": went, "is_sms": contact.via == Via.SMS, "doubts": _doubts(words)}


def _doubts(words: str) -> list[tuple[str, str]]:
    return [(found, str(DOUBTS[rule])) for rule, found in doubtful(services().library, words)]


def _answers_page(clinic_id: int, form: ReadyForm) -> str:
    with services().database.reading() as tx:
        ready = threads.ready_answers(tx, clinic_id)
    return render_template("inbox/answers.html", form=form, ready=ready)
