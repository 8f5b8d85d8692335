"""Pages that are held back until a walk is known to be whole: on disk, so that a large listing costs no memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from types import TracebackType

from connectors.core.errors import Retriable
from connectors.core.paging_styles import Page

IN_MEMORY = 8_000_000


class HeldPages:
    """Pages in order, their bodies in a temporary file that goes with the context."""

    def __init__(self) -> None:
        self._bodies = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by __exit__
        self._pages: list[tuple[Page, int]] = []
        self.bytes = 0

    def __enter__(self) -> HeldPages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bodies.close()

    def add(self, page: Page) -> None:
        """Keep a page.

        Raises:
            Retriable: there is no room for it.
        """
        body = page.response.body
        try:
            self._bodies.seek(self.bytes)
            self._bodies.write(body)
        except OSError as error:
            told = f"cannot be kept: {error.strerror}"
            raise Retriable(told, where=page.response.url, rule="landing_write") from error
        self._pages.append((replace(page, response=replace(page.response, body=b"")), len(body)))
        self.bytes += len(body)

    def release(self) -> Iterator[Page]:
        """The pages, in order, and none a second time."""
        pages, self._pages, start = self._pages, [], 0
        self._bodies.seek(0)
        for page, size in pages:
            self._bodies.seek(start)
            yield replace(page, response=replace(page.response, body=self._bodies.read(size)))
            start += size
        self._bodies.seek(0)
        self._bodies.truncate()
        self.bytes = 0
