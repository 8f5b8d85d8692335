"""Cases 18 and 19: where a request may end up, and whose certificate counts."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.core.errors import BadConfig, ConnectorError, Fatal, Retriable, Where
from connectors.core.http import HttpClient, Limits

REDIRECTS = {
    "http://127.0.0.1:1/": "host_not_allowed",
    "http://localhost:{port}/file": "host_not_allowed",
    "http://169.254.169.254/latest/meta-data/": "host_not_allowed",
    "https://elsewhere.example/file": "host_not_allowed",
    "//elsewhere.example/file": "host_not_allowed",
    "file:///etc/passwd": "host_not_allowed",
    "gopher://127.0.0.1:{port}/": "scheme_not_allowed",
    "ftp://127.0.0.1:{port}/": "scheme_not_allowed",
    "http://user:pw@127.0.0.1:{port}/file": "url_credentials",
    "http://[::1/": "url",
    "http://127.0.0.1:99999/": "url",
    "/round": "redirects",
}


@pytest.mark.parametrize("target", REDIRECTS)
def test_case_18_a_redirect_is_checked_like_a_first_request(trial: Any, respond: Any, target: str) -> None:
    trial.items([{"id": "kept"}])
    trial.sync()
    for path in ("/list", "/round"):
        trial.wire.pages[path] = respond("", "", 302, Location=target.format(port=trial.wire.port))
    result = trial.sync()
    assert result.outcome == "failed"
    assert f"[{REDIRECTS[target]}]" in result.failures[0]
    assert "pw@" not in result.failures[0]
    assert trial.keys() == ["kept"]


def test_case_18_a_redirect_within_the_list_is_followed_without_credentials(trial: Any, respond: Any) -> None:
    seen: list[dict[str, str]] = []
    source = trial.source().model_copy(
        update={"hosts": (f"127.0.0.1:{trial.wire.port}", f"localhost:{trial.wire.port}")}
    )
    trial.wire.pages["/a"] = respond("", "", 302, Location=f"http://localhost:{trial.wire.port}/b")
    trial.wire.pages["/b"] = lambda _q, headers, _s: seen.append(headers) or respond("{}")
    response = HttpClient(source, Limits(attempts=1)).get("a", headers={"Authorization": "Bearer x", "X-Key": "y"})
    assert response.url == f"http://localhost:{trial.wire.port}/b"
    assert not {"authorization", "x-key", "cookie"} & set(seen[0])


@pytest.mark.parametrize("location", ["http://127.0.0.1/y", "HTTP://127.0.0.1:443/y"])
def test_case_18_https_stays_https(trial: Any, location: str) -> None:
    """Also to a host that may be contacted without TLS."""
    moved = requests.Response()
    moved.status_code, moved.headers["location"] = 302, location
    where = Where(source="trial", where="https://127.0.0.1/x")
    with pytest.raises(BadConfig, match=r"redirects from https to http .*\[redirect_downgrade\]"):
        trial.client()._redirected("GET", where["where"], moved, where, {"headers": {}})


@pytest.mark.parametrize(("status", "method"), [(301, "POST"), (303, "GET"), (307, "POST")])
def test_case_18_a_form_stays_with_its_host(trial: Any, respond: Any, status: int, method: str) -> None:
    hosts = (f"127.0.0.1:{trial.wire.port}", f"localhost:{trial.wire.port}")
    client = HttpClient(trial.source().model_copy(update={"hosts": hosts}), Limits(attempts=1))
    seen: list[dict[str, str]] = []
    trial.wire.pages["/b"] = lambda _q, headers, _s: seen.append(headers) or respond("{}")
    trial.wire.pages["/a"] = respond("", "", status, Location="/b")
    client.post("a", data={"token": "s3same"})
    assert ("content-length" in seen.pop()) is (method == "POST")
    trial.wire.pages["/a"] = respond("", "", status, Location=f"http://localhost:{trial.wire.port}/b")
    if method == "POST":
        with pytest.raises(BadConfig, match="redirect_form"):
            client.post("a", data={"token": "s3other"})
    else:
        client.post("a", data={"token": "s3other"})
        assert "content-length" not in seen.pop()
    assert not seen


CREDENTIAL = "s3cr&t-word"
SAID: dict[str, dict[str, Any]] = {
    "a header": {"headers": {"Authorization": f"Bearer {CREDENTIAL}"}},
    "a parameter": {"params": {"access_token": CREDENTIAL}},
    "a header that cannot be sent": {"headers": {"X-Api-Key": f"{CREDENTIAL}\n"}},
}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("answer", ["repeats it", "redirects with it", "closes", "sends a page"])
def test_a_credential_stands_in_no_message(trial: Any, respond: Any, name: str, answer: str) -> None:
    quoted = quote(CREDENTIAL, safe="")
    trial.wire.pages["/round"] = respond(f"{quoted} and {CREDENTIAL} are unknown", "text/plain", 500)
    trial.wire.pages["/x"] = {
        "repeats it": respond(f"{CREDENTIAL} is unknown", "text/plain", 401),
        "redirects with it": respond("", "", 302, Location=f"/round?api_key={quoted}&page=2"),
        "closes": b"",
        "sends a page": respond(f"{CREDENTIAL}, please log in", "text/html"),
    }[answer]
    with pytest.raises(ConnectorError) as caught:
        trial.client().get("x", expect=("application/json",), **SAID[name])
    shown = "".join(traceback.format_exception(caught.value, limit=0)) + repr(caught.value)
    assert "s3cr" not in shown
    assert caught.value.rule != "url"


def test_a_landed_address_holds_no_credential(trial: Any, respond: Any) -> None:
    trial.wire.pages["/x"] = respond("", "", 302, Location="/y?token=s3cret-word&page=2")
    trial.wire.pages["/y"] = respond("{}")
    assert trial.client().get("x", params={"token": "s3cret-word"}).url == f"{trial.wire.url}/y?token=***&page=2"


def public_source(trial: Any, host: str = "data.example", **more: Any) -> Any:
    return trial.source().model_copy(
        update={"base_url": f"https://{host}/", "hosts": (host,), "allow_loopback_http": False, **more}
    )


INSIDE = ["127.0.0.1", "10.0.0.8", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1",
          "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.8", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_case_18_a_name_that_leads_inside_is_refused(trial: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Also when only one of its addresses does."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 443)) for text in ("93.184.216.34", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answers)
    with pytest.raises(BadConfig, match="not a public https address") as caught:
        HttpClient(public_source(trial), Limits(attempts=1)).get("x")
    assert caught.value.rule == "address_not_allowed"


def test_case_18_the_connection_goes_to_the_address_that_was_checked(
    trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server changes its answer after the first question: there is no second question."""
    asked: list[str] = []
    connected: list[Any] = []

    def rebinding(host: str, port: int, *_a: Any, **_k: Any) -> list[Any]:
        if host != "data.example":  # an address, on its way into the socket
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(_self: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "refused for the test")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Retriable, match="refused for the test"):
        HttpClient(public_source(trial), Limits(attempts=1)).get("x")
    assert (asked, connected) == (["data.example"], [("93.184.216.34", 443)])


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_case_18_a_name_that_cannot_be_resolved(trial: Any, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_a: Any, **_k: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Retriable, match=r"data\.example' cannot be resolved"):
        HttpClient(public_source(trial), Limits(attempts=1)).get("x")


