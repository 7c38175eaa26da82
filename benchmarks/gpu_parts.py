"""What `gpu.py` measures, part by part. Each figure is a call of its own, so that one which fails
loses no other.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import NamedTuple

import torch
import torch.compiler.config
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import gpu_workers
import steps

CPU = torch.device("cpu")
STAND_IN = torch.device("cpu", 0)  # where there is no card
PASSES, FAILS, ERROR = "passes", "fails", "error"
# How far U, R and the loss may be from those of the CPU in float32, and the gradient; as shares.
# R is float32 where the encoder is bf16.
LIMITS = {"float32": (1e-5, 1e-4), "tf32": (1e-2, 5e-2), "bf16": (3e-2, 2e-1)}


class Row(NamedTuple):
    """One figure. of_peak : share of what a large matrix product reaches in the same precision;
    memory_gb : most that was allocated on the card; verdict : of a check, or `error`.
    """

    part: str
    what: str
    value: float = float("nan")
    unit: str = ""
    of_peak: float = float("nan")
    memory_gb: float = float("nan")
    verdict: str = ""
    note: str = ""


class Measure(NamedTuple):
    """A part, what is measured in it, and the call that returns the rows."""

    part: str
    what: str
    call: Callable[[], list[Row]]


@dataclass(frozen=True)
class Sizes:
    """How much is measured; encoders are those of the dictionaries.

    seconds : a figure is the fastest call within so long; training : pairs of a step; blocks :
    windows that are encoded at once in scoring, of `scored` pairs; agreeing : pairs of which
    results are compared; side : of the square matrices; windows : from which some are gathered;
    steps : of each of two processes
    """

    seconds: float
    training: dict[str, tuple[int, ...]]
    blocks: dict[str, tuple[int, ...]]
    scored: dict[str, int]
    agreeing: int
    side: int
    windows: int
    steps: dict[str, int]
    window_bp: int = 2000


ON_CARD = Sizes(
    seconds=1.0,
    training={"cnn": (512, 2048, 8192), "deep": (32, 128, 512)},
    blocks={"cnn": (30, 256, 2048), "deep": (30, 256)},
    scored={"cnn": 4096, "deep": 512},
    agreeing=8,
    side=8192,
    windows=500_000,
    steps={"cnn": 100, "deep": 30},
)
ON_CPU = Sizes(
    seconds=1.0,
    training={"cnn": (64,), "deep": (2,)},
    blocks={"cnn": (30,), "deep": (4,)},
    scored={"cnn": 128, "deep": 2},
    agreeing=2,
    side=1024,
    windows=20_000,
    steps={"cnn": 4, "deep": 1},
)


def synchronise(device: torch.device) -> None:
    """Wait until a card has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds_of(call: Callable[[], object], device: torch.device) -> float:
    """Seconds of one call, until the device has done it: of the processor where a CPU has one
    thread, which other work on the machine hardly lengthens.
    """
    one_thread = device.type == "cpu" and torch.get_num_threads() == 1
    clock = time.process_time if one_thread else time.perf_counter
    synchronise(device)
    started = clock()
    call()
    synchronise(device)
    return clock() - started


def fastest(call: Callable[[], object], device: torch.device, least: float) -> float:
    """Seconds of the fastest call after a warm-up: of two at least, and so many as fill `least`
    seconds.
    """
    seconds_of(call, device)
    times: list[float] = []
    while len(times) < 2 or sum(times) < least:
        times.append(seconds_of(call, device))
    return min(times)


def precisions(device: torch.device) -> tuple[str, ...]:
    """Precisions that a device computes in; TF32 is one of cards."""
    return ("float32", "tf32", "bf16") if device.type == "cuda" else ("float32", "bf16")


