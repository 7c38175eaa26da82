"""U and R on tensors, on the page on predictions: its blocks run, and the step it shows trains."""

import contextlib
import shutil

import torch

from epidecouple.core.paths import ROOT
from pipeline import blocks_of


def test_every_block_runs_and_the_step_moves_both_energies(toy_bundle, tmp_path):
    folder, names = shutil.copytree(toy_bundle.root, tmp_path / "work"), {}
    shutil.copytree(ROOT / "config", folder / "config")
    blocks = [text for _, text in blocks_of("predict.md", "U and R on tensors")]
    assert len(blocks) == 3
    torch.manual_seed(0)
    with contextlib.chdir(folder):
        for text in blocks:
            exec(text, names)
    step = blocks[0].splitlines()
    assert (
        len(step[step.index("optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)") :])
        <= 15
    )
    gradients = {
        name: p.grad for name, p in names["network"].named_parameters() if p.grad is not None
    }
    assert any(name.startswith("potential.") for name in gradients) and any(
        name.startswith("resistance.") for name in gradients
    )
