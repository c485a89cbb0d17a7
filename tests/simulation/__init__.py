"""The whole program in one process, driven by one seed: a simulated provider, patients, staff, faults and clock.

No thread, no sleep and no wall clock decides anything: every choice comes from ``random.Random(seed)``, so a failing
seed replays exactly. `python -m tests.simulation --seed N` runs one; docs/reliability.md says what is simulated.
"""
