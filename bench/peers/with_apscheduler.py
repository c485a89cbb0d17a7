"""APScheduler with one job for each reminder, in its SQLAlchemy job store on a SQLite file, in 20 threads.

Run: python -m bench.peers.with_apscheduler COUNT FOLDER. Prints seconds to add the jobs and its memory as JSON.
"""

import json
import resource
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bench.peers import post


def main(count: int, folder: str) -> None:
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{folder}/apscheduler.db")},
        executors={"default": ThreadPoolExecutor(20)},
        job_defaults={"misfire_grace_time": None},  # as released it drops what is a second late
        timezone=UTC,
    )
    done = threading.Semaphore(0)
    scheduler.add_listener(lambda _: done.release(), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    scheduler.start(paused=True)
    due = datetime.now(UTC) - timedelta(seconds=1)
    began = time.perf_counter()
    for number in range(count):
        scheduler.add_job(post.send, "date", run_date=due, args=[number], id=str(number))
    adding = time.perf_counter() - began
    scheduler.resume()
    for _ in range(count):
        done.acquire()
    scheduler.shutdown()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"added_per_second": round(count / adding), "rss_mb_most": memory}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
