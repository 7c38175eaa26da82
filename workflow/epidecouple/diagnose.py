"""Diagnostics: does z know the cell line, does the environment know it, do the two share anything, is z collapsed?"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import rankdata
from torch import Tensor

from .config import Config
from .correlation import cross_correlation, excess_rms, held_out_cca, rank_me
from .dataset import Panel, load_panel
from .energy import EnergyModel
from .probes import Information, boosting_probe, conditional_information, linear_probe, permuted_lines, v_information
from .provenance import write_metrics
from .scoring import embed
from .stage import run_stage, stage_parser
from .storage import load_model
from .train import new_model, start_prototypes

log = logging.getLogger(__name__)

LOCUS_SUBSETS = 40
SUBSET_SHARE = 0.5
CORRELATION_ROWS = 4000


@dataclass(frozen=True)
class NaturalRows:
    """Rows of the published tables: pair, line, published label and chromosome, each (n,)."""

    pair: np.ndarray
    line: np.ndarray
    label: np.ndarray
    chrom: np.ndarray


def natural_rows(panel: Panel, lines: list[int], config: Config) -> NaturalRows:
    """Published rows of the given lines, at most `diagnose.rows` of them drawn at random."""
    pairs, columns = np.nonzero(panel.published[:, lines] >= 0)
    chosen = np.sort(np.random.default_rng([config.seed, 6]).permutation(len(pairs))[: config.diagnose.rows])
    pair, line = pairs[chosen], np.array(lines)[columns[chosen]]
    return NaturalRows(pair, line, panel.published[pair, line], panel.chrom[pair])


def information_of_z(z: np.ndarray, rows: NaturalRows, config: Config, boosted: bool) -> dict[str, Information]:
    """What z (n, d_z) of natural rows says about the line, alone and given the label, and about the label given the line."""
    folds = config.diagnose.folds
    found = {
        "z_line_linear": v_information(z, rows.line, rows.chrom, linear_probe, folds),
        "z_line_given_label": conditional_information(z, rows.line, rows.label, rows.chrom, folds),
        "z_label_given_line": conditional_information(z, rows.label, rows.line, rows.chrom, folds),
    }
    if boosted:
        found["z_line_boosted"] = v_information(z, rows.line, rows.chrom, boosting_probe(config.diagnose.boosting_rounds), folds)
    return found


def beside_floor(trained: dict[str, Information], floor: dict[str, Information], chrom: np.ndarray, config: Config) -> dict[str, float]:
    """Fractions of the entropy for the trained encoder, the untrained one (floor) and the change, with intervals."""
    metrics = {}
    for name, found in trained.items():
        for part, information in (("", found), ("_floor", floor[name]), ("_change", found.minus(floor[name]))):
            metrics[name + part] = information.fraction
            bounds = information.fraction_interval(chrom, config.diagnose.bootstrap, config.seed)
            metrics[f"{name}{part}_lower"], metrics[f"{name}{part}_upper"] = bounds
    return metrics


def null_of_line(z: np.ndarray, rows: NaturalRows, config: Config) -> float:
    """Largest linear fraction found on lines permuted within chromosomes."""
    rng = np.random.default_rng([config.seed, 7])
    shuffled = (permuted_lines(rows.line, rows.chrom, rng) for _ in range(config.diagnose.permutations))
    found = (v_information(z, line, rows.chrom, linear_probe, config.diagnose.folds).fraction for line in shuffled)
    return max(found, default=float("nan"))


def scrubbed_reference(panel: Panel, line: int) -> Tensor:
    """Reference signal of a line with each mark replaced by its normal scores: ranks stay, offset and scale go."""
    reference = panel.reference_tensor(line)
    marks = reference.shape[1] // 2
    ranks = rankdata(reference[:, :marks].numpy(), axis=0) / (len(reference) + 1)
    scores = torch.special.ndtri(torch.from_numpy(ranks).float())
    return torch.cat([scores * reference[:, marks:], reference[:, marks:]], dim=1)


@torch.no_grad()
def line_states(model: EnergyModel, panel: Panel, lines: list[int], loci: list[np.ndarray], scrub: bool) -> np.ndarray:
    """g of each line on each set of loci: (len(lines) * len(loci), modules * K), lines in the outer order."""
    states = []
    for line in lines:
        signal = scrubbed_reference(panel, line) if scrub else panel.reference_tensor(line)
        states += [model.resistance.line_state(signal[chosen], torch.from_numpy(chosen)) for chosen in loci]
    return torch.stack(states).numpy()


def g_on_line(model: EnergyModel, panel: Panel, lines: list[int], config: Config, scrub: bool) -> float:
    """Fraction of H(c) that g on random locus subsets carries; the probe is fitted and tested on disjoint loci."""
    rng = np.random.default_rng([config.seed, 8])
    halves = np.array_split(rng.permutation(panel.n_reference), 2)
    loci = [rng.choice(half, int(SUBSET_SHARE * len(half)), replace=False) for half in halves for _ in range(LOCUS_SUBSETS // 2)]
    g = line_states(model, panel, lines, loci, scrub)
    line, half = np.repeat(lines, len(loci)), np.tile(np.repeat([0, 1], LOCUS_SUBSETS // 2), len(lines))
    return v_information(g, line, half, linear_probe, 2).fraction


@torch.no_grad()
def z_and_e(model: EnergyModel, panel: Panel, pairs: np.ndarray, lines: list[int]) -> tuple[dict[str, float], np.ndarray]:
    """How much z and raw e share within lines (means over lines), and the mean cross-correlation matrix."""
    z = embed(model, panel, pairs).numpy()
    chromosomes = np.unique(panel.chrom[pairs])
    fitted = np.isin(panel.chrom[pairs], chromosomes[::2])
    found, matrices = [], []
    for line in lines:
        e = model.resistance.parts(panel.signal_tensor(pairs, line)).e.numpy()
        matrices.append(cross_correlation(z, e))
        found.append((held_out_cca(z, e, fitted), excess_rms(matrices[-1], len(z))))
    cca, rms = np.mean(found, axis=0)
    return {"z_e_cca": float(cca), "z_e_excess_rms": float(rms)}, np.mean(matrices, axis=0)


def environment(model: EnergyModel, panel: Panel, lines: list[int], config: Config) -> tuple[dict[str, float], np.ndarray]:
    """What g says about the line, raw and scrubbed, and what z and e share; and their cross-correlation (d_z, d_e)."""
    some = np.sort(np.random.default_rng([config.seed, 9]).permutation(len(panel.enhancer))[:CORRELATION_ROWS])
    shared, matrix = z_and_e(model, panel, some, lines)
    g = {f"g_line_{name}": g_on_line(model, panel, lines, config, scrub) for name, scrub in (("raw", False), ("scrubbed", True))}
    return shared | g, matrix


@torch.no_grad()
def diagnose(model: EnergyModel, untrained: EnergyModel, panel: Panel, lines: list[int], config: Config, boosted: bool):
    """All diagnostics of a model beside those of an untrained one: metrics and the z-e cross-correlation (d_z, d_e)."""
    rows = natural_rows(panel, lines, config)
    z, z_floor = (embed(network, panel, rows.pair).numpy() for network in (model, untrained))
    informations = [information_of_z(values, rows, config, boosted) for values in (z, z_floor)]
    shared, matrix = environment(model, panel, lines, config)
    shared_floor, _ = environment(untrained, panel, lines, config)
    metrics = beside_floor(*informations, rows.chrom, config) | shared
    metrics |= {f"{name}_floor": value for name, value in shared_floor.items()}
    metrics |= {f"{name}_change": shared[name] - value for name, value in shared_floor.items()}
    metrics |= {"z_rank": rank_me(z), "z_rank_floor": rank_me(z_floor), "z_line_null": null_of_line(z, rows, config)}
    return metrics | {"natural_rows": len(rows.pair), "line_entropy_bits": informations[0]["z_line_linear"].entropy}, matrix


def main() -> None:
    """Stage `diagnose`: the trained model beside an untrained one of the same seed."""
    parser = stage_parser(__doc__)
    parser.add_argument("--scope", choices=("subset", "full"), required=True)
    for name in ("model", "elements", "shards", "matrix", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    lines = panel.training[: config.subset.lines] if arguments.scope == "subset" else panel.training
    untrained = start_prototypes(new_model(config, panel), panel, lines, config).eval()
    metrics, matrix = diagnose(model, untrained, panel, lines, config, boosted=arguments.scope == "full")
    pd.DataFrame(matrix).to_csv(arguments.matrix, sep="\t", index=False, header=False, float_format="%.5f")
    write_metrics(arguments.metrics, "diagnose", metrics, arguments.settings, [arguments.model])
    log.info("V(z -> line) %.4f of H, floor %.4f", metrics["z_line_linear"], metrics["z_line_linear_floor"])


if __name__ == "__main__":
    run_stage(main)
