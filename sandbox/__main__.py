"""``python -m sandbox serve|generate``: make the simulated sources and serve them on this machine."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox import deployment
from sandbox.generate import INBOX, generate, is_current, load
from sandbox.server.app import create_app


class _Announcing(uvicorn.Server):
    """Says on one line when it is ready, for whoever started it."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            print(f"sandbox ready on http://127.0.0.1:{self.config.port}", flush=True)  # noqa: T201 - its output


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("command", choices=("serve", "generate"))
    parser.add_argument("--dir", type=Path, default=Path("var/sandbox"), help="folder of the generated world")
    parser.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another world")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is about 350 companies and 1,000 flows")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Generate the world if the folder does not hold it yet, then serve it until SIGTERM."""
    options = _arguments(arguments)
    if options.command == "generate" or not is_current(options.dir, options.seed, options.scale):
        generate(options.dir, options.seed, options.scale)
    deployment.write(options.dir, options.port)
    if options.command == "generate":
        return 0
    shown = {"seed": options.seed, "scale": options.scale, "inbox": str(options.dir / INBOX)}
    app = create_app(load(options.dir), shown)
    config = uvicorn.Config(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)
    _Announcing(config).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
