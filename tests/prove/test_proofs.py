"""What a proof says, of bugs with a known effect."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from proving import RAW, Prove, program

import wellfit.rules


def test_the_cure_of_a_softmax_before_cross_entropy_helps(prove: Prove) -> None:
    proved = prove(program())
    proof = proved.proof("WF101")
    assert proof["verdict"] == "helps"
    assert proof["seeds"] == 3
    assert proof["steps"] == 50
    assert proof["effect"][1] == proof["cured"] - proof["as_is"]
    assert [curve["name"] for curve in proof["curves"]] == ["as is", "cured"]
    assert proved.exit_code == 1


def test_a_harmless_log_softmax_has_no_measurable_effect(prove: Prove) -> None:
    proof = prove(program(answer=f"F.log_softmax({RAW}, dim=1)")).proof("WF102")
    assert proof["verdict"] == "no measurable effect"
    assert abs(proof["effect"][1]) < 1e-3


def test_several_findings_are_cured_alone_and_together(prove: Prove) -> None:
    text = program().replace("Adam(net.parameters()", "Adam(net.head.parameters()")
    proved = prove(text)
    assert proved.proof("WF101")["verdict"] != "could not measure"
    assert proved.proof("WF301")["verdict"] != "could not measure"
    together = proved.report["together"]
    assert together["verdict"] == "helps"
    assert together["cured"] > max(proved.proof("WF101")["as_is"], proved.proof("WF301")["as_is"])


@pytest.mark.corpus
def test_the_cost_is_announced_before_it_starts(prove: Prove) -> None:
    proved = prove(program(), "--budget", "2min", "--seeds", "2")
    assert re.search(r"proving 1 cure: 2 seeds x 2 runs .* of 60 steps .* \(--budget 2 min\)", proved.stderr)


@pytest.mark.corpus
def test_a_small_budget_keeps_what_was_measured(prove: Prove) -> None:
    proof = prove(program(before="import time\ntime.sleep(2)"), "--budget", "9s").proof("WF101")
    assert proof["verdict"] == "could not measure" or proof["seeds"] < 3
    assert "budget" in proof["reason"]


def test_an_interrupt_keeps_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(program(before="import time\ntime.sleep(1.5)"))
    command = [sys.executable, "-m", "wellfit", "check", "--prove", "--seeds", "9", "train.py"]
    start = {"cwd": tmp_path, "stderr": subprocess.PIPE, "text": True, "preexec_fn": _hear_interrupts}
    with subprocess.Popen(command, **start) as child:
        assert child.stderr is not None
        announced = next(line for line in child.stderr if "proving" in line)
        time.sleep(12)
        child.send_signal(signal.SIGINT)
        rest = child.stderr.read()
        assert child.wait(60) == 1
    assert "9 seeds" in announced
    assert "interrupted" in rest
    assert "WF101" in rest


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.corpus
def test_what_the_script_prints_in_its_trials_is_not_shown(prove: Prove) -> None:
    proved = prove(program(after="print('the end')", during="print('step', step)"), "--seeds", "1")
    assert proved.stdout.count("step 3\n") == 1


@pytest.mark.corpus
def test_arguments_that_name_the_working_folder_name_its_copy(prove: Prove, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    text = program(during="open(os.path.join(sys.argv[1], 'log.txt'), 'a').write('.')")
    (folder).mkdir()
    (folder / "train.py").write_text(text)
    report = tmp_path / "r.json"
    command = [sys.executable, "-m", "wellfit", "check", "--prove", "-o", str(report), "train.py", str(folder)]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
    assert '"verdict": "helps"' in report.read_text()
    assert (folder / "log.txt").read_text() == "." * 60


def test_a_terminated_proof_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(program(during="import time; time.sleep(0.02)"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "wellfit", "check", "--prove", "train.py"]
    start = {"cwd": tmp_path, "stderr": subprocess.PIPE, "text": True, "env": {**os.environ, "TMPDIR": str(temporary)}}
    with subprocess.Popen(command, **start) as child:
        assert child.stderr is not None
        next(line for line in child.stderr if "proving" in line)
        time.sleep(6)
        child.terminate()
        child.stderr.read()
        assert child.wait(60) == 128 + signal.SIGTERM
    assert list(temporary.glob("wellfit-*")) == []
    time.sleep(1)
    assert _processes_below(tmp_path) == []


def _processes_below(folder: Path) -> list[str]:
    """Command lines of processes that run in a folder or below."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_text())
    return found


@pytest.mark.corpus
def test_a_run_whose_numbers_are_lost_is_compared_with_one_that_keeps_them(prove: Prove) -> None:
    rule = Path(next(iter(wellfit.rules.__path__))) / "numerics" / "first_nonfinite_tensor"
    proof = prove((rule / "bad.py").read_text()).proof("WF802")
    assert proof["verdict"] == "helps"
    assert re.fullmatch(
        r"answers that are no finite numbers in [23] of 3 runs as it is, in 0 of 3 cured", proof["reason"]
    )
    assert proof["effect"] is None
