"""The habits of the house that neither linter, type checker nor import contracts can hold."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wellfit
from wellfit.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "wellfit"
EXAMPLES = {"bad.py", "good.py", "near.py"}
FILES = sorted(f for f in PACKAGE.rglob("*.py") if f.name not in EXAMPLES)
MODULES = sorted(".".join(f.relative_to(PACKAGE.parent).with_suffix("").parts) for f in FILES if f.stem != "__init__")

TORCH_ROOMS = (
    "wellfit.observe.",
    "wellfit.intervene.",
    "wellfit.script.armed.",
    "wellfit.schedules.",
    "wellfit.regularize.",
    "wellfit.recipes.",
    "wellfit.find.",
    "wellfit.fuse.",
    "wellfit.advise.",
    "wellfit.record.",
)
"""Rooms that a process enters only where the user's own program has imported torch, or is about to use it."""

BROAD_EXCEPTS = {
    "judge.py": "around a rule: it becomes the verdict broken",
    "observe/watch.py": "around a probe: its facts become unseen and the training goes on",
    "observe/side_run.py": "around a call of the user's forward: what it was to show becomes unseen",
    "observe/arm.py": "around all that is not a probe: watching ends and the training goes on",
    "script/armed/sitecustomize.py": "around all of us in the user's process: the program runs on unwatched",
    "script/child.py": "the same, once torch is there",
    "script/ahead.py": "around an import made ahead: it is undone, and each trial run makes it itself",
    "record/quietly.py": "around what a record notes of the user's program, which runs on: the record lacks something",
    "find/batch_size/attempt.py": "around the user's training at some size: it becomes why that size failed",
    "tune/in_code/fused.py": "around the training of trials at once: it becomes why they failed",
    "tune/in_code/function.py": "around the user's training function: it becomes why that trial failed",
    "fuse/probe.py": "around the user's forward with trials stacked: it becomes why they go one after another",
    "cli/main.py": "around a command: our own failure is a sentence and exit code 2",
}
"""The borders at which any exception may be caught, and what becomes of it there."""

CPU_SECONDS = """
import sys, time
start = time.process_time()
import {module}
print(time.process_time() - start, "torch" in sys.modules)
"""

IMPORT_ALL = """
import importlib, sys
for module in {modules}:
    importlib.import_module(module)
    assert "torch" not in sys.modules, module
"""


def run_python(code: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def shown(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def test_import_is_fast_and_without_torch() -> None:
    runs = [run_python(CPU_SECONDS.format(module="wellfit")) for _ in range(3)]
    assert min(float(seconds) for seconds, _ in runs) < 0.080
    assert {torch for _, torch in runs} == {"False"}


def test_rooms_other_than_observe_never_import_torch() -> None:
    modules = [m for m in MODULES if not f"{m}.".startswith(TORCH_ROOMS) and m != "wellfit.__main__"]
    code = IMPORT_ALL.format(modules=modules)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_front_door_equals_the_documented_list() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.split("## The front door")[1].split("\n## ")[0]
    assert sorted(re.findall(r"^- `(?:wellfit\.)?(\w+)", section, re.MULTILINE)) == sorted(wellfit.__all__)
    assert all(hasattr(wellfit, name) for name in wellfit.__all__)


def imported_names(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "wellfit":
            yield from ((node.module, alias.name) for alias in node.names)


def is_module(dotted: str) -> bool:
    path = PACKAGE.parent.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_names_are_imported_from_the_module_that_defines_them() -> None:
    through_init = [
        f"{shown(file)}: from {module} import {name}"
        for file in FILES
        for module, name in imported_names(file)
        if PACKAGE.parent.joinpath(*module.split(".")).is_dir() and not is_module(f"{module}.{name}")
    ]
    assert not through_init


def is_broad(handler: ast.ExceptHandler) -> bool:
    named = [n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)] if handler.type else ["BaseException"]
    reraised = bool(handler.body) and isinstance(handler.body[-1], ast.Raise)
    return bool({"Exception", "BaseException"} & set(named)) and not reraised


def test_any_exception_is_caught_at_the_borders_only() -> None:
    broad = {
        shown(file)
        for file in FILES
        for node in ast.walk(parse(file))
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    }
    assert broad <= BROAD_EXCEPTS.keys()


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [shown(f) for f in PACKAGE.rglob("*") if f.stem in empty_words]


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_files_and_functions_stay_small(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400
    functions = (n for n in ast.walk(parse(file)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    assert not [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 60]


def test_version_stands_alike_in_both_places() -> None:
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"$', metadata, re.MULTILINE)[1] == __version__


def test_every_dependency_is_pinned() -> None:
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = {m.lower() for m in re.findall(r'^    "([\w-]+)>=', metadata, re.MULTILINE)}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert asked - pinned <= {"tomli"}, "tomli is installed below Python 3.11 only"


@pytest.mark.parametrize("script", ["demo", "test", "check", "prepare", "new-rule", "make-docs"])
def test_scripts_can_be_run(script: str) -> None:
    assert (ROOT / "scripts" / script).stat().st_mode & 0o111
