"""The small parts of the HTTP client: addresses, waits, URLs, inflating."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.errors import BadConfig
from connectors.core.http_body import _Inflater
from connectors.core.http_secrets import is_secret, without_secrets
from connectors.core.http_transport import is_allowed, real_address
from connectors.core.http_urls import bare_url, join_url, split_url, wait_asked

WHERE = {"source": "trial", "where": "here"}


@pytest.mark.parametrize(
    ("text", "https", "loopback", "expected"),
    [
        ("93.184.216.34", True, False, True),
        ("93.184.216.34", False, True, False),
        ("2606:2800:220:1::1", True, False, True),
        ("127.0.0.1", True, False, False),
        ("127.0.0.1", False, True, True),
        ("::1", False, True, True),
        ("::ffff:127.0.0.1", True, False, False),
        ("10.1.2.3", True, True, False),
        ("64:ff9b::7f00:1", True, False, False),
        ("2002:0a00:0001::", True, False, False),
        ("255.255.255.255", True, False, False),
        ("224.0.0.5", True, False, False),
        ("fe80::1%eth0", True, True, False),
    ],
)
def test_addresses(text: str, https: bool, loopback: bool, expected: bool) -> None:
    assert is_allowed(real_address(text), is_https=https, loopback_ok=loopback) is expected


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), ("", None), ("0", 0.0), ("120", 120.0), (" 1.5 ", 1.5), ("-1", None), ("1e9", None), ("٣", None),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0), ("Tue, 14 Nov 2023 22:13:30 -0000", 10.0),
        ("Mon, 01 Jan 1990 00:00:00 GMT", 0.0), ("Fri, 99 Foo 2023", None), ("9" * 13, None),
    ],
)  # fmt: skip
def test_waits_that_a_server_asks_for(value: str | None, expected: float | None) -> None:
    assert wait_asked(value, NOW) == expected


@given(st.text(max_size=40))
def test_any_header_gives_a_wait_or_nothing(value: str) -> None:
    found = wait_asked(value, NOW)
    assert found is None or found >= 0


@pytest.mark.parametrize("url", ["http://[::1", "http://x:99999/", "http://x:port/", "http://[zz]/"])
def test_what_is_no_url_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(BadConfig, match="not a URL"):
        split_url(url, WHERE)  # the dict has the two keys
    assert join_url("https://a.example/", url)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("Authorization", "X-Api-Key", "token", "access_token", "key", "apikey", "Cookie")),
        *((name, False) for name in ("author", "keyword", "page", "pageToken", "resumption_token", "monkey")),
    ],
)  # fmt: skip
def test_names_of_credentials(name: str, expected: bool) -> None:
    assert is_secret(name) is expected


@given(st.text("ab=&?%+", max_size=30))
def test_a_query_without_credentials_stays_as_it_is(query: str) -> None:
    assert without_secrets(query) == query


def test_passwords_and_fragments_are_not_shown() -> None:
    assert bare_url("http://[bad?token=x") == "http://[bad"
    assert bare_url("https://user:secret@a.example:8/p?q=1#f") == "https://a.example:8/p?q=1"
    assert bare_url("http://user:secret@[bad/p") == "http://[bad/p"


def inflate(pieces: list[bytes], is_gzip: bool) -> tuple[bytes, bool]:
    inflater = _Inflater(is_gzip=is_gzip)
    out = b"".join(found for piece in pieces for found in inflater.feed(piece))
    return out, inflater.is_complete


@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=3), st.integers(1, 50))
def test_any_cut_of_any_number_of_gzip_members_gives_the_whole(members: list[bytes], step: int) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    pieces = [packed[start : start + step] for start in range(0, len(packed), step)]
    assert inflate(pieces, True) == (b"".join(members), True)
    assert inflate([*pieces[:-1], pieces[-1][:-1]], True)[1] is False


@given(st.binary(max_size=2000), st.booleans())
def test_deflate_with_and_without_header(body: bytes, bare: bool) -> None:
    packer = zlib.compressobj(wbits=-15 if bare else 15)
    packed = packer.compress(body) + packer.flush()
    assert inflate([packed], False) == (body, True)


def test_a_bomb_comes_in_bounded_pieces() -> None:
    packed = gzip.compress(b"\0" * 50_000_000, 1)
    sizes = [len(piece) for piece in _Inflater(is_gzip=True).feed(packed)]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 1 << 18
