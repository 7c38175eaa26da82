# The Python package of these rules, however Snakemake came by them; runs and predictions share it.
import hashlib
import json
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from snakemake.exceptions import WorkflowError


def checkout_of(source):
    """The folder workflow/ that `source` lies in: on disk, or in a clone of the commit it names."""
    if isinstance(source, os.PathLike):
        return Path(source).parent
    if not hasattr(source, "ref"):
        raise WorkflowError(
            f"{source} brings no Python package. Name this workflow by a path, or by gitfile,"
            " github or gitlab."
        )
    local = hasattr(source, "repo_path")
    return cloned(
        source.repo_path if local else source.hosted_repo.repo_clone, source.ref
    )


def cloned(origin, ref):
    """Folder workflow/ of one commit of a repository, cloned into the working directory once."""
    # Imported here because it fails where there is no git, which only this needs.
    from git import Repo

    commit = Repo(origin).commit(ref).hexsha
    folder = Path(".snakemake", "epidecouple", commit).resolve()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
            Repo.clone_from(str(origin), f"{fresh}/clone").git.checkout(commit)
            Path(fresh, "clone").rename(folder)
    return folder / "workflow"


WORKFLOW = checkout_of(workflow.current_basedir)
sys.path.insert(0, str(WORKFLOW))

from epidecouple.core.paths import PACKAGE, ROOT

# Rules and stages of two versions would be mixed without a word.
if PACKAGE.parent.resolve() != WORKFLOW.resolve():
    raise WorkflowError(
        f"This workflow lies in {WORKFLOW}, but its package was loaded from {PACKAGE.parent}."
        " Use one checkout, or one tag, of it in a call of Snakemake."
    )


from epidecouple.report.screen import Screen, last_line, show

# What the call shows, and what of its log the last line needs; all of it with --printshellcmds or --verbose, and where
# these rules are a module of another workflow.
SHOWN = workflow.output_settings
SCREEN = Screen(
    full=SHOWN.printshellcmds
    or SHOWN.verbose
    or not workflow.modifier.is_main_snakefile()
)
if workflow.is_main_process and not SHOWN.dryrun:
    SCREEN.watch(logger)


def wanted():
    """The files that a call was made for: those of the rules that were named, or of the default."""
    return [
        str(path) for job in workflow.dag.targetjobs for path in job.output or job.input
    ]


def stored(text):
    """A text as a file of Snakemake's own folder, named after what it says.

    So neither a command line nor the log carries the text, and a rule with such a file among its
    parameters runs again when the text changes.
    """
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = Path(".snakemake", "epidecouple", "settings", f"{name}.json")
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as fresh:
            fresh.write(f"{text}\n")
        os.replace(fresh.name, path)
    # Snakemake sees a change of a text, and none of a Path.
    return str(path)


def placed(path):
    """`path` with the prefix of a module, which Snakemake puts before paths of rules only."""
    return workflow.modifier.path_modifier.replace_prefix(path)


def require_writable(place):
    """End a call with one sentence where its results cannot be written: the nearest folder that there is decides."""
    folder = Path(place).absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WorkflowError(
            f"{folder}: this folder cannot be written. Make it writable, or set `results` to another place."
        )


def quoted(text):
    """Text as one word of a shell command that Snakemake formats: whatever it holds, it stays text."""
    return shlex.quote(str(text)).replace("{", "{{").replace("}", "}}")


def one_of(names):
    """What a wildcard may be: one of some names, taken literally."""
    return "|".join(map(re.escape, names))


def set_environment(threads, mirror=""):
    """What every job's shell starts with.

    Numerical libraries get the configured number of threads, not Snakemake's, which --cores clips:
    results must not depend on it. A thread that waits gives its core to others: beside another process
    a small training took 27 s in place of 46 s, alone as long as before. The allocator keeps freed memory: half the time would go into
    page faults otherwise. The mirror travels here because a different one must not download again
    what is in place. What a long stage tells goes to its log and, without the head of the log, to
    the screen: `told <log>`. Jobs that run side by side take one thread each: `one_thread <command>`.
    """
    exported = {
        "PYTHONPATH": WORKFLOW,
        "EPIDECOUPLE_MIRROR": mirror,
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    shell.prefix(
        "set -euo pipefail;"
        " told() {{ tee \"$1\" | {{ grep --line-buffered -v '^#' || true; }}; }};"
        ' one_thread() {{ OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$@"; }}; '
        f"export {' '.join(f'{name}={quoted(value)}' for name, value in exported.items())}"
        " MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000"
        " MALLOC_TOP_PAD_=268435456; "
    )
