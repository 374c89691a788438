"""Editors of the training loop: order of calls, modes, schedules."""

from pathlib import Path

import pytest
from editing import edited, fix_of, refused

HEAD = "import torch\nfrom torch import nn\n"


def test_gradients_are_cleared_before_backward_and_its_comment(tmp_path: Path) -> None:
    loop = (
        "for x in data:\n    # the backward pass\n"
        "    loss(x).backward()  # <-\n    self.opts['a'].step()  # <- consumes\n"
    )
    cured = loop.replace("    # the backward", "    self.opts['a'].zero_grad()\n    # the backward")
    assert edited(tmp_path, "WF201", loop) == cured


def test_gradients_are_cleared_before_the_loop_that_gathers_them(tmp_path: Path) -> None:
    loop = (
        "for batch in data:\n    for part in batch:\n"
        "        loss(part).backward()  # <-\n    opt.step()  # <- consumes\n"
    )
    cured = loop.replace("    for part", "    opt.zero_grad()\n    for part")
    assert edited(tmp_path, "WF201", loop) == cured


def test_gradients_are_cleared_behind_a_step_that_comes_now_and_then(tmp_path: Path) -> None:
    loop = (
        "for n, x in data:\n    loss(x).backward()  # <-\n"
        "    if n % 4 == 3:\n        opt.step()  # <- consumes\nprint(1)\n"
    )
    cured = loop.replace("# <- consumes\n", "# <- consumes\n        opt.zero_grad()\n")
    assert edited(tmp_path, "WF201", loop) == cured


def test_backward_of_another_step_is_not_its_own(tmp_path: Path) -> None:
    loop = (
        "for x in data:\n    judge(x).backward()\n    first.step()\n    make(x).backward()  # <-\n"
        "    second.step()  # <- consumes\n"
    )
    assert edited(tmp_path, "WF201", loop) == loop.replace("    make", "    second.zero_grad()\n    make")


def test_scaler_s_optimizer_is_cleared(tmp_path: Path) -> None:
    loop = (
        f"{HEAD}scaler = torch.amp.GradScaler()\nfor x in data:\n    loss(x).backward()  # <-\n"
        "    scaler.step(opt)  # <- consumes\n"
    )
    assert "    opt.zero_grad()\n    loss(x)" in edited(tmp_path, "WF201", loop)


def test_step_on_one_line_with_others_is_followed_by_a_semicolon(tmp_path: Path) -> None:
    program = "loss.backward(); opt.step()  # <- consumes\n"
    assert refused(tmp_path, "WF201", program)
    program = "for x in data:\n    loss.backward()  # <-\n    if ready: opt.step()  # <- consumes\n"
    assert edited(tmp_path, "WF201", program) == program.replace("opt.step()", "opt.step(); opt.zero_grad()")


@pytest.mark.parametrize("step", ["opt.step(closure)", "train_one(x)", "wrapper.step(opt)"])
def test_optimizer_is_never_guessed(tmp_path: Path, step: str) -> None:
    assert refused(tmp_path, "WF201", f"for x in data:\n    loss.backward()  # <-\n    {step}  # <- consumes\n")


def test_tabs_and_windows_line_ends_are_kept(tmp_path: Path) -> None:
    loop = "for x in data:\r\n\tloss(x).backward()  # <-\r\n\topt.step()  # <- consumes"
    cured = loop.replace("\tloss", "\topt.zero_grad()\r\n\tloss")
    assert edited(tmp_path, "WF201", loop) == cured


def test_line_after_the_last_one_needs_no_end_of_its_own(tmp_path: Path) -> None:
    loop = "def run(self):\r\n\tself.opt.step()  # <- consumes"
    assert edited(tmp_path, "WF201", loop) == f"{loop}\r\n\tself.opt.zero_grad()"


