"""Which of our classes and consequences stand for those in which Twilio's codes are known, by hand."""

from channels.base import Fault, Verdict

CLASSES = {
    "account": {Fault.ACCOUNT, Fault.SENDER},
    "bug": {Fault.ACCOUNT},
    "registration": {Fault.SENDER},
    "destination": {Fault.DESTINATION},
    "recipient_invalid": {Fault.RECIPIENT_PERMANENT},
    "opted_out": {Fault.OPTED_OUT},
    "recipient_blocked": {Fault.BLOCKED},
    "recipient_temporary": {Fault.RECIPIENT_TEMPORARY},
    "throttle": {Fault.THROTTLE},
    "daily_cap": {Fault.DAILY_CAP},
    "content_or_request": {Fault.CONTENT, Fault.TEMPLATE},
    "scheduling": {Fault.CONTENT},
    "expired": {Fault.EXPIRED},
    "unknown_outcome": {Fault.UNKNOWN_OUTCOME},
}
_VERDICTS = {
    "never": Verdict.REFUSED,
    "with_template": Verdict.REFUSED,
    "own_scheduler": Verdict.REFUSED,
    "later": Verdict.LATER,
    "now_backoff": Verdict.LATER,
    "next_day": Verdict.LATER,
    "if_still_useful": Verdict.LATER,
    "after_fix": Verdict.SENDER,
    "after_reconcile": Verdict.UNKNOWN,
}
# 14107, a reply loop, is a throttle that comes in receipts alone; 20404 means that the account's id is wrong; and a
# country that cannot be reached must not stop the sender for everybody.
_OTHERS = {14107: Verdict.LATER, 20404: Verdict.SENDER} | dict.fromkeys((21408, 21612, 30018, 30024), Verdict.REFUSED)


def consequence(code: int, retry: str) -> Verdict:
    """What is to be done after a code of which ``retry`` says when it may be tried again."""
    return _OTHERS.get(code, _VERDICTS[retry])