@cache
def peak(device: torch.device, precision: str, side: int) -> float:
    """FLOP/s of a product of large squares in one precision."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    square = torch.randn(side, side, device=device).to(kind)
    with steps.precision(precision, device):
        return 2 * side**3 / fastest(lambda: square @ square, device, 0.3)


@cache
def flops_of_a_pair(encoder: str, window_bp: int) -> tuple[int, int]:
    """FLOPs of matrix products and convolutions for a pair in all lines: of U and R, and of a
    training step. Attention is counted as the products that it is made of.
    """
    model, data = steps.untrained(encoder, window_bp), steps.batch(window_bp, 1, CPU)
    with sdpa_kernel(SDPBackend.MATH):
        with FlopCounterMode(display=False) as forward:
            loss = steps.loss_of(model.train(), data)
        with FlopCounterMode(display=False) as backward:
            loss.backward()
    return forward.get_total_flops(), forward.get_total_flops() + backward.get_total_flops()


class At(NamedTuple):
    """Where and how something is computed."""

    device: torch.device
    sizes: Sizes
    encoder: str
    precision: str

    def named(self) -> str:
        """For the table."""
        return f"{self.encoder}, {self.precision}, {self.device.type}"

    def model(self) -> steps.EnergyModel:
        """An untrained model there."""
        return steps.on(self.device, steps.untrained(self.encoder, self.sizes.window_bp))

    def batch(self, pairs: int) -> dict[str, Tensor]:
        """Random pairs there."""
        return steps.batch(self.sizes.window_bp, pairs, self.device)


def everywhere(device: torch.device, sizes: Sizes) -> list[At]:
    """Every encoder in every precision."""
    return [At(device, sizes, *both) for both in product(sizes.training, precisions(device))]


def throughput(device: torch.device, sizes: Sizes) -> Iterator[Measure]:
    """Pairs per second in training and in scoring."""
    for at in everywhere(device, sizes):
        for pairs in sizes.training[at.encoder]:
            what = f"{at.named()}, {pairs} pairs a step"
            yield Measure("training", what, partial(training, at, pairs, what))
        for block in sizes.blocks[at.encoder]:
            what = f"{at.named()}, {block} windows at once"
            yield Measure("scoring", what, partial(scoring, at, block, what))


def training(at: At, pairs: int, what: str) -> list[Row]:
    """A training step."""
    step = steps.training_step(at.model(), at.batch(pairs))
    return [speed(Row("training", what), step, at, pairs)]


def scoring(at: At, block: int, what: str) -> list[Row]:
    """U and R of pairs, their windows encoded in blocks."""
    pairs = at.sizes.scored[at.encoder]
    score = steps.scoring(at.model(), at.batch(pairs), block)
    return [speed(Row("scoring", what), score, at, pairs)]


def speed(row: Row, call: Callable[[], object], at: At, pairs: int) -> Row:
    """The row with pairs per second of a call, its share of the peak, and the most memory that it
    took.
    """
    forget_memory(at.device)
    with steps.precision(at.precision, at.device):
        seconds = fastest(call, at.device, at.sizes.seconds)
    memory = gpu_workers.memory_gb(at.device)
    work = flops_of_a_pair(at.encoder, at.sizes.window_bp)[row.part == "training"] * pairs
    share = work / seconds / peak(at.device, at.precision, at.sizes.side)
    return row._replace(value=pairs / seconds, unit="pairs/s", of_peak=share, memory_gb=memory)


def forget_memory(device: torch.device) -> None:
    """Count the most memory of a card anew."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def agreement(device: torch.device, sizes: Sizes) -> Iterator[Measure]:
    """U, R, loss and gradient against those of the CPU in float32."""
    for at in everywhere(device, sizes):
        yield Measure("agreement", at.named(), partial(compared, at))


def results(at: At) -> dict[str, Tensor]:
    """U, R, loss and gradient of some pairs."""
    model, data = at.model(), at.batch(at.sizes.agreeing)
    with steps.precision(at.precision, at.device):
        potential, resistance = steps.scoring(model, data, at.sizes.blocks[at.encoder][0])()
        loss, gradient = steps.loss_of(model, data), steps.gradient(model, data)
    found = {"U": potential, "R": resistance, "loss": loss, "gradient": gradient}
    return {name: tensor.detach().double().cpu() for name, tensor in found.items()}


def compared(at: At) -> list[Row]:
    """How far each result is from that of the CPU, and whether this is within its limit."""
    reference, rows = results(at._replace(device=CPU, precision="float32")), []
    for name, found in results(at).items():
        apart = float((found - reference[name]).norm() / reference[name].norm())
        limit = LIMITS[at.precision][name == "gradient"]
        verdict = PASSES if apart <= limit else FAILS
        what = f"{name}, {at.named()}"
        rows.append(Row("agreement", what, apart, "of it", verdict=verdict, note=f"<= {limit:g}"))
    return rows


def gathering(device: torch.device, sizes: Sizes) -> Iterator[Measure]:
    """Gathering random windows as the encoder does, against copying as many bytes in order."""
    yield Measure("gathering", "random windows", partial(gathered, device, sizes))


