import pytest

from epidecouple.decoupling.probe_runner import Topic
from epidecouple.decoupling.probe_tasks import metric_name


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        (Topic("z", "natural", "linear", "line"), "z_line_linear"),
        (Topic("z", "natural", "linear", "line", "label"), "z_line_given_label"),
        (Topic("z", "natural", "linear", "label", "line"), "z_label_given_line"),
        (Topic("U", "panel", "boosted", "line"), "potential_line_boosted_panel"),
        (Topic("e raw", "natural", "boosted", "line"), "e_raw_line_boosted"),
    ],
)
def test_names_of_metrics_are_stable(topic, name):
    assert metric_name(topic) == name
