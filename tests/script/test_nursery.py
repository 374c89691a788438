"""Trials are forked from one Python, and each is what a process of its own would be."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from trying import Bench

from wellfit.errors import ProofError


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    script = tmp_path / "program.py"
    script.write_text("")
    with Bench(script, "--epochs", "3", "a b") as bench:
        yield bench


def said(bench: Bench, program: str, **options: float) -> tuple[int | None, str]:
    bench.write(program)
    tried = bench.run(**options)
    return tried.end.exit_code, tried.output


def test_a_trial_sees_what_a_plain_python_shows(bench: Bench) -> None:
    code, output = said(
        bench,
        "import os, sys\n"
        "print(sys.argv, __name__, os.path.basename(__file__), os.getcwd(), sys.path[0])\n"
        "print(repr(sys.stdin.read()), sys.stdout.isatty())\n",
    )
    assert code == 0
    first, second = output.splitlines()
    assert first == f"['program.py', '--epochs', '3', 'a b'] __main__ program.py {bench.copy} {bench.copy}"
    assert second == "'' False"


def test_what_one_trial_does_the_next_does_not_see(bench: Bench) -> None:
    program = "import os, sys, torch\nprint(os.environ.get('MARK'), hasattr(torch, 'mark'))\n"
    assert said(bench, program + "os.environ['MARK'] = '1'\ntorch.mark = 1\n") == (0, "None False\n")
    assert said(bench, program) == (0, "None False\n")


@pytest.mark.parametrize(
    ("ending", "code"), [("raise SystemExit(7)", 7), ("1 / 0", 1), ("import os; os._exit(3)", 3), ("pass", 0)]
)
def test_exit_codes_are_pythons_own(ending: str, code: int, bench: Bench) -> None:
    assert said(bench, ending)[0] == code


def test_death_by_a_signal_is_told(bench: Bench) -> None:
    assert said(bench, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")[0] == -signal.SIGKILL


def test_a_traceback_shows_the_program_alone(bench: Bench) -> None:
    _, output = said(bench, "def f():\n    raise ValueError('no')\nf()\n")
    assert output.splitlines()[-1] == "ValueError: no"
    assert output.count("File ") == 2
    assert "wellfit/" not in output


def test_an_input_that_nobody_gives_ends(bench: Bench) -> None:
    code, output = said(bench, "input('name? ')")
    assert code == 1
    assert "EOFError" in output


def test_a_trial_that_takes_too_long_is_killed_with_all_that_it_started(bench: Bench, tmp_path: Path) -> None:
    note = bench.copy / "pids.txt"
    code, _ = said(
        bench,
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(60)\n",
        limit_s=8.0,
    )
    assert code is None
    assert all(is_gone(int(pid)) for pid in note.read_text().split())
    assert said(bench, "print('next')") == (0, "next\n")


def test_a_server_that_has_died_is_an_error_in_words(bench: Bench) -> None:
    os.kill(bench.nursery._server.pid, signal.SIGKILL)
    bench.nursery._server.wait()
    with pytest.raises(ProofError, match="has ended"):
        bench.run()


def is_gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.1)
    return False