def gathered(device: torch.device, sizes: Sizes) -> list[Row]:
    """Bytes of codes per second, written once."""
    shape = (sizes.windows, sizes.window_bp)
    codes = torch.randint(0, 4, shape, dtype=torch.uint8, device=device)
    taken = torch.randperm(len(codes), device=device)[: len(codes) // 2]
    target = torch.empty((len(taken), sizes.window_bp), dtype=torch.uint8, device=device)
    seconds = fastest(lambda: codes.index_select(0, taken), device, sizes.seconds)
    in_order = fastest(lambda: target.copy_(codes[: len(taken)]), device, sizes.seconds)
    rate = target.numel() / 1e9
    note = f"{in_order / seconds:.0%} of the {rate / in_order:.4g} GB/s of a copy in order"
    return [Row("gathering", f"random windows, {device.type}", rate / seconds, "GB/s", note=note)]


def processes(device: torch.device, sizes: Sizes) -> Iterator[Measure]:
    """The same training twice, then two processes of it at once: bits and pairs per second."""
    for encoder in sizes.steps:
        yield Measure("two processes", encoder, partial(alone_and_two, encoder, device, sizes))


def alone_and_two(encoder: str, device: torch.device, sizes: Sizes) -> list[Row]:
    """Pairs per second of a process alone, and of two at once; whether all give the same bits."""
    pairs, count = sizes.training[encoder][0], sizes.steps[encoder]
    task = gpu_workers.Task(encoder, str(device), sizes.window_bp, pairs, count)
    (first,), (again,), both = (gpu_workers.together(task, number) for number in (1, 1, 2))
    same = [one.digest == first.digest for one in both]
    part, what = "two processes", f"{encoder}, {pairs} pairs a step"
    return [
        Row(part, f"{what}, alone", first.rate, "pairs/s", memory_gb=first.memory_gb),
        *(Row(part, f"{what}, one of two", one.rate, "pairs/s") for one in both),
        Row(part, f"{what}, both", sum(one.rate for one in both), "pairs/s"),
        bits(f"{what}, same seed twice", first.digest == again.digest, first.warnings),
        bits(f"{what}, two at once", all(same), first.warnings),
    ]


def bits(what: str, same: bool, warnings: list[str]) -> Row:
    """Whether weights after some steps are the same bits, and what torch had no sure kernel for."""
    note = f"not deterministic: {', '.join(warnings)}" if warnings else ""
    return Row("same bits", what, float(same), verdict=PASSES if same else FAILS, note=note)


def compiling(device: torch.device, sizes: Sizes) -> Iterator[Measure]:
    """A step and scoring in float32 and bf16, as they are and compiled."""
    for at in everywhere(device, sizes):
        for compiled, kind in product((False, True), FIRST) if at.precision != "tf32" else ():
            what = f"{at.named()}, {kind}, {'compiled' if compiled else 'as it is'}"
            yield Measure("compiling", what, partial(repeated, at, kind, compiled, what))


def repeated(at: At, kind: str, compiled: bool, what: str) -> list[Row]:
    """Seconds of a step or of scoring after a first call, what that call took, and how far its
    gradient or U is from that of float32 as it is.
    """
    torch.compiler.reset()
    torch.compiler.config.force_disable_caches = True
    torch.backends.mha.set_fastpath_enabled(True)  # compiling switches it off
    pairs, block = at.sizes.training[at.encoder][-1], at.sizes.blocks[at.encoder][-1]
    model, data = at.model(), at.batch(pairs)
    with steps.precision("float32", at.device):
        expected = FIRST[kind](model, data, block)
    if compiled:
        model.potential.encoder.compile_elements()
    with steps.precision(at.precision, at.device):
        started = time.perf_counter()
        apart = float((FIRST[kind](model, data, block) - expected).norm() / expected.norm())
        first = time.perf_counter() - started
        seconds = fastest(again(kind, model, data, block), at.device, at.sizes.seconds)
    name = "gradient" if kind == "step" else "U"
    note = f"first call {first:.3g} s; {name} off by {apart:.1e}"
    return [Row("compiling", f"{what}, {pairs} pairs", seconds, "s", note=note)]


def first_step(model: steps.EnergyModel, data: dict[str, Tensor], block: int) -> Tensor:
    """Gradient in training."""
    return steps.gradient(model.train(), data)


def first_score(model: steps.EnergyModel, data: dict[str, Tensor], block: int) -> Tensor:
    """U in scoring."""
    return steps.scoring(model, data, block)()[0]


def again(
    kind: str, model: steps.EnergyModel, data: dict[str, Tensor], block: int
) -> Callable[[], object]:
    """What makes a step, or scores."""
    return steps.training_step(model, data) if kind == "step" else steps.scoring(model, data, block)


FIRST = {"step": first_step, "scoring": first_score}
PARTS = {
    "agreement": agreement,
    "throughput": throughput,
    "gathering": gathering,
    "processes": processes,
    "compiling": compiling,
}
