"""Snakemake in an empty folder."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import run_snakemake


@pytest.fixture
def snakemake(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Run the workflow in an empty folder on a configuration file of that folder."""
    return lambda *arguments, **kwargs: run_snakemake(tmp_path, *arguments, **kwargs)
