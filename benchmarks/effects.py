"""What each component of the design changes: arms trained beside the design on simulated worlds.

python benchmarks/effects.py                  all worlds, five seeds: about an hour on a core
python benchmarks/effects.py --worlds openness --seeds 1 2 3 --arms "no mark masking"
python benchmarks/effects.py --worlds "gapped motifs" "GC content" --arms "random filters (cnn)"

A seed is a world of its own, in which every arm trains once. The table `resources/effects.tsv` has
the mean paired difference design - arm of each metric on test chromosomes, its 95 % interval over
seeds (t), and how many seeds there are; `benchmarks/effects_runs.tsv` has a row per training.
"""

import argparse
import copy
import json
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from scipy.stats import t as student

from epidecouple.core.config import Config, validated
from epidecouple.core.gates import GUARD, values_of
from epidecouple.core.paths import EFFECTS
from epidecouple.data.panel import Panel, load_panel
from epidecouple.files.catalog import catalog_of
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import new_model
from epidecouple.model.scoring import score_potential, score_resistance
from epidecouple.simulation.energy_recovery import correlation, lineage_leak, within_pair_centred
from epidecouple.stages import elements, panel, reference, shard, simulate
from epidecouple.stages.runner import call
from epidecouple.statistics.ranking import macro_aupr
from epidecouple.training.plan import Plan
from epidecouple.training.trainer import full_plan, train

ROOT = Path(__file__).resolve().parent.parent
TABLE, RUNS = EFFECTS, Path(__file__).parent / "effects_runs.tsv"
# Half of the default world, so that five seeds of all arms take an hour.
SMALLER = {
    "pairs": 12_000,
    "enhancers": 3000,
    "promoters": 1000,
    "barriers": 650,
    "background_loci": 1300,
}
LINES = {"cell_lines": ["LineA", "LineB", "LineC", "LineD"], "held_out_lines": ["MixG", "MixH"]}
CNN = {"model": {"encoder": "cnn"}, "potential": {"epochs": 10, "learning_rate": 0.004}}
# What an arm changes in the configuration; the design is the configuration itself.
ARMS: dict[str, dict[str, Any]] = {
    "no mark masking": {"model": {"mask_marks": 0}},
    "no densities on the way": {"model": {"way_marks": []}},
    "random filters (cnn)": CNN,
    "states only": {"model": {"ends": "states"}},
    "residual only": {"model": {"ends": "residual"}},
    "plain likelihood for R": {"objective": {"resistance_likelihood": "bernoulli"}},
    "U before R": {
        "curriculum": "potential_first",
        "fine_tuning": {"epochs": 12, "learning_rate": 0.003, "patience": 6},
    },
    "with label contrast": {"objective": {"label_contrast": 0.03}},
    "with line contrast": {"objective": {"line_contrast": 0.1}},
    "with fine-tuning, orthogonality of e to z": {
        "curriculum": "fine_tuned",
        "objective": {"orthogonality": 1},
    },
    "with orthogonality of U to R": {"objective": {"potential_orthogonality": 1}},
    "with concept erasure": {"model": {"leace": True}},
}
DESIGN = "design"
# Worlds of another grammar, for the arm of the encoder; other worlds are presets.
GRAMMARS: dict[str, dict[str, Any]] = {
    "gapped motifs": {"simulation": {"motif_gap": 4}},
    "faint motifs": {"simulation": {"motif_mutation": 0.2}},
    "GC content": {"simulation": {"gc_sd": 0.12}},
    "additive grammar": {"simulation": {"compatibility": 0}},
    "500 bp windows": {"simulation": {"window_bp": 504}, "windows": {"sequence_bp": 504}},
}


@dataclass(frozen=True)
class WorldOfSeed:
    """A simulated world: configuration as a mapping, panel, and truth in the order of its pairs."""

    values: dict[str, Any]
    panel: Panel
    truth: pd.DataFrame