@pytest.mark.parametrize("limits", [Limits(attempts=1, connect_s=0.2), Limits(attempts=1, total_s=0.2)])
def test_case_18_a_name_server_that_never_answers_ends_at_the_time_limit(
    trial: Any, monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    asked, over = threading.Event(), threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: asked.set() or over.wait(30) * [])
    with pytest.raises(Retriable, match=r"data\.example' cannot be resolved: no answer within 0\.\d+ s"):
        HttpClient(public_source(trial), limits).get("x")
    assert asked.is_set()
    assert not over.is_set()
    over.set()


def test_case_18_a_bare_host_means_its_usual_port(trial: Any) -> None:
    with pytest.raises(BadConfig, match=r"data\.example:8443' is not in the allow-list"):
        HttpClient(public_source(trial), Limits(attempts=1)).get("https://data.example:8443/x")


def test_case_18_proxies_and_passwords_of_the_environment_are_ignored(
    trial: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, respond: Any
) -> None:
    seen: list[dict[str, str]] = []
    trial.wire.pages["/list"] = lambda _q, headers, _s: seen.append(headers) or respond("{}")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login synthetic password synthetic\n")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    assert trial.client().get("list").body == b"{}"
    assert "authorization" not in seen[0]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Self-signed certificates for this machine: ``valid`` today, ``expired`` since yesterday."""
    folder, now = tmp_path_factory.mktemp("tls"), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "synthetic")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    paths = {}
    for label, end in (("valid", now + timedelta(days=2)), ("expired", now - timedelta(days=1))):
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(days=9)).not_valid_after(end)
            .add_extension(names, critical=False).sign(key, hashes.SHA256())
        )  # fmt: skip
        no_password = serialization.NoEncryption()
        paths[label] = folder / f"{label}.pem"
        paths[label].write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
            + made.public_bytes(serialization.Encoding.PEM)
        )
    return paths


@pytest.fixture
def tls_port(certificates: dict[str, Path], request: pytest.FixtureRequest) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates[request.param])
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            context.wrap_socket(listener.accept()[0], server_side=True).close()
        except OSError:  # the client hung up, as it must
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()
    thread.join(5)


@pytest.mark.parametrize("tls_port", ["valid", "expired"], indirect=True)
def test_case_19_a_certificate_that_nobody_vouches_for(
    trial: Any, tls_port: int, certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No setting, no environment variable and no option of a request makes it pass."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificates["valid"]))
    source = trial.source().model_copy(
        update={"base_url": f"https://127.0.0.1:{tls_port}/", "hosts": (f"127.0.0.1:{tls_port}",)}
    )
    with pytest.raises(Fatal, match="TLS certificate refused") as caught:
        HttpClient(source, Limits(attempts=1)).get("x")
    assert caught.value.rule == "tls"
    with pytest.raises(TypeError):
        HttpClient(source).get("x", verify=False)  # there is no such option


def test_case_19_https_that_talks_no_tls(trial: Any) -> None:
    source = trial.source().model_copy(update={"base_url": trial.wire.url.replace("http:", "https:")})
    with pytest.raises(ConnectorError, match=r"trial · https://127\.0\.0\.1"):
        HttpClient(source, Limits(attempts=1, total_s=3, read_s=1, connect_s=1)).get("x")
