from itertools import chain

from epidecouple.core.gates import load_rows
from epidecouple.report.layout import (
    FIGURES,
    HEADLINES,
    HEROES,
    LEADING,
    OF_OTHER_TARGETS,
    SECTIONS,
    drawn_figures,
    headline_rows,
)
from epidecouple.stages.figure import FIGURES as DRAWINGS


def test_every_figure_of_a_section_has_a_caption_a_table_and_a_drawing():
    shown = {name for section in SECTIONS.values() for name in section.figures}
    own_pages = {"comparison", "ablation", "ablation_quick", "crispr_curves", "crispr_scores"}
    assert shown | own_pages == set(FIGURES), "no caption without a place on a page"
    assert set(FIGURES) <= set(DRAWINGS)
    assert all(figure.table.endswith(".tsv") and figure.caption for figure in FIGURES.values())


def test_a_gate_is_told_by_a_check_that_it_has():
    rows = {(row["gate"], row["metric"]) for row in load_rows()}
    assert set(LEADING.items()) <= rows
    assert set(LEADING) == {gate for gate, _ in rows}, "no gate is without"


def test_every_headline_is_a_row_of_its_section_and_every_hero_a_figure():
    assert [(stage, row.metric) for stage, row in headline_rows()] == list(HEADLINES)
    assert set(HEROES) <= set(FIGURES)


def test_a_run_draws_what_its_data_allow():
    assert not {"recovery", "motif_effects", "interactions"} & set(
        drawn_figures(simulated=False, motifs=False)
    )
    absent = set(FIGURES) - set(drawn_figures(simulated=True, motifs=True))
    assert absent == set(chain(*OF_OTHER_TARGETS.values()))
