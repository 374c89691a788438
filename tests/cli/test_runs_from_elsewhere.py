"""Records that came from a stranger: data that is shown, never code that runs unasked, never a way out."""

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from wellfit.errors import RecordError
from wellfit.model.plain import values
from wellfit.model.record import GitState, KeptFile, Machine, Option, RunRecord, Submodule
from wellfit.runs.store import Store

TRAIN = "open('it-ran', 'a').close()\n"
KEY = "abcdef0123456789abcdef0123456789"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\u202egnp"
IDS = [f"20260101-0000{n:02}-abcd" for n in range(60)]


@pytest.fixture
def place(shell):
    """A repository with one commit, and an empty store."""
    shell.head = shell.commit(train=TRAIN)
    return shell


def record(place, **changes):
    """A record as this machine would have written it, but for what is changed."""
    git = GitState(str(place.folder), place.head, "main", **changes.pop("git", {}))
    fields = {
        "id": IDS[0],
        "kind": "run",
        "words": ("python", "train.py"),
        "folder": str(place.folder),
        "script": "train.py",
        "started": "2026-01-01T00:00:00+00:00",
        "status": "done",
        "pid": 1,
        "git": git,
        "machine": Machine(socket.gethostname(), "Linux", "cpu", 1, None),
    }
    return RunRecord(**{**fields, **changes})


def put(place, run, name: str = IDS[0]) -> Path:
    """Copy a record into the store, as an archive that was unpacked would."""
    folder = place.folder / ".wellfit" / "runs" / "2026-01-01" / name
    folder.mkdir(parents=True)
    text = run if isinstance(run, str) else json.dumps(run, default=values)
    (folder / "record.json").write_text(text)
    return folder


def ran(place) -> bool:
    return any(place.folder.rglob("it-ran"))


STRANGE = {
    "another host": {"machine": Machine("elsewhere", "Linux", "cpu", 1, None)},
    "no machine": {"machine": None},
    "copied under another id": {"id": IDS[1]},
}


