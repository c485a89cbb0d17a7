"""A mail server on loopback that takes nothing out of order: RFC 5321, with STARTTLS and AUTH PLAIN where asked for."""

import ssl
import sys
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was taken, with its envelope, and whether it came over TLS."""

    sender: str
    to: str
    message: EmailMessage
    over_tls: bool

    @property
    def body(self) -> str:
        """Its words."""
        return str(self.message.get_content()).strip()


@dataclass
class FakeSmtp:
    """A mail server at ``url``. Use it as a context manager.

    ``refuse`` has the answer to each recipient that is not taken ("550 no such box"). ``users`` may sign in, and then
    nobody else may send. ``tls``: offers STARTTLS; ``tls_at_once``: speaks TLS from the first byte.
    """

    users: dict[str, str] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    letters: list[Letter] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake-smtp", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'smtps' if self.tls_at_once else 'smtp'}://127.0.0.1:{self.port}"

    def wait_for(self, count: int, timeout: float) -> list[Letter]:
        """The letters once there are so many; TimeoutError after so many seconds."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.letters) >= count, timeout):
                raise TimeoutError(f"{len(self.letters)} of {count} letters came")
            return list(self.letters)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, fake: FakeSmtp) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.fake = fake

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up in the middle, or trusts us not, is no fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Session(StreamRequestHandler):
    server: _Server
    timeout = 10

    def handle(self) -> None:
        self._fake, self._over_tls, self._user = self.server.fake, False, ""
        self._sender: str | None = None
        self._to: list[str] = []
        self._greeted = False
        if self._fake.tls_at_once:
            self._encrypt()
        self._say("220 fake.example ESMTP")
        while line := self.rfile.readline():
            assert line.endswith(b"\r\n"), line
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        if verb == "EHLO":
            self._greeted = True
            offers = ["fake.example", *(["STARTTLS"] if self._fake.tls and not self._over_tls else [])]
            offers += ["AUTH PLAIN"] if self._fake.users else []
            for place, offer in enumerate(offers, start=1):
                self._say(f"250{' ' if place == len(offers) else '-'}{offer}")
        elif not self._greeted:
            self._say("503 greet first")
        elif verb == "STARTTLS" and self._fake.tls and not self._over_tls:
            self._say("220 go ahead")
            self._encrypt()
            self._greeted = False
        elif verb == "AUTH":
            self._sign_in(rest)
        elif verb == "NOOP":
            self._say("250 ok")
        elif self._fake.users and not self._user:
            self._say("530 sign in first")
        elif verb == "MAIL" and rest.upper().startswith("FROM:<"):
            self._sender, self._to = rest[6:].partition(">")[0], []
            self._say("250 ok")
        elif verb == "RCPT" and rest.upper().startswith("TO:<") and self._sender is not None:
            to = rest[4:].partition(">")[0]
            if to not in self._fake.refuse:
                self._to.append(to)
            self._say(self._fake.refuse.get(to, "250 ok"))
        elif verb == "DATA" and self._to:
            self._say("354 end with a dot")
            self._take()
        elif verb == "RSET":
            self._sender, self._to = None, []
            self._say("250 ok")
        else:
            self._say("503 not now")

    def _sign_in(self, rest: str) -> None:
        method, _, secret = rest.partition(" ")
        _, user, password = b64decode(secret).decode().split("\0")
        if method.upper() == "PLAIN" and self._fake.users.get(user) == password:
            self._user = user
            self._say("235 welcome")
        else:
            self._say("535 wrong password")

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            assert line.endswith(b"\r\n"), line
            lines.append(line.removeprefix(b"."))
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._fake.arrived:
            self._fake.letters += [Letter(self._sender or "", to, message, self._over_tls) for to in self._to]
            self._fake.arrived.notify_all()
        self._say("250 taken")

    def _encrypt(self) -> None:
        assert self._fake.tls is not None
        self.connection = self._fake.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self._over_tls = True

    def _say(self, answer: str) -> None:
        self.connection.sendall(f"{answer}\r\n".encode("ascii"))
