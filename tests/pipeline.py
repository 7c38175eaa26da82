"""How tests call Snakemake: the checkout's Snakefile, a working directory of their own."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
LOCALLY = ("--cores", "2", "--workflow-profile", str(ROOT / "profiles" / "default"))
TINY = Path(__file__).parent / "workflow" / "tiny.yaml"


def snakemake_command(folder: Path, *arguments: str, where: tuple[str, ...] = LOCALLY) -> dict:
    """What `subprocess` is given to run Snakemake in a folder."""
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--directory", str(folder), "--nocolor"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"args": [*command, *where, *arguments], "text": True, "cwd": folder, "env": {**os.environ, "PATH": path}}


def run_snakemake(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, where: tuple[str, ...] = LOCALLY
) -> subprocess.CompletedProcess:
    call = snakemake_command(folder, *arguments, where=where)
    return subprocess.run(**call | {"env": call["env"] | (env or {})}, capture_output=True)


def write_config(folder: Path, **changes: object) -> Path:
    """The tiny configuration with top-level keys replaced, sections merged."""
    config = yaml.safe_load(TINY.read_text())
    for key, value in changes.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) and key in config else value
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path
