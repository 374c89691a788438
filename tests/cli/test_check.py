"""`wellfit check` and `wellfit judge` on real runs."""

import shutil
import subprocess
import sys

import pytest

ILL = """import sys
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(12):
    x = torch.randn(16, 8)
    optimizer.zero_grad()
    probabilities = net(x).softmax(dim=-1)
    loss = F.cross_entropy(probabilities, x[:, :3].argmax(1))
    loss.backward()
    optimizer.step()
    print(step, sys.argv[1:], loss.item().hex())
"""
GUILTY_LINE = 12

NO_TORCH = "import sys; sys.modules['torch'] = None; from wellfit.__main__ import main; main()"


def verdict_of(report, rule):
    (verdict,) = (v for v in report["verdicts"] if v["rule"] == rule)
    return verdict


def comparable(report):
    return [(v["rule"], v["verdict"], v["findings"]) for v in report["verdicts"]]


@pytest.fixture(scope="module")
def checked(tmp_path_factory, make_shell):
    """One run that every test below looks at from its own side."""
    shell = make_shell(tmp_path_factory.mktemp("checked"))
    shell.write("train.py", ILL)
    files = ("-o", "report.json", "-o", "report.html", "-o", "report.txt")
    shell.ran = shell.run(
        "check", *files, "--keep-log", "log", "--select", "WF101", "train.py", "--steps", "3", "-o", "x"
    )
    return shell


