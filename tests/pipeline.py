"""How tests call Snakemake: the checkout's Snakefile, a working directory of their own."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
TINY = Path(__file__).parent / "workflow" / "tiny.yaml"


def run_snakemake(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--directory", str(folder), "--cores", "2"]
    command += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--nocolor", *arguments]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, "PATH": path, **(env or {})})


def write_config(folder: Path, **changes: object) -> Path:
    """The tiny configuration with top-level keys replaced, sections merged."""
    config = yaml.safe_load(TINY.read_text())
    for key, value in changes.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) and key in config else value
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path