def preset(name: str) -> dict[str, Any]:
    """What a world changes in the default configuration."""
    if name in GRAMMARS:
        return GRAMMARS[name]
    path = ROOT / "config" / "presets" / f"{name}.yaml"
    return {} if name == "default" else yaml.safe_load(path.read_text())


def merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A configuration with changes inside its sections."""
    result = copy.deepcopy(values)
    for name, change in changes.items():
        inside = isinstance(change, dict) and isinstance(result.get(name), dict)
        result[name] = result[name] | change if inside else change
    return result


def configuration(world: str, seed: int) -> dict[str, Any]:
    """The configuration of a world: the default one, its preset, four lines, half the size."""
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    values = merged(merged(values, preset(world)), LINES)
    values = merged(values, {"simulation": SMALLER, "seed": seed, "threads": 1, "run": "effects"})
    values |= {"verification": "observe", "biology": {"groups": []}, "motifs": {"lineage": []}}
    missing = values["dataset"].get("missing", {})
    known = [*values["cell_lines"], *values["held_out_lines"]]
    values["dataset"]["missing"] = {line: missing[line] for line in missing if line in known}
    guard = values_of(GUARD, {}).items()
    values["thresholds"] = {check: row | {"why": "as the gate has it"} for check, row in guard}
    return validated(values)


def run_stage(module: Any, name: str, values: dict[str, Any], **files: Path | str) -> None:
    """Call a stage as the workflow does."""
    words = ["--settings", json.dumps(values)]
    for option, value in files.items():
        words += [f"--{option}", str(value)]
    call(getattr(module, name), words)


def build(values: dict[str, Any], folder: Path) -> WorldOfSeed:
    """Write a world below a folder, and read it back as training does."""
    values = values | {"results": str(folder)}
    config = Config.from_dict(values)
    made = folder / "made"
    (made / "elements").mkdir(parents=True)
    truth, table, loci = (made / f"{name}.parquet" for name in ("truth", "panel", "reference"))
    chromosomes, splits = made / "chromosomes.tsv", made / "elements" / "splits.json"
    tables = {name: made / "elements" / f"{name}.parquet" for name in ("elements", "pairs")}
    sequences = made / "elements" / "sequences.npy"
    run_stage(simulate, "simulate", values, truth=truth)
    counts = {"funnel": made / "funnel.tsv", "metrics": made / "panel.json"}
    run_stage(panel, "panel", values, panel=table, **counts)
    written = {**tables, "sequences": sequences, "splits": splits, "chromosomes": chromosomes}
    run_stage(elements, "elements", values, panel=table, metrics=made / "elements.json", **written)
    run_stage(reference, "reference", values, chromosomes=chromosomes, reference=loci)
    for line in catalog_of(config).lines:
        inputs = {"panel": table, "reference": loci, "splits": splits, **tables}
        run_stage(shard, "shard", values, line=line, shard=made / "shards" / line, **inputs)
    loaded = load_panel(made / "elements", made / "shards", config)
    key = ["chrom", "enhancer_mid", "promoter_mid"]
    pairs = pd.read_parquet(tables["pairs"])[key]
    return WorldOfSeed(values, loaded, pairs.merge(pd.read_parquet(truth), how="left", on=key))


def trained(world: WorldOfSeed, changes: dict[str, Any], pairs: int | None) -> EnergyModel:
    """Train an arm, on so many discordant pairs where `pairs` says so, else on all."""
    config = Config.from_dict(validated(merged(world.values, changes)))
    model = new_model(config, world.panel)
    plan = full_plan(world.panel, config)
    if pairs:
        rng = np.random.default_rng(config.seed)
        rows = rng.permutation(world.panel.discordant_rows("train", plan.lines))[:pairs]
        plan = Plan(plan.lines, np.sort(rows), config)
    train(model, world.panel, plan)
    return model.eval()


def measured(world: WorldOfSeed, model: EnergyModel) -> dict[str, float]:
    """Agreement with the truth on test chromosomes, and skill in the lines never seen."""
    data = world.panel
    rows, lines = data.rows("test"), list(range(len(data.lines)))
    unseen = lines[len(data.training) :]
    truth = world.truth.iloc[rows]
    true_u = truth.potential.to_numpy()
    true_r = truth[[f"resistance_{line}" for line in data.lines]].to_numpy()
    u, r = score_potential(model, data, rows), score_resistance(model, data, rows, lines)
    lineage = truth.filter(regex="^lineage_motif_").to_numpy()
    labels = data.labels[rows][:, unseen]
    return {
        "potential_corr": correlation(u, true_u),
        "resistance_within_pair_corr": correlation(
            within_pair_centred(r), within_pair_centred(true_r)
        ),
        "resistance_unseen_corr": float(
            np.mean([correlation(r[:, c], true_r[:, c]) for c in unseen])
        ),
        "resistance_potential_corr": float(np.mean([correlation(r[:, c], true_u) for c in lines])),
        "aupr_unseen": macro_aupr(labels, u[:, None] - r[:, unseen]),
        "aupr_unseen_oracle": macro_aupr(labels, true_u[:, None] - true_r[:, unseen]),
        "lineage_leak": lineage_leak(u, lineage),
    }


def runs(worlds: list[str], seeds: list[int], arms: list[str], done: pd.DataFrame) -> pd.DataFrame:
    """One row per world, seed and arm; those in `done` are not trained again."""
    for world in worlds:
        name, _, pairs = world.partition(":")
        for seed in seeds:
            have = done[(done.world == world) & (done.seed == seed)].arm.tolist()
            due = [arm for arm in (DESIGN, *arms) if arm not in have]
            if due:
                done = pd.concat([done, _runs_of(name, int(pairs or 0), seed, due)])
                done.to_csv(RUNS, sep="\t", index=False, float_format="%.4f")
    return done


def _runs_of(name: str, pairs: int, seed: int, arms: list[str]) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        world = build(configuration(name, seed), Path(folder))
        rows = []
        for arm in arms:
            model = trained(world, ARMS.get(arm, {}), pairs)
            where = f"{name}:{pairs}" if pairs else name
            rows.append({"world": where, "seed": seed, "arm": arm, **measured(world, model)})
            logging.warning("%s", rows[-1])
    return pd.DataFrame(rows)


def effects(table: pd.DataFrame) -> pd.DataFrame:
    """Mean paired difference design - arm with its 95 % interval over seeds."""
    metrics = table.columns.drop(["world", "seed", "arm"])
    rows = []
    for (world, arm), block in table[table.arm != DESIGN].groupby(["world", "arm"], sort=False):
        design = table[(table.world == world) & (table.arm == DESIGN)].set_index("seed")
        for metric in metrics:
            differences = (design[metric] - block.set_index("seed")[metric]).dropna()
            n, mean = len(differences), differences.mean()
            half = student.ppf(0.975, n - 1) * differences.std() / n**0.5 if n > 1 else np.nan
            values = (design[metric].mean(), block[metric].mean(), mean, mean - half, mean + half)
            rows.append((world, arm, metric, *values, n))
    columns = ["world", "arm", "metric", "design", "arm_value", "difference", "lower", "upper", "n"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    """Train what is missing, and write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--worlds", nargs="+", default=["default", "openness", "default:200"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[11, 12, 13, 14, 15])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    torch.set_num_threads(1)
    columns = ["world", "seed", "arm"]
    done = pd.read_csv(RUNS, sep="\t") if RUNS.exists() else pd.DataFrame(columns=columns)
    table = runs(chosen.worlds, chosen.seeds, chosen.arms, done)
    effects(table).to_csv(TABLE, sep="\t", index=False, float_format="%.4f")


if __name__ == "__main__":
    main()
