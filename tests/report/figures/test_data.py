import pandas as pd
import pytest

from epidecouple.report.figures.data import splits
from epidecouple.report.figures.style import STYLE, plt

COLUMNS = ["chrom", "split", "line", "trained", "pairs", "positives"]


@pytest.mark.parametrize("n_lines", [2, 8])
def test_the_legend_of_the_splits_lies_below_the_label_of_the_axis(tmp_path, n_lines):
    rows = [
        (f"chr{k}", split, f"Line{line}", line > 0, 50, 10 * k)
        for line in range(n_lines)
        for k, split in enumerate(("train", "train", "validation", "test"))
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / "splits.tsv", sep="\t", index=False)
    with plt.rc_context(STYLE):
        splits(tmp_path / "splits.tsv")
        figure = plt.gcf()
        figure.draw_without_rendering()
        label = figure.axes[0].xaxis.label.get_window_extent()
        (legend,) = figure.legends
        assert legend.get_window_extent().y1 < label.y0
        plt.close(figure)
