import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from epidecouple.core import progress
from epidecouple.core.errors import InputError
from epidecouple.files import download
from epidecouple.files.manifest import Source

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
