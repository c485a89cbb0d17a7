"""Everything that comes from outside, made as hostile as it can be: forms of Twilio's, lines of input, files, changes.

`python -m tests.fuzz --seconds 60` looks for as long as it is told, from a printed seed; the same targets run a few
examples each with the tests. `words.py` has what odd texts are made of, `webhooks.py` and `commands.py` the targets:
each takes one value and fails where the program does not take it as it should.
"""
