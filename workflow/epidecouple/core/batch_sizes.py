"""How much is computed at once, so that memory does not grow with the number of pairs."""

PAIRS_PER_BATCH = 4096
# Of windows that are encoded at once without gradients. What the filters make of so many stays in
# the cache until it is pooled. Ten times as many are 13 % faster where the allocator keeps freed
# memory, as in the workflow, and take 2.8 times as long where it gives it back, as in Python.
BASES_PER_BATCH = 60_000
# Pairs whose bins are measured at once, when a shard is made and when pairs are scored.
PAIRS_PER_BLOCK = 200_000
# Windows that a screen for motifs reads at most: its time and memory grow with them.
BASES_SCREENED = 8_000_000
# Rows of a text table that are read at once; predictions are made and written by the same blocks.
ROWS_AT_ONCE = 50_000
