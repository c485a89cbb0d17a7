"""From a text to its one outcome: pure functions that import content alone."""
