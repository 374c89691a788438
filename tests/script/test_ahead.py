"""What the server of trial runs imports ahead, what it leaves to the runs, and that no run can tell."""

import importlib
import json
import os
import site
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from trying import Bench

from wellfit.model.cure import Cure

NUMBERS = count()
TRAINS = """
net = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(2):
    net(torch.ones(4, 2)).sum().backward()
    optimizer.step()
"""


class Place:
    """A server, a folder of installed distributions, and the script's own folder, for one test.

    All tests share the server, which never forgets what it has imported: `wf_` in names stands for a prefix of the
    test's own.
    """

    def __init__(self, bench: Bench, packages: Path, number: int) -> None:
        self._bench = bench
        self._packages = packages
        self._prefix = f"wf{number}_"
        self.root = bench.root
        self._notes = bench.folder / f"imports-{number}.json"

    def _named(self, text: str) -> str:
        return text.replace("wf_", self._prefix)

    def install(self, name: str, body: str = "") -> None:
        """Write a module of a distribution."""
        (self._packages / self._named(f"{name}.py")).write_text(self._named(body))

    def own(self, name: str, body: str = "") -> None:
        """Write a module beside the script."""
        for root in (self._bench.root, self._bench.copy):
            (root / self._named(f"{name}.py")).write_text(self._named(body))

    def write(self, program: str) -> None:
        """Write the script."""
        self._bench.write(self._named(program))

    def run(self, cures: Sequence[Cure] = (), **options: Any) -> str:
        """What the script prints."""
        tried = self._bench.run(cures, **options)
        assert tried.end.exit_code == 0, tried.output
        return tried.output.replace(self._prefix, "wf_")

    def ahead(self) -> str:
        """What the server says of what the script begins with."""
        return self._bench.import_ahead().replace(self._prefix, "wf_")

    def noted_ahead(self) -> str:
        """What it says of what the script has noted."""
        return self._bench.import_ahead(self._notes).replace(self._prefix, "wf_")

    def note(self, program: str) -> set[str]:
        """Names that a script notes as the outermost imports before its first step."""
        self.write(program)
        self.run(notes=self._notes)
        if not self._notes.exists():
            return set()
        return {name.replace(self._prefix, "wf_") for name, _ in json.loads(self._notes.read_text())}

    def has(self, *names: str) -> list[bool]:
        """Which modules a script finds imported before its first line."""
        self.write(f"import sys\nprint(*[int(name in sys.modules) for name in {names!r}])\n")
        return [word == "1" for word in self.run().split()]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    folder = tmp_path_factory.mktemp("ahead")
    packages, project = folder / "site-packages", folder / "project"
    packages.mkdir()
    project.mkdir()
    (project / "program.py").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(packages), os.environ.get("PYTHONPATH")])))
        with Bench(project / "program.py") as bench:
            yield bench, packages


@pytest.fixture
def place(shared: tuple[Bench, Path]) -> Place:
    return Place(*shared, next(NUMBERS))


def ran(place: Place, body: str, program: str) -> tuple[str, str]:
    """What the server says of a library with this body, and what a program that begins with its import prints then."""
    place.install("wf_lib", body)
    place.write(f"import wf_lib\n{program}")
    return place.ahead(), place.run()


def test_what_the_script_begins_with_is_imported_once(place: Place) -> None:
    said, output = ran(place, "import os\nMADE_BY = os.getpid()\n", "print(wf_lib.MADE_BY)\n")
    assert said == ""
    assert place.run() == output
    assert place.has("wf_lib") == [True]


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
    ],
)
def test_an_import_that_a_fork_would_share_too_much_of_is_left_to_the_runs(place: Place, body: str, why: str) -> None:
    place.install("wf_lib", body)
    place.write("import wf_lib\n")
    said = place.ahead()
    assert why in said
    assert place.has("wf_lib") == [False]


def test_what_is_left_does_not_keep_others_from_being_imported(place: Place) -> None:
    place.install("wf_bad", "FILE = open(__file__)")
    place.install("wf_lib")
    place.write("import wf_bad\nimport wf_lib\n")
    assert "open files" in place.ahead()
    assert place.has("wf_bad", "wf_lib") == [False, True]


def test_nothing_outside_of_the_copy_is_written(place: Place) -> None:
    path = place.root / "written.txt"
    place.install("wf_lib", f"open({str(path)!r}, 'w').close()")
    place.write("import wf_lib\n")
    assert "PermissionError" in place.ahead()
    assert not path.exists()


def test_a_module_of_the_script_that_hides_another_is_found_by_the_runs(place: Place) -> None:
    place.install("wf_other", "WHOSE = 'installed'")
    place.own("wf_other", "WHOSE = 'own'")
    said, output = ran(place, "from wf_other import WHOSE", "print(wf_lib.WHOSE)\n")
    assert "wf_other" in said
    assert output == "own\n"


def test_a_library_that_merely_looks_for_a_module_of_the_script_finds_it(place: Place) -> None:
    place.own("wf_extra", "")
    body = "import importlib.util\nHAS = importlib.util.find_spec('wf_extra') is not None"
    said, output = ran(place, body, "print(wf_lib.HAS)\n")
    assert "wf_extra" in said
    assert output == "True\n"


