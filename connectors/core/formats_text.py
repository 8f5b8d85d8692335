"""Which encoding a text is in, without guessing: what fits nothing is refused."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from connectors.core.errors import Fatal

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters and signs of French and Italian (and of the names and units around them) that lie above ASCII.
# A text in Mac Roman or a DOS code page, read as cp1252, is full of other signs instead.
_EXPECTED = frozenset(
    "àâäáãåçéèêëíìîïñóòôöõøúùûüýÿœæšžß"
    "ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŒÆŠŽ"
    "«»‹›‘’“”„‚–—…•·°ºª²³¹½¼¾€£§µ©®™±×÷´¨¡¿\u00a0\u00ad"
)
_MAX_UNEXPECTED = 0.2
_MAX_NUL = 0.05
# UTF-8 read as cp1252: the lead byte shows as à (Ã), Â or â and the second as a sign.
_MOJIBAKE = re.compile("Ã[\u00a0-¿€‚-…†-‰Š‹ŒŽ‘-•–—™š›œžŸ]|Â[\u00a0«»°·²³´]|â€[™œ\u009d“”¦˜]")
# An accent between two DOS-page letters: é is byte 82 (shown ‚) in cp850, 8E (shown Ž) in Mac Roman.
_FOREIGN_PAGE = re.compile("[a-z][‚„…†‡ˆ‰Š‹ŒŽ\u008d\u008f\u0090][a-z]")


def decode(body: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text of ``body`` and the encoding it was in.

    Order: byte order mark; strict UTF-8 (bytes above ASCII that form valid UTF-8 are UTF-8 in practice,
    whatever a header says); the declared encoding; cp1252. What was declared is not trusted on its own,
    because servers of both countries declare ISO-8859-1 for UTF-8 pages and the reverse.

    Raises:
        Fatal: rule ``encoding``, the bytes fit none of these, or the text is visibly damaged.
    """
    encoding = detect_encoding([body], declared)
    return body.decode(encoding), encoding


def detect_encoding(source: Path | Iterable[bytes], declared: str | None = None) -> str:
    """Name of the Python codec that reads the text, found in one or two streaming passes.

    Args:
        source: file, or chunks of bytes that can be iterated again.
        declared: what the sender said, if anything.

    Raises:
        Fatal: rule ``encoding``.
    """
    where = source.name if isinstance(source, Path) else ""
    head = next(iter(_chunks(source)), b"")
    for bom, name in _BOMS:
        if head.startswith(bom):
            if _readable(source, name):
                return name
            raise Fatal(f"starts as {name} but is not valid {name}", where=where, rule="encoding")
    if head and head.count(0) / len(head) > _MAX_NUL:
        raise Fatal(
            "full of NUL bytes: UTF-16 without byte order mark, or not a text; save it as UTF-8",
            where=where,
            rule="encoding",
        )
    if _readable(source, "utf-8"):
        return "utf-8"
    candidates = dict.fromkeys(name for name in (_codec(declared), "cp1252") if name not in (None, "utf-8"))
    for name in candidates:
        if name and _readable(source, name):
            _refuse_damaged(source, name, where)
            return name
    raise Fatal(
        f"neither UTF-8 nor {' nor '.join(str(c) for c in candidates)}; save it as UTF-8",
        where=where,
        rule="encoding",
    )


def _codec(declared: str | None) -> str | None:
    """Python's name of a declared encoding; ISO-8859-1 is cp1252, as the WHATWG standard has it."""
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _chunks(source: Path | Iterable[bytes]) -> Iterable[bytes]:
    if not isinstance(source, Path):
        yield from source
        return
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _readable(source: Path | Iterable[bytes], encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        for chunk in chain(_chunks(source), [b""]):
            decoder.decode(chunk, final=not chunk)
    except (UnicodeError, LookupError, AttributeError):
        return False
    return True


def _refuse_damaged(source: Path | Iterable[bytes], encoding: str, where: str) -> None:
    """Refuse a text that decodes but shows the traces of another code page or of a mix of two."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    high = unexpected = foreign = mixed = 0
    example = ""
    for chunk in chain(_chunks(source), [b""]):
        text = decoder.decode(chunk, final=not chunk)
        found = _MOJIBAKE.findall(text)
        example = example or (found[0] if found else "")
        mixed += sum(map(len, found))
        signs = [c for c in text if c > "\x7f"]
        high += len(signs)
        unexpected += sum(c not in _EXPECTED for c in signs)
        foreign += len(_FOREIGN_PAGE.findall(text))
    # A few such texts among many sound ones were damaged before they were stored: the records' own defect.
    if mixed > high * _MAX_UNEXPECTED:
        raise Fatal(
            f"mixes UTF-8 and {encoding} (such as '{example}'); export it again in one encoding",
            where=where,
            rule="encoding",
        )
    if high and (unexpected + foreign) / high > _MAX_UNEXPECTED:
        raise Fatal(
            f"{unexpected + foreign} of {high} accented signs make no sense in {encoding}: another code page "
            "(DOS or Macintosh?); save it as UTF-8",
            where=where,
            rule="encoding",
        )


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """``text`` with NUL and lone surrogates shown as U+FFFD; PostgreSQL text refuses both."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)
