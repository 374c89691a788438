"""What a search for rates changes in its short runs: rates, rows, statistics."""

import ast

import pytest
from intervene.programs import LOADER, LOOP, MODEL, SGD, START, plain
from trying import Bench, Tried

from wellfit.model.cure import Cure
from wellfit.model.events.rates import LoaderTrained, RatesSeen

OVER = """\
for epoch in range(20):
    for rows, labels in loader:
        print("ROWS", rows[:, 0].tolist())
        loss = cross_entropy(net(rows), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
NUMBERED = "x[:, 0] = torch.arange(64)\n"
LOADERS = {
    "shuffled": LOADER.replace("batch_size=16", "batch_size=16, shuffle=True"),
    "in order": LOADER,
    "workers": LOADER.replace("batch_size=16", "batch_size=16, shuffle=True, num_workers=1"),
    "whole batches": (
        "from torch.utils.data import BatchSampler, RandomSampler\n"
        "data = TensorDataset(x, y)\n"
        "loader = DataLoader(data, batch_sampler=BatchSampler(RandomSampler(data), 16, False))\n"
    ),
    "a second loader": "DataLoader(TensorDataset(x[:8], y[:8]))\n" + LOADER,
}


def rows_of(tried: Tried) -> list[set[int]]:
    lines = [line for line in tried.output.splitlines() if line.startswith("ROWS")]
    return [set(map(int, ast.literal_eval(line[5:]))) for line in lines]


@pytest.mark.parametrize("name", LOADERS)
def test_held_rows_are_never_trained_on_and_alone_are_scored(name: str, bench: Bench) -> None:
    bench.write(START + NUMBERED + LOADERS[name] + MODEL + SGD + OVER)
    number = 1 if name == "a second loader" else 0
    tried = bench.run((Cure("hold_back", None, {"loader": number, "most": 12}),), train=24, score=3)
    assert tried.end.exit_code == 0, tried.output
    trained, held = set().union(*rows_of(tried)[:24]), set().union(*rows_of(tried)[24:])
    assert len(held) == 12
    assert not trained & held
    assert trained | held == set(range(64))
    seen = tried.of(LoaderTrained)[0]
    assert (seen.loader, seen.rows, seen.batch_size, seen.held_back) == (number, 64, 16, 12)


def test_folds_hold_other_rows_back(bench: Bench) -> None:
    bench.write(START + NUMBERED + LOADERS["shuffled"] + MODEL + SGD + OVER)
    held = []
    for fold in range(3):
        cure = Cure("hold_back", None, {"loader": 0, "most": 12, "fold": fold})
        tried = bench.run((cure,), train=2, score=3)
        held.append(set().union(*rows_of(tried)[2:]))
    assert [len(rows) for rows in held] == [12, 12, 12]
    assert len(set().union(*held)) == 36


def test_batches_stay_as_many_and_as_large(bench: Bench) -> None:
    bench.write(START + LOADER + MODEL + SGD + OVER.replace("rows[:, 0].tolist()", "len(rows)"))
    as_is, held = (
        bench.run(cures, train=12, score=0) for cures in ((), (Cure("hold_back", None, {"loader": 0, "most": 12}),))
    )
    assert held.output == as_is.output
    assert held.losses != as_is.losses


def test_data_without_a_length_are_refused_in_words(bench: Bench) -> None:
    stream = """\
class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter(zip(x, y))
loader = DataLoader(Stream(), batch_size=16)
"""
    bench.write(START + stream + MODEL + SGD + OVER)
    tried = bench.run((Cure("hold_back", None, {"loader": 0, "most": 12}),), train=4, score=2)
    assert "has no length" in (tried.changed.refusal or "")


def test_each_step_has_its_multiplier_and_the_program_sees_its_own_rate(bench: Bench) -> None:
    watch = "optimizer.register_step_pre_hook(lambda o, *_: print('STEP', o.param_groups[0]['lr']))\n"
    own = "    print('OWN', optimizer.param_groups[0]['lr'])\n"
    program = plain(optimizer=SGD + watch, loop=LOOP + own)
    bench.write(program)
    tried = bench.run((Cure("multiply_rates", None, {"multipliers": [1.0, 10.0, 0.5]}),), train=4, score=0)
    assert [float(line.split()[1]) for line in tried.output.splitlines() if line.startswith("STEP")] == pytest.approx(
        [0.1, 1.0, 0.05, 0.05]
    )
    assert {line.split()[1] for line in tried.output.splitlines() if line.startswith("OWN")} == {"0.1"}


SCHEDULES = {
    "none": ("", (0.1,), ""),
    "one cycle": ("OneCycleLR(optimizer, 0.7, total_steps=24)", (0.7,), "OneCycleLR"),
    "warmup": ("LambdaLR(optimizer, lambda step: min(1.0, step / 10))", (0.1,), "LambdaLR"),
    "decay": ("StepLR(optimizer, 3)", (0.1,), "StepLR"),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_peaks_are_those_of_the_schedule(name: str, bench: Bench) -> None:
    schedule, peaks, kind = SCHEDULES[name]
    made = f"scheduler = torch.optim.lr_scheduler.{schedule}\n" if schedule else ""
    bench.write(plain(optimizer=SGD + made))
    seen = bench.run((Cure("multiply_rates"),), train=2, score=0).of(RatesSeen)[0]
    assert seen.peaks == pytest.approx(peaks)
    assert (seen.kind, seen.scheduler, seen.steps, seen.by_hand) == ("SGD", kind, 2, False)


def test_running_statistics_forget_where_they_began(bench: Bench) -> None:
    normed = "net = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 3))\nx = x + 5\n"
    loop = LOOP + "    print('MEAN', net[0].running_mean.mean().item())\n"
    bench.write(plain(model=normed, loop=loop))
    means = [
        [float(line.split()[1]) for line in bench.run(cures, train=3, score=0).output.splitlines() if "MEAN" in line]
        for cures in ((), (Cure("average_statistics"),))
    ]
    assert means[0][0] == pytest.approx(0.5, abs=0.1)
    assert means[1][0] == pytest.approx(5.0, abs=0.5)
