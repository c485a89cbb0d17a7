"""A form that is sent after its session ended: what was typed comes back, for whoever has signed in to send again."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from store.clinics import Clinic
from tests.bot.clinic.conftest import Browser, token_of
from tests.bot.conftest import Phone

OURS = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"words": 'Call <b>us</b> at "nine".', "csrf_token": "of a session before"}
SHOWN = "Call &lt;b&gt;us&lt;/b&gt; at &#34;nine&#34;."
KEPT = f'name="words" value="{SHOWN}"'


@pytest.fixture
def stranger(console_app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in any more."""
    client: FlaskClient = console_app.extensions["console"].test_client()
    return client


@pytest.fixture
def address(phone: Phone, clinic: Clinic) -> str:
    """Where an answer by hand is sent."""
    phone.text("zoombugs")
    return f"/c/{clinic.id}/inbox/{phone.contact().id}/answer"


def test_it_comes_back_and_goes_when_whoever_has_signed_in_has_read_in_whose_name(
    address: str, phone: Phone, clinic: Clinic, stranger: FlaskClient, nurse: Browser
) -> None:
    out = stranger.post(address, data=TYPED, headers=OURS)
    assert out.status_code == 400
    assert KEPT in out.text
    assert f'action="{address}"' in out.text
    assert "csrf_token" not in out.text[out.text.index(f'action="{address}"') :], "it is looked at once more when sent"
    assert clinic.name not in out.text
    again = nurse.client.post(address, data=TYPED | {"was": "of the page"}, headers=OURS)
    assert "it is done in your name, The nurse." in again.text
    assert re.findall(r"<blockquote[^>]*><bdi>(.*?)</bdi>", again.text) == [
        "Call &lt;b&gt;us&lt;/b&gt; at &#34;nine&#34;."
    ]
    assert 'name="was" value="of the page"' in again.text
    assert KEPT in again.text
    form = again.text[again.text.index(f'action="{address}"') :]
    assert nurse.client.post(address, data=TYPED | {"csrf_token": token_of(form)}).status_code == 303
    assert [text.body for text in phone.messages() if text.direction == "out"][-1] == TYPED["words"]


def test_a_session_that_no_longer_counts_loses_nothing_either(address: str, stranger: FlaskClient) -> None:
    token = token_of(stranger.get("/sign-in").text)
    out = stranger.post(address, data=TYPED | {"csrf_token": token}, headers=OURS)
    assert (out.status_code, KEPT in out.text) == (401, True)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_what_another_site_sends_is_not_kept(site: str | None, address: str, nurse: Browser) -> None:
    answer = nurse.client.post(address, data=TYPED, headers={} if site is None else {"Sec-Fetch-Site": site})
    assert (answer.status_code, "nine" in answer.text) == (400, False)


def test_no_password_is_kept(stranger: FlaskClient, nurse: Browser) -> None:
    for client in (stranger, nurse.client):
        typed = {"password": "seven grey herons", "new_password": "eight grey herons"}
        assert "grey" not in client.post("/account/password", data=typed, headers=OURS).text


def test_what_a_page_sends_by_itself_is_told_that_the_session_is_another(
    address: str, nurse: Browser, stranger: FlaskClient
) -> None:
    by_itself = {**OURS, "HX-Request": "true"}
    measure = address.replace("answer", "measure")
    for client in (nurse.client, stranger):
        answer = client.post(measure, data=TYPED, headers=by_itself)
        assert (answer.status_code, answer.text) == (401, "")
    session = nurse.client.get("/account/session", headers=by_itself).json
    assert session is not None
    assert f'data-me="{session["person"]}"' in nurse.get(address.removesuffix("/answer")).text
    anew = TYPED | {"csrf_token": session["token"]}
    assert "1 SMS" in nurse.client.post(measure, data=anew, headers=by_itself).text
    assert stranger.get("/account/session", headers=by_itself).status_code == 401
