"""Shows a pass while it runs: a live table on a terminal, one line a change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from rich.text import Text

from traforo.stack_api import DagRun, TaskRun

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    "success": "green",
    "running": "cyan",
    "queued": "cyan",
    "scheduled": "cyan",
    "failed": "bold red",
    "upstream_failed": "red",
    "up_for_retry": "yellow",
    "skipped": "dim",
}
_ORDER = {"harmonise": 1, "publish": 2}


class Progress:
    """Progress of one pass.

    Args:
        console: where it is shown; None shows nothing.
    """

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._started = time.monotonic()
        self._told: dict[tuple[str, str, str], str] = {}
        self._message = ""
        self._table: Table | None = None
        self._live: Live | None = None
        if console is not None and console.is_terminal:
            self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Progress:
        """Start to show."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to show; a live table disappears, the report takes its place."""
        if self._live is not None:
            self._live.stop()

    def say(self, message: str) -> None:
        """One short sentence about what happens now."""
        self._message = message
        if self._live is not None and self._live.is_started:
            self._draw()
        elif self._console is not None:
            self._line(message)

    def show(self, runs: Sequence[DagRun], tasks: Sequence[TaskRun]) -> None:
        """The state of all runs of the pass."""
        if self._live is not None:
            self._table = _table(runs, tasks)
            self._draw()
        elif self._console is not None:
            self._lines(tasks)

    def _draw(self) -> None:
        if self._live is None:
            return
        table = self._table or Table.grid()
        seconds = time.monotonic() - self._started
        table.caption = f"{seconds:.0f} s · {self._message}"
        self._live.update(table)

    def _lines(self, tasks: Sequence[TaskRun]) -> None:
        for task in tasks:
            key, state = (*task.run_key, task.task_id), task.state
            if state in ("waiting", "scheduled", "queued") or self._told.get(key) == state:
                continue
            self._told[key] = state
            took = f" {task.seconds:.1f} s" if state in ("success", "failed") else ""
            self._line(f"{task.dag_id} · {task.task_id} · {state}{took}")

    def _line(self, text: str) -> None:
        if self._console is not None:
            self._console.print(f"{time.monotonic() - self._started:6.1f} s  {text}", highlight=False, markup=False)


def _table(runs: Sequence[DagRun], tasks: Sequence[TaskRun]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for run in sorted(runs, key=lambda run: (_ORDER.get(run.dag_id, 0), run.dag_id, run.run_id)):
        steps = Text()
        for task in tasks:
            if task.run_key == run.key:
                steps.append(f"{task.task_id} ", style=_STYLES.get(task.state, "dim"))
        state = Text(run.state, style=_STYLES.get(run.state, ""))
        table.add_row(run.dag_id, state, f"{run.seconds:.0f} s", steps)
    return table
