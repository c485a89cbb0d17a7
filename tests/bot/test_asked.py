"""A question asked back is answered by the next text, with the database there and without it."""

from datetime import date, timedelta

import pytest

from tests.bot.conftest import Phone, Watch, enrol
from tests.bot.test_outage import database_away

CALL = "Please do not wait."
QUESTION = "Is that your temperature?"


@pytest.mark.parametrize("away", [False, True], ids=["there", "away"])
@pytest.mark.parametrize(
    ("number", "answer", "beginning"),
    [
        ("101", "yes", CALL),
        ("101", "Yes.", CALL),
        ("101", "it's 102 now", CALL),
        ("38.5", "39", CALL),
        ("38,5", "sí", "No espere."),
        ("101", "no", "Thanks for telling me. Symptoms? Call 202-555-0111."),
        ("7", "yes", "Thanks for telling me. Call at once, day or night, if your temperature is 100.4F"),
    ],
)
def test_the_next_text_answers_it(
    phone: Phone,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    away: bool,
    number: str,
    answer: str,
    beginning: str,
) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 5))
    if answer == "sí":
        phone.text("ESPAÑOL")
    if away:
        with database_away(phone.services, monkeypatch):
            assert phone.says(number).startswith(QUESTION)
            watch.forward(timedelta(seconds=5))
            assert phone.says(answer).startswith(beginning)
        assert phone.services.desk.replay()
    else:
        phone.text(number)
        assert phone.says(answer).startswith(beginning)
    urgent = beginning in {CALL, "No espere."}
    assert [(task.kind, task.reply) for task in phone.follow_ups()] == [("danger", "underway")] * urgent


def test_a_question_that_was_followed_by_another_answer_is_over(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    with database_away(phone.services, monkeypatch):
        phone.text("101")
        phone.text("SIDE EFFECTS")
        assert not phone.says("yes").startswith(CALL)


def test_a_question_is_forgotten_after_a_while_in_an_outage_too(
    phone: Phone, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_away(phone.services, monkeypatch):
        phone.text("101")
        watch.forward(timedelta(hours=3))
        assert not phone.says("yes").startswith(CALL)


def test_an_urgent_answer_that_was_not_given_at_the_time_must_be_phoned(
    phone: Phone, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question was asked before; the yes came to another process, which knew nothing of it."""
    phone.text("101")
    phone.services.conversation.questions.answered(phone.clinic_id, phone.number, "", None, watch())
    with database_away(phone.services, monkeypatch):
        assert phone.says("yes").startswith("I saved your text")
    assert phone.services.desk.replay()
    (alert,) = phone.follow_ups()
    assert (alert.kind, alert.reply) == ("danger", "lost")
