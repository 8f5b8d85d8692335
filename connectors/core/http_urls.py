"""Small questions about URLs and answers: parts, joins, what may be shown, how long to wait."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from connectors.core.errors import BadConfig, Where
from connectors.core.formats_text import storable
from connectors.core.http_secrets import without_secrets

_SHOWN = 200


def split_url(url: str, where: Where) -> SplitResult:
    """The URL's parts, port and host looked at, because ``urlsplit`` checks them late.

    Raises:
        BadConfig: it is no URL.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError as error:
        raise BadConfig(f"not a URL: {error}", rule="url", **where) from error
    return parts


def join_url(base: str, url: str) -> str:
    """``url`` made absolute."""
    try:
        return urljoin(base, url)
    except ValueError:  # e.g. half an IPv6 address; ``split_url`` says so where the source is known
        return url


def root_cause(error: BaseException) -> str:
    """The innermost reason in few words, instead of the nested text of ``requests`` and ``urllib3``."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return " ".join(str(error).split())[:_SHOWN] or type(error).__name__


def bare_url(url: str) -> str:
    """The URL without user info, credentials in its query and fragment, for logs and tables."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return storable(re.sub(r"//[^/]*@", "//", url).partition("?")[0])[:_SHOWN]
    query = without_secrets(parts.query)
    return storable(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, "")))


def wait_asked(value: str | None, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number, an HTTP date (past ones give 0), else None.

    Args:
        now: seconds since the epoch, to which a date is compared: of the clock that set it, where it is known.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text):
        return float(text)
    moment = http_date(text)
    return None if moment is None else max(0.0, moment - now)


def http_date(value: str | None) -> float | None:
    """Seconds since the epoch of an HTTP date; None where it is none."""
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
