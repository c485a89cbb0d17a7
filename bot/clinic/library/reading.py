"""Reading the content: topics, danger signs, replies and reminders, each as an SMS, with its sources and reviews."""

from dataclasses import replace
from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, now, services
from bot.clinic.library import finding, shown, signing
from bot.clinic.library.blueprint import routes
from bot.clinic.sentences import in_words
from content.model import Source
from content.switching import topic_of, why_kept
from content.wording_notes import notes
from scheduler import own_words
from scheduler.own_words import NotSo
from scheduler.plan.local_time import to_local

PARTS = ("topics", "danger", "replies", "reminders", "numbers")


@routes.get("")
def page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """What there is to read; `part` says which, `q` finds by words in all of it."""
    library = services().library
    asked = request.args.get("q", "").strip()[:100]
    part = request.args.get("part", PARTS[0])
    wording = library.wordings.get(get_locale().language, library.wordings[library.languages[0]])
    texts = wording.texts
    return render_template(
        "library/page.html",
        asked=asked,
        hits=finding.find(library, asked),
        most=finding.MOST,
        part=part if part in PARTS else PARTS[0],
        library=library,
        country=library.countries[here().clinic.country],
        call_from=library.thresholds(here().clinic.country, here().clinic),
        wording=wording,
        notes=notes(),
        off=_left_out(),
        own_keys={row.key for row in here().clinic.overrides if row.kind == "wording"},
        replies=[key for key, text in texts.items() if not text.proactive and not key.startswith("item.")],
        reminders=[key for key, text in texts.items() if text.proactive],
        **signing.state(),
    )


@routes.get("/topics/<topic_id>")
def topic(clinic_id: int, topic_id: str) -> str:  # noqa: ARG001
    """One topic with its facts, those that are switched off too, and the words for it that the clinic taught."""
    ours, off = services().library, here().clinic.switched_off
    library = ours.with_overrides(here().clinic.overrides)
    if topic_id not in library.topics:
        abort(404)
    read = replace(library.topics[topic_id], facts=ours.topics[topic_id].facts)
    wordings = library.wordings.values()
    return render_template(
        "library/topic.html",
        topic=read,
        off=_left_out(),
        kept={
            name: why_kept(ours.topics, ours.danger, wordings, name, off)
            for name in (topic_id, *(fact.id for fact in read.facts))
        },
        may_switch=here().may(Right.MANAGE),
        facts=[
            (each, shown.fact(library, here().entry, read, each, _today()), _sources(each.sources))
            for each in read.facts
        ],
        signs=[sign for sign in library.danger.values() if sign.topic == topic_id],
        names=shown.names_of(library),
        country=here().clinic.country,
    )


@routes.post("/topics/<topic_id>/switch")
def switch(clinic_id: int, topic_id: str) -> AnyResponse:
    """Leaves the topic or one of its facts out of the clinic's texts, or takes it back in."""
    library, name = services().library, request.form.get("name", "")
    found = topic_of(library.topics, name)
    if found is None or found.id != topic_id:
        abort(404)
    on = "on" in request.form
    try:
        with services().database.writing() as tx:
            own_words.switch(tx, now(), library, clinic_id, name, here().actor, on=on)
    except NotSo as error:
        flash(in_words(error), "error")
    else:
        flash(_("It is sent again from now on.") if on else _("It is not sent any more."))
    return redirect(url_for("library.topic", topic_id=topic_id), 303)


@routes.get("/danger/<sign_id>")
def sign(clinic_id: int, sign_id: str) -> str:  # noqa: ARG001
    """One danger sign: what people write, what only looks like it, and the reply to it."""
    library = services().library
    if sign_id not in library.danger:
        abort(404)
    read = library.danger[sign_id]
    key = library.pack_key(read.level, here().clinic.country) if read.level in ("crisis", "overdose") else read.level
    return render_template(
        "library/sign.html",
        sign=read,
        key=key,
        reply=shown.fixed_text(library, here().entry, key, _today()),
        sources=_sources(read.sources),
        names=shown.names_of(library),
    )


def _left_out() -> frozenset[str]:
    """The topics and facts that are not sent here; what the content would not let go any more is sent all the same."""
    library, off = services().library, here().clinic.switched_off
    wordings = library.with_overrides(here().clinic.overrides).wordings.values()
    return frozenset(name for name in off if not why_kept(library.topics, library.danger, wordings, name, off))


def _today() -> date:
    return to_local(now(), here().clinic.timezone).date()


def _sources(names: tuple[str, ...]) -> list[Source]:
    return [services().library.sources[name] for name in names]
