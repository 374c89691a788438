"""An augmentation and a schedule written into loops of many styles: the edited program does what the trial did."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fix.loop_styles import LOADER, MADE, STYLES, plain
from trying import Bench, Tried

from wellfit.fix.settings.edits import Settled, settle
from wellfit.model.cure import Cure
from wellfit.model.events.rates import RatesSeen
from wellfit.model.events.trial import InputsChanged, Intervened
from wellfit.model.knob import Knob, Value
from wellfit.model.place import CallSite
from wellfit.model.source import Sources
from wellfit.model.study import Seen, StudyPlan

STEPS = 12
FOUND: dict[str, Value] = {"augment": 0.5, "schedule": "cosine"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    script: Path = tmp_path_factory.mktemp("program") / "program.py"
    script.write_text("")
    with Bench(script) as bench:
        yield bench


def run(bench: Bench, text: str, *cures: Cure, train: int = 2 * STEPS) -> Tried:
    bench.write(text)
    tried = bench.run(cures, train=train, score=0)
    assert not tried.errors
    assert tried.end.exit_code == 0, tried.output
    return tried


def seen_of(bench: Bench, text: str) -> Seen:
    """What the scout's short runs tell of a program."""
    told = run(bench, text, Cure("multiply_rates"), Cure("augment", None, {"strength": 0.5}), train=3)
    inputs = told.of(InputsChanged)[-1]
    rates = tuple(one for one in told.of(RatesSeen) if one.steps)
    return Seen(
        peaks=rates[0].peaks,
        planned=STEPS,
        epoch_steps=4.0,
        rates=rates,
        images=inputs.sites,
        images_elsewhere=inputs.elsewhere,
    )


def settled(bench: Bench, text: str, values: dict[str, Value], seen: Seen | None = None) -> Settled:
    seen = seen or seen_of(bench, text)
    knobs = tuple(Knob(name) for name in values)
    plan = StudyPlan("s", ("python", "program.py"), str(bench.root), "program.py", knobs, "m", False, seen=seen)
    return settle(plan, values, Sources({str(bench.script): tuple(text.splitlines(keepends=True))}))


def written(bench: Bench, text: str, values: dict[str, Value]) -> str:
    done = settled(bench, text, values)
    assert done.by_hand == ()
    assert done.written == tuple(values)
    return done.patch.files[str(bench.script)][1]


def cures(values: dict[str, Value]) -> tuple[Cure, ...]:
    both = {
        "schedule": Cure("replace_schedule", None, {"shape": values.get("schedule"), "steps": STEPS}),
        "augment": Cure("augment", None, {"strength": values.get("augment")}),
    }
    return tuple(both[name] for name in values if name in both)


@pytest.mark.parametrize("name", STYLES)
def test_the_edited_program_does_what_its_trial_did(name: str, bench: Bench) -> None:
    style = STYLES[name]
    new = written(bench, style.text, FOUND)
    for piece in style.written:
        assert piece in new
    trial = run(bench, style.text, *cures(FOUND))
    edited = run(bench, new)
    assert all(one.times > 0 for one in trial.of(Intervened))
    assert len(trial.losses) == STEPS
    assert edited.losses == pytest.approx(trial.losses, rel=1e-5)


LOOP = """\
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(a), b).backward()
        optimizer.step()
"""
REFUSED = {
    "rates by hand": (
        plain(f'{LOOP}    for group in optimizer.param_groups:\n        group["lr"] *= 0.9\n'),
        "the script sets its rates itself",
    ),
    "two optimizers": (
        plain(
            f"{LOOP}        other.step()\n", before=f"{LOADER}{MADE}other = torch.optim.SGD(net.parameters(), 0.1)\n"
        ),
        "2 optimizers step, and each would need a schedule",
    ),
    "an optimizer that comes later": (
        plain(f"{LOOP}second = torch.optim.SGD(net.parameters(), 0.1)\n{LOOP.replace('optimizer', 'second')}"),
        "the script makes another optimizer, too",
    ),
    "schedules in a row": (
        plain(
            f"{LOOP}    scheduler.step()\n",
            before=f"{LOADER}{MADE}from torch.optim.lr_scheduler import LinearLR, SequentialLR\n"
            "parts = [LinearLR(optimizer, 0.5), LinearLR(optimizer, 1.0, 0.5)]\n"
            "scheduler = SequentialLR(optimizer, parts, [2])\n",
        ),
        "the script makes 3 schedules",
    ),
    "a schedule that is handed on": (
        plain(
            f"{LOOP}    both['scheduler'].step()\n",
            before=f"{LOADER}{MADE}scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)\n"
            "both = {'optimizer': optimizer, 'scheduler': scheduler}\n",
        ),
        "the schedule that is there is handed on",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_schedule_that_is_not_certain_is_not_written(name: str, bench: Bench) -> None:
    text, reason = REFUSED[name]
    done = settled(bench, text, {"schedule": "cosine"})
    assert done.patch.files == {}
    assert reason in done.by_hand[0].reason
    assert "scheduler = wellfit.schedule(optimizer, 'cosine', 12, min_ratio=0.0)" in done.by_hand[0].instead


def test_a_constant_schedule_is_what_a_script_without_one_has(bench: Bench) -> None:
    done = settled(bench, plain(LOOP), {"schedule": "constant"})
    assert (done.written, done.by_hand, dict(done.patch.files)) == ((), (), {})


def test_a_batch_that_is_unpacked_into_the_call_is_left_to_the_user(bench: Bench) -> None:
    done = settled(bench, plain(LOOP.replace("net(a)", "net(*[a])")), {"augment": 0.5})
    assert done.by_hand[0].reason == "the images are not written as the first argument of the model"


def test_without_positions_the_call_of_the_model_is_told_from_losses_and_imports(bench: Bench) -> None:
    text = plain(LOOP.replace("F.cross_entropy(", "loss(torch.as_tensor("). replace(", b)", "), b)"),
                 before=f"{LOADER}{MADE}loss = nn.CrossEntropyLoss()\n")  # fmt: skip
    seen = seen_of(bench, text)
    older = replace(seen, images=tuple(CallSite(site.place) for site in seen.images))
    file = str(bench.script)
    assert (
        settled(bench, text, {"augment": 0.5}, older).patch.files[file]
        == (settled(bench, text, {"augment": 0.5}, seen).patch.files[file])
    )


def test_the_own_rate_of_the_trial_goes_with_the_new_schedule(bench: Bench) -> None:
    text = STYLES["a schedule with a peak of its own"].text
    found: dict[str, Value] = {"lr": 0.25, "schedule": "linear"}
    new = written(bench, text, found)
    assert "lr=0.25, momentum=0.9" in new
    trial = run(bench, text, *cures(found), Cure("multiply_rates", None, {"multipliers": [2.5]}))
    assert run(bench, new).losses == pytest.approx(trial.losses, rel=1e-5)
