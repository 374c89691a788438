"""Editors of schedules' lengths, order and mode, and of layer-wise rates."""

from pathlib import Path

import pytest
from editing import edited, fix_of, refused

HEAD = "import torch\nfrom torch.optim import lr_scheduler\nfrom transformers import get_scheduler\n"
CALLS = {"calls": 40, "argument": "T_max", "length": 10}


@pytest.mark.parametrize(
    ("line", "cured"),
    [
        ("lr_scheduler.CosineAnnealingLR(opt, T_max=10)", "lr_scheduler.CosineAnnealingLR(opt, T_max=40)"),
        ("lr_scheduler.CosineAnnealingLR(opt, n * 3)", "lr_scheduler.CosineAnnealingLR(opt, 40)"),
        ("lr_scheduler.PolynomialLR(opt, total_iters=9)", "lr_scheduler.PolynomialLR(opt, total_iters=40)"),
        ("lr_scheduler.LinearLR(opt, 1.0, 0.01, 9)", "lr_scheduler.LinearLR(opt, 1.0, 0.01, 40)"),
        ("lr_scheduler.OneCycleLR(opt, 0.1, total_steps=9)", "lr_scheduler.OneCycleLR(opt, 0.1, total_steps=40)"),
        ("get_scheduler('linear', opt, 5, 9)", "get_scheduler('linear', opt, 5, 40)"),
        (
            "get_scheduler('linear', opt, num_warmup_steps=5, num_training_steps=9)",
            "get_scheduler('linear', opt, num_warmup_steps=5, num_training_steps=40)",
        ),
    ],
)
@pytest.mark.parametrize("rule", ["WF311", "WF312", "WF313"])
def test_a_schedule_gets_the_length_of_the_run(tmp_path: Path, rule: str, line: str, cured: str) -> None:
    assert edited(tmp_path, rule, f"{HEAD}plan = {line}  # <-\n", **CALLS) == f"{HEAD}plan = {cured}  # <-\n"


@pytest.mark.parametrize(
    ("line", "details"),
    [
        ("lr_scheduler.StepLR(opt, 30)", CALLS),
        ("lr_scheduler.CosineAnnealingLR(opt, **settings)", CALLS),
        ("lr_scheduler.OneCycleLR(opt, 0.1, epochs=3, steps_per_epoch=9)", CALLS),
        ("own.CosineAnnealingLR(opt, 10)", CALLS),
        ("lr_scheduler.CosineAnnealingLR(opt, 9), lr_scheduler.CosineAnnealingLR(opt, 8)", CALLS),
        ("lr_scheduler.CosineAnnealingLR(opt, 10)", CALLS | {"argument": ""}),
    ],
)
def test_a_length_that_is_not_certain_is_left_alone(tmp_path: Path, line: str, details) -> None:
    assert refused(tmp_path, "WF312", f"{HEAD}plan = {line}  # <-\n", **details)


def test_a_schedule_that_ends_at_zero_too_soon_is_lengthened(tmp_path: Path) -> None:
    program = f"{HEAD}plan = get_scheduler('linear', opt, 5, 10)  # <-\n"
    details = CALLS | {"scheduled": True}
    assert edited(tmp_path, "WF307", program, **details) == program.replace("5, 10", "5, 40")
    assert fix_of(tmp_path, "WF307", program, **details).safe is False


@pytest.mark.parametrize("length", [None, 40])
def test_a_schedule_that_ends_at_zero_otherwise_is_left_alone(tmp_path: Path, length: int | None) -> None:
    program = f"{HEAD}plan = get_scheduler('linear', opt, 5, 10)  # <-\n"
    assert refused(tmp_path, "WF307", program, scheduled=True, calls=40, argument="n", length=length)


MEMBERS = """rise = lr_scheduler.LinearLR(opt, 0.01, total_iters=8)
fall = lr_scheduler.CosineAnnealingLR(opt, T_max={length})
"""


@pytest.mark.parametrize(("length", "shorter"), [("40", "40 - 8"), ("n or 40", "(n or 40) - 8")])
def test_a_chain_becomes_a_sequence(tmp_path: Path, length: str, shorter: str) -> None:
    program = f"{HEAD}{MEMBERS.format(length=length)}plan = lr_scheduler.ChainedScheduler([rise, fall])  # <-\n"
    cured = f"{HEAD}{MEMBERS.format(length=shorter)}plan = lr_scheduler.SequentialLR(opt, [rise, fall], milestones=[8])"
    assert edited(tmp_path, "WF314", program, warmup=8) == f"{cured}  # <-\n"


def test_a_bare_chain_is_exchanged_with_its_import(tmp_path: Path) -> None:
    head = "from torch.optim.lr_scheduler import ChainedScheduler, CosineAnnealingLR, LinearLR\n"
    program = (
        f"{head}a = LinearLR(self.opt, 0.01)\nb = CosineAnnealingLR(self.opt, 40)\n"
        "self.plan = ChainedScheduler([a, b])  # <-\n"
    )
    cured = edited(tmp_path, "WF314", program, warmup=5)
    assert "self.plan = SequentialLR(self.opt, [a, b], milestones=[5])" in cured
    assert "b = CosineAnnealingLR(self.opt, 40 - 5)" in cured
    assert "SequentialLR" in cured.splitlines()[0]


@pytest.mark.parametrize(
    ("plan", "warmup"),
    [
        ("lr_scheduler.ChainedScheduler([rise, fall])", 0),
        ("lr_scheduler.ChainedScheduler([rise, fall, rise])", 8),
        ("lr_scheduler.ChainedScheduler(members)", 8),
        ("lr_scheduler.ChainedScheduler([make(), fall])", 8),
    ],
)
def test_a_chain_that_is_not_certain_is_left_alone(tmp_path: Path, plan: str, warmup: int) -> None:
    assert refused(tmp_path, "WF314", f"{HEAD}{MEMBERS.format(length=40)}plan = {plan}  # <-\n", warmup=warmup)


@pytest.mark.parametrize(
    ("given", "mode", "cured"),
    [
        ("opt", "max", 'opt, mode="max"'),
        ("opt, 'max', 0.5", "min", 'opt, "min", 0.5'),
        ("opt, patience=3, mode='min'", "max", 'opt, patience=3, mode="max"'),
    ],
)
def test_a_plateau_is_turned_round(tmp_path: Path, given: str, mode: str, cured: str) -> None:
    program = f"{HEAD}plan = lr_scheduler.ReduceLROnPlateau({{}})  # <-\n"
    assert edited(tmp_path, "WF315", program.format(given), mode=mode) == program.format(cured)


@pytest.mark.parametrize(("every", "scale"), [(True, '["lr_scale"]'), (False, '.get("lr_scale", 1.0)')])
def test_layer_rates_are_applied_behind_the_optimizer(tmp_path: Path, every: bool, scale: str) -> None:
    program = f"{HEAD}def make(net):\n    opt = torch.optim.AdamW(groups(net), lr=1e-3)  # <-\n    return opt\n"
    loop = f'    for group in opt.param_groups:\n        group["lr"] *= group{scale}\n'
    cured = program.replace("    return opt\n", f"{loop}    return opt\n")
    assert edited(tmp_path, "WF316", program, all=every) == cured


def test_an_optimizer_without_a_name_is_left_alone(tmp_path: Path) -> None:
    assert refused(tmp_path, "WF316", f"{HEAD}run(torch.optim.AdamW(groups))  # <-\n")