@pytest.mark.parametrize("changes", STRANGE.values(), ids=STRANGE.keys())
def test_a_record_from_elsewhere_is_not_run_where_nobody_can_be_asked(place, changes):
    put(place, record(place, words=("python", "train.py", ESCAPES, "a\nb"), **changes))
    said = place.run("rerun", IDS[0])
    assert said.returncode == 2
    assert "was recorded elsewhere" in said.stderr
    assert "python train.py" in said.stderr
    assert "\\x1b[2J\\x1b]0;owned\\x07\\u202egnp" in said.stderr
    assert "'a\\nb'" in said.stderr
    assert not {"\x1b", "\x07", "\u202e"} & set(said.stdout + said.stderr)
    assert not ran(place)
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("y", 0)])
def test_on_a_terminal_the_answer_decides(place, answer, code):
    put(place, record(place, words=("python", "-c", "print('had ' + 'again')"), machine=None))
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    words = (sys.executable, "-m", "wellfit", "rerun", IDS[0])
    said = subprocess.run(
        words, cwd=place.folder, env=place.environment(), stdin=theirs, capture_output=True, text=True, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert said.returncode == code, said.stderr
    assert "run it? [y/N]" in said.stderr
    assert ("had again" in said.stdout) is (code == 0)


def test_the_root_of_another_tree_is_elsewhere_even_where_it_lies_above(place):
    run = record(place)
    put(place, {**values(run), "git": {**values(run.git), "root": "/"}})
    said = place.run("rerun", IDS[0])
    assert said.returncode == 2
    assert "was recorded elsewhere" in said.stderr


def test_a_record_of_this_folder_is_run_without_a_question(place):
    put(place, record(place, words=("python", "-c", "print('had again')")))
    said = place.run("rerun", IDS[0])
    assert said.returncode == 0, said.stderr
    assert "had again" in said.stdout
    assert "elsewhere" not in said.stderr


OUTSIDE = {
    "an untracked file above": {"git": {"untracked": (KeptFile("../../out", 1, None, kept=True),)}},
    "an absolute untracked file": {"git": {"untracked": (KeptFile("/out", 1, None, kept=True),)}},
    "an untracked file of git's": {"git": {"untracked": (KeptFile(".git/hooks/out", 1, None, kept=True),)}},
    "a submodule above": {"git": {"submodules": (Submodule("../out", "a" * 40, dirty=False),)}},
    "a folder above": {"folder": "{root}/../../out"},
    "no command": {"words": ()},
    "a zero byte": {"words": ("python", "a\0b")},
    "an option for git": {"commit": "--upload-pack=touch it-ran"},
}


@pytest.mark.parametrize("changes", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_what_would_lead_out_is_refused_even_with_yes(place, changes):
    changes = dict(changes)
    commit = changes.pop("commit", None)
    if "folder" in changes:
        changes["folder"] = changes["folder"].format(root=place.folder)
    run = values(record(place, **changes))
    if commit:
        run["git"] = {**values(run["git"]), "commit": commit}
    (put(place, run) / "untracked").mkdir()
    before = sorted(place.folder.parent.rglob("out*"))
    said = place.run("rerun", "--yes", IDS[0])
    assert said.returncode == 2
    assert "failed itself" not in said.stderr
    assert "Traceback" not in said.stderr
    assert not ran(place)
    assert sorted(place.folder.parent.rglob("out*")) == before


@pytest.fixture
def linked(place, tmp_path_factory):
    """The repository with a link to a folder outside in its commit."""
    outside = tmp_path_factory.mktemp("outside")
    (place.folder / "data").symlink_to(outside)
    place.git("add", "data")
    place.git("commit", "-qm", "link")
    place.head = place.git("rev-parse", "HEAD")
    return place, outside


def test_a_working_folder_behind_a_link_is_refused(linked):
    place, outside = linked
    put(place, record(place, folder=str(place.folder / "data" / "new")))
    said = place.run("rerun", "--yes", IDS[0])
    assert said.returncode == 2
    assert "leads out of its repository" in said.stderr
    assert list(outside.iterdir()) == []


def test_a_submodule_and_a_file_behind_a_link_are_not_written(linked):
    place, outside = linked
    git = {
        "submodules": (Submodule("data/sub", place.head, dirty=False),),
        "untracked": (KeptFile("data/file", 1, None, kept=True),),
    }
    copy = put(place, record(place, git=git, words=("python", "-c", "print('had again')"))) / "untracked" / "data"
    copy.mkdir(parents=True)
    (copy / "file").write_text("x")
    (place.folder / "data" / "sub").mkdir()
    said = place.run("rerun", "--yes", IDS[0])
    assert said.returncode == 0, said.stderr
    assert "submodule data/sub was not checked out: its folder is a link" in said.stderr
    assert "data/file was not written: its folder is a link" in said.stderr
    assert [(file.name, list(file.iterdir())) for file in outside.iterdir()] == [("sub", [])]


def hostile_records(place) -> dict[str, str]:
    """Texts of `record.json` that no version has ever written."""
    plain = json.loads(json.dumps(record(place), default=values))
    metric = {"name": "m", "source": "printed", "count": 1, "first": 1, "last": 1, "best": 1, "best_step": 1}
    changed = {
        "deep": {"notes": "[" * 5 + "]" * 5},
        "status list": {"status": ["done"]},
        "no zone": {"started": "2026-01-01T00:00:00"},
        "no date": {"started": "yesterday"},
        "number for words": {"words": 3},
        "empty words": {"words": []},
        "option list": {"options": [{"name": "a", "value": [1], "default": {}, "source": "x"}]},
        "packages list": {"software": {"python": "3", "executable": "x", "packages": []}},
        "huge step": {"metrics": [{**metric, "last_step": 10**30}]},
        "huge float": {"elapsed_s": 10**400},
        "negative schema": {"schema": -1},
    }
    texts = {name: json.dumps({**plain, **changes}) for name, changes in changed.items()}
    return texts | {
        "nested": "[" * 200_000,
        "not json": "\x80\x1b[2J",
        "null": "null",
        "many digits": '{"schema": ' + "9" * 10_000 + "}",
        "huge": '"' + "x" * (40 * 2**20) + '"',
    }


def test_damaged_records_are_named_and_hide_no_other(place):
    texts = hostile_records(place)
    for name, text in zip(IDS[1:], texts.values(), strict=False):
        put(place, text, name)
    put(place, record(place))
    said = place.run("runs", "-n", "100")
    assert said.returncode == 0, said.stderr
    assert IDS[0] in said.stdout
    lines = said.stderr.splitlines()
    assert all(line.startswith("wellfit: ") and "20260101-" in line for line in lines[:3])
    assert lines[3:] == [f"wellfit: {len(texts) - 3} more records cannot be read"]
    assert not {"\x1b", "\x80"} & set(said.stdout + said.stderr)


def test_every_damaged_record_has_its_reason(place):
    store = Store(place.folder / ".wellfit")
    for name, text in hostile_records(place).items():
        folder = put(place, text)
        with pytest.raises(RecordError, match=IDS[0]):
            pytest.fail(f"{name}: {store.read(IDS[0])}")
        shutil.rmtree(folder)


def test_links_and_pipes_in_a_run_lead_nowhere(place, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "private").write_text("diff --git a/private b/private\n+what nobody was to see\n")
    here = put(place, record(place))
    (here / "staged.patch").symlink_to(outside / "private")
    os.mkfifo(here / "unstaged.patch")
    os.mkfifo(here / "events-0-1.jsonl")
    os.mkfifo(here / "alive.lock")
    linked = put(place, record(place), IDS[2])
    (linked / "record.json").rename(outside / "record.json")
    (linked / "record.json").symlink_to(outside / "record.json")
    piped = put(place, record(place), IDS[3])
    (piped / "record.json").unlink()
    os.mkfifo(piped / "record.json")
    shutil.copytree(outside, outside / IDS[4])
    (here.parent / IDS[4]).symlink_to(outside / IDS[4])
    listed = place.run("runs")
    assert listed.returncode == 0, listed.stderr
    assert IDS[0] in listed.stdout
    assert not {IDS[2], IDS[3], IDS[4]} & set(listed.stdout.split())
    compared = place.run("runs", "diff", IDS[0], IDS[0], "-o", "diff.html")
    assert compared.returncode == 0, compared.stderr
    assert "what nobody was to see" not in (place.folder / "diff.html").read_text()
    removed = place.run("runs", "rm", IDS[4])
    assert removed.returncode == 2
    assert (outside / IDS[4] / "record.json").exists()


def test_secrets_that_a_stranger_left_in_a_record_are_masked_in_all_forms(place):
    words = ("python", "train.py", "--api-key", KEY)
    options = (Option("api_key", KEY, None, "argparse"),)
    put(place, record(place, words=words, options=options, notes=(f"API_KEY={KEY}", ESCAPES)))
    plain, as_json = place.run("runs", "show", IDS[0]), place.run("runs", "show", "--json", IDS[0])
    assert json.loads(as_json.stdout)["options"][0]["value"] == "***"
    assert "***" in plain.stdout
    assert KEY not in plain.stdout + as_json.stdout + place.run("runs").stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(plain.stdout + as_json.stdout)
