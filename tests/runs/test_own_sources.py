"""Code that lies in no repository: what of it belongs to a command, and that its copies come back."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from wellfit.errors import GitError
from wellfit.model.record import KeptFile, OwnSources
from wellfit.runs.own_modules import own_modules
from wellfit.runs.own_sources import keep_more, keep_sources, restore_sources

FILES = {
    "train.py": "import os, net.model\nfrom data import load\n\ndef later():\n    import late\n",
    "data.py": "import torch\nfrom net import size\n",
    "late.py": "",
    "net/__init__.py": "from . import layers\n",
    "net/model.py": "from .size import SIZE\nfrom ..train import x\n",
    "net/layers.py": "",
    "net/size.py": "import train\n",
    "unrelated.py": "",
    "broken.py": "import (",
    "config.yaml": "lr: 0.1\n",
    "secret.txt": "hunter2\n",
}
TRAINED = {"train.py", "data.py", "late.py", "net/__init__.py", "net/model.py", "net/layers.py", "net/size.py"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def names(root: Path, *words: str, folder: Path | None = None) -> set[str]:
    found = own_modules(("python", *words), folder or root)
    assert found is not None
    return {file.relative_to(root).as_posix() for file in found.files}


def test_a_script_with_all_that_it_imports_of_its_folder(project: Path) -> None:
    assert names(project, "train.py") == TRAINED
    assert names(project, "train.py", "--config", "config.yaml", "secret.txt") == TRAINED | {"config.yaml"}
    assert names(project, "unrelated.py") == {"unrelated.py"}
    assert names(project, "broken.py") == {"broken.py"}


def test_a_module_and_what_a_launcher_starts(project: Path) -> None:
    assert names(project, "-m", "net.size") == TRAINED
    assert names(project, "-m", "torch.distributed.run", "--nproc", "2", "train.py") == TRAINED


def test_a_script_elsewhere_is_taken_with_its_own_folder(project: Path, tmp_path: Path) -> None:
    found = own_modules(("python", "../project/train.py"), tmp_path / "else")
    assert found is not None
    assert found.root == project
    assert names(project, str(project / "train.py"), folder=tmp_path / "else") == TRAINED


@pytest.mark.parametrize("words", [("-c", "1"), ("-m", "torch"), ("gone.py",), ()])
def test_without_a_script_there_is_nothing(project: Path, words: tuple[str, ...]) -> None:
    assert own_modules(("python", *words), project) is None


def test_the_copies_come_back(project: Path, tmp_path: Path) -> None:
    sources, notes = keep_sources(("python", "train.py"), project, tmp_path / "record", None)
    assert sources is not None
    assert notes == ()
    assert {file.path for file in sources.files if file.kept} == TRAINED
    assert (tmp_path / "record" / "sources" / "train.py").stat().st_mode & 0o077 == 0
    (project / "train.py").write_text("changed\n")
    assert restore_sources(sources, tmp_path / "record", tmp_path / "again") == ()
    back = {f.relative_to(tmp_path / "again").as_posix(): f.read_text() for f in (tmp_path / "again").rglob("*.py")}
    assert back == {name: FILES[name] for name in TRAINED}


def test_what_the_repository_has_is_left_to_it(project: Path, tmp_path: Path) -> None:
    words = ("python", "train.py")
    assert keep_sources(words, project, tmp_path / "record", str(tmp_path)) == (None, ())
    assert keep_sources(words, project, tmp_path / "record", str(tmp_path / "other"))[0] is not None


def test_a_file_that_is_too_large_is_listed(project: Path, tmp_path: Path) -> None:
    (project / "data.py").write_text("x = 1\n" * 200_000)
    sources, notes = keep_sources(("python", "train.py"), project, tmp_path / "record", None)
    assert sources is not None
    assert notes == ("source files above 1,048,576 bytes were listed and not copied: data.py",)
    assert "sources without a copy: data.py" in restore_sources(sources, tmp_path / "record", tmp_path / "again")


def test_what_only_the_run_could_name_is_kept_too(project: Path, tmp_path: Path) -> None:
    sources, _ = keep_sources(("python", "train.py"), project, tmp_path / "record", None)
    assert sources is not None
    began = time.time()
    os.utime(project / "unrelated.py", (began - 9, began - 9))
    os.utime(project / "broken.py", (began + 9, began + 9))
    elsewhere = tmp_path / "lib.py"
    elsewhere.write_text("")
    told = [str(project / name) for name in ("train.py", "unrelated.py", "broken.py", "gone.py")]
    more, notes = keep_more(sources, [*told, str(elsewhere)], tmp_path / "record", since=began)
    assert {file.path for file in more.files if file.kept} == TRAINED | {"unrelated.py", "broken.py"}
    assert notes == (
        f"modules that lie elsewhere were not kept: {elsewhere}",
        f"files changed while the run went on, before they were kept: {project / 'broken.py'}",
    )


@pytest.mark.parametrize("path", ["../out.py", "/out.py", "a/../../out.py", ".git/hooks/x"])
def test_a_record_of_a_strangers_writes_nothing_elsewhere(tmp_path: Path, path: str) -> None:
    sources = OwnSources("/r", (KeptFile("train.py", 1, None, kept=True),))
    bad = replace(sources, files=(*sources.files, KeptFile(path, 1, None, kept=True)))
    with pytest.raises(GitError, match="is no path within a working tree"):
        restore_sources(bad, tmp_path / "record", tmp_path / "again")
    assert not (tmp_path / "again").exists()
