"""Where reading and the CNN stand against what the machine can do: bytes moved, multiplications
made.
"""

import torch

from epidecouple.core.batch_sizes import BASES_PER_BATCH
from epidecouple.model.sequence import ElementEncoder, SequenceEncoder
from timing import OURS, Arm, Row, compare
from world import configuration

WINDOWS, LENGTH, BATCH, SIDE = 40_000, 2000, 512, 2048


def gathering() -> list[Row]:
    """Bytes per second of gathering random windows as the encoder does, against copying as many
    bytes in order.
    """
    codes = torch.randint(0, 4, (WINDOWS, LENGTH), dtype=torch.uint8)
    taken = torch.randperm(WINDOWS)[:8192]
    blocks = taken.split(max(1, BASES_PER_BATCH // LENGTH))
    target = torch.empty((len(taken), LENGTH), dtype=torch.uint8)
    count = target.numel()
    arms = {
        OURS: Arm(lambda: [codes.index_select(0, rows) for rows in blocks], count, "index_select"),
        "codes[rows]": Arm(lambda: [codes[rows] for rows in blocks], count, "the same by indexing"),
        "memory, in order": Arm(lambda: target.copy_(codes[: len(taken)]), count, "the limit"),
    }
    return compare("gather windows, bytes", f"{LENGTH} bp", arms, repeats=5)


@torch.no_grad()
def convolving() -> list[Row]:
    """Multiply-adds per second of the element encoder, against matrix products: of large squares,
    and of the shape that the convolution has as a product.
    """
    config = configuration(6, 7)
    model = config.model
    encoder = SequenceEncoder(model, ElementEncoder).eval()
    codes, rows = torch.randint(0, 4, (BATCH, LENGTH), dtype=torch.uint8), torch.arange(BATCH)
    places, inputs, outputs = (
        LENGTH - model.filter_bp + 1,
        4 * model.filter_bp,
        2 * model.cnn_filters,
    )
    work = BATCH * places * inputs * outputs
    square = torch.randn(SIDE, SIDE)
    seen, filters = torch.randn(32 * places, inputs), torch.randn(inputs, outputs)
    shape = (
        f"{len(seen):,} x {inputs} times {inputs} x {outputs}: {inputs} products per number written"
    )
    arms = {
        OURS: Arm(lambda: encoder.encode(encoder.enhancer, codes, rows), work, "encode and pool"),
        "all windows at once": Arm(lambda: encoder.enhancer(codes), work, "past the cache"),
        "product of its shape": Arm(
            lambda: seen @ filters, len(seen) * inputs * outputs, f"{shape}, without pooling"
        ),
        "matrix product": Arm(lambda: square @ square, SIDE**3, f"{SIDE} x {SIDE}, the limit"),
    }
    return compare("CNN, multiply-adds", f"batch {BATCH}, {LENGTH} bp", arms, repeats=3)


def rows() -> list[Row]:
    """Both."""
    return gathering() + convolving()
