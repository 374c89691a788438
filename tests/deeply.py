"""Runs `wellfit check --deep` on small scripts, as a user does."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Looked:
    """What a deep check came to."""

    report: dict[str, Any]
    printed: str
    exit_code: int

    def verdict(self, rule: str) -> dict[str, Any]:
        (verdict,) = (v for v in self.report["verdicts"] if v["rule"] == rule)
        return verdict

    def found(self, *, notes: bool = False) -> set[tuple[str, int]]:
        """Rule and line of every finding that is more than a note."""
        return {
            (verdict["rule"], finding["where"]["line"] if finding["where"] else 0)
            for verdict in self.report["verdicts"]
            for finding in verdict["findings"]
            if notes or verdict["severity"] != "note"
        }


def look(script: Path, folder: Path, *options: str, timeout_s: float = 300) -> Looked:
    """Check a copy of a script that stands alone in a folder."""
    folder.mkdir(exist_ok=True)
    shutil.copy(script, folder / script.name)
    return look_at(script.name, folder, *options, timeout_s=timeout_s)


def look_at(name: str, folder: Path, *options: str, timeout_s: float = 300, **variables: str) -> Looked:
    """Check a script in a folder."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **variables}
    command = [sys.executable, "-m", "wellfit", "check", "--deep", "-o", "report.json", *options, name]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    file = folder / "report.json"
    assert file.exists(), done.stderr
    return Looked(json.loads(file.read_text()), done.stdout + done.stderr, done.returncode)
