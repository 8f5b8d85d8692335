"""Child processes that never outlive their parent, however it ends."""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent(sent: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel sends ``sent`` to the child when the thread that started it ends (Linux)."""
    libc = ctypes.CDLL(None)  # loaded before the fork: the child may only make the one call

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, sent)

    return ask
