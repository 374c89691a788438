"""What the server of trial runs imports ahead, what it leaves to the runs, and that no run can tell."""

import importlib
import json
import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from trying import Bench

from wellfit.model.cure import Cure

SEEN = "import sys\nprint('wf_lib' in sys.modules)\n"

TRAINS = """
net = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(2):
    net(torch.ones(4, 2)).sum().backward()
    optimizer.step()
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed distributions."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])))
    return folder


@pytest.fixture
def bench(tmp_path: Path, packages: Path) -> Iterator[Bench]:
    project = tmp_path / "project"
    project.mkdir()
    script = project / "program.py"
    script.write_text("")
    with Bench(script) as bench:
        yield bench


def ran(bench: Bench, packages: Path, body: str, program: str) -> tuple[str, str]:
    """What the server says of a library with this body, and what a program that begins with its import prints then."""
    (packages / "wf_lib.py").write_text(body)
    bench.write(f"import wf_lib\n{program}")
    said = bench.import_ahead()
    tried = bench.run()
    assert tried.end.exit_code == 0, tried.output
    return said, tried.output


def noted(bench: Bench, program: str) -> list[str]:
    """Names that a program notes as the outermost imports before its first step."""
    path = bench.folder / "imports.json"
    path.unlink(missing_ok=True)
    bench.write(program)
    assert bench.run(notes=path).end.exit_code == 0
    return [name for name, _ in json.loads(path.read_text())] if path.exists() else []


def test_what_the_script_begins_with_is_imported_once(bench: Bench, packages: Path) -> None:
    said, output = ran(bench, packages, "import os\nMADE_BY = os.getpid()\n", "print(wf_lib.MADE_BY)\n")
    assert said == ""
    assert bench.run().output == output
    bench.write(SEEN)
    assert bench.run().output == "True\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()", "threads"),
        ("import signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)", "signal handlers"),
        ("FILE = open(__file__)", "open files"),
        ("import socket\nSOCKET = socket.socket()", "open files"),
        ("open('written.txt', 'w').close()", "files in the working folder"),
        ("import torch\ntorch.rand(1)", "random numbers"),
        ("import numpy\nnumpy.random.rand()", "random numbers"),
        ("import random\nrandom.seed(3)", "random numbers"),
        ("import sys\nsys.path.append('/nowhere')", "the path of imports"),
        ("import os\nos.chdir('/')", "the working folder"),
        ("import torch\nNET = torch.compile(torch.nn.Linear(1, 1))", "torch.compile"),
        ("import subprocess, sys\nCHILD = subprocess.Popen([sys.executable, '-S', '-c', 'input()'], stdin=-1)", ""),
        ("raise SystemExit(4)", "SystemExit"),
        ("import os\nos._exit(5)", ""),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ""),
        ("import absent_library", "ModuleNotFoundError"),
        ("import signal, time\nopen('/proc/self/comm', 'w').write('x')\nimport nothing_there", "ModuleNotFoundError"),
    ],
)
def test_an_import_that_a_fork_would_share_too_much_of_is_left_to_the_runs(
    bench: Bench, packages: Path, body: str, why: str
) -> None:
    (packages / "wf_lib.py").write_text(body)
    bench.write("import wf_lib\n")
    said = bench.import_ahead()
    assert why in said
    bench.write(SEEN)
    assert bench.run().output == "False\n"


def test_what_is_left_does_not_keep_others_from_being_imported(bench: Bench, packages: Path) -> None:
    (packages / "wf_bad.py").write_text("FILE = open(__file__)")
    said, _ = ran(bench, packages, "", "")
    assert said == ""
    bench.write("import wf_bad\nimport wf_lib\n")
    (packages / "wf_more.py").write_text("")
    bench.write("import wf_bad\nimport wf_more\n")
    assert "open files" in bench.import_ahead()
    bench.write("import sys\nprint('wf_bad' in sys.modules, 'wf_more' in sys.modules)")
    assert bench.run().output == "False True\n"


def test_nothing_outside_of_the_copy_is_written(bench: Bench, packages: Path) -> None:
    path = bench.root / "written.txt"
    (packages / "wf_lib.py").write_text(f"open({str(path)!r}, 'w').close()")
    bench.write("import wf_lib\n")
    assert "PermissionError" in bench.import_ahead()
    assert not path.exists()


def test_a_module_of_the_script_that_hides_another_is_found_by_the_runs(bench: Bench, packages: Path) -> None:
    (packages / "wf_other.py").write_text("WHOSE = 'installed'")
    for root in (bench.root, bench.copy):
        (root / "wf_other.py").write_text("WHOSE = 'own'")
    said, output = ran(bench, packages, "from wf_other import WHOSE", "print(wf_lib.WHOSE)\n")
    assert "wf_other" in said
    assert output == "own\n"


def test_a_library_that_merely_looks_for_a_module_of_the_script_finds_it(bench: Bench, packages: Path) -> None:
    for root in (bench.root, bench.copy):
        (root / "wf_extra.py").write_text("")
    body = "import importlib.util\nHAS = importlib.util.find_spec('wf_extra') is not None"
    said, output = ran(bench, packages, body, "print(wf_lib.HAS)\n")
    assert "wf_extra" in said
    assert output == "True\n"


def test_modules_of_the_user_on_the_path_are_not_imported(bench: Bench, packages: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "wf_own.py").write_text("")
    (packages / "wf_own.pth").write_text(f"{own}\n")
    body = f"import sys\nsys.path.append({str(own)!r})\nimport wf_own\nsys.path.pop()"
    said, _ = ran(bench, packages, body, "")
    assert "wf_own, which is no installed distribution" in said


def test_what_a_library_draws_while_it_is_imported_each_run_draws(bench: Bench, packages: Path) -> None:
    body = (
        "import random\nfrom random import getrandbits, randint\n"
        "DRAWN = [randint(0, 999_999), random.random(), random.uniform(0, 3), getrandbits(40), random.choice('abc')]\n"
        "random.shuffle([1, 2, 3])\n"
    )
    program = "import random\nprint(wf_lib.DRAWN, random.random(), random.getrandbits.__module__)\n"
    (packages / "wf_lib.py").write_text(body)
    bench.write(f"import wf_lib\n{program}")
    cold = bench.run().output
    again = bench.run(seed=1).output
    assert bench.import_ahead() == ""
    assert bench.run().output == cold
    assert bench.run(seed=1).output.split()[-2:] == again.split()[-2:]


def test_the_generator_is_what_it_was_after_its_draws_were_kept(bench: Bench, packages: Path) -> None:
    program = "import random\nprint(type(random._inst) is random.Random, wf_lib.getrandbits is random.getrandbits)\n"
    said, output = ran(bench, packages, "from random import getrandbits\ngetrandbits(3)\n", program)
    assert (said, output) == ("", "True True\n")


def test_functions_that_a_library_has_bound_are_changed_as_if_the_run_bound_them(bench: Bench, packages: Path) -> None:
    body = (
        "import torch\nfrom torch import manual_seed\nfrom torch.nn.functional import softmax\n"
        "TABLE = {'softmax': softmax}\n"
        "class Layer:\n    soft = softmax\n"
    )
    program = (
        "import torch\nfrom torch.nn import functional as F\n"
        "print(wf_lib.softmax is F.softmax, wf_lib.TABLE['softmax'] is F.softmax, wf_lib.Layer.soft is F.softmax,"
        " wf_lib.manual_seed is torch.manual_seed)\n"
        "wf_lib.manual_seed(0)\nprint(torch.rand(1).item())\n"
    )
    (packages / "wf_lib.py").write_text(body)
    bench.write(f"import wf_lib\n{program}")
    cure = Cure("skip_activation", None, {"function": "softmax"})
    cold = bench.run((cure,), seed=2).output
    assert bench.import_ahead() == ""
    warm = bench.run((cure,), seed=2).output
    assert warm.startswith("True True True True\n")
    assert warm == cold


def test_a_run_notes_its_outermost_imports_and_the_server_makes_them(bench: Bench, packages: Path) -> None:
    (packages / "wf_lib.py").write_text("import wf_inner")
    (packages / "wf_inner.py").write_text("")
    (packages / "wf_late.py").write_text("")
    names = noted(bench, f"x = 1\nimport torch\nimport wf_lib\n{TRAINS}\nimport wf_late\n")
    assert "wf_lib" in names
    assert not {"wf_inner", "wf_late"} & {*names}
    assert bench.import_ahead(bench.folder / "imports.json") == ""
    bench.write("import sys\nprint(*('wf_' + n in sys.modules for n in ('lib', 'inner', 'late')))\n")
    assert bench.run().output == "True True False\n"


def test_what_a_module_of_the_script_imports_is_made_as_well(bench: Bench, packages: Path) -> None:
    (packages / "wf_lib.py").write_text("")
    for root in (bench.root, bench.copy):
        (root / "wf_own.py").write_text("import wf_lib")
    assert {"wf_own", "wf_lib"} <= {*noted(bench, f"import torch\nimport wf_own\n{TRAINS}")}
    assert bench.import_ahead(bench.folder / "imports.json") == ""
    bench.write("import sys\nprint('wf_lib' in sys.modules, 'wf_own' in sys.modules)\n")
    assert bench.run().output == "True False\n"


@pytest.mark.parametrize(
    "before",
    [
        "import os\nos.environ['WF_MODE'] = '1'",
        "import torch\ntorch.set_default_dtype(torch.float64)",
        "import logging\nlogging.basicConfig(level='DEBUG')",
        "import os\nos.makedirs('deeper')\nos.chdir('deeper')",
        "import random\nrandom.random()",
        "import sys\nsys.argv.append('--more')",
    ],
)
def test_an_import_under_conditions_that_the_script_has_made_is_left_to_it(
    bench: Bench, packages: Path, before: str
) -> None:
    (packages / "wf_lib.py").write_text("")
    assert "wf_lib" in noted(bench, f"import torch\n{before}\nimport wf_lib\n{TRAINS}")
    assert bench.import_ahead(bench.folder / "imports.json") == ""
    bench.write(SEEN)
    assert bench.run().output == "False\n"


def test_a_run_that_trains_nothing_notes_nothing(bench: Bench, packages: Path) -> None:
    (packages / "wf_lib.py").write_text("")
    assert noted(bench, "x = 1\nimport wf_lib\n") == []


def test_a_server_that_has_imported_ahead_still_ends_with_all_of_its_processes(bench: Bench, packages: Path) -> None:
    ran(bench, packages, "", "")
    group = bench.nursery._server.pid
    bench.nursery.__exit__()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    bench.nursery.__enter__()


def test_the_folders_of_distributions_are_those_of_this_python() -> None:
    from wellfit.script.installed import can_be_imported_ahead, is_installed, is_users_own

    assert site.getsitepackages()
    assert can_be_imported_ahead("pytest")
    assert not can_be_imported_ahead("json")
    assert not can_be_imported_ahead("no_such_module")
    assert is_installed(pytest)
    assert not is_users_own(pytest)
    assert not is_users_own(importlib)
    assert is_users_own(sys.modules[__name__])
