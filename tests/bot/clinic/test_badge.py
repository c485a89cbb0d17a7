"""The count of open alerts at the head of every page: there before any script runs, and not sent twice."""

import re
from datetime import timedelta

from store.clinics import Clinic
from tests.bot.clinic.conftest import Browser
from tests.bot.conftest import Phone, Watch


def test_every_page_tells_of_the_alerts_by_itself_and_asks_again_only_for_what_is_new(
    phone: Phone, clinic: Clinic, nurse: Browser, watch: Watch
) -> None:
    address = f"/c/{clinic.id}"
    assert "data-newest" not in nurse.get(f"{address}/patients").text
    phone.text("i cant breathe")
    page = nurse.get(f"{address}/patients").text
    assert "1 alert nobody has seen</a>" in page
    (etag,) = re.findall(r'data-etag="&quot;(\w+)&quot;"', page)
    asked = {"If-None-Match": f'"{etag}"'}
    assert nurse.get(f"{address}/alerts/badge", headers=asked).status_code == 304
    watch.forward(timedelta(minutes=1))
    phone.text("and now my chest hurts")
    newer = nurse.get(f"{address}/alerts/badge", headers=asked)
    assert "1 alert nobody has seen</a>" in newer.text
    seen = re.findall(r'name="rung_at" value="([^"]+)"', nurse.get(f"{address}/alerts").text)
    (alert,) = set(re.findall(r"/alerts/(\d+)/seen", nurse.get(f"{address}/alerts").text))
    page = nurse.post(f"{address}/alerts/{alert}/seen", {"rung_at": seen[0]}, follow_redirects=True).text
    assert "1 alert open</a>" in page
