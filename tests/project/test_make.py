"""`make` where something is missing ends with the command to type, in any folder, as any user."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from epidecouple.core.paths import ROOT

# A Python without venv, as Debian's is, and a user who is not root.
NO_VENV = '#!/bin/sh\ncase "$*" in *venv*) exit 1;; *sys.version_info*) exit 0;; esac\n'
OLD = '#!/bin/sh\ncase "$*" in *--version) echo Python 3.9.2;; esac\nexit 1\n'
FOUND = "#!/bin/sh\nexit 0\n"


def made(folder: Path, *arguments: str, **programs: str) -> subprocess.CompletedProcess:
    """`make` in a folder with a space in its name, with some programs of its own first on the
    PATH.
    """
    place, bin_ = folder / "a folder", folder / "bin"
    place.mkdir()
    bin_.mkdir()
    shutil.copy(ROOT / "Makefile", place)
    (place / "pyproject.toml").touch()
    for name, text in {"id": "#!/bin/sh\necho 1000\n", **programs}.items():
        (bin_ / name).write_text(text)
        (bin_ / name).chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    env |= {"PATH": f"{bin_}:{os.environ['PATH']}"}
    return subprocess.run(["make", *arguments], cwd=place, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("programs", "said"),
    [
        ({"bedtools": FOUND, "python3": NO_VENV}, "sudo apt-get install -y python3-venv"),
        ({"bedtools": FOUND, "python3": OLD}, "make setup PYTHON=python3.11"),
    ],
    ids=["no venv", "an old Python"],
)
def test_setup_says_what_to_type(tmp_path, programs, said):
    call = made(tmp_path, "setup", **programs)
    assert call.returncode == 2 and said.split()[-1] in call.stdout, call.stdout + call.stderr
    assert not (tmp_path / "a folder" / ".venv").exists()


def test_a_package_that_only_root_can_install_is_named(tmp_path):
    call = made(tmp_path, "install", "PACKAGE=bedtools")
    assert call.returncode == 2
    assert "sudo apt-get update && sudo apt-get install -y bedtools" in call.stdout


def test_the_default_run_is_one_call_of_snakemake(tmp_path):
    call = made(tmp_path, "-n", "run", bedtools=FOUND)
    assert call.returncode == 0 and "snakemake --cores all" in call.stdout
    assert "--require-hashes" in call.stdout and "lock.txt" in call.stdout
    assert not (tmp_path / "a folder" / ".venv").exists(), "-n only says what would be done"
