"""Healthy programs of different kinds have no finding, however deep one looks."""

from pathlib import Path

import pytest
from deeply import look

from wellfit.catalogue import RULES
from wellfit.deep.catalogue import PROCEDURES
from wellfit.digest.folds import events_behind

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
EVIDENCE = {kind for procedure in PROCEDURES for kind in procedure.writes}
DEEP_RULES = ",".join(rule.id for rule in RULES if EVIDENCE & set(events_behind(rule.needs)))


@pytest.mark.parametrize("name", KINDS)
def test_healthy_program_has_no_finding(name: str, tmp_path: Path) -> None:
    looked = look(HEALTHY / f"{name}.py", tmp_path, "--select", DEEP_RULES, "--budget", "3min")
    assert looked.found() == set(), looked.printed
    assert not [v for v in looked.report["verdicts"] if v["verdict"] == "broken"]
