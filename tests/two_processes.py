"""What several processes and one alone must agree on; torchrun runs this file,
`test_processes.py` compares.

`torchrun --nproc-per-node 2 two_processes.py OUT`: the gradient of every phase's first macro-step,
and the model after training.
"""

import sys

import torch

from epidecouple.data.panel import CPU
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.training.phases import CURRICULA
from epidecouple.training.processes import average_gradients, draw_apart, joined_processes, rank
from epidecouple.training.trainer import full_plan, train
from mutants.energies import EVERY_TERM
from toy_panel import toy_config, toy_panel

# Dropout and hidden marks draw other random numbers in other processes; 13 and 25 pairs are not
# shared out evenly.
CONFIG = toy_config(
    curriculum="fine_tuned",
    objective=EVERY_TERM,
    model={"dropout": 0, "mask_marks": 0, "leace": True},
    resistance={"batch_pairs": 13, "epochs": 20},
    potential={"batch_pairs": 25},
    fine_tuning={"batch_pairs": 25},
)


def gradients() -> dict[str, torch.Tensor]:
    """Gradient of the sum of the terms of each phase's first macro-step, by phase and parameter."""
    panel, by_name = toy_panel(), {}
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    for make_phase in CURRICULA[CONFIG.curriculum]:
        phase = make_phase(model, panel, full_plan(panel, CONFIG))
        model.zero_grad()
        sum(phase.terms(next(iter(phase.sampler.epoch(1)))).values()).backward()
        average_gradients(phase.parameters())
        by_name |= {
            f"{phase.name} {name}": p.grad.clone()
            for name, p in model.named_parameters()
            if p.grad is not None
        }
    return by_name


def trained() -> tuple[dict[str, torch.Tensor], dict]:
    """The model after the whole curriculum, and its metrics."""
    panel = toy_panel()
    model = new_model(CONFIG, panel)
    draw_apart(CONFIG.seed)
    metrics = train(model, panel, full_plan(panel, CONFIG)).metrics
    return model.state_dict(), metrics


if __name__ == "__main__":
    with joined_processes(CPU):
        results = {"gradients": gradients(), "trained": trained()}
        if rank() == 0:
            torch.save(results, sys.argv[1])
