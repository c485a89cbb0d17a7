"""The audit, the jobs, the signs of life and the demo's clock."""

import threading
from datetime import timedelta

from store import audit, follow_ups, health, jobs
from store.audit import Filter
from store.database import Database
from store.health import DemoClock, Heartbeat
from tests.store.sample import LEASE, NOW, OTHER_PHONE, add_clinic, add_reminder, add_sample


def test_the_audit_tells_who_did_what_to_which_fields_newest_first(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        audit.record(tx, NOW, clinic.id, "nurse:7", "add", "patient", 12, ["name", "code"])
        audit.record(tx, NOW, clinic.id, "nurse:7", "end", "patient", 12)
        audit.record(tx, NOW, None, "operator", "rotate", "keys", None)
        ended, added = audit.entries(tx, clinic.id)
        (keys,) = audit.entries(tx, None)
        assert audit.entries(tx, clinic.id, limit=1) == [ended]
    assert (added.actor, added.action, added.subject, added.subject_id) == ("nurse:7", "add", "patient", 12)
    assert (added.fields, ended.fields, keys.clinic_id) == (("name", "code"), (), None)


def test_a_process_is_known_by_its_last_sign_of_life(database: Database) -> None:
    later = NOW + timedelta(seconds=5)
    with database.writing() as tx:
        health.beat(tx, NOW, "scheduler-1", "host-a", "scheduler")
        health.beat(tx, NOW, "web-1", "host-a", "web")
        health.beat(tx, later, "scheduler-1", "host-b", "scheduler")
        assert health.heartbeats(tx) == [
            Heartbeat("scheduler-1", "host-b", "scheduler", later, NOW),
            Heartbeat("web-1", "host-a", "web", NOW, NOW),
        ]


def test_a_process_that_was_silent_for_a_day_is_forgotten(database: Database) -> None:
    with database.writing() as tx:
        health.beat(tx, NOW, "scheduler-1", "host-a", "scheduler")
        health.beat(tx, NOW + timedelta(days=1), "scheduler-2", "host-a", "scheduler")
        assert len(health.heartbeats(tx)) == 2
        health.beat(tx, NOW + timedelta(days=1, seconds=5), "scheduler-2", "host-a", "scheduler")
        assert [beat.process for beat in health.heartbeats(tx)] == ["scheduler-2"]


def test_the_demo_clock_is_one_for_all_and_exact(database: Database) -> None:
    with database.writing() as tx:
        assert health.get_demo_clock(tx) is None
        for clock in (DemoClock(timedelta(days=3, microseconds=1), True), DemoClock(timedelta(hours=-1), False)):
            health.set_demo_clock(tx, clock)
            assert health.get_demo_clock(tx) == clock


def test_the_jobs_of_a_clinic_are_its_own_of_one_kind_the_newest_first(database: Database) -> None:
    with database.writing() as tx:
        ours, theirs = add_clinic(tx), add_clinic(tx, name="Other")
        first, second = (jobs.add_job(tx, NOW, clinic_id=ours.id, kind="close_day", args={}, by="n") for _ in range(2))
        jobs.add_job(tx, NOW, clinic_id=ours.id, kind="import", args={}, by="n")
        jobs.add_job(tx, NOW, clinic_id=theirs.id, kind="close_day", args={}, by="n", why="a flood")
        assert jobs.jobs_of(tx, ours.id, "close_day", 10) == [second, first]
        assert jobs.jobs_of(tx, ours.id, "close_day", 1) == [second]
        assert [job.why for job in jobs.jobs_of(tx, theirs.id, "close_day", 10)] == ["a flood"]


def test_a_job_is_done_by_one_process_at_a_time_in_the_order_of_the_jobs(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        first = jobs.add_job(tx, NOW, clinic_id=clinic.id, kind="import", args={"rows": 3}, by="nurse:7", total=3)
        second = jobs.add_job(tx, NOW, clinic_id=None, kind="reseal", args={}, by="operator")
        assert jobs.get_job(tx, first.id) == first
        assert jobs.get_job(tx, 99) is None
        ours, theirs = (jobs.claim_job(tx, NOW, LEASE, owner) for owner in ("ours", "theirs"))
        assert jobs.claim_job(tx, NOW, LEASE, "others") is None
        assert ours is not None
        assert theirs is not None
        assert (ours.id, ours.state, ours.args, theirs.id) == (first.id, "running", {"rows": 3}, second.id)
        assert jobs.progress(tx, first.id, "ours", 2, LEASE)
        assert not jobs.progress(tx, first.id, "theirs", 0, LEASE)
        assert jobs.finish(tx, NOW, first.id, "ours", "done", "3 rows")
        assert not jobs.finish(tx, NOW, first.id, "ours", "failed")
        done = jobs.get_job(tx, first.id)
    assert done is not None
    assert (done.state, done.done, done.total, done.detail, done.finished_at) == ("done", 2, 3, "3 rows", NOW)


def test_a_job_whose_process_went_away_is_taken_over_where_it_stood(database: Database) -> None:
    with database.writing() as tx:
        job = jobs.add_job(tx, NOW, clinic_id=None, kind="reseal", args={}, by="operator")
        jobs.claim_job(tx, NOW, LEASE, "ours")
        jobs.progress(tx, job.id, "ours", 7, LEASE)
        assert jobs.claim_job(tx, LEASE - timedelta(seconds=1), LEASE, "theirs") is None
        taken = jobs.claim_job(tx, LEASE, LEASE + timedelta(minutes=1), "theirs")
        assert not jobs.progress(tx, job.id, "ours", 8, LEASE)
    assert taken is not None
    assert (taken.lease_owner, taken.done) == ("theirs", 7)


def test_jobs_claimed_at_once_go_to_one_process_each(database: Database) -> None:
    with database.writing() as tx:
        numbers = {jobs.add_job(tx, NOW, clinic_id=None, kind="reseal", args={}, by="operator").id for _ in range(9)}
    taken: list[int] = []

    def work(owner: str) -> None:
        while True:
            with database.writing(deadline=30) as tx:
                job = jobs.claim_job(tx, NOW, LEASE, owner)
            if job is None:
                return
            taken.append(job.id)

    threads = [threading.Thread(target=work, args=(f"owner {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(numbers)


def test_the_audit_is_read_by_patient_with_all_that_is_theirs(database: Database) -> None:
    with database.writing() as tx:
        ours = add_sample(tx)
        theirs = add_sample(tx, "Other Clinic", "+12025550199", OTHER_PHONE)
        task = follow_ups.open_follow_up(
            tx,
            NOW,
            clinic_id=ours.clinic.id,
            kind="other",
            urgency=1,
            contact_id=ours.contact.id,
            patient_id=ours.patient.id,
        )
        text = add_reminder(tx, ours)
        subjects = [
            ("patient", ours.patient.id), ("plan", ours.plan.id), ("contact", ours.contact.id), ("follow_up", task.id),
            ("message", text),
        ]  # fmt: skip
        for subject, number in [*subjects, ("clinic", ours.clinic.id), ("user", ours.patient.id), ("plan", 999)]:
            audit.record(tx, NOW, ours.clinic.id, "ines", "do", subject, number)
        audit.record(tx, NOW, theirs.clinic.id, "ines", "do", "patient", ours.patient.id)
        found = audit.find(tx, ours.clinic.id, Filter(patient_id=ours.patient.id), 50)
        assert [(each.subject, each.subject_id) for each in reversed(found)] == subjects
        assert audit.find(tx, ours.clinic.id, Filter(patient_id=ours.patient.id, before_id=found[1].id), 1) == [
            found[2]
        ]
        assert audit.find(tx, theirs.clinic.id, Filter(patient_id=ours.patient.id), 50) == []
        everything = audit.entries(tx, ours.clinic.id)
        assert audit.patients_of(tx, ours.clinic.id, everything) == {each.id: ours.patient.id for each in found}
