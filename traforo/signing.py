"""Signed messages after Standard Webhooks (https://www.standardwebhooks.com), both ways.

The signature is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``, with the bytes behind ``whsec_`` as
key. A header may carry several signatures, and a receiver may hold several secrets, so that secrets can be rotated
without a message being refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from warehouse.secrets import valid_secrets

TOLERANCE_S = 300
"""Age of a message, and lead of its sender's clock, that are accepted."""
PREFIX = "whsec_"
_ID = re.compile(r"[A-Za-z0-9._~:-]{1,200}")
_SHORTEST_KEY = 24


class BadSignature(ValueError):
    """The message is not accepted; the text says why, for the log of the receiver only."""


def shown(secret: str) -> str:
    """A secret of ours as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secret.encode()).decode()


def signing_secrets(home: Path, name: str) -> list[str]:
    """The valid secrets of ``name`` as Standard Webhooks writes them, the newest first."""
    return [shown(value) for value in valid_secrets(home, name)]


def sign(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, with one signature a secret."""
    signatures = " ".join(f"v1,{_signature(secret, message_id, str(timestamp), body)}" for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """The id of a message, if one of its signatures is of one of the secrets and it is not too old.

    Args:
        secrets: valid secrets of the sender.
        headers: of the request, lower-case names.
        body: the bytes as they came.
        now: seconds since 1970.

    Raises:
        BadSignature: it is not accepted.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id):
        raise BadSignature("no usable webhook-id")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004 - year 33658
        raise BadSignature("no usable webhook-timestamp")
    if abs(now - int(timestamp)) > TOLERANCE_S:
        raise BadSignature("the timestamp is too far from now")
    given = [part[3:].encode() for part in headers.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    # Every pair is compared, so the time taken says nothing about which secret or signature came close.
    matches = [
        hmac.compare_digest(_signature(secret, message_id, timestamp, body).encode(), signature)
        for secret in secrets
        for signature in given
    ]
    if not any(matches):
        raise BadSignature("no valid signature")
    return message_id


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a signing secret is 'whsec_' and base64") from error
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"a signing secret has at least {_SHORTEST_KEY} bytes")
    return key
