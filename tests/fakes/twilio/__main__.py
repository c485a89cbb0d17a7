"""The fake as a process: prints {"url": ...} when it listens, and ends with SIGTERM or control-C."""

import argparse
import json
import signal

from tests.fakes.twilio.receipts import Policy
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account-sid", default=ACCOUNT_SID)
    parser.add_argument("--auth-token", default=AUTH_TOKEN)
    parser.add_argument("--number", action="append", help=f"a number of the account ({NUMBER}); may be given again")
    parser.add_argument("--service", action="append", default=[], help="MG...=+1...,+1...; may be given again")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--receipts", action="store_true", help="tell of every message: sent, delivered")
    parser.add_argument("--deliver-to", help="call this in place of the public address, e.g. http://127.0.0.1:8000")
    options = parser.parse_args()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # in every thread that is started from here on
    services = {name: pool.split(",") for name, _, pool in (service.partition("=") for service in options.service)}
    with FakeTwilio(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        numbers=options.number or [NUMBER],
        services=services,
        latency=options.latency,
        receipts=Policy() if options.receipts else None,
        deliver_to=options.deliver_to,
        port=options.port,
    ) as fake:
        print(json.dumps({"url": fake.url}), flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
