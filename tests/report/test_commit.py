"""The commit that a page names: that of these files, or none."""

import shutil
import subprocess

import pytest

from epidecouple.report import pages


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, tagged v1, and a folder without history in it."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    made = [*who, "commit", "-q", "--allow-empty", "-m", "all"]
    for command in (["init", "-q"], made, [*who, "tag", "-a", "v1", "-m", "v1"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "copied").mkdir()
    return tmp_path


def test_it_is_that_of_the_folder_of_these_files(repository, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", repository)
    assert pages.commit() == "v1"


def test_files_copied_into_a_repository_of_others_have_none(repository, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", repository / "copied")
    assert pages.commit() == "unknown"


def test_a_machine_without_git_knows_none(repository, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", repository)
    monkeypatch.setenv("PATH", str(repository))
    assert pages.commit() == "unknown"
