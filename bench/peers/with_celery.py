"""Celery with one task for each reminder, due by ETA, over a Redis that writes nothing to the disk; two processes.

The module is what `celery -A bench.peers.with_celery worker` loads. Run as python -m bench.peers.with_celery COUNT
SECONDS it asks for the tasks, due so many seconds from now, and prints how fast it could as JSON.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta

from celery import Celery  # type: ignore[import-not-found]  # in the peers' own environment

from bench.peers import post

app = Celery("with_celery", broker=os.environ["PEER_REDIS"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True, timezone="UTC")
send = app.task(name="send")(post.send)


def main(count: int, ahead: float) -> None:
    due = datetime.now(UTC) + timedelta(seconds=ahead)
    began = time.perf_counter()
    for number in range(count):
        send.apply_async(args=[number], eta=due)
    print(json.dumps({"added_per_second": round(count / (time.perf_counter() - began))}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
