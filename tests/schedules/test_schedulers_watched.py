"""What `check_schedule` finds, a watched run finds too; where the one is silent, the other gives no warning."""

from pathlib import Path

import pytest
from running import WatchedRun, run_watched
from sound import SOUND
from wrong import WRONG

from wellfit.catalogue import RULES

OWN = tuple(rule for rule in RULES if rule.id.startswith("WF3"))

PROGRAM = """\
import sys
sys.path.insert(0, {here!r})
import torch
from torch.utils.data import DataLoader
from sound import SOUND, made
from wrong import WRONG
torch.manual_seed(0)
loader = DataLoader(torch.randn({batches}, 1), batch_size=1)
scheduler = {scheduler}
optimizer = scheduler.optimizer
weights = [p for group in optimizer.param_groups for p in group["params"]]
given = (1.0,) if hasattr(scheduler, "patience") else ()
for epoch in range({epochs}):
    for x in loader:
        loss = sum(((w - 1e-2 * x) ** 2).sum() for w in weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        {per_batch}
    {per_epoch}
"""

STEP = "scheduler.step(*given)"
REFUSED = "try: scheduler.step()\n        except ValueError: pass"
"""The run goes on where a scheduler has no more steps."""

PROBLEMS = {
    "rise_after_decay": {"WF311"},
    "peak_not_reached": {"WF312", "WF314"},
    "wrong_unit": {"WF305", "WF307", "WF312", "WF313"},
    "ends_high": {"WF312"},
    "zero_rate": {"WF307"},
    "first_step_at_zero": {"WF307"},
    "decays_early": {"WF313"},
    "stops_early": {"WF313"},
}
"""The rules that tell each problem of `check_schedule`."""

STARTS_AT_ZERO = ("WF307", "note")
"""What stands beside each problem of a schedule that is one of transformers."""

TOO_LONG = 4_000
"""Calls; the longest cases are like shorter ones."""

SEEN = {case: (name, calls) for case, (name, _, calls) in WRONG.items() if calls <= TOO_LONG}


def watched(
    folder: Path, scheduler: str, *, epochs: int, batches: int, per_epoch: bool, step: str = STEP
) -> WatchedRun:
    program = folder / "train.py"
    steps = {"per_batch": "pass", "per_epoch": step} if per_epoch else {"per_batch": step, "per_epoch": "pass"}
    here = str(Path(__file__).parent)
    program.write_text(PROGRAM.format(here=here, scheduler=scheduler, epochs=epochs, batches=batches, **steps))
    run = run_watched(program, rules=OWN)
    assert run.exit_code == 0, run.output
    assert not [v for v in run.verdicts.values() if v.verdict == "broken"]
    return run


def found(run: WatchedRun) -> list[tuple[str, str]]:
    return [(v.rule, f.severity or v.severity) for v in run.found().values() for f in v.findings]


@pytest.mark.parametrize("per_epoch", [False, True], ids=["per batch", "per epoch"])
@pytest.mark.parametrize("name", SOUND)
def test_a_scheduler_as_documented_stays_without_a_warning(name: str, per_epoch: bool, tmp_path: Path) -> None:
    calls = 40 if per_epoch else 60
    epochs, batches = (calls, 3) if per_epoch else (4, calls // 4)
    run = watched(tmp_path, f"SOUND[{name!r}](made(), {calls})", epochs=epochs, batches=batches, per_epoch=per_epoch)
    assert {severity for _, severity in found(run)} <= {"note"}, run.found()


@pytest.mark.parametrize("case", SEEN)
def test_a_wrong_schedule_has_one_finding(case: str, tmp_path: Path) -> None:
    name, calls = SEEN[case]
    per_epoch = calls < 100
    epochs, batches = (calls, 8) if per_epoch else (10, calls // 10)
    step = REFUSED if name == "stops_early" else STEP
    made = f"WRONG[{case!r}][1]()"
    run = watched(tmp_path, made, epochs=epochs, batches=batches, per_epoch=per_epoch, step=step)
    told = [rule for rule, severity in found(run) if (rule, severity) != STARTS_AT_ZERO]
    told = told or [rule for rule, _ in found(run)]
    assert len(told) == 1, run.found()
    assert set(told) <= PROBLEMS[name]
