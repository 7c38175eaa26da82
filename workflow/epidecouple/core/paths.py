"""Where files of the repository lie."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
ROOT = PACKAGE.parent.parent
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
REQUEST_SCHEMA = SCHEMA.with_name("predict.schema.yaml")
MANIFEST = ROOT / "resources" / "sources.tsv"
TEMPLATES = ROOT / "workflow" / "report"
