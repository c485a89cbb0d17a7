"""What is known: patients, plans, messages and alerts, sealed at rest. SQLAlchemy lives only here.

`database.py` holds the only two ways in, `reading()` and `writing(deadline)`. Each aggregate has one module with its
tables and its queries as functions that take a transaction and give back frozen dataclasses.
"""
