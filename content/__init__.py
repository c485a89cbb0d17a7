"""What is said: facts, keywords, danger signs, regimens and message texts, with their loader and their linter.

Files of text (``topics/``, ``wording/``, ``countries/``, ``danger/``, ``regimens/``, ``sources.toml``) and the code
that reads and judges them. Nothing here knows the database, the clock, HTTP or a patient.
"""
