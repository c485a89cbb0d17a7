"""The steps from a due patient to a settled text: each f(tx, now, ...), no loop, no thread, no clock."""
