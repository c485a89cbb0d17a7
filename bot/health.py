"""For those who look after the program: is it up, can it answer, what did it do. Never a word about a patient."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from secrets import compare_digest

from flask import Blueprint, Response, jsonify, request

from bot.conversation.spool import Spool
from bot.metrics import CONTENT_TYPE
from bot.services import Services
from scheduler.duties.watchdog import Facts, Limits, alive
from store import alarms, health
from store.database import Database
from store.errors import DatabaseTooNew, DatabaseTooOld, StoreError


@dataclass(frozen=True, slots=True)
class Readiness:
    """What works: the database answers, it is at this release's migration, a scheduler lives, no text waits.

    ``alarms``: how many of each kind the watch has open; whose they are is not for everybody. They make nobody less
    ready: a load balancer would take away what works.
    """

    database: bool
    migrations: bool
    scheduler: bool
    spool: bool
    alarms: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all of it works."""
        return self.database and self.migrations and self.scheduler and self.spool


def readiness(database: Database, spool: Spool) -> Readiness:
    """Look now. Takes as long as the database takes to answer or to be given up."""
    up = migrated = scheduled = False
    wrongs: Mapping[str, int] = {}
    try:
        database.check_release()
        up = migrated = True
        now = database.now()
        with database.reading() as tx:
            beats = health.heartbeats(tx)
            wrongs = dict(Counter(each.kind for each in alarms.open_alarms(tx)))
        scheduled = bool(alive(Facts(now, beats), Limits(), "scheduler"))
    except (DatabaseTooOld, DatabaseTooNew):
        up = True
    except StoreError:
        up = False
    return Readiness(up, migrated, scheduled, spool.count() == 0 and spool.writable(), wrongs)


def blueprint(services: Services) -> Blueprint:
    """The routes /healthz, /readyz and /metrics."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return _plain("ok")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        # A process that runs has its settings and its content: it answers a danger text, database or not.
        state = readiness(services.database, services.spool)
        failed = request.args.get("strict") == "1" and not state.ok
        return jsonify({**asdict(state), "ok": state.ok}), 503 if failed else 200

    @routes.get("/metrics")
    def numbers() -> Response:
        if not (_is_ours(services.settings.metrics_token) or _from_this_machine()):
            return _plain("Metrics are for this machine, or for who has METRICS_TOKEN.", 403)
        return Response(services.metrics.page(services.spool.count()), content_type=CONTENT_TYPE)

    return routes


def _is_ours(metrics_token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(metrics_token) and compare_digest(given.encode(), metrics_token.encode())


def _from_this_machine() -> bool:
    """A proxy on this machine calls from here too, but for somebody else."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _plain(sentence: str, status: int = 200) -> Response:
    return Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
