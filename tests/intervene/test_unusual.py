"""Programs that are put together in unusual ways are cured as others, or left alone in words; never broken."""

from dataclasses import replace

import pytest
from intervene.programs import LOOP, MODEL, PLAIN, SGD, START, plain
from intervene.test_conformance import line_of, try_it
from trying import Bench, Tried

from wellfit.model.cure import Cure
from wellfit.model.events.fit import FitScored
from wellfit.model.place import Place

SOFTMAX = LOOP.replace("net(x[batch])", "F.softmax(net(x[batch]), 1)").replace("y[batch])", "y[batch])  # here")


def cured(bench: Bench, program: str, name: str, **options: object) -> Tried:
    return try_it(bench, program, Cure(name, Place(str(bench.script), line_of(program), ""), options))


def test_a_compiled_model_runs_eagerly_and_is_cured(bench: Bench) -> None:
    program = plain(model=MODEL + "net = torch.compile(net)\n", loop=SOFTMAX)
    tried = cured(bench, program, "skip_activation", function="softmax")
    twin = try_it(bench, program.replace("F.softmax(net(x[batch]), 1)", "net(x[batch])"))
    assert tried.changed.times > 0
    assert tried.losses == twin.losses


def test_a_softmax_in_a_sequential_is_named_by_the_line_that_makes_it(bench: Bench) -> None:
    model = "net = nn.Sequential(\n    nn.Linear(8, 3),\n    nn.Softmax(dim=1),  # here\n)\n"
    program = plain(model=model)
    tried = cured(bench, program, "skip_activation", function="softmax")
    twin = try_it(bench, program.replace("nn.Softmax(dim=1)", "nn.Identity()"))
    assert tried.losses == twin.losses
    assert tried.weights == twin.weights


def test_a_softmax_at_another_line_stays(bench: Bench) -> None:
    gated = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.head = nn.Linear(8, 8), nn.Linear(8, 3)
    def forward(self, x):
        x = x * F.softmax(self.gate(x), -1)
        return F.softmax(self.head(x), -1)  # here
net = Net()
"""
    program = plain(model=gated)
    tried = cured(bench, program, "skip_activation", function="softmax")
    twin = try_it(bench, program.replace("F.softmax(self.head(x), -1)  # here", "self.head(x)"))
    assert tried.losses == twin.losses


def test_each_of_several_optimizers_is_cleared_on_its_own(bench: Bench) -> None:
    both = (
        "first = torch.optim.SGD(net[0].parameters(), lr=0.1)\nsecond = torch.optim.SGD(net[2].parameters(), lr=0.1)\n"
    )
    loop = LOOP.replace("    optimizer.zero_grad()\n", "").replace(
        "optimizer.step()", "first.step()\n    second.step()"
    )
    program = plain(optimizer=both, loop=loop.replace("backward()", "backward()  # here"))
    tried = cured(bench, program, "clear_gradients")
    twin = plain(optimizer=both, loop=loop.replace("    loss.back", "    net.zero_grad()\n    loss.back"))
    assert tried.weights == try_it(bench, twin).weights


def test_parameters_join_an_optimizer_whose_schedule_counts_its_groups(bench: Bench) -> None:
    scheduled = "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step)\n"
    made = "optimizer = torch.optim.SGD(net[2].parameters(), lr=0.1, momentum=0.9)  # here\n" + scheduled
    loop = LOOP.replace("optimizer.step()", "optimizer.step()\n    scheduler.step()")
    tried = cured(bench, plain(optimizer=made, loop=loop), "hold_parameters")
    twin = try_it(bench, plain(optimizer=made.replace("net[2].", "net."), loop=loop))
    assert tried.changed.times == 2
    assert tried.losses == twin.losses
    assert tried.weights == twin.weights


def test_layers_of_a_plain_list_are_held_where_no_line_is_known(bench: Bench) -> None:
    model = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers, self.head = CONTAINER, nn.Linear(8, 3)
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
net = Net()
"""
    plainly = plain(model=model.replace("CONTAINER", "[nn.Linear(8, 8)]"))
    twin = plain(model=model.replace("CONTAINER", "nn.ModuleList([nn.Linear(8, 8)])"))
    for clears in ("optimizer.zero_grad()", "net.zero_grad()"):
        cure = Cure("hold_parameters", None, {"unregistered": True})
        tried = try_it(bench, plainly.replace("optimizer.zero_grad()", clears), cure)
        assert tried.losses == try_it(bench, twin.replace("optimizer.zero_grad()", clears)).losses


def test_a_block_without_gradients_is_opened(bench: Bench) -> None:
    model = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(8, 16), nn.Linear(16, 3)
    def forward(self, x):
        with torch.no_grad():
            x = self.body(x)  # here
            x = F.relu(x)
        return self.head(x)
