"""When something is said: plans, reminders, and the clock of the outbox. APScheduler lives only here.

`plan/` is pure and imports content alone; `enrolment.py` and `consent.py` are the only doors through which a patient, a
plan or a consent changes; `delivery/` holds the steps from a due patient to a settled text; `worker.py` owns the loop,
the threads and the clock.
"""
