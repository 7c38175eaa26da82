"""Empty, tiny, huge and foreign input: a clear refusal or a sensible result, never a traceback."""

import gzip

import numpy as np
import pandas as pd
import pytest
import torch

from epidecouple.data.panel import load_panel
from epidecouple.data.signal import mean_signal
from epidecouple.files.fasta import chromosome_sizes, open_genome
from epidecouple.files.loops import read_loops
from epidecouple.files.motifs import read_motifs
from epidecouple.files.pairs import GENERIC_COLUMNS, read_pairs
from epidecouple.files.pairs_to_score import read_scorable
from epidecouple.files.peaks import read_peaks
from epidecouple.model.initialise import new_model, start_prototypes
from toy import (
    ToyWorld,
    build_toy_panel,
    cut_short,
    refusal,
    rooted,
    says,
    write_toy_world,
    written,
)

HEADER = "\t".join(GENERIC_COLUMNS) + "\n"
ROW = "chr1\t10\t20\tchr1\t50\t60\t1\n"
BINARY = bytes(range(128, 256)) * 10


def sizes(path):
    with open_genome(path) as fasta:
        return chromosome_sizes(fasta)


@pytest.mark.parametrize(
    ("read", "name"),
    [(read_pairs, "a.tsv"), (read_peaks, "a.bigWig"), (read_loops, "a.hic"), (sizes, "a.fa")],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, read, name):
    path = tmp_path / name
    path.write_bytes(b">chr1\n" + BINARY if read is sizes else BINARY)
    says(refusal(read, path), f"{path}: this is no text file", ".gz")


def test_gzip_is_known_by_its_first_bytes_whatever_the_name(tmp_path):
    packed, plain = tmp_path / "a.tsv", tmp_path / "b.tsv.gz"
    packed.write_bytes(gzip.compress(HEADER.encode()) + gzip.compress(ROW.encode()))
    plain.write_text(HEADER + ROW)
    assert read_pairs(packed).equals(read_pairs(plain)) and len(read_pairs(packed)) == 1


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.tsv.gz"])
def test_pairs_plain_and_gzipped_with_a_spreadsheet_s_mark_and_line_ends(tmp_path, name):
    told = ("\ufeff" + HEADER + ROW).replace("\n", "\r\n")
    expected = ["chr1", 10, 20, 50, 60, 1, 2]
    assert read_pairs(written(tmp_path / name, told)).to_numpy().tolist() == [expected]
    assert read_scorable(written(tmp_path / name, told)).reason.tolist() == [""]


def test_a_damaged_pair_table(tmp_path):
    path = cut_short(
        written(
            tmp_path / "a.tsv.gz",
            HEADER
            + "".join(f"chr1\t{k}\t{k + 9}\tchr1\t{k + 50}\t{k + 60}\t1\n" for k in range(999)),
        )
    )
    says(refusal(read_pairs, path), f"{path}: ", "cut short")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "does not contain a valid sequence"),
        ("ACGT\n", "before the first sequence"),
        (">chr1\nACGT\nAC\nACGT\n", "Line length"),
        (">chr1\nACGT\n>chr1\nACGT\n", "Duplicate key"),
    ],
)
@pytest.mark.parametrize("name", ["g.fa", "g.fa.gz"])
def test_a_genome_that_is_none(tmp_path, name, text, told):
    path = written(tmp_path / name, text)
    message = refusal(sizes, path)
    says(message, f"{path}: this is no FASTA", told)
    assert "/genome.fa" not in message, "the scratch copy is nobody's file"


def test_a_peak_as_high_as_infinity_is_refused(tmp_path):
    says(
        refusal(read_peaks, written(tmp_path / "a.bed", "chr1\t1\t2\t.\t0\t.\tinf\n")),
        "a.bed:1: ",
        "'inf'",
        "finite",
    )


def test_coordinates_that_no_integer_holds_are_refused(tmp_path):
    says(
        refusal(read_pairs, written(tmp_path / "a.tsv", HEADER + ROW.replace("60", "9" * 30))),
        "a.tsv:2: ",
        "not a whole number",
    )


@pytest.mark.parametrize("row", ["0.25 x 0.25 0.5", "0.25 0.25 0.5", "0.25 0.25 0.25 0.75"])
def test_a_motif_row_that_is_no_distribution(tmp_path, row):
    path = written(tmp_path / "a.meme", f"MOTIF one\nletter-probability matrix: w= 1\n{row}\n")
    says(refusal(read_motifs, path), f"{path}:3: '{row}' is not four probabilities")


def test_many_peaks_cost_no_more_than_sorting_them():
    """Two million peaks under ten thousand loci of a megabase each: every pair of both compared
    would be 2e10 steps.
    """
    start = np.arange(2_000_000) * 100
    peaks = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 50, "signal": 2.0})
    at = np.linspace(0, 198_000_000, 10_000).astype(int)
    assert mean_signal(
        pd.DataFrame({"chrom": "chr1", "start": at, "end": at + 1_000_000}), peaks
    ) == pytest.approx(1, rel=1e-3)


def one_peak_each(folder, chromosome: str) -> ToyWorld:
    """A world whose every peak file has been cut to its first peak on a chromosome."""
    world = write_toy_world(folder)
    for files in rooted(world.catalog, world.root).lines.values():
        for path in files.peaks.values():
            peaks = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
            written(path, next(peak for peak in peaks if peak.startswith(f"{chromosome}\t")))
    return world


def test_one_peak_per_file_on_a_training_chromosome_is_too_little_for_the_states(tmp_path):
    world = one_peak_each(tmp_path / "world", "chr2")
    toy = build_toy_panel(world, tmp_path / "stages")
    panel = load_panel(toy.elements, toy.shards, world.config)
    assert all(
        np.isfinite(values).all()
        for shard in panel.shards
        for values in (shard.signal, shard.reference)
    )
    model = new_model(world.config, panel)
    with torch.no_grad():
        model.resistance.prototypes.codebook = torch.zeros(
            6 * panel.n_reference + 1, world.config.model.locus_size
        )
    says(
        refusal(start_prototypes, model, panel, panel.training, world.config),
        "too few for",
        "model.states",
    )


def test_one_peak_per_file_on_a_test_chromosome_is_none_to_normalise_on(tmp_path):
    world = one_peak_each(tmp_path / "world", "chr1")
    says(
        refusal(build_toy_panel, world, tmp_path / "stages"),
        "no peak of a training line lies on a training chromosome",
    )
