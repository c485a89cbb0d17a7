"""A stand-in for Twilio's Messages API, as strict as Twilio and as unreliable as a test wants it.

`server.py` is what a test starts, `python -m tests.fakes.twilio --port 4010` the same as a process. `rules.py` says
what is refused, `faults.py` what goes wrong on demand, `receipts.py` how delivery is told, `account.py` keeps the
ledger, `whatsapp.py` says what WhatsApp does not take, `signing.py` makes signed webhook forms, `control.py` is the way
in for another process.
"""
