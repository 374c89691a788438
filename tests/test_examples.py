"""The examples say of themselves whether they are ill; a check says the same, and nothing else."""

from pathlib import Path

import pytest
from running import run_watched

EXAMPLES = Path(__file__).parent.parent / "examples"
CONDITIONS = {
    "char_lm": set(),
    "digits_few": set(),
    "digits_slow": set(),
    "digits_softmax": {"softmax-before-cross-entropy"},
    "graph_nodes": set(),
    "regression_diabetes": {"broadcast-in-loss"},
    "text_classifier": {"gradients-not-cleared"},
    "transfer_frozen": {"stale-parameters-in-optimizer"},
    "wine_mlp": {"unscaled-inputs"},
}


def test_every_example_is_held() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(CONDITIONS)


@pytest.mark.parametrize("name", CONDITIONS)
def test_example_is_as_ill_as_it_says(name: str) -> None:
    run = run_watched(EXAMPLES / f"{name}.py")
    assert run.exit_code == 0, run.output
    assert {rule for rule, verdict in run.found().items() if verdict.severity != "note"} == CONDITIONS[name]
