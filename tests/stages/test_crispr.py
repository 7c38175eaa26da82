"""The stages of crispr and real_model on a small world of two assemblies, end to end."""

import gzip
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.gates import FAILED, judge, rows_of
from epidecouple.core.provenance import read_json, read_metrics
from epidecouple.core.sections.data import SplitsConfig
from epidecouple.core.sections.targets import CrisprConfig
from epidecouple.evaluation.crispr_scores import ZERO_SHOT, kinds
from epidecouple.experiments import crispr_catalog
from epidecouple.pretrained.regulation_model import ALL_CHROMOSOMES, ALL_LINES, load_regulation
from epidecouple.regulation.head import fit_head, tiers
from epidecouple.regulation.inputs import NINE_MARKS
from epidecouple.regulation.score import PARTS
from epidecouple.stages.crispr_inputs import crispr_inputs
from epidecouple.stages.crispr_missing import crispr_missing
from epidecouple.stages.crispr_scores import crispr_scores
from epidecouple.stages.crispr_table import crispr_table
from epidecouple.stages.crispr_way import crispr_way
from epidecouple.stages.real_model import real_model
from epidecouple.stages.runner import call
from epidecouple.statistics.precision_recall import Ranking

pytestmark = pytest.mark.slow
LINES = ["A", "B", "Own"]
CHROMOSOMES = ["chr1", "chr2", "chr3"]
LENGTH, SHIFT = 3_000_000, 1_000
RNG = np.random.default_rng(5)
ELEMENTS = np.arange(20_000, LENGTH - 20_000, 20_000)
TSS = np.arange(50_500, LENGTH - 100_000, 100_000)
# What is active in every line, so that elements that regulate can be told.
ACTIVE = {chrom: RNG.random(len(ELEMENTS)) for chrom in CHROMOSOMES}


def source(folder, name, line, kind, mark=""):
    path = folder / name
    return SimpleNamespace(
        name=name,
        collection="targetfinder" if line else "crispr",
        cell_line=line,
        kind=kind,
        mark=mark,
        path=str(path),
        citation="made up",
        licence="none",
    )


def write_gzip(path, text):
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def peaks_of():
    """Peaks at random elements, the strongest where elements are active."""
    rows = []
    for chrom in CHROMOSOMES:
        level = ACTIVE[chrom] + RNG.normal(0, 0.1, len(ELEMENTS))
        for at, signal in zip(ELEMENTS[level > 0.4], level[level > 0.4], strict=True):
            rows.append(f"{chrom}\t{at - 300}\t{at + 300}\t.\t0\t.\t{signal:.4f}\t-1\t-1\t-1")
    return "\n".join(rows) + "\n"


def activity_between(chrom, start, end):
    """Mean over the elements between two places, half where there is none."""
    between = ACTIVE[chrom][slice(*np.searchsorted(ELEMENTS, sorted([start, end])))]
    return between.mean() if len(between) else 0.5


def loops_of():
    """Loops of TSS and active elements, where little on the way is active: its resistance."""
    rows = ["chr1\tx1\tx2\tchr2\ty1\ty2"]
    for chrom in CHROMOSOMES:
        ends = ELEMENTS[ACTIVE[chrom] > 0.6]
        ways = [(at, end) for at in TSS for end in ends if 60_000 < end - at < 400_000]
        active = np.array([activity_between(chrom, *way) for way in ways])
        for k in np.argsort(active + RNG.normal(0, 0.05, len(ways)))[:40]:
            near, far = (end - 5_500 for end in ways[k])
            rows.append(f"{chrom}\t{near}\t{near + 10_000}\t{chrom}\t{far}\t{far + 10_000}")
    return "\n".join(rows) + "\n"


