"""How a text travels: one provider per module (Twilio, the simulated phone), and how a phone number is read.

Provider code lives only here. Nothing here knows the database, a patient or a wording.
"""
