"""Who we talk with: phones, clinic staff and other programs. Flask lives only here.

`app.py` wires the web process together, `settings.py` is the only reader of the environment, `cli/` is the command
line. Below them one folder per door: `webhooks/`, `simulator/`; and behind the doors `understanding/` (text to outcome)
and `conversation/` (outcome to effect and reply).
"""
