"""A random soak: listings that change, faults at random places, and the invariants after each of them.

``python tests/faults/soak.py --seconds 120 --seed 1`` prints what was injected and what was lost (nothing). The same
seed makes the same choices; how many fit into the time depends on the machine.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from fault_chain import KILLED, Chain, Item, thing, wait_for
from sqlalchemy import text

from traforo.consume import Copy, DatabaseFeed, FolderFeed, follow
from traforo.pipeline import upgrade_database
from traforo.settings import Settings
from warehouse import embedded, release
from warehouse.failpoints import NAMES

POINTS = [name for name in NAMES if not name.startswith(("publish.", "receive.", "deliver."))]
KINDS = ("none", "kill", "raise", "cut", "restart", "two publishers", "rollback", "lagging reader")
WEIGHTS = (3, 10, 3, 3, 1, 2, 2, 2)


class Soak:
    """One warehouse, a listing that changes, two consumers that must end up equal to the tables."""

    def __init__(self, chain: Chain, seed: int) -> None:
        self.chain, self.rng = chain, random.Random(seed)
        self.listing = dict.fromkeys(range(40), "a title")
        self.done, self.runs = Counter[str](), 0
        self.lost = self.doubled = self.mixed = 0

    def items(self) -> list[Item]:
        """The listing after some more changes."""
        for _ in range(self.rng.randrange(4)):
            number = self.rng.randrange(60)
            if self.rng.random() < 0.3:
                self.listing.pop(number, None)
            else:
                self.listing[number] = f"title {self.rng.randrange(1000)}"
        return [thing(number, title) for number, title in self.listing.items()]

    def step(self) -> None:
        """One fault, then an unbroken run, then the invariants."""
        kind = self.rng.choices(KINDS, WEIGHTS)[0]
        self.done[kind] += 1
        items = self.items()
        if kind in ("kill", "raise"):
            action = "" if kind == "kill" else ":raise"
            code = self.chain.in_child(lambda: self.chain.run(items), self.rng.choice(POINTS) + action)
            # 0: nothing had changed, so the run never came to that place.
            assert code in (KILLED if kind == "kill" else 1, 0), (code, self._log())
            self.runs += 1
        elif kind in ("cut", "restart"):
            self._disturb(items, kind)
        elif kind == "two publishers":
            self.chain.ingest(items)
            for pid in [self.chain.start_child(self.chain.harmonise) for _ in range(2)]:
                wait_for(pid)
            self.runs += 2
        elif kind == "rollback":
            self._rollback()
        elif kind == "lagging reader":
            with closing(Copy(self.chain.work / "late.sqlite")) as copy, self.chain.engine("publisher") as engine:
                follow(copy, DatabaseFeed(engine, limit=self.rng.choice([1, 5])), pages=self.rng.randrange(5))
        assert self.chain.in_child(lambda: self.chain.run(items)) == 0, self._log()
        self.runs += 1
        self.check()

    def _disturb(self, items: list[Item], kind: str) -> None:
        marker = self.chain.work / "paused"
        point = self.rng.choice(["load.chunk", "load.before_commit", "merge.rows", "merge.before_commit"])
        pid = self.chain.start_child(lambda: self.chain.run(items), f"{point}:wait", TRAFORO_FAILPOINT_FILE=str(marker))
        while not marker.exists():
            time.sleep(0.01)
        if kind == "restart":
            embedded.stop(self.chain.home, mode="immediate")
            embedded.start(self.chain.home)
        else:
            with self.chain.admin() as admin, admin.connect() as connection:
                connection.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where application_name = 'traforo loader'"
                    )
                )
        marker.unlink()
        assert wait_for(pid) == 1, self._log()
        self.runs += 1

    def _rollback(self) -> None:
        with self.chain.engine("publisher") as engine:
            with engine.connect() as connection:
                older = connection.execute(
                    text("select release_id from ops.release where status = 'superseded' order by release_id desc")
                ).scalars()
                names = list(older)[:3]
            if names:
                release.switch(engine, self.rng.choice(names))
            release.drop_old(engine)

    def check(self) -> None:
        """Raw is the listing, the tables are raw, both consumers are the tables."""
        expected = sorted((f"T{number:03}", title) for number, title in self.listing.items())
        state = self.chain.state()
        raw = sorted((key, _title(payload)) for key, payload, alive, *_ in state.raw if alive)
        self.lost += len(set(expected) - set(raw)) + len(set(expected) - set(state.live))
        self.doubled += len(raw) - len(set(raw)) + len(state.live) - len({key for key, _ in state.live})
        self.mixed += raw != expected or state.live != expected or state.published_releases != 1
        with closing(Copy(self.chain.work / "files.sqlite")) as copy:
            follow(copy, FolderFeed(self.chain.work / "published" / "feed"))
            self.mixed += _rows(copy) != expected
        with closing(Copy(self.chain.work / "late.sqlite")) as copy, self.chain.engine("publisher") as engine:
            if self.rng.random() < 0.3:
                follow(copy, DatabaseFeed(engine))
                self.mixed += _rows(copy) != expected

    def _log(self) -> str:
        path = self.chain.work / "child.log"
        return path.read_text() if path.exists() else ""


def _title(payload: str) -> str:
    return str(json.loads(payload)["title"])


def _rows(copy: Copy) -> list[tuple[str, str]]:
    return sorted((row["news_item_id"], row["news_title"]) for row in copy.rows("news_item"))


def main() -> int:
    """Run for the time given; exit code 1 if anything was lost, doubled or mixed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="traforo-soak-"))
    try:
        embedded.start(home)
        upgrade_database(Settings(home))
        chain = Chain(home, home)
        with chain.engine("owner") as engine, engine.begin() as connection:
            connection.execute(text("select ops.create_stream('trial', 'things')"))
        soak, started = Soak(chain, wanted.seed), time.monotonic()
        while time.monotonic() - started < wanted.seconds:
            soak.step()
        faults = sum(count for kind, count in soak.done.items() if kind not in ("none", "lagging reader"))
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(soak.done.items()))
        sys.stdout.write(
            f"soak of {time.monotonic() - started:.0f} s, seed {wanted.seed}: {faults} faults in {soak.runs} runs"
            f" ({kinds})\nrows lost {soak.lost}, rows doubled {soak.doubled}, states mixed {soak.mixed}\n"
        )
        return 1 if soak.lost or soak.doubled or soak.mixed else 0
    finally:
        embedded.stop(home, mode="immediate")
        shutil.rmtree(embedded.paths(home).base, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
