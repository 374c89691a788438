"""A form that looks like a bug and does no harm: its cure changes nothing, and the proof says so."""

from dataclasses import replace
from pathlib import Path

import pytest

from wellfit import api
from wellfit.model.cure import Cure
from wellfit.model.place import Place
from wellfit.model.proof import Proof
from wellfit.model.rule import Finding, Fix
from wellfit.prove.findings import Listener, Terms, prove_findings

EVALUATES = """\
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), {layer}, nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(3):
    for batch in torch.randperm(1500).split(75):
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        answers = net(images[1500:])  # in training mode
        right = (answers.argmax(1) == labels[1500:]).sum()
"""


def prove_evaluation(folder: Path, layer: str) -> tuple[bool, Proof]:
    """Whether WF701 finds the evaluation, and the proof of its cure, asked for either way."""
    script = folder / "train.py"
    script.write_text(EVALUATES.format(layer=layer))
    line = next(n for n, text in enumerate(script.read_text().splitlines(), 1) if "in training mode" in text)
    asked = api.plan([str(script)], select=["WF701"])
    report = api.check(asked)
    place = Place(str(script), line, "<module>")
    finding = Finding(place, "", "", Fix(""), cure=Cure("score_in_eval_mode", place))
    marked = replace(report, verdicts=(replace(report.verdicts[0], verdict="found", findings=(finding,)),))
    told = prove_findings(marked, asked.command, Terms(folder, 600.0, 2), Listener(lambda _: None, lambda *_: None))
    proof = told.verdicts[0].findings[0].proof
    assert proof is not None
    return report.verdicts[0].verdict == "found", proof


def test_training_mode_without_dropout_and_batch_norm_has_no_effect(tmp_path: Path) -> None:
    found, proof = prove_evaluation(tmp_path, "nn.Identity()")
    assert not found
    assert proof.verdict == "no measurable effect", proof.reason
    assert proof.effect is not None
    assert proof.effect.as_is == proof.effect.cured
    assert proof.effect.as_is > 0.5


@pytest.mark.corpus
def test_training_mode_with_dropout_has_one(tmp_path: Path) -> None:
    found, proof = prove_evaluation(tmp_path, "nn.Dropout(0.8)")
    assert found
    assert proof.verdict == "helps", proof.reason