def test_zero_grad_moves_with_its_arguments(tmp_path: Path) -> None:
    loop = (
        "for x in d:\n    l.backward()  # <- writes\n"
        "    o.zero_grad(set_to_none=True)  # <-\n    o.step()  # <- finds\n"
    )
    lines = loop.splitlines(keepends=True)
    assert edited(tmp_path, "WF202", loop) == "".join([lines[0], lines[2], lines[1], lines[3]])


def test_zero_grad_moves_behind_the_step_where_backward_is_elsewhere(tmp_path: Path) -> None:
    loop = (
        "def f():\n    l.backward()  # <- writes\n"
        "for x in d:\n    f()\n    o.zero_grad()  # <-\n    o.step()  # <- finds\n"
    )
    lines = loop.splitlines(keepends=True)
    assert edited(tmp_path, "WF202", loop) == "".join([*lines[:4], lines[5], lines[4]])


@pytest.mark.parametrize(
    "loop",
    [
        "for x in d:\n    o.step(); l.backward()  # <-\n",
        "for x in d:\n    o.step()  # <-\n",
        "for x in d:\n    l.backward()  # <- backward\n    o.step()  # <-\n",
    ],
)
def test_step_that_cannot_move_stays(tmp_path: Path, loop: str) -> None:
    assert refused(tmp_path, "WF203", loop)


EVALUATED = """def evaluate():
    net.eval()  # <-
def train():
    for epoch in range(3):
        for x in data:
            loss = criterion(net(x), y)  # <- trains
            loss.backward()
            {inside}
        {outside}
"""


def test_training_mode_comes_back_before_the_loop(tmp_path: Path) -> None:
    program = EVALUATED.format(inside="pass", outside="evaluate()")
    with_loss = f"{HEAD}net = nn.Linear(2, 2)\ncriterion = nn.MSELoss()\n{program}"
    assert edited(tmp_path, "WF204", with_loss) == with_loss.replace(
        "        for x", "        net.train()\n        for x"
    )


def test_training_mode_comes_back_within_a_loop_that_evaluates(tmp_path: Path) -> None:
    program = f"{HEAD}criterion = nn.MSELoss()\n" + EVALUATED.format(inside="log()", outside="pass")
    program += "def log():\n    evaluate()\n"
    assert edited(tmp_path, "WF204", program) == program.replace(
        "            loss = ", "            net.train()\n            loss = "
    )


def test_model_that_is_not_certain_is_left_alone(tmp_path: Path) -> None:
    assert refused(tmp_path, "WF204", "for x in data:\n    out = first(x) + second(x)  # <-\n")


def test_parts_kept_in_evaluation_mode_make_it_unsafe(tmp_path: Path) -> None:
    program = "net.body.eval()\nnet.eval()  # <-\nfor x in data:\n    out = net(x)  # <- trains\n"
    assert fix_of(tmp_path, "WF204", program).safe is False


def test_mode_without_an_evaluation_may_be_chosen(tmp_path: Path) -> None:
    program = "net.eval()  # <-\nfor x in data:\n    out = net(x)  # <- trains\n"
    assert fix_of(tmp_path, "WF205", program, evaluated=False).safe is False
    assert fix_of(tmp_path, "WF205", program, evaluated=True).safe is True


def test_evaluation_is_put_in_evaluation_mode_around_its_loop(tmp_path: Path) -> None:
    program = """for epoch in range(3):
    loss.backward()
    with torch.no_grad():
        for x, y in val:
            right += (net(x).argmax(1) == y).sum()  # <-
    print(right)
"""
    cured = program.replace("    with", "    net.eval()\n    with").replace("    print", "    net.train()\n    print")
    assert edited(tmp_path, "WF701", program) == cured


@pytest.mark.parametrize(("value", "kept"), [("net(x)", "result = net(x)"), ("(net(x))", "result = (net(x))")])
def test_evaluation_that_returns_keeps_its_value(tmp_path: Path, value: str, kept: str) -> None:
    program = f"def f(x):\n    with torch.no_grad():\n        return {value}  # <-\n"
    cured = (
        f"def f(x):\n    net.eval()\n    with torch.no_grad():\n"
        f"        {kept}  # <-\n    net.train()\n    return result\n"
    )
    assert edited(tmp_path, "WF701", program) == cured


