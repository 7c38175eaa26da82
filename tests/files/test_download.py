import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from epidecouple.core import progress
from epidecouple.core.errors import InputError
from epidecouple.files import download
from epidecouple.files.manifest import Source
from toy import refusal, says

CONTENT = bytes(range(256)) * 400
PLACE = "host.example/folder/file.gz"


class Server(BaseHTTPRequestHandler):
    """Serves CONTENT at any path; `plan` says what the next answers are: ok, cut, 404, 500 or
    wrong.
    """

    plan: list[str] = []
    ranges: list[str | None] = []

    def do_GET(self) -> None:
        kind = self.plan.pop(0) if self.plan else "ok"
        self.ranges.append(self.headers.get("Range"))
        if kind in ("404", "500"):
            self.send_error(int(kind))
            return
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        body = CONTENT[start:] if kind != "wrong" else b"x" * len(CONTENT)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "cut" else body)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch) -> Iterator[str]:
    monkeypatch.setattr(download, "PAUSE_S", 0)
    Server.plan, Server.ranges = [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def source(url: str = f"mirror:{PLACE}", mirrors: str = "") -> Source:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Source(
        "toy", "", "", "peaks", "", "", url, mirrors, len(CONTENT), "sha256", digest, "", ""
    )


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "resources" / "file.gz"


def nothing_left(target: Path) -> bool:
    return not target.exists() and not list(target.parent.glob("*"))


def test_from_a_folder(tmp_path, target):
    (tmp_path / "m" / PLACE).parent.mkdir(parents=True)
    (tmp_path / "m" / PLACE).write_bytes(CONTENT)
    assert download.fetch(source(), str(tmp_path / "m"), target) == f"{tmp_path}/m/{PLACE}"
    assert target.read_bytes() == CONTENT


def test_from_http_keeps_host_and_path_below_the_base(server, target):
    assert download.fetch(source(), f"{server}/base/", target) == f"{server}/base/{PLACE}"
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("plan", [["500"], ["cut"], ["500", "cut"], ["cut", "500"]])
def test_trouble_is_retried_and_resumed(server, target, plan):
    Server.plan = list(plan)
    download.fetch(source(), server, target)
    assert target.read_bytes() == CONTENT and not target.with_name("file.gz.part").exists()
    if "cut" in plan:
        assert f"bytes={len(CONTENT) // 2}-" in Server.ranges


def test_the_mirror_comes_first_and_the_url_is_the_way_out(server, tmp_path, target, monkeypatch):
    monkeypatch.setattr(Source, "path", PLACE)
    assert (
        download.fetch(source(url=f"{server}/public"), str(tmp_path / "empty"), target)
        == f"{server}/public"
    )


def test_further_mirrors_are_tried_in_order(server, target, monkeypatch):
    monkeypatch.setattr(Source, "path", PLACE)
    Server.plan = ["404"]
    assert (
        download.fetch(source(url=f"{server}/public", mirrors=f"{server}/second"), "", target)
        == f"{server}/second"
    )


def test_a_wrong_checksum_leaves_nothing_and_names_the_figures(server, target):
    Server.plan = ["wrong"]
    with pytest.raises(
        InputError,
        match=(
            r"toy could not be had .*sha256 is [0-9a-f]{64}, the manifest says [0-9a-f]{64}.*Set"
            r" `mirror`"
        ),
    ):
        download.fetch(source(), server, target)
    assert nothing_left(target)


def test_a_download_that_never_ends_well_leaves_nothing(server, target):
    Server.plan = ["cut", "500", "500"]
    with pytest.raises(InputError, match="500"):
        download.fetch(source(), server, target)
    assert nothing_left(target)


def test_a_missing_file_is_not_asked_for_again(server, target):
    Server.plan = ["404", "404", "404"]
    with pytest.raises(InputError, match="404"):
        download.fetch(source(), server, target)
    assert len(Server.ranges) == 1


def test_what_only_a_mirror_holds_needs_one(target):
    with pytest.raises(InputError, match="exists only in a mirror and none is configured"):
        download.fetch(source(), "", target)


def test_a_download_tells_how_far_it_is(server, target, monkeypatch, caplog):
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0)
    with caplog.at_level("INFO"):
        download.fetch(source(), server, target)
    assert "toy: 102kB of 102kB, about 00:00 left" in caplog.messages


def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers every connection in its own way, HTTP or not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(4096)
                        answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


HEAD = b"HTTP/1.1 200 OK\r\n"


def dripping(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 102400\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def stalling(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 102400\r\n\r\n")
    time.sleep(5)


HOSTILE = {
    "garbage status": (b"\x00\x1b[31mgarbage\r\n\r\n", "no HTTP"),
    "no answer": (b"", "closed connection"),
    "garbage length": (HEAD + b"Content-Length: many\r\n\r\nshort", "sha256 is"),
    "negative length": (HEAD + b"Content-Length: -5\r\n\r\nshort", "sha256 is"),
    "huge length": (HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nshort", "ended after"),
    "cut chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n100\r\nabc", "no HTTP"),
    "garbage chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "no HTTP"),
    "long header": (HEAD + b"A: " + b"x" * 70_000 + b"\r\n\r\n", "no HTTP"),
    "too much": (HEAD + b"\r\n" + CONTENT + b"more", "more comes than"),
    "sent on to ftp": (
        b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/a\r\nContent-Length: 0\r\n\r\n",
        "ftp",
    ),
    "sent on to a file": (
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
        "not allowed",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_gets_one_sentence(target, monkeypatch, name):
    monkeypatch.setattr(download, "PAUSE_S", 0)
    answer, told = HOSTILE[name]
    for base in raw_server(lambda connection: connection.sendall(answer)):
        message = refusal(download.fetch, source(), base, target)
        says(message, base, told, "Set `mirror`")
        assert message.isprintable()
    assert nothing_left(target)


@pytest.mark.parametrize("answer", [stalling, dripping])
def test_a_server_that_stalls_or_drips_is_given_up_once(target, monkeypatch, answer):
    monkeypatch.setattr(download, "STALL_S", 0.3)
    started = time.monotonic()
    for base in raw_server(answer):
        says(refusal(download.fetch, source(), base, target), base, "Set `mirror`")
    assert time.monotonic() - started < 1 and nothing_left(target)


def test_a_slow_server_is_waited_for(target, monkeypatch):
    monkeypatch.setattr(download, "STALL_S", 0.2)
    step = len(CONTENT) // 10

    def slow(connection: socket.socket) -> None:
        connection.sendall(HEAD + f"Content-Length: {len(CONTENT)}\r\n\r\n".encode())
        for start in range(0, len(CONTENT), step):
            connection.sendall(CONTENT[start : start + step])
            time.sleep(0.05)

    for base in raw_server(slow):
        download.fetch(source(), base, target)
    assert target.read_bytes() == CONTENT


def test_a_mirror_may_be_a_file_url_but_of_no_other_scheme(tmp_path, target):
    (tmp_path / "m m" / PLACE).parent.mkdir(parents=True)
    (tmp_path / "m m" / PLACE).write_bytes(CONTENT)
    download.fetch(source(), f"file://{tmp_path}/m%20m", target)
    assert target.read_bytes() == CONTENT
    for scheme in ("ftp", "data", "gopher", "jar:file"):
        says(
            refusal(download.fetch, source(), f"{scheme}://x", target), "only http, https and file"
        )
