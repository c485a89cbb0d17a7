"""The real processes, killed again and again; afterwards an auditor compares what Twilio had with the database.

`python -m tests.chaos --kills 100` is the whole of it: `immunotext migrate`, two `serve`, two `scheduler`, the strict
fake of Twilio, a SQLite file and a PostgreSQL. `script.py` draws from a seed what is done, `run.py` does it,
`evidence.py` gathers what stands on both sides, `audit.py` judges it; `clinic.py` is the clinic it happens to,
`processes.py` and `line.py` start, kill and reach the processes.
"""
