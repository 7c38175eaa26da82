import pytest

from epidecouple.decoupling.probe_tasks import named


@pytest.mark.parametrize(
    ("label", "name"),
    [
        (("z", "natural", "linear", "line", ""), "z_line_linear"),
        (("z", "natural", "linear", "line", "label"), "z_line_given_label"),
        (("z", "natural", "linear", "label", "line"), "z_label_given_line"),
        (("U", "panel", "boosted", "line", ""), "potential_line_boosted_panel"),
        (("e raw", "natural", "boosted", "line", ""), "e_raw_line_boosted"),
        (("g scrubbed", "reference loci", "linear", "line", ""), "g_line_scrubbed"),
    ],
)
def test_names_of_metrics_are_stable(label, name):
    assert named(label) == name
