"""Texts that may have gone out or not are settled by what the provider says it has.

It is asked twice, at least a minute apart: what it took a moment ago may not stand in its list yet. Found: the text has
the state it has there. Provably absent and still of use: sent once more, as a new attempt, since a reminder that is
lost costs a treatment. Anything else stays unknown, says why, and staff see it.

A text is known by its words and the minutes of its call: the list does not say which attempt it was. Of two texts of
the same words in the same minutes the one is taken that came nearest, and a receipt, which does name the attempt, puts
it right (`store.settling`). By WhatsApp the words are the provider's own, put together from a template that somebody
may have changed since. So what it took for this person from this number in the very minutes of the call, and is no
other text's, is taken for this one there, and never sent once more; where it may as well be another one's, staff see
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.base import Listed, Receipt, Via
from content.library import Library
from content.plain import Plain
from scheduler.clock import Moment
from scheduler.delivery import failures, receipts
from store import messages
from store import unsettled as texts
from store.database import Tx
from store.unsettled import Unsettled

SOONEST = timedelta(minutes=1)
"""After a text became unknown, and from the first time of asking to the second: Twilio itself works on a call for up to
half a minute (twilio.md section 8)."""
_SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind ours."""
_CALL = timedelta(minutes=1)
"""Longer than a call and the provider's work on it take."""
_LONGEST = timedelta(days=1)
"""How long is asked for a text that is of use for ever."""

SENT_ONCE_MORE = "the provider did not have it, asked twice: once more"
NOT_SETTLED = "not_settled"
"""The gate of a text that stays unknown."""
_TOO_LATE = Plain("the provider did not have it, asked twice, and it was of no use any more")
_TWICE = Plain("the provider did not have it, asked twice, and it had been sent once more before")
_MAY_BE = "the provider has a text that may be this one or another, while it was of use"
_NOT_ASKED = Plain("the provider could not be asked while it was of use")
_NO_NUMBER = Plain("its number is not known any more")

Attempt = tuple[int, int]
"""The id of a text and the number of a call that was made for it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the provider is asked: the text, and since when (UTC, by the real clock) it may have it."""

    text: Unsettled
    since: datetime

    @property
    def attempt(self) -> Attempt:
        """What is asked about."""
        return self.text.id, self.text.attempts

    def fits(self, listed: Listed) -> bool:
        """Whether the provider took something in the minutes of this call, by its own clock."""
        return self.since <= listed.at <= self.since + 2 * _SKEW + _CALL


def to_ask(tx: Tx, moment: Moment, limit: int = 50) -> list[Question]:
    """Texts that have been unknown for a while."""
    return [Question(text, text.called_at - _SKEW) for text in texts.unsettled(tx, moment.now - SOONEST, limit)]


def settle(
    tx: Tx,
    moment: Moment,
    library: Library,
    answers: Sequence[tuple[Question, Sequence[Listed] | None]],
    absent_since: Mapping[Attempt, datetime],
) -> dict[Attempt, datetime]:
    """Decides what the answers (None: it could not be asked) are enough for.

    ``absent_since``: when the provider first said that it does not have an attempt at a text, by the real clock; what
    comes back is the same after these answers, without what is decided.
    """
    absent: dict[Attempt, datetime] = {}
    listed = {each.provider_id for _, found in answers for each in found or ()}
    taken = texts.taken_ids(tx, listed, [question.text for question, _ in answers])
    open_ones: list[tuple[Question, list[Listed] | None]] = []
    for question, found in answers:
        free = (
            None if found is None else [each for each in found if each.provider_id not in taken and question.fits(each)]
        )
        same = [each for each in free or () if each.body == question.text.body]
        mine = min(same, key=lambda each: abs(each.at - question.text.called_at), default=None)
        if mine is None:
            open_ones.append((question, free))
        else:
            taken |= {mine.provider_id}
            receipts.apply(tx, moment.now, library, _receipt(question.text, mine), real=moment.real, is_found=True)
    for question, found in open_ones:
        text, attempt, since = question.text, question.attempt, absent_since.get(question.attempt)
        others = [each for each in found or () if each.provider_id not in taken]
        if text.via == Via.WHATSAPP and others:
            if len(others) == 1 and not texts.has_rival(tx, text, 2 * _SKEW + _CALL):
                taken |= {others[0].provider_id}
                receipts.apply(tx, moment.now, library, _receipt(text, others[0]), real=moment.real, is_found=True)
            elif _useless(text, moment.now):
                _leave(tx, moment.now, text, _MAY_BE)
        elif text.to is None:
            _leave(tx, moment.now, text, _NO_NUMBER)
        elif found is None:
            if _useless(text, moment.now):
                _leave(tx, moment.now, text, _NOT_ASKED)
            elif since is not None:
                absent[attempt] = since
        elif since is None or moment.real - since < SOONEST:
            absent[attempt] = since or moment.real
        else:
            _absent(tx, moment.now, text)
    return absent


def _receipt(text: Unsettled, found: Listed) -> Receipt:
    attempt = f"{text.id}.{text.attempts}"
    return Receipt(found.provider_id, found.state, found.code, attempt, found.fault)


def _absent(tx: Tx, now: datetime, text: Unsettled) -> None:
    """The provider never had it."""
    if _useless(text, now):
        _leave(tx, now, text, _TOO_LATE)
    elif any(change.detail == SENT_ONCE_MORE for change in messages.history(tx, text.id)):
        _leave(tx, now, text, _TWICE)
    else:
        texts.send_again(tx, now, text, SENT_ONCE_MORE)


def _useless(text: Unsettled, now: datetime) -> bool:
    return now >= (text.expires_at or text.unknown_at + _LONGEST)


def _leave(tx: Tx, now: datetime, text: Unsettled, why: str) -> None:
    if texts.leave_unknown(tx, now, text, NOT_SETTLED, why):
        failures.tell_staff(tx, now, text.id, "failed_text", urgency=1, within=timedelta(days=1), about=why)
