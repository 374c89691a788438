"""The benchmark of the index, with 20,000 runs in place of its million."""

import importlib.util
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "run_index.py"


def test_questions_to_twenty_thousand_runs_are_answered_in_half_a_second(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("run_index", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    found = benchmark.measure(20_000, tmp_path, 2)
    slow = {name: answer for name, answer in found["answers"].items() if answer["median_s"] > 0.5}
    assert not slow
    shown = {name: answer["shown"] for name, answer in found["answers"].items()}
    assert shown["latest 20"] == shown["lr=0.1 and val_loss<0.3"] == shown["sort by val_loss"] == 20
    assert shown["lr=0.1 and lr=0.3 (none, both common)"] == 0
