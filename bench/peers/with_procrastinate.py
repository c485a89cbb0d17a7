"""procrastinate with one job for each reminder on PostgreSQL, put in as one batch, done by one worker, 100 at once.

Run: python -m bench.peers.with_procrastinate COUNT. Prints how fast jobs were put in, and its memory, as JSON.
"""

import asyncio
import json
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

import aiohttp
import procrastinate  # type: ignore[import-not-found]  # in the peers' own environment

from bench.peers import post

CALLS = 100


async def main(count: int) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["PEER_POSTGRES"]))
    auth = aiohttp.BasicAuth(post.ACCOUNT, post.TOKEN)
    timeout = aiohttp.ClientTimeout(total=post.TIMEOUT)
    async with aiohttp.ClientSession(auth=auth, timeout=timeout, connector=aiohttp.TCPConnector(limit=CALLS)) as http:

        async def send(number: int) -> None:
            async with http.post(post.URL, data=post.form(number)) as answer:
                answer.raise_for_status()
                await answer.read()

        task = app.task(name="send")(send)
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            due = datetime.now(UTC) - timedelta(seconds=1)
            began = time.perf_counter()
            await task.configure(schedule_at=due).batch_defer_async(*({"number": number} for number in range(count)))
            adding = time.perf_counter() - began
            await app.run_worker_async(concurrency=CALLS, wait=False, install_signal_handlers=False)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"added_per_second": round(count / adding), "rss_mb_most": memory}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
