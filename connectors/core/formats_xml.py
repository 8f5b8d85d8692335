"""XML and HTML: one hardened parser factory, no DTD, no entities, no network, bounded depth.

libxml2 refuses nesting beyond 256 levels and text nodes beyond 10 MB when ``huge_tree`` is off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
from lxml import etree

from connectors.core.errors import Fatal
from connectors.core.formats_text import decode, detect_encoding, storable

_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
_XML_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9._-]+)""", re.IGNORECASE)
_HEAD = 4096
_SHOWN = 5
_IN_MEMORY = 20_000_000


def xml_parser(encoding: str | None = None) -> etree.XMLParser:
    """The only XML parser of the project: no DTD, no entity expansion, no network, no huge trees.

    Args:
        encoding: overrides what the XML declaration says, for files whose declaration lies.
    """
    return etree.XMLParser(encoding=encoding, dtd_validation=False, attribute_defaults=False, **_SAFE)


def parse_xml(path: Path) -> Any:
    """Root element of a whole XML file.

    Raises:
        Fatal: ``empty_file``, ``xml_doctype``, ``xml_malformed`` (truncated, too deep, not XML),
            ``html_not_xml``, ``encoding``.
    """
    encoding = _checked_encoding(path)
    try:
        return etree.parse(str(path), xml_parser(encoding)).getroot()
    except etree.XMLSyntaxError as error:
        raise _malformed(path, error) from error


def iter_xml(path: Path, tag: str, schema: etree.XMLSchema | None = None) -> Iterator[Any]:
    """Every element ``tag`` of an XML file, one at a time; each is emptied when the next is asked for.

    Args:
        path: the file.
        tag: ``{namespace}name``, or ``{*}name`` for any namespace.
        schema: what the file must conform to, judged while it is read.

    Raises:
        Fatal: as ``parse_xml``; on a truncated file after the elements that precede the cut. ``xsd`` where the file
            does not conform, with the first differences.
    """
    encoding = _checked_encoding(path)
    parser = etree.iterparse(str(path), events=("end",), tag=tag, encoding=encoding, schema=schema, **_SAFE)
    try:
        for _event, element in parser:
            yield element
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        log: Any = parser.error_log  # the stubs do not know that it can be iterated
        differences = [entry.message for entry in log if entry.domain_name == "SCHEMASV"]
        if schema is not None and differences:
            raise Fatal(_differing(path, encoding, schema, differences), where=path.name, rule="xsd") from error
        raise _malformed(path, error) from error


def _differing(path: Path, encoding: str | None, schema: etree.XMLSchema, differences: list[str]) -> str:
    """The first differences; a file that fits in memory is judged once more, because a stream knows no line numbers."""
    if path.stat().st_size <= _IN_MEMORY:
        schema.validate(etree.parse(str(path), xml_parser(encoding)))
        log: Any = schema.error_log
        differences = [f"line {entry.line}: {entry.message}" for entry in log] or differences
    more = f"; and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
    return f"not as its schema says: {'; '.join(differences[:_SHOWN])}{more}"


def parse_html(body: bytes, declared: str | None = None) -> lxml.html.HtmlElement:
    """Root element of an HTML page.

    Args:
        body: the page.
        declared: encoding of the ``Content-Type`` header, if any; else the page's own ``meta`` counts.
            How far a declaration is trusted: see ``decode``.

    Raises:
        Fatal: ``empty_body``, ``encoding``, ``html_depth`` (libxml2 would cut the page silently).
    """
    if not body.strip():
        raise Fatal("the page is empty", rule="empty_body")
    meta = _META_CHARSET.search(body[:_HEAD])
    text, _ = decode(body, declared or (meta[1].decode("ascii") if meta else None))
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    root = lxml.html.document_fromstring(storable(text).lstrip("\ufeff").encode("utf-8"), parser=parser)
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise Fatal("elements are nested deeper than 256 levels", rule="html_depth")
    return root


def _checked_encoding(path: Path) -> str | None:
    """Refuse what is not plain XML; return the real encoding where the declaration lies, else None."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head.strip():
        raise Fatal("is empty", where=path.name, rule="empty_file")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise Fatal("is a web page, not XML", where=path.name, rule="html_not_xml")
    encoding = _real_encoding(path, head)
    try:
        first = next(iter(etree.iterparse(str(path), events=("start",), encoding=encoding, **_SAFE)))[1]
    except (etree.XMLSyntaxError, StopIteration) as error:
        raise _malformed(path, error) from error
    if first.getroottree().docinfo.doctype:
        raise Fatal("contains a DOCTYPE, which is refused", where=path.name, rule="xml_doctype")
    return encoding


def _real_encoding(path: Path, head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")):
        return None  # UTF-16: libxml2 recognises it
    match = _XML_DECLARED.search(head)
    declared = match[1].decode("ascii") if match else "utf-8"
    real = detect_encoding(path, declared)
    if real in ("utf-8", "utf-8-sig"):
        return None if declared.lower() in ("utf-8", "utf8") else "utf-8"
    return "windows-1252" if real == "cp1252" else real


def _malformed(path: Path, error: Exception) -> Fatal:
    return Fatal(f"not well-formed XML: {error}"[:300], where=path.name, rule="xml_malformed")