def crispr_rows():
    """Elements near a TSS, in the coordinates of the other assembly; active ones with little
    activity on the way regulate.
    """
    rows = []
    for chrom in CHROMOSOMES:
        for gene, tss in enumerate(TSS):
            for k in RNG.choice(len(ELEMENTS), 8, replace=False):
                near = abs(ELEMENTS[k] - tss) < 800_000
                quiet = 1 - activity_between(chrom, ELEMENTS[k], tss)
                regulated = near and RNG.random() < 4 * quiet**2 * ACTIVE[chrom][k] ** 4
                start = ELEMENTS[k] + SHIFT - 250
                rows.append((chrom, start, start + 500, f"{chrom}g{gene}", bool(regulated)))
    columns = ["chrom", "chromStart", "chromEnd", "measuredGeneSymbol", "Regulated"]
    table = pd.DataFrame(rows, columns=columns).assign(CellType="Own", Dataset="toy")
    counts = {"DHS.RPM": 1.0, "H3K27ac.RPM": 2.0, "H3K27ac.RPM.expandedRegion": 2.0}
    counts |= {"CTCF.RPM": 1.0, "H3K27me3.RPM": 0.0, "H3K4me1.RPM": 0.0}
    flag = np.arange(len(table)) % 2 == 0
    return table.assign(
        name=[f"row{k}" for k in range(len(table))],
        measuredGeneUbiquitousExpressed=flag,
        direct_vs_indirect_negative=0.9,
        **counts,
    )


