import numpy as np
import pytest

from epidecouple.files.motifs import Motif, read_motifs, write_motifs
from toy import refusal, says, written

JASPAR = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF MA0035.4 GATA1
letter-probability matrix: alength= 4 w= 2 nsites= 4009 E= 0
 0.100000  0.200000  0.300000  0.400000
 1.000000  0.000000  0.000000  0.000000
URL http://jaspar.elixir.no/matrix/MA0035.4

MOTIF MA0139.2
letter-probability matrix: alength= 4 w= 1
 0 0 0 1
"""


def test_a_file_as_jaspar_writes_it(tmp_path):
    first, second = read_motifs(written(tmp_path / "motifs.meme", JASPAR))
    assert (first.identifier, first.name, second.identifier, second.name) == (
        "MA0035.4",
        "GATA1",
        "MA0139.2",
        "MA0139.2",
    )
    np.testing.assert_allclose(first.probabilities, [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]])
    assert list(first.consensus) == [3, 0] and list(second.consensus) == [3]


def test_what_is_written_is_read(tmp_path):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), 7)
    motifs = [Motif("one", "first", probabilities), Motif("two", "second", probabilities[:3])]
    write_motifs(motifs, (0.3, 0.2, 0.2, 0.3), tmp_path / "sub" / "motifs.meme")
    found = read_motifs(tmp_path / "sub" / "motifs.meme")
    assert [(m.identifier, m.name) for m in found] == [("one", "first"), ("two", "second")]
    for ours, theirs in zip(motifs, found, strict=True):
        np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=2e-6)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing here\n", ["MOTIF"]),
        (JASPAR.replace(" 0 0 0 1", " 0 0 1"), [":18", "0 0 1"]),
        (JASPAR.replace(" 0 0 0 1", " 0 0 0 2"), [":18", "sum to 1"]),
        (
            JASPAR.replace("letter-probability matrix: alength= 4 w= 1\n 0 0 0 1\n", ""),
            [":16", "no letter-probability matrix"],
        ),
    ],
)
def test_what_is_no_motif_file_is_refused_with_its_line(tmp_path, text, told):
    says(refusal(read_motifs, written(tmp_path / "motifs.meme", text)), "motifs.meme", *told)
