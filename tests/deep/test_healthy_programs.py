"""Healthy programs of different kinds have no finding, however deep one looks."""

from pathlib import Path

import pytest
from deeply import look

HEALTHY = Path(__file__).parent.parent / "gallery" / "healthy"
KINDS = (
    "mlp_digits",
    "cnn_batchnorm",
    "tied_language_model",
    "lstm_sequence_first",
    "vae",
    "gan_two_optimizers",
    "distillation",
    "grad_accumulation",
)
DEEP_RULES = "WF001,WF002,WF003,WF451,WF452,WF453,WF551,WF552,WF901,WF902"


@pytest.mark.parametrize("name", KINDS)
def test_healthy_program_has_no_finding(name: str, tmp_path: Path) -> None:
    looked = look(HEALTHY / f"{name}.py", tmp_path, "--select", DEEP_RULES, "--budget", "2min")
    assert looked.found() == set(), looked.printed
    assert not [v for v in looked.report["verdicts"] if v["verdict"] == "broken"]
