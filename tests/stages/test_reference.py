"""Reference loci where chromosomes are named by number, as Ensembl names them."""

import pandas as pd

from epidecouple.core.integrity import seal
from epidecouple.data.loci import reference_loci
from toy import run_main


def test_chromosomes_that_are_all_numbers_stay_names(tmp_path, toy_world, monkeypatch):
    (tmp_path / "chromosomes.tsv").write_text("chrom\tsize\n1\t4000\n2\t9000\n3\t500\n")
    seal(tmp_path / "chromosomes.tsv")
    seen = {}

    def loci(catalog, config, sizes):
        seen.update(sizes)
        return reference_loci(toy_world.catalog, toy_world.config)

    monkeypatch.setattr("epidecouple.stages.reference.reference_loci", loci)
    values = toy_world.values | {
        "splits": toy_world.values["splits"]
        | {"folds": [["1"], ["2"], ["3"]], "test_fold": 1, "validation_fold": 2}
    }
    run_main(
        "reference",
        tmp_path,
        values,
        chromosomes=tmp_path / "chromosomes.tsv",
        reference=tmp_path / "reference.parquet",
    )
    assert seen == {"1": 4000} and len(pd.read_parquet(tmp_path / "reference.parquet")) > 0
