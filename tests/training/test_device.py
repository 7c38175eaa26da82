import copy
import dataclasses

import numpy as np
import pytest
import torch
import torch.fx.experimental._config

from epidecouple.data.panel import CPU
from epidecouple.model import sequence
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.losses import contrast_of_similarity
from epidecouple.model.sequence import encoder_precision
from epidecouple.training import terms as training_terms
from epidecouple.training.device import chosen_device
from epidecouple.training.phases import FineTuningPhase, PotentialPhase, ResistancePhase
from epidecouple.training.trainer import full_plan, train
from mutants.energies import EVERY_TERM
from toy import refusal, says
from toy_panel import digest, toy_config, toy_panel

CONFIG = toy_config(
    model={"dropout": 0, "mask_marks": 0},
    curriculum="fine_tuned",
    objective=EVERY_TERM,
    resistance={"epochs": 20},
)
MASKED = toy_config(model={"mask_marks": 0.2, "mark_noise": 0.1}, objective=EVERY_TERM)
PHASES = (ResistancePhase, PotentialPhase, FineTuningPhase)
CUDA, META = torch.device("cuda", 0), torch.device("meta")


@pytest.fixture(scope="module")
def panel():
    return toy_panel()


@pytest.fixture(scope="module")
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)


@pytest.fixture
def gpus(monkeypatch):
    """Pretend that two CUDA devices are there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    return monkeypatch


def test_a_required_device_that_is_missing_is_an_error_with_a_remedy(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    says(refusal(chosen_device, "cuda"), "device is cuda", "Set device: auto or cpu")
    assert chosen_device("auto") == chosen_device("cpu") == CPU


def test_auto_takes_cuda_where_it_is_and_every_process_its_own(gpus):
    assert chosen_device("cpu") == CPU
    assert chosen_device("auto") == chosen_device("cuda") == CUDA
    gpus.setenv("LOCAL_RANK", "1")
    assert chosen_device("auto") == torch.device("cuda", 1)


def test_codes_kept_on_a_device_are_those_of_the_file(panel):
    pairs = np.array([3, 0, 3, 7])
    here = panel.windows(pairs)
    assert here.codes.data_ptr() == panel.codes.ctypes.data, "on the CPU codes stay on disk"
    elsewhere = dataclasses.replace(panel, device=torch.device("meta"))
    assert elsewhere.windows(pairs).codes is elsewhere.windows(pairs).codes
    assert all(part.device.type == "meta" for part in elsewhere.windows(pairs))


def macro_step(kind, model, panel, config=CONFIG):
    phase = kind(model, panel, full_plan(panel, config))
    return phase, next(iter(phase.sampler.epoch(1)))


def test_the_encoder_is_trained_in_bfloat16_and_all_energies_and_losses_are_float32(
    panel, model, monkeypatch
):
    phase, step = macro_step(FineTuningPhase, model, panel)
    exact = phase.terms(step)
    monkeypatch.setattr(
        sequence,
        "encoder_precision",
        lambda device, training: torch.autocast("cpu", torch.bfloat16, enabled=training),
        raising=True,
    )
    seen = []
    hook = model.potential.encoder.enhancer.project[-1].register_forward_hook(
        lambda module, inputs, output: seen.append(output.dtype)
    )
    model.train()
    terms, z = phase.terms(step), model.potential.z(panel.windows(step.pairs))
    model.eval()
    evaluated = model.potential.z(panel.windows(step.pairs))
    hook.remove()
    assert seen[0] == torch.bfloat16 and seen[-1] == torch.float32
    assert z.dtype == torch.float32 and {term.dtype for term in terms.values()} == {torch.float32}
    assert not torch.equal(z, evaluated)
    for name, term in terms.items():
        torch.testing.assert_close(term, exact[name], rtol=0.05, atol=0.02)


def test_bfloat16_is_for_training_on_cuda_only():
    assert isinstance(encoder_precision(CUDA, True), torch.autocast)
    for device, training in ((CUDA, False), (CPU, True), (CPU, False)):
        assert not isinstance(encoder_precision(device, training), torch.autocast)


@pytest.mark.parametrize("kind", PHASES)
def test_no_term_mixes_tensors_of_two_devices(panel, model, kind, monkeypatch):
    """On the device `meta`, whose tensors have no content, operations refuse tensors of another
    device as on a GPU.
    """
    # Which lines have two positives depends on content.
    monkeypatch.setattr(
        training_terms,
        "contrast_over_lines",
        lambda z, labels: contrast_of_similarity(z @ z.T, labels[:, 0]),
    )
    # Which lines list three pairs, too.
    monkeypatch.setattr(
        training_terms,
        "potential_orthogonality",
        lambda potential, resistance, listed: (potential * (resistance * listed).T).mean(),
    )
    # Which windows occur twice, too.
    monkeypatch.setattr(
        "torch.unique",
        lambda rows, return_inverse: (rows, torch.arange(len(rows), device=rows.device)),
    )
    phase, step = macro_step(kind, copy.deepcopy(model).train(), panel, MASKED)
    phase.panel, phase.model = dataclasses.replace(panel, device=META), phase.model.to(META)
    phase.offset = getattr(phase, "offset", torch.zeros(0)).to(META)
    with torch.fx.experimental._config.patch(meta_nonzero_assume_all_nonzero=True):
        terms = phase.terms(step)
        sum(terms.values()).backward()
    assert {term.device for term in terms.values()} == {META}
    assert {parameter.grad.device for parameter in phase.parameters()} == {META}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_training_on_cuda_agrees_with_the_cpu(panel):
    metrics = []
    for device in (CPU, CUDA):
        there = dataclasses.replace(panel, device=device)
        network = new_model(CONFIG, panel).to(device)
        metrics.append(train(network, there, full_plan(there, CONFIG)).metrics)
    assert metrics[1]["validation_aupr"] == pytest.approx(metrics[0]["validation_aupr"], abs=0.05)


def test_compiling_keeps_the_names_of_the_parameters(panel):
    network = new_model(CONFIG, panel)
    before = digest(network.state_dict())
    network.potential.encoder.compile_elements()
    assert digest(network.state_dict()) == before
