"""The page of a comparison: conclusions, figure, table and failed checks; nothing is computed here but means for reading."""

import argparse
from pathlib import Path

import pandas as pd

from ..core.provenance import read_metrics
from ..report.comparison_page import table_rows
from ..report.pages import drawn_figure, page_templates


def main() -> None:
    """Render the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("run", "table", "failed", "metrics", "page"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    table, failed = (pd.read_csv(path, sep="\t") for path in (arguments.table, arguments.failed))
    page = page_templates().get_template("comparison.html.j2").render(
        conclusions=read_metrics(arguments.metrics), seeds=table.seed.nunique(), arms=list(table.arm.unique()),
        rows=table_rows(table), failed=failed.to_dict("records"), figure=drawn_figure(arguments.run, "comparison"),
    )  # fmt: skip
    arguments.page.write_text(page)


if __name__ == "__main__":
    main()
