"""What is wrong with a record, in the language of the people who own the source."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("fr", "it", "en")
_FILE = Path(__file__).with_name("reject_messages.yml")
_NEAR = re.compile(r"nearest known: '([^']+)'|is it '([^']+)'\?")
_HTTP = re.compile(r"http_\d{3}")


@functools.cache
def _messages() -> Mapping[str, Any]:
    data: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return data


@functools.cache
def texts_by_rule() -> Mapping[str, Mapping[str, Any]]:
    """Rule → its texts by language, and under ``near`` those for when a similar name is known."""
    return {rule: group for group in _messages()["groups"] for rule in group["rules"]}


def has_text(rule: str) -> bool:
    """Whether the rule can be explained in all languages."""
    return _rule(rule) in texts_by_rule()


def _rule(rule: str) -> str:
    return "http_*" if _HTTP.fullmatch(rule) else rule


def explain(error: Mapping[str, Any], language: str) -> str:
    """One error of a reject as a sentence; the English message where its rule has no text.

    Args:
        error: an entry of ``ops.reject.errors``: ``field``, ``value``, ``rule``, ``message``.
        language: one of ``LANGUAGES``.
    """
    group = texts_by_rule().get(_rule(str(error["rule"])))
    if group is None:
        return str(error["message"])
    near = _NEAR.search(str(error["message"]))
    texts = group["near"] if near and "near" in group else group
    values = {
        "field": error["field"],
        "value": "" if error["value"] is None else error["value"],
        "message": error["message"],
        "near": (near[1] or near[2]) if near else "",
    }
    return str(texts[language]).format_map(values)


def headings(language: str) -> list[str]:
    """Titles of the exported columns."""
    titles: list[str] = _messages()["headings"][language]
    return titles


def place(position: str, language: str) -> str:
    """A position such as ``sheet Dépenses row 7`` in the language."""
    words: Mapping[str, Mapping[str, str]] = _messages()["places"]
    if language == "en":
        return position
    pattern = rf"\b({'|'.join(words)})(?= |$)"
    return re.sub(pattern, lambda m: words[m[1]][language], position)
