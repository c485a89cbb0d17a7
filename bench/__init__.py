"""Measures speed; never part of the tests. `make bench` prints JSON lines, each beside a yardstick of the same run."""
