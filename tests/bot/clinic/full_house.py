"""A clinic that has one real object of every kind, and whose every free text says the same words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import count

from flask import Flask
from werkzeug.routing import Rule

from bot.services import Services
from channels.base import Incoming, Via
from content.library import Library
from content.plain import Plain, plain_to_json
from scheduler import answering, closure_job, enrolment, sign_offs
from scheduler.changing import Override, change_plan
from scheduler.plan.changes import Hold
from store import (
    audit,
    clinics,
    contacts,
    follow_ups,
    jobs,
    messages,
    overrides,
    passkeys,
    plans,
    rota,
    senders,
    staff,
    threads,
)
from store import sign_offs as stored_sign_offs
from store.clinic_entry import ClinicEntry, OverrideKind
from store.clinics import Clinic
from store.database import Tx
from store.passkeys import Passkey
from store.patients import Patient
from store.plans import Plan
from store.rota import Shift
from store.staff import User
from tests.bot.clinic.conftest import HASH
from tests.bot.conftest import NOON, Watch

_REGIMEN, _WITHDRAWN = "pembro_q3w", "avelumab"
CLOSED, MOVED_TO = date(2026, 5, 11), date(2026, 5, 13)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
SHARED: dict[str, object] = {
    "filename": "none.js",
    "token": "none",
    "key": "menu",
    "topic_id": "fever",
    "sign_id": "fever",
    "regimen_id": _REGIMEN,
}
"""What parts of an address name that belongs to no clinic."""
_SAID = ("i cant breathe", "R", "{words}", "zoombugs {words}")
_WAITS: tuple[follow_ups.FollowUpKind, ...] = ("failed_text", "unanswered", "wrong_number", "loss", "other")
_HABIT = timedelta(days=30)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class House:
    """The clinic, its administrator, and the number of one object of each kind, by what addresses and forms call it.

    Where two screens call different things alike, the name has the screen before it: `inbox.words_id`.
    """

    clinic: Clinic
    administrator: User
    ids: dict[str, int]

    def id(self, name: str, endpoint: str) -> int | None:
        """The object that a part of an address names."""
        return self.ids.get(f"{endpoint.partition('.')[0]}.{name}", self.ids.get(name))


def furnished(services: Services, watch: Watch, words: str, *, called: str, numbers: str, join_code: str) -> House:
    """Opens the clinic and fills it.

    ``called``: what is in the clinic's name and the address of its administrator; ``numbers``: what its phones' last
    two digits follow, as "+120255501".
    """
    ours = f"{numbers}00"
    with services.database.writing() as tx:
        clinic = _open(tx, services.library, words, called, ours)
        clinics.set_join_code(tx, NOON, clinic.id, join_code)
        administrator = _works(tx, clinic, words, called)
    services.directory.refresh(services.database)
    ids = {"clinic_id": clinic.id, "user_id": administrator.id, "user": administrator.id}
    watch.now = NOON - _HABIT
    quiet = _enrol(services, clinic, words, f"{numbers}41", NOON.date() - _HABIT)
    for _day in range(3):
        watch.forward(timedelta(days=1))
        text(services, ours, f"{numbers}41", "zoombugs")
    watch.now = NOON
    with services.database.writing() as tx:
        _change(tx, services, clinic, quiet.plan.id, words, administrator.email)
    enrolled = _enrol(services, clinic, words, f"{numbers}42", CLOSED)
    patient = enrolled.patient
    ids |= {"patient_id": patient.id, "plan_id": enrolled.plan.id, "contact_id": patient.contact_id}
    for said in _SAID:
        text(services, ours, f"{numbers}42", said.format(words=words))
    text(services, ours, f"{numbers}43", f"JOIN {join_code}")
    with services.database.writing() as tx:
        ids |= _conversation(tx, clinic, patient.contact_id, words, administrator)
        ids |= _waiting(tx, clinic, patient, words)
        ids |= _own_content(tx, services.library, clinic, words, administrator.email)
        ids |= _settings(tx, clinic, ours, enrolled.plan, words, administrator)
    services.directory.refresh(services.database)
    return House(_entry(services, clinic).clinic, administrator, ids)


def rules(app: Flask) -> list[Rule]:
    """Every route of the console."""
    return sorted(app.extensions["console"].url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def addresses(app: Flask, clinic_id: int, house: House) -> Iterator[tuple[Rule, str, str]]:
    """Each route of a clinic that names a thing which belongs to one, with that of the house."""
    adapter = app.extensions["console"].url_map.bind("localhost")
    for rule in rules(app):
        named = rule.arguments - {"clinic_id"} - SHARED.keys()
        if "clinic_id" in rule.arguments and named:
            shared = {name: SHARED[name] for name in rule.arguments & SHARED.keys()}
            things = {name: house.id(name, rule.endpoint) for name in named}
            address = adapter.build(rule.endpoint, {"clinic_id": clinic_id, **shared, **things})
            for method in sorted((rule.methods or set()) & METHODS):
                yield rule, method, address


def _open(tx: Tx, library: Library, words: str, called: str, ours: str) -> Clinic:
    clinic = clinics.add_clinic(
        tx,
        NOON,
        name=called,
        program="Care Texts",
        timezone="America/New_York",
        country="us",
        languages=["en", "es"],
        default_language="en",
        phone_line="202-555-0111",
        consent_texts={"en": words, "es": words},
        max_texts_per_week=20,
    )
    clinics.set_clinic(tx, NOON, clinic.id, ask_confirmation=True)
    clinics.add_sender(tx, NOON, clinic.id, ours, kind="number")
    sign_offs.sign_content(tx, NOON, library, clinic.id, words)
    for regimen_id in (_REGIMEN, _WITHDRAWN):
        sign_offs.sign_regimen(tx, NOON, library.regimens[regimen_id], clinic.id, words)
    return clinic


def _works(tx: Tx, clinic: Clinic, words: str, called: str) -> User:
    """Somebody whose own name and address are no better; signed in before."""
    user = staff.add_user(tx, NOON, f"{called}.{clinic.id}@staff.example", words, HASH)
    staff.add_membership(tx, user.id, clinic.id, "administrator")
    staff.set_sign_in(
        tx,
        user.id,
        active=True,
        password_hash=HASH,
        password_given=False,
        session_key=f"session-of-{user.id}",
        second_factor=None,
        recovery_codes=(),
        passkey_handle=f"handle-of-{user.id}",
    )
    passkeys.add_passkey(
        tx,
        Passkey(
            user_id=user.id,
            credential_id=words.encode(),
            public_key=b"key",
            name=words,
            sign_count=0,
            usage="secondary",
            device_type="multi_device",
            backup_state=False,
            transports=(),
            extensions=None,
            used_at=NOON,
        ),
    )
    return user


def _entry(services: Services, clinic: Clinic) -> ClinicEntry:
    return next(each for each in services.directory.entries if each.clinic.id == clinic.id)


def _enrol(services: Services, clinic: Clinic, words: str, phone: str, start: date) -> enrolment.Enrolled:
    new = enrolment.NewPatient(
        phone=phone,
        name=words,
        code=f"{phone[-2:]} {words}",
        language="en",
        timezone="America/New_York",
        regimen_id=_REGIMEN,
        start=start,
        visit_time=time(9, 30),
        consent_how=words,
        by=words,
    )
    with services.database.writing() as tx:
        return enrolment.enrol(tx, services.clock(), services.library, _entry(services, clinic), new)


def text(services: Services, ours: str, phone: str, body: str) -> None:
    services.desk.take(Incoming(f"SF{next(_numbers):032x}", phone, ours, None, Via.SMS, body, 0, None))


def _change(tx: Tx, services: Services, clinic: Clinic, plan_id: int, words: str, by: str) -> None:
    plan = plans.get_plan(tx, plan_id)
    assert plan is not None
    change_plan(
        tx,
        NOON,
        services.library,
        _entry(services, clinic),
        plan_id,
        Hold(NOON.date()),
        by=by,
        reason=words,
        expected_version=plan.version,
        override=Override(words, words),
    )


def _conversation(tx: Tx, clinic: Clinic, contact_id: int, words: str, user: User) -> dict[str, int]:
    contact = contacts.get_contact(tx, contact_id)
    assert contact is not None
    answering.note(tx, NOON, contact, words, user.email)
    answering.assign(tx, NOON, contact, user.id, user.email)
    answering.keep_ready(tx, NOON, clinic.id, words, words, user.email)
    answering.answer(tx, NOON, contact, words, user.email, as_it_is=True)
    (ready,) = threads.ready_answers(tx, clinic.id)
    not_understood = [text.id for text in messages.conversation(tx, contact_id) if text.outcome_kind == "unknown"]
    return {"answer_id": ready.id, "answer": ready.id, "message_id": not_understood[-1]}


def _waiting(tx: Tx, clinic: Clinic, patient: Patient, words: str) -> dict[str, int]:
    for kind in _WAITS:
        task = follow_ups.open_follow_up(
            tx,
            NOON,
            clinic_id=clinic.id,
            kind=kind,
            urgency=1,
            contact_id=patient.contact_id,
            patient_id=patient.id,
            detail=words,
        )
        follow_ups.set_note(tx, task.id, words)
    seen = follow_ups.open_follow_up(
        tx,
        NOON,
        clinic_id=clinic.id,
        kind="danger",
        urgency=3,
        contact_id=patient.contact_id,
        patient_id=patient.id,
        detail=f"emergency chest: {words}",
        reply="underway",
    )
    follow_ups.see(tx, NOON, seen.id, NOON, words)
    ids = {each.kind: each.id for each in follow_ups.open_ones(tx, clinic.id)}
    (danger, *_others) = [each.id for each in follow_ups.open_ones(tx, clinic.id) if each.kind == "danger"]
    closed = follow_ups.open_follow_up(
        tx, NOON, clinic_id=clinic.id, kind="danger", urgency=3, patient_id=patient.id, detail=words, reply="lost"
    )
    follow_ups.close_follow_up(tx, NOON, closed.id, words, words)
    return {"task_id": ids["failed_text"], "alert_id": danger, "wish_id": ids["join"], "join": ids["join"]}


def _own_content(tx: Tx, library: Library, clinic: Clinic, words: str, by: str) -> dict[str, int]:
    """Of words taught and of the words of a text one each that was withdrawn, one in use, and one proposed."""
    ids = {}
    kinds: tuple[tuple[str, OverrideKind, str, dict[str, str]], ...] = (
        ("inbox", "alias", "tired", {"en": words}),
        ("library", "wording", "menu", {"en": words, "es": words}),
    )
    for screen, kind, about, texts in kinds:
        withdrawn, published, proposed = (
            overrides.propose(tx, NOON, clinic.id, kind, about, texts, by) for _each in range(3)
        )
        overrides.withdraw(tx, NOON, withdrawn, by)
        overrides.publish(tx, NOON, published, words)
        ids[f"{screen}.words_id"] = proposed.id
    clinics.withdraw_regimen(tx, NOON, clinic.id, _WITHDRAWN, words)
    sign_offs.propose(tx, NOON, library, clinic, _WITHDRAWN, words, may_sign=False)
    (proposal,) = stored_sign_offs.open_proposals(tx, clinic.id)
    return ids | {"proposal_id": proposal.id}


def _settings(tx: Tx, clinic: Clinic, ours: str, plan: Plan, words: str, user: User) -> dict[str, int]:
    """What is left: the rota, a number that was stopped, a closure with a visit that stayed, and a row of the audit."""
    shift = Shift("nurse", words, None, f"{clinic.name}@mail.example", tuple(range(7)), time(0), time(0), holidays=True)
    entry = rota.add_shift(tx, NOON, clinic.id, shift)
    stopped = clinics.add_sender(tx, NOON, clinic.id, f"{ours[:-2]}01", kind="number")
    senders.stop_sender(tx, NOON, stopped.id, words)
    args = {
        "date": CLOSED.isoformat(),
        "to": MOVED_TO.isoformat(),
        "tell": False,
        "after": 0,
        "stayed": [[plan.id, plan.patient_id, plain_to_json(Plain("{why}", why=words))]],
    }
    job = jobs.add_job(tx, NOON, clinic_id=clinic.id, kind=closure_job.KIND, args=args, by=words, why=words)
    audit.record(tx, NOON, clinic.id, words, "change", "user", user.id, [words])
    return {"shift": entry, "remove": entry, "change": entry, "sender_id": stopped.id, "job_id": job.id}
