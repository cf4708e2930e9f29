# SPDX-License-Identifier: GPL-3.0-or-later
"""What may not reach the engine, tried from outside on a real one."""

import http.client
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from dressform.server.client import EngineClient
from dressform.server.protocol import PROTOCOL_VERSION, Endpoint, EngineError
from dressform.server.security import contained
from engine_process import EngineUnderTest, png

JSON = {"Content-Type": "application/json"}
BINARY = {"Content-Type": "application/octet-stream"}


def ask(engine: EngineUnderTest, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None,
        token: str | None = None) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, JSON answer and headers of a raw request."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(engine.endpoint.url).port or 0, timeout=5.0)
    given = {"Authorization": f"Bearer {engine.endpoint.token if token is None else token}", **(headers or {})}
    try:
        connection.request(method, path, body, {key: value for key, value in given.items() if value})
        response = connection.getresponse()
        raw = response.read()
        data = json.loads(raw) if response.getheader("content-type") == "application/json" else {}
        return response.status, data, {key.lower(): value for key, value in response.getheaders()}
    finally:
        connection.close()


@pytest.mark.parametrize("token", ["wrong", "", "é" * 43])
@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/jobs"), ("POST", "/shutdown"), ("GET", "/x")])
def test_without_the_token_nothing_is_said(engine: EngineUnderTest, method: str, path: str, token: str) -> None:
    status, answer, _ = ask(engine, method, path, token=token.encode().decode("latin-1"))
    assert (status, answer["code"]) == (401, "bad_token")


def test_no_authorization_header_is_a_wrong_token(engine: EngineUnderTest) -> None:
    assert ask(engine, "GET", "/status", headers={"Authorization": ""})[0] == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:80@evil.example", "[::2]", "0.0.0.0",
                                  "localhost.", "[::1]x", "127.0.0.1:", "127.0.0.1:80:80"])
def test_a_name_that_is_not_literally_loopback_is_refused(engine: EngineUnderTest, host: str) -> None:
    status, answer, _ = ask(engine, "GET", "/status", headers={"Host": host})
    assert (status, answer["code"]) == (403, "bad_host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:9"])
def test_loopback_names_are_welcome(engine: EngineUnderTest, host: str) -> None:
    assert ask(engine, "GET", "/status", headers={"Host": host})[0] == 200


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1:1"])
def test_pages_of_another_origin_are_refused_even_with_the_token(engine: EngineUnderTest, origin: str) -> None:
    status, answer, headers = ask(engine, "GET", "/status", headers={"Origin": origin})
    assert (status, answer["code"]) == (403, "bad_origin")
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
@pytest.mark.parametrize("path", ["/jobs", "/uploads", "/shutdown"])
def test_content_types_that_browsers_send_unasked_are_refused(engine: EngineUnderTest, path: str, kind: str) -> None:
    status, answer, _ = ask(engine, "POST", path, b"{}", {"Content-Type": kind})
    assert (status, answer["code"]) == (415, "unsupported_type")


def test_an_announced_oversize_is_refused_before_it_is_sent(engine: EngineUnderTest) -> None:
    status, answer, _ = ask(engine, "POST", "/uploads", b"", {**BINARY, "Content-Length": str(10**12)})
    assert (status, answer["code"]) == (413, "too_large")
    status, answer, _ = ask(engine, "POST", "/jobs", b"", {**JSON, "Content-Length": str(10**7)})
    assert (status, answer["code"]) == (413, "too_large")


def test_an_oversize_that_was_not_announced_is_refused_while_it_comes(engine: EngineUnderTest) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(engine.endpoint.url).port or 0, timeout=5.0)
    headers = {"Authorization": f"Bearer {engine.endpoint.token}", **JSON}
    connection.request("POST", "/jobs", iter([b" " * 100_000] * 4), headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_what_is_not_a_photo_is_refused(engine: EngineUnderTest) -> None:
    status, answer, _ = ask(engine, "POST", "/uploads", b"%PDF-1.7 " + bytes(100), {**BINARY, "X-Dressform-Name": "me.jpg"})
    assert (status, answer["code"]) == (415, "unsupported_image")
    assert answer["message"] == "me.jpg is a PDF file, not a photo."


def test_a_decompression_bomb_is_refused_by_its_header(engine: EngineUnderTest) -> None:
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 50_000, 50_000, 8, 2, 0, 0, 0) + bytes(200)
    status, answer, _ = ask(engine, "POST", "/uploads", bomb, {**BINARY, "X-Dressform-Name": "bomb.png"})
    assert (status, answer["code"]) == (422, "too_many_pixels")
    assert "50000 x 50000" in answer["message"]


@pytest.mark.parametrize("person", ["/etc/passwd", "../../endpoint.json", "http://127.0.0.1/x.png", None, 3, ["a"]])
def test_a_request_cannot_name_paths_or_addresses(engine: EngineUnderTest, person: object) -> None:
    status, answer, _ = ask(engine, "POST", "/jobs", json.dumps({"request": {"person": person}}).encode(), JSON)
    assert (status, answer["code"]) == (422, "no_such_upload")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"request": 1}', b"[" * 100_000,
                                  b'{"request": {"person": "x", "garments": 3}}'])