def test_evaluation_that_returns_from_its_midst_is_left_alone(tmp_path: Path) -> None:
    program = "def f(x):\n    for y in x:\n        if net(y) > 0:  # <-\n            return y\n"
    assert refused(tmp_path, "WF701", program)


SCHEDULE = """import torch
class Trainer:
    def __init__(self, optimizer):
        self.optimizer = optimizer
        self.schedule = torch.optim.lr_scheduler.StepLR(  # <-
            self.optimizer, step_size=2
        )
    def fit(self):
        for epoch in range(4):
            for batch in self.data:
                self.optimizer.step()
{steps}
            print(epoch)
"""
INNER = "                self.schedule.step()  # once"
OUTER = "            self.schedule.step()  # once"


@pytest.mark.parametrize(("unit", "before", "after"), [("epoch", INNER, OUTER), ("step", OUTER, INNER)])
def test_schedule_is_stepped_in_the_other_unit(tmp_path: Path, unit: str, before: str, after: str) -> None:
    assert edited(tmp_path, "WF305", SCHEDULE.format(steps=before), unit=unit) == SCHEDULE.format(steps=after)


@pytest.mark.parametrize(
    ("details", "after", "safe"),
    [
        ({"longest": 2, "epochs": 4, "steps": 40}, OUTER, True),
        ({"longest": 40, "epochs": 4, "steps": 40}, INNER, True),
        ({"kind": "OneCycleLR", "longest": 0, "epochs": 4, "steps": 40}, INNER, True),
        ({"longest": 0, "epochs": 4, "steps": 40}, OUTER, False),
    ],
)
def test_schedule_is_stepped_in_the_unit_of_its_length(tmp_path: Path, details, after: str, safe: bool) -> None:
    program = SCHEDULE.replace("{steps}\n", "")
    cured = SCHEDULE.format(steps=after.partition("  #")[0])
    assert edited(tmp_path, "WF306", program, **details) == cured
    assert fix_of(tmp_path, "WF306", program, **details).safe is safe


@pytest.mark.parametrize(
    "program",
    [
        "import torch\nschedules.append(torch.optim.lr_scheduler.StepLR(opt, 2))  # <-\nopt.step()\n",
        (
            "import torch\ns = torch.optim.lr_scheduler.StepLR(opt, 2)  # <-\n"
            "for x in d:\n    opt.step()\n    opt.step()\n"
        ),
    ],
)
def test_schedule_whose_names_are_not_certain_is_left_alone(tmp_path: Path, program: str) -> None:
    assert refused(tmp_path, "WF306", program)


LIGHTNING = """from torch.optim.lr_scheduler import CosineAnnealingLR
class Lit(LightningModule):
    def configure_optimizers(self):
        opt = self.make()
        sched = CosineAnnealingLR(opt, T_max=9)  # <-
        return {{"optimizer": opt, "lr_scheduler": {{"scheduler": sched{interval}}}}}
"""


@pytest.mark.parametrize(
    ("unit", "before", "after"),
    [
        ("epoch", ', "interval": "step"', ', "interval": "epoch"'),
        ("step", ', "interval": "epoch"', ', "interval": "step"'),
        ("step", "", ', "interval": "step"'),
    ],
)
def test_lightning_is_told_the_other_unit(tmp_path: Path, unit: str, before: str, after: str) -> None:
    cured = edited(tmp_path, "WF305", LIGHTNING.format(interval=before), unit=unit)
    assert cured == LIGHTNING.format(interval=after)


def test_dictionary_of_another_method_is_not_lightning_s(tmp_path: Path) -> None:
    program = LIGHTNING.format(interval=', "interval": "step"').replace("configure_optimizers", "plan")
    assert "written 0 times" in refused(tmp_path, "WF305", program, unit="epoch")
