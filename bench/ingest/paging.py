"""A paged JSON listing with 20 ms latency: ``python -m bench.ingest.paging serve|ours_16|ours_4|aiohttp_16 [PORT]``.

Ours is ``walk`` through ``HttpClient``: allow-list, byte caps, deadlines, totals reconciled, repeats noticed.
aiohttp fetches 16 pages at a time. Both parse every page with orjson.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from functools import partial
from typing import Any

import orjson

from bench.ingest.flows import flow

PAGES, SIZE, LATENCY_S = 200, 500, 0.02


def serve() -> None:
    """Answer ``GET /flows?page=N``; prints the port when it is ready."""
    from aiohttp import web

    total = PAGES * SIZE
    bodies = [
        orjson.dumps({"total": total, "items": [flow(page * SIZE + n) for n in range(SIZE)]}) for page in range(PAGES)
    ]

    async def answer(request: Any) -> Any:
        await asyncio.sleep(LATENCY_S)
        return web.Response(body=bodies[int(request.query["page"]) - 1], content_type="application/json")

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/flows", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(site._server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


def ours(in_flight: int, port: int) -> float:
    """Seconds until every page has been fetched, parsed and checked."""
    from bench.ingest.loading import SOURCE
    from connectors.core.http import HttpClient
    from connectors.core.paginate import PageNumber, json_facts, walk

    address = {"base_url": f"http://127.0.0.1:{port}", "hosts": (f"127.0.0.1:{port}",), "allow_loopback_http": True,
               "requests_in_flight": in_flight}  # fmt: skip
    http = HttpClient(SOURCE.model_copy(update=address))
    started = time.perf_counter()
    facts = json_facts("items", total="total", key="id")
    items = 0
    for page in walk(http, "flows", PageNumber(size=SIZE), facts, expect=("application/json",)):
        items += page.facts.count
    if items != PAGES * SIZE:
        raise RuntimeError(f"{items} items")
    return time.perf_counter() - started


def aiohttp_16(port: int) -> float:
    """Seconds until every page has been fetched and parsed."""
    import aiohttp

    async def run() -> int:
        limit = asyncio.Semaphore(16)

        async def one(session: Any, page: int) -> int:
            async with limit, session.get(f"http://127.0.0.1:{port}/flows?page={page}") as response:
                return len(orjson.loads(await response.read())["items"])

        async with aiohttp.ClientSession() as session:
            return sum(await asyncio.gather(*(one(session, page) for page in range(1, PAGES + 1))))

    started = time.perf_counter()
    if asyncio.run(run()) != PAGES * SIZE:
        raise RuntimeError("not every page came")
    return time.perf_counter() - started


def main() -> None:
    """Entry point of the child process."""
    if sys.argv[1] == "serve":
        serve()
        return
    before = time.process_time()
    client = {"ours_16": partial(ours, 16), "ours_4": partial(ours, 4), "aiohttp_16": aiohttp_16}[sys.argv[1]]
    seconds = client(int(sys.argv[2]))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - before, "memory_mb": memory}))


if __name__ == "__main__":
    main()
