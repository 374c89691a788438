"""A watched program sees and shows what it sees and shows under plain Python; no torch is needed for that."""

import sys

import pytest

PY = sys.executable

LOOK_AROUND = """
import sys, os
print(sys.argv, __file__, __name__, sys.path, sys.flags, sys.orig_argv, os.getcwd())
print([name for name in sorted(sys.modules) if not name.startswith("wellfit") and name != "__future__"])
depth, frame = 0, sys._getframe()
while frame:
    depth, frame = depth + 1, frame.f_back
print(depth, sys.stdin.isatty(), sys.gettrace(), sys.excepthook, sys.stdin.read())
"""


def test_interpreter_state(twice):
    twice.write("look.py", LOOK_AROUND)
    plain, watched = twice.both(PY, "look.py", "--lr", "0.1", "a b", "", stdin="größe\n".encode())
    assert plain.stdout
    assert watched.seen == plain.seen


def test_module_of_a_package(twice):
    twice.write("pkg/__init__.py", "")
    twice.write("pkg/train.py", LOOK_AROUND)
    plain, watched = twice.both(PY, "-m", "pkg.train", "--lr", "0.1")
    assert watched.seen == plain.seen


def test_binary_output(twice):
    twice.write(
        "binary.py", "import sys; sys.stdout.buffer.write(bytes(range(256))); sys.stderr.buffer.write(b'\\xff\\r')"
    )
    plain, watched = twice.both(PY, "binary.py")
    assert watched.seen == plain.seen == (bytes(range(256)), b"\xff\r", 0)


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.exit(7)",
        "import sys; sys.exit('no data')",
        "import os; os._exit(5)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "def f():\n    raise ValueError('ü')\nf()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError from e",
        "import nosuchmodule",
        "import torch.nosuchmodule if False else 1",
        "raise KeyboardInterrupt",
        "import warnings; warnings.warn('old', stacklevel=2)",
    ],
)
def test_end(twice, text):
    twice.write("end.py", text)
    plain, watched = twice.both(PY, "end.py")
    assert watched.seen == plain.seen


def test_program_that_deletes_itself_and_moves_away(twice):
    twice.write("gone.py", "import os; os.remove(__file__); os.mkdir('d'); os.chdir('d'); os.rmdir('../d'); 1 / 0")
    twice.write("again.py", "")
    plain = twice.plainly(PY, "gone.py")
    twice.write("gone.py", "import os; os.remove(__file__); os.mkdir('d'); os.chdir('d'); os.rmdir('../d'); 1 / 0")
    assert twice.watched(PY, "gone.py").seen == plain.seen


def test_sitecustomize_of_the_user_still_runs(twice):
    folder = twice.write("site/sitecustomize.py", "import sys; sys.mark = __file__").parent
    twice.write("mark.py", "import sys; print(sys.mark, sys.modules['sitecustomize'], sys.path)")
    plain, watched = twice.both(PY, "mark.py", env={"PYTHONPATH": str(folder)})
    assert watched.seen == plain.seen
    assert watched.markers == ("armed",)


def test_sitecustomize_of_the_user_that_fails(twice):
    folder = twice.write("site/sitecustomize.py", "1 / 0").parent
    twice.write("run.py", "print('runs')")
    plain, watched = twice.both(PY, "run.py", env={"PYTHONPATH": str(folder)})
    assert b"ZeroDivisionError" in plain.stderr
    assert watched.seen == plain.seen


@pytest.mark.parametrize("name", ["json", "dataclasses", "typing", "wellness"])
def test_module_of_the_user_wins_over_the_standard_library(twice, name):
    twice.write(f"{name}.py", "mine = True")
    twice.write("run.py", f"import {name}; print({name}.mine)")
    plain, watched = twice.both(PY, "run.py")
    assert watched.seen == plain.seen == (b"True\n", b"", 0)


def test_empty_pythonpath_adds_no_folder(twice):
    twice.write("look.py", "import sys; print(sys.path)")
    plain, watched = twice.both(PY, "look.py", env={"PYTHONPATH": ""})
    assert watched.seen == plain.seen


def test_python_without_wellfit_is_armed_all_the_same(twice):
    twice.write(
        "look.py", "import sys; print(sys.path, [f for f in sys.meta_path if 'wellfit' in repr(f).lower()][1:])"
    )
    plain, watched = twice.both(sys._base_executable, "look.py")
    assert watched.seen == plain.seen
    assert watched.markers == ("armed",)


def test_processes_below_the_program_arm_as_well(twice):
    twice.write("parent.py", "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1)'])")
    assert twice.watched(PY, "parent.py").markers == ("armed", "armed")


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_isolated_python_runs_and_is_reported_as_not_armed(twice, flag):
    twice.write("run.py", "print('runs')")
    watched = twice.watched(PY, flag, "run.py")
    assert watched.stdout == b"runs\n"
    assert watched.outcome["armed"] is False


def test_log_folder_that_vanishes_is_no_matter_for_the_program(twice):
    vanish = "import os, shutil; shutil.rmtree(os.path.dirname(os.environ['WELLFIT_MARKERS'])); print(1)"
    twice.write("run.py", vanish)
    watched = twice.watched(PY, "run.py")
    assert watched.seen == (b"1\n", b"", 0)
    assert watched.outcome["logs"] == []
