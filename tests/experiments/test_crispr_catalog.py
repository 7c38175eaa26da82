import pytest

from epidecouple.core.sections.targets import CrisprConfig
from epidecouple.experiments.crispr_catalog import crispr_catalog
from epidecouple.files.manifest import DOWNLOADS, load_sources
from toy import refusal, says

PATHS = {source.name: DOWNLOADS / source.path for source in load_sources()}


def test_files_are_those_of_the_manifest_and_large_ones_are_left_out():
    found = crispr_catalog(CrisprConfig())
    assert found.training == found.tested == PATHS["gschwind2026_training"]
    assert found.chain == PATHS["hg38ToHg19"] and found.genes == PATHS["abc_tss_hg19"]
    assert found.loops["IMR90"] == PATHS["targetfinder_IMR90_loops"]
    assert "DNase" in found.peaks["K562"] and "DNase" not in found.peaks["NHEK"]
    assert len(found.all_peaks("K562")) == 17


def test_a_table_may_be_a_file(tmp_path):
    own = tmp_path / "own.tsv.gz"
    own.touch()
    assert crispr_catalog(CrisprConfig(tested=str(own))).tested == own
    says(refusal(crispr_catalog, CrisprConfig(tested="nowhere.tsv")), "'nowhere.tsv'", "source")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lines": ["GM12878", "K526"]}, "K526 has no loops"),
        ({"scored_lines": ["HCT116"]}, "crispr.scored_lines names HCT116"),
        ({"scored_lines": ["NHEK"]}, "NHEK has no peaks of DNase"),
        ({"way_marks": ["CTCF", "RAD21"]}, "has no peaks of RAD21"),
    ],
)
def test_a_line_that_lacks_what_the_score_needs(changes, told):
    says(refusal(crispr_catalog, CrisprConfig(**changes)), told)


def test_what_the_score_rests_on_is_named_once_and_nothing_else_is():
    config = CrisprConfig()
    files = crispr_catalog(config).learned_from(config)
    assert len(set(files)) == len(files)
    assert PATHS["targetfinder_K562_RAD21"] in files, "a head reads all marks of its line"
    for name in ("abc_fulco2019_k562", "gschwind2026_held_out", "targetfinder_HUVEC_H3K36me3"):
        assert PATHS[name] not in files
