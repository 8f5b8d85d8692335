"""Signatures after Standard Webhooks: the published example, rotation, and everything that must be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from traforo import signing
from warehouse import secrets

# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
EXPECTED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = signing.shown("x" * 32)


def test_the_example_of_the_specification() -> None:
    headers = signing.sign([SECRET], MESSAGE, AT, BODY)
    assert headers == {"webhook-id": MESSAGE, "webhook-timestamp": str(AT), "webhook-signature": EXPECTED}
    assert signing.verify([SECRET], headers, BODY, AT + 10) == MESSAGE


def test_rotation_works_from_both_sides() -> None:
    both = signing.sign([OTHER, SECRET], MESSAGE, AT, BODY)
    assert signing.verify([SECRET], both, BODY, AT) == MESSAGE
    assert signing.verify([OTHER], both, BODY, AT) == MESSAGE
    assert signing.verify([OTHER, SECRET], signing.sign([SECRET], MESSAGE, AT, BODY), BODY, AT) == MESSAGE


@pytest.mark.parametrize(
    ("changes", "body", "now", "why"),
    [
        ({}, BODY + b" ", AT, "signature"),
        ({"webhook-id": "msg_other"}, BODY, AT, "signature"),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT, "signature"),
        ({"webhook-signature": ""}, BODY, AT, "signature"),
        ({"webhook-signature": EXPECTED.removeprefix("v1,")}, BODY, AT, "signature"),
        ({"webhook-signature": EXPECTED.replace("v1,", "v1a,")}, BODY, AT, "signature"),
        ({"webhook-signature": EXPECTED[:-2]}, BODY, AT, "signature"),
        ({"webhook-signature": "v1,é"}, BODY, AT, "signature"),
        ({}, BODY, AT + signing.TOLERANCE_S + 1, "timestamp"),
        ({}, BODY, AT - signing.TOLERANCE_S - 1, "timestamp"),
        ({"webhook-timestamp": "now"}, BODY, AT, "timestamp"),
        ({"webhook-timestamp": "-5"}, BODY, AT, "timestamp"),
        ({"webhook-timestamp": "٣"}, BODY, AT, "timestamp"),
        ({"webhook-timestamp": "9" * 4000}, BODY, AT, "timestamp"),
        ({"webhook-id": ""}, BODY, AT, "webhook-id"),
        ({"webhook-id": "a b"}, BODY, AT, "webhook-id"),
        ({"webhook-id": "a" * 201}, BODY, AT, "webhook-id"),
    ],
)
def test_what_is_refused(changes: dict[str, str], body: bytes, now: float, why: str) -> None:
    headers = {**signing.sign([SECRET], MESSAGE, AT, BODY), **changes}
    with pytest.raises(signing.BadSignature, match=why):
        signing.verify([SECRET], headers, body, now)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(signing.BadSignature):
        signing.verify([], signing.sign([SECRET], MESSAGE, AT, BODY), BODY, AT)


def test_a_short_secret_is_not_used() -> None:
    with pytest.raises(ValueError, match="at least 24 bytes"):
        signing.sign(["whsec_c2hvcnQ="], MESSAGE, AT, BODY)


def test_secrets_are_rotated_and_retired(tmp_path: Path) -> None:
    assert secrets.valid_secrets(tmp_path, "hook") == []
    first = secrets.rotate(tmp_path, "hook")
    other = secrets.secret(tmp_path, "hook#x")
    second = secrets.rotate(tmp_path, "hook")
    third = secrets.rotate(tmp_path, "hook")
    assert secrets.valid_secrets(tmp_path, "hook") == [third, second, first]
    assert len({first, second, third}) == 3
    assert secrets.retire(tmp_path, "hook") == 2
    assert secrets.valid_secrets(tmp_path, "hook") == [third]
    assert secrets.rotate(tmp_path, "hook") != third
    assert len(secrets.valid_secrets(tmp_path, "hook")) == 2
    assert secrets.retire(tmp_path, "hook", keep=0) == 2
    assert secrets.secret(tmp_path, "hook#x") == other
    assert (tmp_path / secrets.FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert signing.signing_secrets(tmp_path, "hook") == []
