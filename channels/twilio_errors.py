"""Twilio's error codes and HTTP statuses, put into our few classes of fault, and what each class asks of a sender.

Codes: https://www.twilio.com/docs/api/errors. The code is looked at before the HTTP status, since one code comes
under several statuses; Twilio adds codes without notice, so an unknown one falls back to its status.
"""

from channels.base import Fault, Verdict

_CODES: dict[Fault, tuple[int, ...]] = {
    Fault.ACCOUNT: (20003, 20005, 20404, 30002),
    Fault.SENDER: (
        *(21212, 21603, 21606, 21607, 21608, 21616, 21701, 21703, 21704, 21705, 63007, 63051),
        *(30032, 30034, 30035),  # toll-free number not verified, US A2P 10DLC not registered
    ),
    Fault.DESTINATION: (21408, 21612, 30018, 30024),
    Fault.RECIPIENT_PERMANENT: (21211, 21217, 21401, 21614, 30005, 30006, 63003, 63024),
    Fault.OPTED_OUT: (21610,),
    Fault.BLOCKED: (30004, 63032, 63033),
    Fault.RECIPIENT_TEMPORARY: (30003, 30008, 30017, 30410, 30450),
    Fault.THROTTLE: (14107, 20429, 21611, 30001, 30022, 63017, 63018),
    Fault.DAILY_CAP: (30023, 30027, 63038),
    Fault.CONTENT: (
        *(14103, 21602, 21604, 21609, 21617, 21618, 21619, 21620, 21623, 21656),
        *(30007, 30019, 30045, 63005, 90007),
        *(30020, 35111, 35114, 35115, 35118, 35125),  # scheduling at Twilio, which we never ask for
    ),
    Fault.TEMPLATE: (63016,),
    Fault.EXPIRED: (30036,),
    Fault.UNKNOWN_OUTCOME: (20500, 20503, 20504),
}
_FAULTS = {code: fault for fault, codes in _CODES.items() for code in codes}

_VERDICTS = {
    Fault.NONE: Verdict.ACCEPTED,
    Fault.ACCOUNT: Verdict.SENDER,
    Fault.SENDER: Verdict.SENDER,
    # One country that cannot be reached must not stop the sender for all others.
    Fault.DESTINATION: Verdict.REFUSED,
    Fault.RECIPIENT_PERMANENT: Verdict.REFUSED,
    Fault.OPTED_OUT: Verdict.REFUSED,
    Fault.BLOCKED: Verdict.REFUSED,
    Fault.NOT_SAID: Verdict.REFUSED,
    Fault.CONTENT: Verdict.REFUSED,
    Fault.TEMPLATE: Verdict.REFUSED,
    Fault.RECIPIENT_TEMPORARY: Verdict.LATER,
    Fault.THROTTLE: Verdict.LATER,
    Fault.DAILY_CAP: Verdict.LATER,
    Fault.EXPIRED: Verdict.LATER,
    Fault.NOT_SENT: Verdict.LATER,
    Fault.UNKNOWN_OUTCOME: Verdict.UNKNOWN,
}


def verdict_of(fault: Fault) -> Verdict:
    """What the sender of a text must do after a fault of this class."""
    return _VERDICTS[fault]


def fault_of_answer(status: int, code: int | None) -> Fault:
    """The class of an answer that is no success, from its HTTP status and, where there is one, Twilio's code.

    A 5xx without a known code says nothing of whether the text was taken; a 429 says that it was not.
    """
    if code in _FAULTS:
        return _FAULTS[code]
    if status in {401, 403, 404}:
        return Fault.ACCOUNT
    if status == 429:
        return Fault.THROTTLE
    if 400 <= status < 500 and status != 408:
        return Fault.CONTENT
    return Fault.UNKNOWN_OUTCOME


def fault_of_receipt(code: int | None) -> Fault:
    """The class of a receipt that says undelivered or failed; a code that we do not know says nothing."""
    return _FAULTS.get(code or 0, Fault.NOT_SAID)
