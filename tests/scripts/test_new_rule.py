import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEE_CATALOGUE = "from wellfit.catalogue import RULES; print([(r.id, r.name) for r in RULES])"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def new_rule(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "new-rule"), "--root", str(copy), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_scaffold_is_in_the_catalogue_in_order(copy: Path) -> None:
    assert new_rule(copy, "WF199", "loss", "some-bug").returncode == 0
    environment = {"PYTHONPATH": str(copy / "src")}
    shown = subprocess.run(
        [sys.executable, "-c", SEE_CATALOGUE], env=environment, capture_output=True, text=True, check=True
    )
    rules = eval(shown.stdout)
    assert ("WF199", "some-bug") in rules
    assert rules == sorted(rules)


def test_scaffold_is_formatted(copy: Path) -> None:
    new_rule(copy, "WF199", "loss", "some-bug")
    changed = [copy / "src" / "wellfit" / "rules" / "loss" / "some_bug", copy / "src" / "wellfit" / "catalogue.py"]
    ruff = [str(Path(sys.executable).parent / "ruff"), "format", "--check", "--config", str(ROOT / "pyproject.toml")]
    if not Path(ruff[0]).exists():
        pytest.skip("ruff is not installed: scripts/check brings it")
    assert subprocess.run([*ruff, *map(str, changed)], check=False).returncode == 0


def test_every_mistake_is_told_at_once(copy: Path) -> None:
    told = new_rule(copy, "WF101", "lossy", "Some", "--fact", "NoSuchFact").stderr
    assert len(told.strip().splitlines()) == 4


def test_refusal_writes_nothing(copy: Path) -> None:
    before = sorted(copy.rglob("*"))
    assert new_rule(copy, "WF101", "loss", "some-bug").returncode != 0
    assert sorted(copy.rglob("*")) == before