def test_the_script_gets_every_word_after_it_and_its_output_is_its_own(checked):
    plain = subprocess.run(
        [sys.executable, "train.py", "--steps", "3", "-o", "x"],
        cwd=checked.folder,
        env=checked.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout.count("--steps") == 12
    assert checked.ran.stdout == plain.stdout


def test_what_was_found_is_the_exit_code(checked):
    assert checked.ran.returncode == 1


def test_the_report_goes_to_standard_error(checked):
    assert f"train.py:{GUILTY_LINE}" in checked.ran.stderr
    assert "12 steps watched" in checked.ran.stderr


def test_the_json_report_names_the_guilty_line(checked):
    report = checked.report()
    verdict = verdict_of(report, "WF101")
    assert (report["schema"], report["script"], report["steps"], report["exit_code"]) == (1, "train.py", 12, 0)
    assert verdict["verdict"] == "found"
    assert verdict["findings"][0]["where"] == {"file": "train.py", "line": GUILTY_LINE, "function": "<module>"}


def test_other_files_get_the_format_of_their_suffix(checked):
    assert (checked.folder / "report.html").read_text().lower().startswith("<!doctype html>")
    assert "WF101" in (checked.folder / "report.txt").read_text()


def test_a_kept_log_is_judged_alike_without_torch(checked):
    words = ("judge", "log", "--select", "WF101", "-o", "judged.json")
    ran = checked.run(*words, python=("-c", NO_TORCH))
    assert (ran.returncode, ran.stderr) == (1, "")
    assert f"train.py:{GUILTY_LINE}" in ran.stdout
    assert comparable(checked.report("judged.json")) == comparable(checked.report())


def test_a_comment_on_the_line_silences_the_finding(checked, make_shell, tmp_path):
    lines = ILL.splitlines()
    lines[GUILTY_LINE - 1] += "  # wellfit: ignore[WF101] wanted for a demonstration"
    checked.write("train.py", "\n".join(lines))
    try:
        ran = checked.run("judge", "log", "--select", "WF101", "-o", "silent.json")
    finally:
        checked.write("train.py", ILL)
    assert ran.returncode == 0
    assert verdict_of(checked.report("silent.json"), "WF101")["verdict"] == "clear"
    assert "wanted for a demonstration" in ran.stdout


def test_a_log_that_is_cut_is_judged_and_what_is_missing_is_named(checked):
    (log,) = (checked.folder / "log").glob("events-*.jsonl")
    text = log.read_bytes()
    (checked.folder / "cut.jsonl").write_bytes(text[: text.index(b"\n", len(text) // 2) - 1])
    ran = checked.run("judge", "cut.jsonl", "--select", "WF101")
    assert "cut in the middle" in ran.stdout
    assert "the log has no end" in ran.stdout


def test_logs_of_two_runs_are_not_mixed(checked):
    ran = checked.run("check", "--keep-log", "log", "train.py")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "already holds the event logs" in ran.stderr


def test_closed_streams_change_no_exit_code(checked):
    command = 'exec "$0" -m wellfit judge log --select WF101 2>&- >&-'
    ran = subprocess.run(["sh", "-c", command, sys.executable], cwd=checked.folder, check=False)
    assert ran.returncode == 1


def test_a_program_that_fails_exits_with_3_and_is_reported_until_then(shell):
    failing = ILL + "    if step == 6:\n        raise RuntimeError('no more')\n"
    shell.write("train.py", failing)
    ran = shell.run("check", "--format", "json", "--quiet", "-o", "report.json", "--select", "WF101", "train.py")
    assert ran.returncode == 3
    assert ran.stderr.startswith("Traceback (most recent call last):\n")
    assert ran.stderr.endswith("\nRuntimeError: no more\n")
    assert "wellfit" not in ran.stderr.replace(str(shell.folder), "")
    assert (shell.report()["exit_code"], shell.report()["steps"]) == (1, 7)
    assert verdict_of(shell.report(), "WF101")["verdict"] == "found"


@pytest.mark.parametrize(
    ("end", "code", "sentence"),
    [
        ("os._exit(0)", 1, "the log has no end"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 3, "killed by SIGKILL"),
    ],
)
def test_a_program_that_leaves_at_once_is_reported_until_then(shell, end, code, sentence):
    shell.write("train.py", ILL.replace("import sys", "import os, signal, sys") + f"    if step == 8:\n        {end}\n")
    ran = shell.run("check", "-o", "report.json", "--select", "WF101", "train.py")
    assert ran.returncode == code
    assert sentence in ran.stderr
    assert verdict_of(shell.report(), "WF101")["verdict"] == "found"


def test_a_step_budget_ends_the_program_cleanly(shell):
    shell.write("train.py", ILL + "\nprint('never')")
    shell.write("pyproject.toml", "[tool.wellfit]\nsteps = 5\nselect = ['WF101']\n")
    ran = shell.run("check", "-o", "report.json", "train.py")
    assert (ran.returncode, ran.stdout.count("\n"), shell.report()["steps"]) == (1, 4, 5)
    assert shell.report()["exit_code"] == 0


def test_two_checks_at_once_in_one_folder(shell):
    shell.write("train.py", ILL)
    runs = [shell.start("check", "-o", f"{n}.json", "--select", "WF101", "train.py", str(n)) for n in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in runs]
    assert [output.count(f"['{n}']") for n, output in enumerate(outputs)] == [12, 12]
    assert [shell.report(f"{n}.json")["steps"] for n in range(2)] == [12, 12]
    assert sorted(p.name for p in shell.folder.iterdir()) == [".wellfit", "0.json", "1.json", "train.py"]
    assert len(list((shell.folder / ".wellfit").rglob("record.json"))) == 2


RANKS = """import os, subprocess, sys
processes = [subprocess.Popen([sys.executable, "train.py"], env={**os.environ, "RANK": str(r)}) for r in range(2)]
sys.exit(sum(p.wait() for p in processes))
"""


def test_ranks_are_merged_and_counted(shell):
    shell.write(
        "train.py",
        ILL.replace("range(12)", "range(4 if os.environ['RANK'] == '0' else 9)").replace("sys\n", "os, sys\n", 1),
    )
    shell.write("ranks.py", RANKS)
    ran = shell.run("check", "--keep-log", "run.jsonl", "-o", "report.json", "--select", "WF101", "ranks.py")
    assert ran.returncode == 1
    assert "2 processes" in ran.stderr
    assert shell.report()["steps"] == 4
    assert len(verdict_of(shell.report(), "WF101")["findings"]) == 1
    assert sorted(p.name for p in shell.folder.glob("*.jsonl")) == ["run-1.jsonl", "run.jsonl"]


def test_a_command_on_path_is_reported_under_the_program_that_it_started(shell):
    shell.write("deep/train.py", ILL)
    shell.write("train.sh", f"#!/bin/sh\nexec {sys.executable} deep/train.py\n").chmod(0o755)
    ran = shell.run("check", "-o", "report.json", "--select", "WF101", shutil.which("sh") or "sh", "train.sh")
    assert ran.returncode == 1
    assert shell.report()["script"] == "train.py"
    assert verdict_of(shell.report(), "WF101")["findings"][0]["where"]["file"] == "train.py"


def test_a_program_that_trains_nothing(shell):
    shell.write("train.py", "import torch\nprint(torch.nn.Linear(1, 1)(torch.ones(1)).shape)")
    ran = shell.run("check", "train.py")
    assert (ran.returncode, ran.stdout) == (2, "torch.Size([1])\n")
    assert "no optimizer step was seen: nothing was trained" in ran.stderr