def test_modules_of_the_user_on_the_path_are_not_imported(place: Place, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "elsewhere_module.py").write_text("")
    body = f"import sys\nsys.path.append({str(own)!r})\nimport elsewhere_module\nsys.path.pop()"
    said, _ = ran(place, body, "")
    assert "elsewhere_module, which is no installed distribution" in said


def test_what_a_library_draws_while_it_is_imported_each_run_draws(place: Place) -> None:
    body = (
        "import random\nfrom random import getrandbits, randint\n"
        "DRAWN = [randint(0, 999_999), random.random(), random.uniform(0, 3), getrandbits(40), random.choice('abc')]\n"
        "random.shuffle([1, 2, 3])\n"
    )
    program = "import random\nprint(wf_lib.DRAWN, random.random(), random.getrandbits.__module__)\n"
    place.install("wf_lib", body)
    place.write(f"import wf_lib\n{program}")
    cold = place.run()
    again = place.run(seed=1)
    assert place.ahead() == ""
    assert place.run() == cold
    assert place.run(seed=1).split()[-2:] == again.split()[-2:]


def test_the_generator_is_what_it_was_after_its_draws_were_kept(place: Place) -> None:
    program = "import random\nprint(type(random._inst) is random.Random, wf_lib.getrandbits is random.getrandbits)\n"
    said, output = ran(place, "from random import getrandbits\ngetrandbits(3)\n", program)
    assert (said, output) == ("", "True True\n")


def test_functions_that_a_library_has_bound_are_changed_as_if_the_run_bound_them(place: Place) -> None:
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
    place.install("wf_lib", body)
    place.write(f"import wf_lib\n{program}")
    cure = Cure("skip_activation", None, {"function": "softmax"})
    cold = place.run((cure,), seed=2)
    assert place.ahead() == ""
    warm = place.run((cure,), seed=2)
    assert warm.startswith("True True True True\n")
    assert warm == cold


def test_a_run_notes_its_outermost_imports_and_the_server_makes_them(place: Place) -> None:
    place.install("wf_lib", "import wf_inner")
    place.install("wf_inner", "")
    place.install("wf_late", "")
    names = place.note(f"x = 1\nimport torch\nimport wf_lib\n{TRAINS}\nimport wf_late\n")
    assert "wf_lib" in names
    assert not {"wf_inner", "wf_late"} & names
    assert place.noted_ahead() == ""
    assert place.has("wf_lib", "wf_inner", "wf_late") == [True, True, False]


def test_what_a_module_of_the_script_imports_is_made_as_well(place: Place) -> None:
    place.install("wf_lib", "")
    place.own("wf_own", "import wf_lib")
    assert {"wf_own", "wf_lib"} <= place.note(f"import torch\nimport wf_own\n{TRAINS}")
    assert place.noted_ahead() == ""
    assert place.has("wf_lib", "wf_own") == [True, False]


def test_notes_fit_a_server_that_has_drawn_while_it_imported_before(place: Place) -> None:
    place.install("wf_first", "import random\nrandom.random()")
    place.install("wf_lib")
    program = f"import wf_first\nimport torch\nx = 1\nimport wf_lib\n{TRAINS}"
    place.write(program)
    assert place.ahead() == ""
    assert "wf_lib" in place.note(program)
    assert place.noted_ahead() == ""
    assert place.has("wf_lib") == [True]


def test_what_the_script_looks_for_in_vain_is_not_noted(place: Place) -> None:
    names = place.note(f"import torch\ntry:\n    import wf_absent\nexcept ImportError:\n    pass\n{TRAINS}")
    assert "wf_absent" not in names


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
def test_an_import_under_conditions_that_the_script_has_made_is_left_to_it(place: Place, before: str) -> None:
    place.install("wf_lib", "")
    assert "wf_lib" in place.note(f"import torch\n{before}\nimport wf_lib\n{TRAINS}")
    assert place.noted_ahead() == ""
    assert place.has("wf_lib") == [False]


def test_a_run_that_trains_nothing_notes_nothing(place: Place) -> None:
    place.install("wf_lib", "")
    assert place.note("x = 1\nimport wf_lib\n") == set()


def test_a_server_that_has_imported_ahead_ends_with_all_of_its_processes(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import pygments.lexers\n")
    with Bench(tmp_path / "program.py") as bench:
        assert bench.import_ahead() == ""
        group = bench.nursery._server.pid
        assert len(processes_of(group)) > 1
    assert processes_of(group) == []


def processes_of(group: int) -> list[str]:
    """Processes of a group that have not ended."""
    states = (path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat"))
    return [state for state, _, of, *_ in states if int(of) == group and state != "Z"]


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


def test_what_python_imports_before_programs_each_run_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages, project = tmp_path / "site-packages", tmp_path / "project"
    packages.mkdir()
    project.mkdir()
    (packages / "sitecustomize.py").write_text("print('customized')")
    (project / "program.py").write_text(f"import torch\n{TRAINS}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(packages), os.environ.get("PYTHONPATH")])))
    with Bench(project / "program.py") as bench:
        notes = bench.folder / "imports.json"
        assert bench.run(notes=notes).output == "customized\n"
        assert "sitecustomize" in notes.read_text()
        assert bench.import_ahead(notes) == ""
        assert bench.run().output == "customized\n"
