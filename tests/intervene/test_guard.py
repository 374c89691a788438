"""What a trial run may change, and what it may not."""

import ctypes
import hashlib
from pathlib import Path

import pytest
from intervene.programs import PLAIN
from trying import Bench, Tried

WRITES = {
    "open": "open({path!r}, 'w')",
    "open to append": "open({path!r}, 'ab')",
    "os.open": "os.open({path!r}, os.O_WRONLY | os.O_CREAT)",
    "mkdir": "os.makedirs({path!r})",
    "rename": "(open('mine', 'w').close(), os.rename('mine', {path!r}))",
    "replace": "(open('mine', 'w').close(), os.replace('mine', {path!r}))",
    "copy": "(open('mine', 'w').close(), shutil.copy('mine', {path!r}))",
    "move": "(open('mine', 'w').close(), shutil.move('mine', {path!r}))",
    "symlink": "os.symlink('mine', {path!r})",
    "link": "(open('mine', 'w').close(), os.link('mine', {path!r}))",
    "torch.save": "torch.save({{}}, {path!r})",
    "numpy": "np.savetxt({path!r}, np.zeros(3))",
    "pathlib": "pathlib.Path({path!r}).write_text('x')",
    "sqlite3": "sqlite3.connect({path!r})",
}

DESTROYS = {
    "remove": "os.remove({path!r})",
    "truncate": "os.truncate({path!r}, 0)",
    "write": "open({path!r}, 'r+')",
    "chmod": "os.chmod({path!r}, 0o600)",
    "rmtree": "shutil.rmtree({folder!r})",
    "utime": "os.utime({path!r})",
}

UNSEEN = {
    "a command of the shell": "os.system('echo x > {path}')",
    "another program": "subprocess.run(['touch', {path!r}])",
    "the C library": "ctypes.CDLL(None).creat({path!r}.encode(), 0o644)",
    "removal by the C library": "ctypes.CDLL(None).unlink({there!r}.encode())",
    "truncation by the C library": "ctypes.CDLL(None).truncate({there!r}.encode(), 0)",
    "a name of its own": "os.system('ln -s mine {path}')",
}
"""Changes that Python does not announce."""

MODULES = "import ctypes, os, pathlib, shutil, sqlite3, subprocess\n"


def kernel_has_landlock() -> bool:
    return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 2


def try_to(bench: Bench, statement: str) -> Tried:
    bench.write(MODULES + PLAIN.replace("for step", statement + "\nfor step", 1))
    return bench.run(train=4, score=1)


def state(folder: Path) -> str:
    hashed = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        hashed.update(f"{path} {path.lstat().st_mtime_ns} {path.lstat().st_mode}".encode())
        hashed.update(path.read_bytes() if path.is_file() else b"")
    return hashed.hexdigest()


@pytest.mark.parametrize("how", WRITES)
def test_nothing_is_written_beside_the_users_script(how: str, bench: Bench) -> None:
    path = str(bench.root / "made")
    tried = try_to(bench, WRITES[how].format(path=path))
    assert tried.end.exit_code == 1
    assert "OutsideCopyError" in tried.output
    assert path in tried.refused
    assert not (bench.root / "made").exists()


@pytest.mark.parametrize("how", DESTROYS)
def test_the_users_own_files_stay_as_they_are(how: str, bench: Bench) -> None:
    data = bench.root / "data"
    data.mkdir(exist_ok=True)
    (data / "rows.txt").write_text("rows")
    before = state(data)
    tried = try_to(bench, DESTROYS[how].format(path=str(data / "rows.txt"), folder=str(data)))
    assert tried.end.exit_code == 1
    assert "OutsideCopyError" in tried.output
    assert state(data) == before


@pytest.mark.skipif(not kernel_has_landlock(), reason="this kernel has no Landlock, or one that cannot rename files")
@pytest.mark.parametrize("how", UNSEEN)
def test_what_python_does_not_announce_changes_nothing_either(how: str, bench: Bench) -> None:
    data = bench.root / "data"
    data.mkdir(exist_ok=True)
    (data / "rows.txt").write_text("rows")
    before = state(data)
    tried = try_to(bench, UNSEEN[how].format(path=str(data / "made"), there=str(data / "rows.txt")))
    assert tried.end.exit_code == 0, tried.output
    assert state(data) == before


def test_the_copy_and_temporary_files_may_be_written(bench: Bench) -> None:
    free = (
        "open('log.txt', 'w').write('x'); torch.save(1, 'model.pt'); os.makedirs('runs/a'); import tempfile;"
        " tempfile.NamedTemporaryFile().write(b'x'); sqlite3.connect(':memory:'); open(os.devnull, 'w').write('x')"
    )
    shell = "; os.system('echo x > shell.txt && mv shell.txt runs/a/ && cat runs/a/shell.txt')"
    tried = try_to(bench, free + shell)
    assert "Permission denied" not in tried.output
    assert tried.output.startswith("x\n"), tried.output
    assert tried.end.exit_code == 0, tried.output
    assert tried.refused == []
    assert (bench.copy / "model.pt").exists()


def test_reading_the_users_folder_is_free(bench: Bench) -> None:
    tried = try_to(bench, f"print(len(open({str(bench.script)!r}).read()) > 9)")
    assert tried.end.exit_code == 0, tried.output
    assert "True" in tried.output


def test_a_program_that_catches_the_refusal_trains_on(bench: Bench) -> None:
    path = str(bench.root / "made")
    tried = try_to(bench, f"try:\n    open({path!r}, 'w')\nexcept OSError:\n    print('no checkpoint')")
    assert tried.end.exit_code == 0, tried.output
    assert "no checkpoint" in tried.output
    assert tried.refused == [path]
