"""The lock: every package of the environment in one version, with the hashes of its files.

`make lock` writes it from the pins of `pyproject.toml`: `lock.uv.txt`, which installs the others;
`lock.txt`, which every machine installs; `lock.torch.txt`, in which any of several builds of torch
will do; `lock.cuda.txt`, the libraries that its build for NVIDIA GPUs needs on Linux, so that a
machine with the CPU build does not load them.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {part: ROOT / "envs" / f"lock{part}.txt" for part in ("", ".uv", ".torch", ".cuda")}
CUDA = ("nvidia-", "cuda-", "triton")
EXTRAS = ("test", "slurm", "setup")
# Wheels of https://download.pytorch.org/whl/cpu that may stand in for the registry's, by version.
TORCH_CPU = {
    "2.13.0": ["6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"],  # cp311, x86_64
}
HEAD = "# Written by `make lock` from pyproject.toml; do not edit by hand.\n"
BLOCK = re.compile(r"^[a-z0-9].*\n(?: .*\n)*", re.M)


def resolved() -> str:
    """The requirements with hashes, for Python 3.11 and newer on every platform."""
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    command = ["uv", "pip", "compile", "pyproject.toml", *extras, "--generate-hashes"]
    command += ["--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "-q"]
    call = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return call.stdout


def parted(text: str) -> dict[str, str]:
    """The content of each file of `LOCKS`, from a resolution."""
    parts = {part: [HEAD] for part in LOCKS}
    for block in BLOCK.findall(text):
        version = re.match(r"torch==(\S+)", block)
        part = ".torch" if version else _part(block)
        parts[part].append(_with_cpu_builds(block, version[1]) if version else block)
    return {part: "".join(blocks) for part, blocks in parts.items()}


def _part(block: str) -> str:
    """The file of a package other than torch."""
    if block.startswith("uv=="):
        return ".uv"
    return ".cuda" if block.startswith(CUDA) else ""


def _with_cpu_builds(block: str, version: str) -> str:
    """The block of torch with the hashes of its CPU builds."""
    known = "".join(f" \\\n    --hash=sha256:{one}" for one in TORCH_CPU[version])
    return f"{block.rstrip()}{known}\n"


if __name__ == "__main__":
    for part, content in parted(resolved()).items():
        LOCKS[part].write_text(content)
