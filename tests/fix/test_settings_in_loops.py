"""An augmentation and a schedule written into loops of many styles: the edited program does what the trial did."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fix.loop_styles import STYLES
from trying import Bench, Tried

from wellfit.fix.settings.edits import Settled, settle
from wellfit.model.cure import Cure
from wellfit.model.events.rates import RatesSeen
from wellfit.model.events.trial import InputsChanged, Intervened
from wellfit.model.knob import Knob, Value
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
    assert tried.end.exit_code in (0, None), tried.output
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
    return tuple(both[name] for name in values)


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