def write_world(folder):
    """All files of the world, and its manifest."""
    sources = []
    for line in LINES:
        for mark in NINE_MARKS:
            write_gzip(folder / f"{line}.{mark}.gz", peaks_of())
            sources.append(source(folder, f"{line}.{mark}.gz", line, "peaks", mark))
        write_gzip(folder / f"{line}.loops.gz", loops_of())
        sources.append(source(folder, f"{line}.loops.gz", line, "loops"))
    chain = "".join(
        f"chain 9 {chrom} {2 * LENGTH} + {SHIFT} {LENGTH} {chrom} {2 * LENGTH} + 0 {LENGTH - SHIFT}"
        f" {k}\n{LENGTH - SHIFT}\n\n"
        for k, chrom in enumerate(CHROMOSOMES, start=1)
    )
    write_gzip(folder / "lift.chain.gz", chain)
    genes = [
        f"{chrom}\t{tss - 250}\t{tss + 250}\t{chrom}g{gene}"
        for chrom in CHROMOSOMES
        for gene, tss in enumerate(TSS)
    ]
    (folder / "genes.bed").write_text("\n".join(["#chr\tstart\tend\tname", *genes]) + "\n")
    crispr_rows().to_csv(folder / "pairs.tsv", sep="\t", index=False)
    (folder / "abc.tsv").write_text(
        "chr\tstart\tend\tTargetGene\tpowerlaw.Score\nchr1\t0\t9000000\tchr1g0\t0.5\n"
    )
    return sources


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The folder of a run through all stages."""
    folder = tmp_path_factory.mktemp("crispr")
    with pytest.MonkeyPatch.context() as patch:
        sources = write_world(folder)
        patch.setattr(crispr_catalog, "load_sources", lambda: sources)
        patch.setattr(crispr_catalog, "download_path", lambda one: folder / one.name)
        patch.setattr("epidecouple.stages.real_model.load_sources", lambda: sources)
        patch.setattr("epidecouple.stages.real_model.download_path", lambda one: folder / one.name)
        run_stages(folder)
    return folder


def run_stages(folder):
    config = CrisprConfig(
        lines=LINES,
        scored_lines=["Own"],
        missing={},
        training=str(folder / "pairs.tsv"),
        published=str(folder / "abc.tsv"),
        genes=str(folder / "genes.bed"),
        chain=str(folder / "lift.chain.gz"),
        looped=150,
        unlooped=300,
        bootstrap=20,
        left_out=["chr2"],
    )
    splits = SplitsConfig(folds=[[chrom] for chrom in CHROMOSOMES], test_fold=0, validation_fold=1)
    settings = {"seed": 1, "threads": 1, "crispr": config.model_dump()}
    text = json.dumps(settings | {"splits": splits.model_dump()})

    def stage(function, **files):
        options = [f"--{name}={folder / value}" for name, value in files.items()]
        call(function, [f"--settings={text}", *options])

    own = {"training": "inputs.parquet", "way": "way.json"}
    tested = {"tested": "inputs.parquet", "scores": "scores.parquet"}
    stage(crispr_way, way="way.json")
    options = [f"--way={folder / 'way.json'}", f"--inputs={folder / 'inputs.parquet'}"]
    options += [f"--metrics={folder / 'inputs' / 'metrics.json'}", "--table=training"]
    call(crispr_inputs, [f"--settings={text}", *options])
    stage(crispr_scores, **own, **tested, predictions="p.tsv", metrics="scores/metrics.json")
    tables = {name: f"{name}.tsv" for name in ("table", "curves", "strata", "published")}
    stage(crispr_table, **tested, **tables, metrics="table/metrics.json")
    stage(crispr_missing, tested="inputs.parquet", way="way.json", missing="missing.tsv")
    stage(real_model, **own, **tested, measured="table/metrics.json", folder="model")


def test_rows_have_a_place_in_the_other_assembly(world):
    rows = pd.read_parquet(world / "inputs.parquet")
    assert ((rows.start + 250 - rows.element_mid) == SHIFT).all() and len(rows) > 500
    assert read_metrics(world / "inputs" / "metrics.json")["crispr_rows_without_place"] == 0


def test_the_line_that_is_scored_taught_nothing(world):
    way = read_json(world / "way.json")
    assert way["Own"]["lines"] == ["A", "B"] and way[ALL_LINES]["lines"] == LINES


def test_the_model_knows_how_far_its_scores_spread(world):
    model, rows = load_regulation(world / "model"), pd.read_parquet(world / "inputs.parquet")
    labels = rows.regulated.to_numpy(dtype=float)
    tier = tiers()[0]
    inputs = rows[model.heads[tier.name][ALL_CHROMOSOMES].inputs]
    assert set(model.refits) == {tier.name for tier in tiers() if not tier.elsewhere}
    chromosomes = sorted(set(rows.chrom))
    again = [
        fit_head(inputs[kept], labels[kept])(rows)
        for kept in (rows.chrom != name for name in chromosomes)
    ]
    count = len(chromosomes)
    by_hand = np.std(again, axis=0) * np.sqrt(count - 1)
    found = model.spread(tier, rows)
    assert np.corrcoef(found, by_hand)[0, 1] > 0.9, "but for inputs that are clipped otherwise"
    assert np.isnan(model.spread(tiers()[-1], rows)).all(), "no refits, no spread"


def test_what_is_missing_costs_what_its_absence_changes(world):
    table = pd.read_csv(world / "missing.tsv", sep="\t").set_index("missing")
    scores = pd.read_parquet(world / "scores.parquet")
    pairs = pd.read_parquet(world / "inputs.parquet")
    whole = Ranking(pairs.regulated.to_numpy(float), scores[ZERO_SHOT].to_numpy())
    assert table.auprc["nothing"] == pytest.approx(
        whole.curve(pairs.weight.to_numpy()).trimmed_area, abs=1e-6
    )
    differences = (table.auprc - table.auprc["nothing"]).to_numpy()
    assert table.change.to_numpy() == pytest.approx(differences, abs=2e-6)
    assert table.change["nothing"] == table.lower["nothing"] == 0
    assert table.change.min() < 0 and table.lower.le(table.upper).all()


def test_the_evidence_passes_its_gate(world):
    """All but one: candidates lie evenly here, so that competition hardly varies."""
    metrics = {}
    for place in ("inputs", "scores", "table"):
        metrics |= read_metrics(world / place / "metrics.json")
    exact = [row for row in rows_of("crispr", {}) if row["must_be"] in ("eq", "le", "ge")]
    missed = {check.metric for check in judge(exact, metrics) if check.outcome == FAILED}
    assert missed <= {"smallest_sd_of_parts"} and metrics["smallest_sd_of_parts"] > 0
    assert metrics["zero_shot_gain_over_distance"] > 0, "activity tells more than distance here"


def test_predictions_are_in_the_coordinates_of_the_table(world):
    predictions = pd.read_csv(world / "p.tsv", sep="\t")
    asked = pd.read_csv(world / "pairs.tsv", sep="\t")
    assert predictions.start.tolist() == asked.chromStart.tolist()
    expected = {"chr", "start", "end", "TargetGene", "CellType", "zero_shot", "with_head", *PARTS}
    assert expected <= set(predictions)


def test_every_score_that_knows_all_rows_is_in_the_table(world):
    table = pd.read_csv(world / "table.tsv", sep="\t")
    assert set(table.score) == set(kinds()) - {"ABC, as published"}


def test_the_model_scores_as_the_run_did(world):
    """Rows of the chromosome left out: by the head that the run scored them with."""
    model = load_regulation(world / "model")
    rows = pd.read_parquet(world / "inputs.parquet")
    scores = pd.read_parquet(world / "scores.parquet")
    tier = model.best_tier(rows)
    own = (rows.chrom == "chr2").to_numpy()
    logit = model.logit(tier, rows, rows.chrom.to_numpy())
    assert logit[own] == pytest.approx(scores[tier.name].to_numpy()[own], abs=1e-5)
    assert "made up" in (world / "model" / "README.md").read_text()
