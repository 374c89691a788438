"""What the user typed becomes the command that is launched."""

import sys

import pytest

from wellfit.errors import UsageError
from wellfit.script.command import resolve


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")
    return tmp_path


def test_script(folder):
    command = resolve(["train.py", "--lr", "-m"])
    assert command.words == (sys.executable, "train.py", "--lr", "-m")
    assert (command.name, command.root) == ("train.py", folder)


def test_script_elsewhere_brings_its_folder(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "net.py").write_text("")
    assert resolve(["deep/net.py"]).root == folder / "deep"


def test_root_is_named_as_python_names_the_script(folder):
    (folder / "deep").mkdir()
    (folder / "linked").symlink_to(folder / "deep")
    (folder / "deep" / "net.py").write_text("")
    assert resolve(["linked/../linked/net.py"]).root == folder / "linked"


@pytest.mark.parametrize("typed", [["-m", "pkg.train", "-o", "x"], ["-mpkg.train", "-o", "x"]])
def test_module(folder, typed):
    command = resolve(typed)
    assert command.words == (sys.executable, "-m", "pkg.train", "-o", "x")
    assert (command.name, command.root) == ("pkg.train", folder)


def test_command_on_path(folder):
    command = resolve(["sh", "train.sh"])
    assert (command.words, command.root) == (("sh", "train.sh"), None)


def test_executable_in_this_folder(folder):
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    assert resolve(["run.sh", "1"]).words == ("./run.sh", "1")


def test_folder_with_main(folder):
    (folder / "app").mkdir()
    (folder / "app" / "__main__.py").write_text("")
    assert resolve(["app"]).words == (sys.executable, "app")


def test_file_without_suffix_is_run_by_python_as_python_would(folder):
    (folder / "train").write_text("")
    assert resolve(["train"]).words == (sys.executable, "train")


def make_bad_things(folder):
    (folder / "notes.ipynb").write_text("{}")
    (folder / "net").mkdir()
    (folder / "net" / "__init__.py").write_text("")
    (folder / "src").mkdir()
    (folder / "src" / "fit.py").write_text("")
    (folder / "run.sh").write_text("")
    (folder / "folder.py").mkdir()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["tran.py"], "no such script: tran.py (did you mean train.py?)"),
        (["nowhere/x.py"], "no such script: nowhere/x.py"),
        (["no-such-command"], "no such script or command: no-such-command"),
        (["train"], "no such script or command: train (did you mean train.py?)"),
        (
            ["notes.ipynb"],
            "notes.ipynb is a notebook: export it with `jupyter nbconvert --to script notes.ipynb` first",
        ),
        (
            ["missing.ipynb"],
            "missing.ipynb is a notebook: export it with `jupyter nbconvert --to script missing.ipynb` first",
        ),
        (["net"], "net is a package: run one of its modules with `-m net.MODULE`"),
        (["src"], "src is a folder: name a script (did you mean src/fit.py?)"),
        (["folder.py"], "folder.py is a folder: name a script"),
        (["run.sh"], "run.sh is not executable: use `wellfit check sh run.sh`"),
        (["-m"], "-m needs the name of a module"),
        (["/dev"], "/dev is a folder: name a script"),
    ],
)
def test_bad_input_is_one_sentence(folder, typed, sentence):
    make_bad_things(folder)
    with pytest.raises(UsageError) as error:
        resolve(typed)
    assert error.value.mistakes == (sentence,)
