"""Where files of the repository lie."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
ROOT = PACKAGE.parent.parent
MANIFEST = ROOT / "resources" / "sources.tsv"
TEMPLATES = ROOT / "workflow" / "report"
EFFECTS = ROOT / "resources" / "effects.tsv"
METRICS = ROOT / "resources" / "metrics.yaml"
ABLATION = ROOT / "resources" / "ablation.yaml"
ABLATION_RUNS = ROOT / "resources" / "ablation_runs.tsv"
PEAK_SHARES = ROOT / "resources" / "peak_shares.tsv"
CHROMOSOME_SIZES = ROOT / "resources" / "chromosome_sizes.tsv"
EXAMPLE = ROOT / "resources" / "example"
KNOWN_PROFILES = ROOT / "resources" / "known_profiles.tsv.gz"
SAMPLE_ACCURACY = ROOT / "resources" / "sample_accuracy.tsv"
