"""The phone on the screen: in the demo alone, one page that texts the real conversation and shows the real reminders.

`views.py` has the routes, `phones.py` reads what is on each phone, `screen.py` how it is shown (pure), `enrol.py` the
form through which someone is enrolled.
"""
