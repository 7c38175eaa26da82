"""How much is computed at once, so that memory does not grow with the number of pairs."""

PAIRS_PER_BATCH = 4096
BASES_PER_BATCH = 600_000
