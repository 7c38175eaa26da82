"""What starting costs: processor time until a stage has imported what it needs, and how many
processes a run starts.

python benchmarks/starting.py                               the default run: two minutes of one core
python benchmarks/starting.py --configfile .test/config/config.yaml --repeats 5

Processor time, because wall time says more about what else the machine does. The least of a few
repeats counts, the most stands beside it. Writes starting.tsv.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "benchmarks" / "starting.tsv"
STARTED = re.compile(r"-m epidecouple\.stages\.(\w+)")


def processes(configfile: list[str]) -> Counter[str]:
    """How many processes of each stage a run starts from nothing, the planned commands counted."""
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "-n", "-p"]
    given = ["--configfile", *map(os.path.abspath, configfile)] if configfile else []
    with tempfile.TemporaryDirectory() as empty:
        where = ["--directory", empty, "--cores", "1"]
        plan = subprocess.run([*command, *where, *given], capture_output=True, text=True)
    assert plan.returncode == 0, plan.stderr
    return Counter(STARTED.findall(plan.stdout + plan.stderr))


def start_seconds(stage: str) -> float:
    """Processor time of one start of a stage, which then only says what its options are."""
    command = [sys.executable, "-m", f"epidecouple.stages.{stage}", "--help"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, stage
    return usage.ru_utime + usage.ru_stime


def table(configfile: list[str], repeats: int) -> pd.DataFrame:
    """A row per stage of a run: its processes, least and most seconds of a start, and the sum."""
    rows = []
    for stage, count in sorted(processes(configfile).items()):
        seconds = [start_seconds(stage) for _ in range(repeats)]
        rows.append((stage, count, min(seconds), max(seconds), count * min(seconds)))
    columns = ["stage", "processes", "start_s", "most_s", "sum_s"]
    return pd.DataFrame(rows, columns=columns).sort_values("sum_s", ascending=False)


def main() -> None:
    """Measure, write the table and show it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", nargs="+", default=[])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    measured = table(arguments.configfile, arguments.repeats)
    measured.to_csv(TABLE, sep="\t", index=False, float_format="%.2f")
    shown = measured.to_string(index=False, float_format="%.2f")
    count, seconds = measured.processes.sum(), measured.sum_s.sum()
    sys.stdout.write(f"{shown}\n{count} processes, {seconds:.0f} s of processor time\n")


if __name__ == "__main__":
    main()