net = Net()
"""
    tried = cured(bench, plain(model=model), "pass_gradients")
    twin = try_it(bench, plain(model=model.replace("torch.no_grad()", "torch.enable_grad()")))
    assert tried.changed.times > 0
    assert tried.losses == twin.losses
    assert tried.weights == twin.weights


@pytest.mark.parametrize("spelling", ["detach()", "data", "clone().detach_()"])
def test_every_spelling_of_a_cut_is_opened(spelling: str, bench: Bench) -> None:
    loop = LOOP.replace("net(x[batch])", f"net[2](net[1](net[0](x[batch])).{spelling})")
    program = plain(loop=loop.replace("y[batch])", "y[batch])  # here"))
    tried = cured(bench, program, "pass_gradients")
    twin = try_it(bench, program.replace(f".{spelling})", ")"))
    assert tried.losses == twin.losses


def test_a_value_that_left_for_numpy_stays_cut(bench: Bench) -> None:
    loop = LOOP.replace("net(x[batch])", "net[2](torch.from_numpy(net[0](x[batch]).detach().cpu().numpy()))")
    program = plain(loop=loop.replace("y[batch])", "y[batch])  # here"))
    bench.write(program)
    tried = bench.run((Cure("pass_gradients", Place(str(bench.script), line_of(program), ""), {}),), train=8, score=2)
    assert tried.end.exit_code == 0, tried.output
    assert tried.changed.refusal == "the value leaves torch for numpy"
    assert tried.losses == try_it(bench, program).losses


def test_two_cures_in_one_run_are_both_applied(bench: Bench) -> None:
    loop = SOFTMAX.replace("    optimizer.zero_grad()\n", "").replace("# here", "")
    program = START + MODEL + SGD + loop
    lines = program.splitlines()
    places = [
        Place(str(bench.script), next(n for n, line in enumerate(lines, 1) if word in line), "")
        for word in ("F.softmax", "backward()")
    ]
    tried = try_it(bench, program, Cure("skip_activation", places[0]), Cure("clear_gradients", places[1]))
    assert tried.losses == try_it(bench, PLAIN).losses
    assert tried.weights == try_it(bench, PLAIN).weights


def test_an_optimizer_of_the_programs_own_is_cured_too(bench: Bench) -> None:
    own = """\
class Signs(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr, "weight_decay": 0.1})  # here
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.sub_(group["lr"] * (p.grad + group["weight_decay"] * p).sign())
optimizer = Signs(net.parameters(), lr=0.01)
"""
    program = plain(optimizer=own)
    slower = cured(bench, program, "set_rate", factor=0.1)
    assert slower.losses == try_it(bench, program.replace("lr=0.01", "lr=0.001")).losses
    without = cured(bench, program, "set_hyperparameters", weight_decay=0.0)
    assert without.losses == try_it(bench, program.replace(": 0.1}", ": 0.0}")).losses
    refused = cured(bench, program, "set_hyperparameters", momentum=0.9)
    assert "has no momentum" in (refused.changed.refusal or "")


def test_scores_of_a_gathered_evaluation_are_found_by_value(bench: Bench) -> None:
    loop = (
        LOOP
        + """\
    if step == 5:
        found = []
        with torch.no_grad():
            for rows in x.split(20):
                found.append(net(rows).argmax(1))  # here
        right = (torch.cat(found) == y).sum()
"""
    )
    model = "net = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.5), nn.Linear(16, 3))\n"
    tried = cured(bench, plain(model=model, loop=loop), "score_in_eval_mode")
    both = next(s for s in tried.scores if s.other_way is not None)
    assert both.score.rows == both.other_way.rows == 64
    assert both.score.loss != both.other_way.loss
    assert replace(both.score, loss=0, loss_squares=0, correct=0) == replace(
        both.other_way, loss=0, loss_squares=0, correct=0
    )


@pytest.mark.parametrize("name", ["scale_inputs", "blank_inputs"])
def test_an_evaluation_is_scored_on_the_inputs_that_the_cured_model_sees(name: str, bench: Bench) -> None:
    loop = (
        LOOP
        + """\
    if step % 3 == 2:
        with torch.no_grad():
            print("OWN", cross_entropy(net(held), labels).item())
"""
    )
    held = "held, labels = 50 * torch.randn(40, 8) + 7, torch.randint(0, 3, (40,))\nx = 50 * x + 7\n"
    program = plain(before=held, loop=loop.replace("y[batch])", "y[batch])  # here", 1))
    tried = cured(bench, program, name)
    own = [float(line.split()[1]) for line in tried.output.splitlines() if line.startswith("OWN")]
    scored = [event.validation.loss / event.validation.rows for event in tried.of(FitScored)]
    assert len(scored) >= 2
    assert scored == pytest.approx(own[-len(scored) :], rel=1e-5)
