import hashlib
import shutil
import subprocess
from dataclasses import fields, replace

import pytest

from epidecouple.files.manifest import (
    CHECKSUM_KINDS,
    DOWNLOADS,
    Source,
    checksum,
    download_path,
    load_sources,
    verify,
)
from toy import refusal, says, written

HEADER = [field.name for field in fields(Source)]
CONTENT = b"chr1\t10\t20\n" * 200_000  # larger than one block of reading


def manifest(path, *rows: dict):
    """A manifest with the given columns set and the others empty."""
    lines = ["\t".join(row.get(column, "") for column in HEADER) for row in rows]
    return written(path, "\n".join(["\t".join(HEADER), *lines]) + "\n")


def row(name: str, kind: str = "md5") -> dict:
    return {
        "name": name,
        "checksum_kind": kind,
        "checksum": "0" * 32,
        "url": "https://host/a/b.gz",
        "bytes": "12",
    }


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def test_the_shipped_manifest_is_complete():
    sources = load_sources()
    length = {"sha256": 64, "md5": 32, "git_sha1": 40}
    assert len(sources) > 80
    for source in sources:
        assert (
            len(source.checksum) == length[source.checksum_kind]
            and source.licence
            and source.citation
        )
        assert source.url.startswith(("https://", "mirror:"))
    assert len({source.path for source in sources}) == len(sources)


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_plain_checksums(content, kind):
    assert checksum(content, kind) == hashlib.new(kind, CONTENT).hexdigest()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_checksum_is_that_of_git(content):
    found = subprocess.run(
        ["git", "hash-object", "--no-filters", content], capture_output=True, text=True, check=True
    )
    assert checksum(content, "git_sha1") == found.stdout.strip()


def test_git_checksum_of_known_content(tmp_path):
    assert (
        checksum(written(tmp_path / "empty", ""), "git_sha1")
        == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    )


@pytest.mark.parametrize("kind", CHECKSUM_KINDS)
def test_verify_accepts_the_file_and_refuses_one_changed_byte(content, kind):
    source = replace(load_sources()[0], checksum_kind=kind, checksum=checksum(content, kind))
    verify(content, source)
    content.write_bytes(CONTENT[:-1] + b"!")
    says(
        refusal(verify, content, source),
        f"{content}: ",
        kind,
        source.checksum,
        checksum(content, kind),
        source.name,
        "Remove",
    )


def test_unknown_checksum_kind(tmp_path):
    path = manifest(tmp_path / "sources.tsv", row("a"), row("b", "crc32"))
    says(refusal(load_sources, path), f"{path}:3: ", "'crc32'", "sha256")


def test_name_used_twice(tmp_path):
    path = manifest(tmp_path / "sources.tsv", row("a"), row("b"), row("a"))
    says(refusal(load_sources, path), f"{path}:4: ", "'a'", "Rename")


@pytest.mark.parametrize("checksum", ["", "0" * 31, "g" * 32, "-" * 32])
def test_a_checksum_is_required(tmp_path, checksum):
    path = manifest(tmp_path / "sources.tsv", row("a") | {"checksum": checksum})
    says(refusal(load_sources, path), f"{path}:2: ", f"'{checksum}'", "no md5 checksum")


@pytest.mark.parametrize(
    "places",
    [
        {"url": "ftp://host/a.gz"},
        {"url": "/etc/passwd"},
        {"url": "javascript:alert(1)"},
        {"url": "https://host/a b.gz"},
        {"mirrors": "https://host/a.gz ftp://host/a.gz"},
        {"mirrors": "mirror:a.gz"},
    ],
)
def test_places_are_http_or_file_urls(tmp_path, places):
    path = manifest(tmp_path / "sources.tsv", row("a") | places)
    says(refusal(load_sources, path), f"{path}:2: ", "no http, https or file URL")


@pytest.mark.parametrize(
    "url",
    [
        "https://host/../../../etc/passwd",
        "mirror:../evil",
        "mirror:a/../../evil",
        "file:///a/../b",
        "mirror:",
        "https://host//a",
        "https://host/a/",
    ],
)
def test_no_source_lies_outside_the_folder_of_downloads(tmp_path, url):
    path = manifest(tmp_path / "sources.tsv", row("a") | {"url": url})
    says(refusal(load_sources, path), f"{path}:2: ", url, "does not name a file below a host")


def test_an_absolute_path_is_kept_below_the_folder_too(tmp_path):
    for url in ("mirror:/etc/passwd", "file:///etc/passwd"):
        (source,) = load_sources(manifest(tmp_path / "s.tsv", row("a") | {"url": url}))
        assert download_path(source) == DOWNLOADS / "etc/passwd"


def test_rows_are_typed(tmp_path):
    sources = load_sources(manifest(tmp_path / "sources.tsv", row("a"), {**row("b"), "bytes": ""}))
    assert [source.bytes for source in sources] == [12, None]


def test_host_and_path_are_kept_below_the_download_folder(tmp_path):
    web, bare = load_sources(
        manifest(tmp_path / "s.tsv", row("a"), {**row("b"), "url": "mirror:genome/x.fa.gz"})
    )
    assert download_path(web) == DOWNLOADS / "host" / "a" / "b.gz"
    assert download_path(bare) == DOWNLOADS / "genome" / "x.fa.gz"