def test_a_body_that_makes_no_sense_is_answered_in_words(engine: EngineUnderTest, body: bytes) -> None:
    status, answer, _ = ask(engine, "POST", "/jobs", body, JSON)
    assert (status, answer["code"]) == (422, "bad_request")


@pytest.mark.parametrize("change", [{"height_m": "tall"}, {"height_m": 12.0}, {"colour": "red"}, {"texture_size": [1]}, {"faces": None},
                                    {"garments": [{"photo": "PHOTO", "size": "XL"}]}])
def test_values_out_of_their_range_are_answered_in_words(engine: EngineUnderTest, photo: Path, change: dict[str, Any]) -> None:
    upload = ask(engine, "POST", "/uploads", photo.read_bytes(), BINARY)[1]["id"]
    for garment in change.get("garments", ()):
        garment["photo"] = upload
    status, answer, _ = ask(engine, "POST", "/jobs", json.dumps({"request": {"person": upload, **change}}).encode(), JSON)
    assert status == 422
    assert answer["code"].startswith("bad_")
    assert answer["message"].endswith(".")


@pytest.mark.parametrize("name", ["../inputs/0/photo.png", "..%2f..%2f..%2fendpoint.json", "%2e%2e/%2e%2e/%2e%2e/endpoint.json",
                                  "/etc/passwd", "//etc/passwd", "stages/../../inputs", "stages", "look.glb%00.png", "..\\..\\jobs.sqlite"])
def test_no_name_leads_out_of_a_jobs_results(engine: EngineUnderTest, photo: Path, name: str) -> None:
    job = engine.submit(photo)
    engine.ended(job)
    status, answer, _ = ask(engine, "GET", f"/jobs/{job}/results/{name}")
    assert (status, answer["code"]) == (404, "no_such_result")


def test_a_link_in_the_results_does_not_lead_out_of_them(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "out" / "look.glb").write_text("mesh")
    (tmp_path / "out" / "link.glb").symlink_to(tmp_path / "secret.txt")
    assert contained(tmp_path / "out", "look.glb").read_text() == "mesh"
    with pytest.raises(EngineError):
        contained(tmp_path / "out", "link.glb")


def test_another_protocol_version_is_told_so_but_may_end_the_engine(engine: EngineUnderTest) -> None:
    other = {"X-Dressform-Protocol": str(PROTOCOL_VERSION + 1)}
    status, answer, _ = ask(engine, "GET", "/jobs", headers=other)
    assert (status, answer["code"]) == (409, "other_protocol")
    assert ask(engine, "GET", "/status", headers=other)[1]["protocol"] == PROTOCOL_VERSION


def test_unknown_addresses_and_methods_are_answered_in_json(engine: EngineUnderTest) -> None:
    assert ask(engine, "GET", "/nothing")[:2] == (404, {"code": "not_found", "message": "The engine has no such address.",
                                                       "hint": "See docs/engine.md for what it offers."})
    assert ask(engine, "PUT", "/jobs", b"{}", JSON)[0] == 405
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert ask(engine, "GET", path)[0] == 404


def test_every_answer_forbids_sniffing_framing_and_storing(engine: EngineUnderTest) -> None:
    for path, token in (("/status", None), ("/status", "wrong"), ("/", ""), ("/nothing", None)):
        headers = ask(engine, "GET", path, token=token)[2]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_the_page_needs_no_token_and_holds_none(engine: EngineUnderTest) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(engine.endpoint.url).port or 0, timeout=5.0)
    connection.request("GET", "/")
    response = connection.getresponse()
    page = response.read().decode()
    connection.close()
    assert response.status == 200
    assert engine.endpoint.token not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "sha256-" in str(response.getheader("content-security-policy"))


def test_an_engine_can_be_known_by_a_further_name(start_engine: Any) -> None:
    engine = start_engine("--allow-host", "gpu-box.studio")
    assert ask(engine, "GET", "/status", headers={"Host": "gpu-box.studio:8188"})[0] == 200
    assert ask(engine, "GET", "/status", headers={"Host": "other.studio:8188"})[0] == 403


def test_the_client_says_that_its_token_is_wrong(engine: EngineUnderTest) -> None:
    with pytest.raises(EngineError, match="does not know this token") as caught:
        EngineClient(Endpoint(engine.endpoint.url, "wrong")).status()
    assert caught.value.code == "bad_token"


def test_a_chosen_upload_limit_holds(start_engine: Any, tmp_path: Path) -> None:
    engine = start_engine("--upload-limit-mb", "0.01")
    large = tmp_path / "large.png"
    large.write_bytes(png() + bytes(3_000_000))
    with pytest.raises(EngineError) as caught:
        engine.client.submit({"person": str(large)})
    assert caught.value.code == "too_large"
