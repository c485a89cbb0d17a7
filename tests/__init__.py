"""The tests, laid out as the rooms are; `fakes/` stands in for providers, `data/` holds what tests read.

`whats_here.py` knows what of PostgreSQL and Chromium this machine has, `postgres.py` starts a server of our own.
"""
