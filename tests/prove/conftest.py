"""The fixture that proves a script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from proving import Prove, Proved


@pytest.fixture
def prove(tmp_path: Path) -> Prove:
    """Runs a script of this text in a folder of its own."""

    def run(text: str, *options: str, stdin: str = "", **environment: str) -> Proved:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "train.py").write_text(text)
        report = tmp_path / "report.json"
        command = [sys.executable, "-m", "wellfit", "check", "--prove", "-o", str(report), *options, "train.py"]
        ended = subprocess.run(
            command,
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, **environment},
            check=False,
        )
        assert report.exists(), ended.stderr
        return Proved(json.loads(report.read_text()), ended.stdout, ended.stderr, ended.returncode)

    return run
