"""How long the words of texts are kept, as an administrator sets it."""

from bot.services import Services
from store import audit, clinics, retention
from store.clinics import Clinic
from tests.bot.clinic.conftest import Browser
from tests.bot.conftest import NOON


def days(services: Services, clinic: Clinic) -> int | None:
    with services.database.reading() as tx:
        found = clinics.find_clinic(tx, clinic.id)
    assert found is not None
    return found.keep_words_days


def test_words_are_kept_longer_at_once_and_shorter_only_by_who_is_sure(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/settings/retention"
    assert 'value="90"' in administrator.get(address).text
    assert administrator.post(address, {"keep_words_days": "365", "was": "90"}).status_code == 303
    assert administrator.post(address, {"keep_words_days": "", "was": "365"}).status_code == 303
    assert days(services, clinic) is None
    refused = administrator.post(address, {"keep_words_days": "365"})
    assert (refused.status_code, "deleted sooner than before" in refused.text) == (422, True)
    assert administrator.post(address, {"keep_words_days": "365", "sure": "y"}).status_code == 303
    assert administrator.post(address, {"keep_words_days": "30", "was": "365"}).status_code == 422
    for wrong in ("6", "3661", "soon"):
        assert administrator.post(address, {"keep_words_days": wrong, "sure": "y"}).status_code == 422
    assert days(services, clinic) == 365
    with services.database.reading() as tx:
        changes = [entry for entry in audit.entries(tx, clinic.id) if entry.fields == ("keep_words_days",)]
    assert len(changes) == 3


def test_of_two_who_set_it_at_once_the_second_is_told_what_is_there_now(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/settings/retention"
    assert 'name="was" type="hidden" value="90"' in administrator.get(address).text
    assert administrator.post(address, {"keep_words_days": "365", "was": "90"}).status_code == 303
    for theirs, said in (("180", "180"), ("", "-")):
        second = administrator.post(address, {"keep_words_days": theirs, "was": "90", "sure": "y"})
        assert (second.status_code, days(services, clinic)) == (409, 365)
        assert f"On your page: {said}<" in second.text
        assert 'value="365"' in second.text
        assert 'name="was" type="hidden" value="365"' in second.text
        assert "Days that the words of texts are kept <span" in second.text
        assert "The administrator</bdi> (administrator)" in second.text
    assert administrator.post(address, {"keep_words_days": "365", "was": "90"}).status_code == 303


def test_the_page_says_how_far_the_words_are_gone(clinic: Clinic, services: Services, administrator: Browser) -> None:
    address = f"/c/{clinic.id}/settings/retention"
    assert "No words were deleted yet" in administrator.get(address).text
    with services.database.writing() as tx:
        retention.set_gone_before(tx, clinic.id, NOON)
    assert "from before May 4, 2026, 12:00\u202fPM" in administrator.get(address).text
