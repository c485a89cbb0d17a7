"""The official library's asynchronous HTTP client, with what it lacks: a time-out that holds, and one address to call.

As released (9.13.0) the client waits for ever whatever time-out it is given (twilio-python#925), logs addresses,
keeps the last request and answer, and takes a third longer over encoding a form.
"""

from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote_plus, urlsplit

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response

API = "https://api.twilio.com"

_BYTE_IN_A_FORM = [quote_plus(bytes((byte,))) for byte in range(256)]


def checked_base(api_base: str) -> str:
    """The address without a final slash; ValueError with what to write unless it is https or on this machine."""
    parts = urlsplit(api_base)
    host = parts.hostname
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        raise ValueError(f"The address of Twilio's API must look like {API}.")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ValueError("The address of Twilio's API must start with https://: the auth token would go in the clear.")
    return api_base.rstrip("/")


def form_of(data: Mapping[str, str]) -> bytes:
    """The body of a form: what `urlencode` makes of it, in little over half the time. Raises UnicodeEncodeError."""
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in data.items()]).encode("ascii")


class TwilioHttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """One pool of connections to one address; makes each call once.

    ``timeout`` is the whole of a call in seconds. ``connect_timeout`` is the part of it in which a connection must be
    had, from the pool or new: what runs out there was never sent. Opened by the first call, in its event loop.
    """

    def __init__(self, api_base: str, timeout: float, connect_timeout: float, connections: int) -> None:
        super().__init__(pool_connections=False, timeout=timeout)
        self._base = checked_base(api_base)
        self._timeout = ClientTimeout(total=timeout, connect=connect_timeout)
        self._connections = connections
        self.session: ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature; it gives None
        allow_redirects: bool = False,
    ) -> Response:
        """One call to a URL of Twilio's API; ValueError for any other host, errors of aiohttp for want of an answer."""
        if not url.startswith(f"{API}/"):
            raise ValueError("Only api.twilio.com is called.")
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
        session = self.session or self._open()
        async with session.request(
            method,
            self._base + url.removeprefix(API),
            params=params,
            data=form_of(data) if data else None,
            headers=sent,
            timeout=ClientTimeout(total=timeout) if timeout else self._timeout,
            allow_redirects=allow_redirects,
        ) as answer:
            return Response(answer.status, await answer.text(errors="replace"), answer.headers)

    def _open(self) -> ClientSession:
        self.session = ClientSession(
            connector=TCPConnector(limit=self._connections), timeout=self._timeout, cookie_jar=DummyCookieJar()
        )
        return self.session


def _quoted(value: str) -> str:
    return "".join(map(_BYTE_IN_A_FORM.__getitem__, value.encode()))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
