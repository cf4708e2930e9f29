# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's words for what can go wrong on the way, tried against servers that misbehave."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from dressform.server.client import EngineClient, Transfer
from dressform.server.protocol import PROTOCOL_HEADER, PROTOCOL_VERSION, Endpoint, EngineError
from engine_process import EngineUnderTest, png

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer) -> Iterator[EngineClient]:
    """A client of an HTTP server that answers every GET as told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    listener = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield EngineClient(Endpoint(f"http://127.0.0.1:{listener.server_port}", "token"), timeout=3.0)
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def reply(body: bytes, status: int = 200, protocol: int | None = PROTOCOL_VERSION) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if protocol is not None:
            handler.send_header(PROTOCOL_HEADER, str(protocol))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(EngineError) as caught:
        action()
    assert caught.value.message.endswith(".")
    return caught.value.code


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert code_of(EngineClient(Endpoint(f"http://127.0.0.1:{port}", "x")).status) == "unreachable"


def test_a_name_nobody_knows_is_unreachable() -> None:
    assert code_of(EngineClient(Endpoint("http://no-such-host.invalid:80", "x")).status) == "unreachable"


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "ftp://127.0.0.1", "http://", "http://a:port"])
def test_an_address_that_is_none_is_said_so(url: str) -> None:
    assert code_of(lambda: EngineClient(Endpoint(url, "x"))) == "bad_address"


def test_silence_is_a_timeout_and_lasts_no_longer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = EngineClient(Endpoint(f"http://127.0.0.1:{silent.getsockname()[1]}", "x"), timeout=0.2)
        began = time.monotonic()
        assert code_of(client.status) == "timeout"
        assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("answer", [reply(b"<html>", protocol=None), reply(b"{}", protocol=None), reply(b"<html>"), reply(b"[1]")])
def test_another_server_is_not_taken_for_an_engine(answer: Answer) -> None:
    with server(answer) as client:
        assert code_of(client.status) == "not_an_engine"


def test_something_that_speaks_no_http_is_not_taken_for_an_engine() -> None:
    with server(lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")) as client:
        assert code_of(client.status) == "not_an_engine"


def test_a_status_without_its_fields_is_not_understood() -> None:
    with server(reply(b"{}")) as client:
        assert code_of(client.status) == "not_understood"


@pytest.mark.parametrize(("theirs", "words"), [(PROTOCOL_VERSION + 1, "the Dressform extension"), (0, "Dressform in the engine")])
def test_an_engine_of_another_protocol_is_said_in_words(theirs: int, words: str) -> None:
    with server(reply(json.dumps({"version": "9.9", "shape": "new"}).encode(), protocol=theirs)) as client:
        with pytest.raises(EngineError, match=f"speaks version {theirs}") as caught:
            client.status()
        assert caught.value.code == "other_protocol"
        assert "Dressform 9.9" in caught.value.message
        assert words in caught.value.hint


def test_an_engines_refusal_is_passed_on_unchanged() -> None:
    with server(reply(b'{"code": "busy", "message": "The engine is making a look.", "hint": "Wait."}', 409)) as client:
        with pytest.raises(EngineError) as caught:
            client.status()
        assert (caught.value.code, str(caught.value)) == ("busy", "The engine is making a look. Wait.")


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "a/../../evil", "C:\\evil", "c:evil", "", ".", "a\0b"])
def test_a_dishonest_engine_cannot_write_outside_the_folder(tmp_path: Path, name: str) -> None:
    with server(reply(json.dumps({"files": [{"name": name, "bytes": 1}]}).encode())) as client:
        assert code_of(lambda: client.download("a", tmp_path / "out")) == "bad_name"
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/results"):
            reply(b'{"files": [{"name": "look.json", "bytes": 2}, {"name": "look.glb", "bytes": 1000}]}')(handler)
        else:
            reply(b"{}")(handler)

    with server(answer) as client:
        assert code_of(lambda: client.download("a", tmp_path)) == "cut_off"
    assert list(tmp_path.iterdir()) == []


def test_a_closed_download_leaves_nothing(engine: EngineUnderTest, photo: Path, tmp_path: Path) -> None:
    job = engine.submit(photo)
    engine.ended(job)
    steps = engine.client.iter_download(job, tmp_path / "out")
    assert next(steps).name == "look.glb"
    steps.close()
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_a_failed_download_does_not_touch_what_was_there(engine: EngineUnderTest, photo: Path, tmp_path: Path) -> None:
    job = engine.submit(photo)
    engine.ended(job)
    (tmp_path / "look.glb").write_text("the artist's own")
    (tmp_path / "stages").write_text("a file where a folder should be")
    assert code_of(lambda: engine.client.download(job, tmp_path)) in ("disk", "no_permission")
    assert (tmp_path / "look.glb").read_text() == "the artist's own"


def test_uploads_advance_in_steps_and_return_the_job(engine: EngineUnderTest, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(png() + bytes(1_000_000))
    seen: list[Transfer] = []
    steps = engine.client.iter_submit({"person": "face", "garments": []}, {"face": large})
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            job = end.value
            break
    assert len(seen) >= 4
    assert [s.done for s in seen] == sorted(s.done for s in seen)
    assert seen[-1].fraction == 1.0
    assert engine.client.wait(job).results


@pytest.mark.parametrize("request_", [{}, {"person": "unknown"}, {"person": "face", "garments": [{"category": "top"}]}])
def test_a_request_that_names_no_file_is_refused_before_anything_is_sent(photo: Path, request_: dict[str, object]) -> None:
    client = EngineClient(Endpoint("http://127.0.0.1:1", "x"))
    assert code_of(lambda: client.submit(request_, {"face": photo})) == "bad_request"


def test_a_photo_that_is_not_there_is_said_so(engine: EngineUnderTest, tmp_path: Path) -> None:
    assert code_of(lambda: engine.client.submit({"person": str(tmp_path / "gone.png")})) == "file_unreadable"
    assert code_of(lambda: engine.client.submit({"person": str(tmp_path)})) == "file_unreadable"


def test_waiting_forgives_a_missed_answer_but_not_an_engine_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    from dressform.server import client as client_module

    answers = iter([None, reply(b'{"id": "a", "state": "running"}'), None, reply(b'{"id": "a", "state": "done"}')])

    def answer(handler: BaseHTTPRequestHandler) -> None:
        chosen = next(answers, None)
        if chosen is not None:
            chosen(handler)

    monkeypatch.setattr(client_module, "MISSED_ANSWERS", 2)
    with server(answer) as client:
        assert client.wait("a", poll=0.01).state == "done"
        assert code_of(lambda: client.wait("a", poll=0.01)) == "unreachable"
