"""Measures speed, with figures that no test asserts. `make bench` prints JSON lines; docs/performance.md reads them."""
