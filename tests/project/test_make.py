"""`make` where something is missing ends with the command to type, in any folder, as any user."""

import importlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from epidecouple.core.paths import ROOT

# A Python without what `venv` needs, as Debian's is.
NO_VENV = '#!/bin/sh\ncase "$*" in *sys.version_info*) exit 0;; esac\nexit 1\n'
OLD = '#!/bin/sh\ncase "$*" in *--version) echo Python 3.9.2;; esac\nexit 1\n'
# A Python that makes environments whose pip fails.
NO_INDEX = """#!/bin/sh
case "$*" in *-m\\ venv*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;; *-m\\ pip*) exit 1;; esac
"""
# A Python that makes environments whose pip takes a second to download.
SLOW = """#!/bin/sh
case "$*" in
  *-m\\ venv*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
  *download*) touch begun; sleep 1; touch done;;
  *-m\\ uv*) sleep 1;;
esac
"""
FOUND = "#!/bin/sh\nexit 0\n"


def made(
    folder: Path, *arguments: str, path: str = os.environ["PATH"], **programs: str
) -> subprocess.CompletedProcess:
    """`make` of a user who is not root, see `call_of`, to its end."""
    call = call_of(folder, *arguments, path=path, **programs)
    return subprocess.run(**call, capture_output=True, text=True)


def call_of(
    folder: Path, *arguments: str, path: str = os.environ["PATH"], **programs: str
) -> dict[str, Any]:
    """What calls `make` in a folder with a space in its name, with some programs of its own first
    on the PATH.
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
    env |= {"PATH": f"{bin_}:{path}"}
    return {"args": [shutil.which("make"), *arguments], "cwd": place, "env": env}


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


@pytest.mark.parametrize(
    ("target", "proxy", "sudo"),
    [("run", "", "sudo"), ("test", "http://proxy:3128", "sudo -E")],
    ids=["run", "behind a proxy, which sudo would forget"],
)
def test_all_that_only_root_can_install_is_named_in_one_command(
    tmp_path, monkeypatch, target, proxy, sudo
):
    monkeypatch.setenv("http_proxy", proxy)
    make = f'#!/bin/sh\nexec {shutil.which("make")} "$@"\n'
    call = made(tmp_path, target, path="/nowhere", make=make, **{"apt-get": FOUND})
    typed = f"    {sudo} apt-get update && {sudo} apt-get install -y bedtools python3-venv\n"
    assert call.returncode == 2 and typed in call.stdout, call.stdout + call.stderr
    assert not (tmp_path / "a folder" / ".venv").exists()


def test_no_command_is_given_for_a_system_that_has_another_one(tmp_path):
    call = made(tmp_path, "install", "PACKAGE=bedtools", path="/nowhere")
    assert call.returncode == 2 and call.stdout.startswith("Missing: bedtools, by Debian's names.")
    assert "sudo" not in call.stdout


def test_a_python_of_another_name_has_a_package_of_its_own(tmp_path):
    call = made(tmp_path, "setup", "PYTHON=python3.12", bedtools=FOUND, **{"python3.12": NO_VENV})
    assert call.returncode == 2 and "install -y python3.12-venv\n" in call.stdout


def test_uv_is_told_what_pip_is_told(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "envs")
    settings = importlib.import_module("uv_settings")
    listed = """global.extra-index-url='https://one/simple\\nhttps://two/simple'
:env:.index-url='https://mine/simple'
user.index-url='https://ours/simple'
global.find-links='wheels more'
user.cert='/etc/own.pem'
user.proxy='http://proxy:3128'
"""
    found = settings.of_pip(listed)
    assert found == {
        "UV_INDEX": "https://mine/simple https://one/simple https://two/simple",
        "UV_DEFAULT_INDEX": "https://mine/simple",
        "UV_FIND_LINKS": "wheels,more",
        "SSL_CERT_FILE": "/etc/own.pem",
        "ALL_PROXY": "http://proxy:3128",
    }
    lines = list(settings.exports(found, {"UV_INDEX": "its own"}))
    assert "export ALL_PROXY=http://proxy:3128" in lines and len(lines) == len(found) - 1
    assert "export UV_FIND_LINKS=wheels,more" in lines, "what uv has already stays"


def test_uv_is_told_in_words_that_it_reads(monkeypatch):
    """It ends at half a second, and reads that there is no index from no variable."""
    monkeypatch.syspath_prepend(ROOT / "envs")
    settings = importlib.import_module("uv_settings")
    extra = settings.of_pip("global.extra-index-url='https://one/simple'\n")
    assert extra == {"UV_INDEX": "https://pypi.org/simple https://one/simple"}, "the extra one last"
    found = settings.of_pip("global.timeout='15.5'\nglobal.no-index='true'\n")
    assert found["UV_HTTP_TIMEOUT"] == "16" and found["UV_OFFLINE"] == "true"
    bundle = {"CURL_CA_BUNDLE": "/c.pem", "REQUESTS_CA_BUNDLE": "/r.pem"}
    assert settings.of_environment(bundle) == {"SSL_CERT_FILE": "/r.pem"}
    assert settings.of_environment({"REQUESTS_CA_BUNDLE": ""}) == {}


def test_an_index_that_is_not_reached_ends_with_what_to_set(tmp_path):
    call = made(tmp_path, "setup", bedtools=FOUND, python3=NO_INDEX)
    assert call.returncode == 2 and "    export https_proxy=http://HOST:PORT\n" in call.stdout
    assert not (tmp_path / "a folder" / ".venv" / ".done").exists(), "the next call installs again"


def test_nothing_is_installed_after_an_interrupt(tmp_path):
    call = call_of(tmp_path, "setup", bedtools=FOUND, python3=SLOW)
    with subprocess.Popen(
        **call, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as make:
        while not (call["cwd"] / "begun").exists():
            assert make.poll() is None
            time.sleep(0.05)
        os.killpg(make.pid, signal.SIGINT)
    time.sleep(1.5)
    assert make.returncode and not (call["cwd"] / "done").exists()


@pytest.mark.parametrize(("home", "cache"), [("/nonexistent", "a folder/.venv/cache"), ("", None)])
def test_where_home_cannot_be_written_the_cache_is_in_the_folder(
    tmp_path, monkeypatch, home, cache
):
    monkeypatch.setenv("HOME", home or str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    call = made(tmp_path, "--eval=told: ; @echo $$XDG_CACHE_HOME", "told")
    assert call.stdout.strip() == (str(tmp_path / cache) if cache else ""), call.stderr


def test_the_default_run_is_one_call_of_snakemake(tmp_path):
    call = made(tmp_path, "-n", "run", bedtools=FOUND)
    assert call.returncode == 0 and "snakemake --cores all" in call.stdout
    assert "--require-hashes" in call.stdout and "lock.txt" in call.stdout
    assert not (tmp_path / "a folder" / ".venv").exists(), "-n only says what would be done"
