"""Scripts that cannot be proved as they stand: a sentence each, and the user's folder stays as it was."""

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest
from proving import Prove, hash_tree, program


def test_a_script_that_is_not_deterministic_is_told_so_and_compared_with_more_seeds(prove: Prove) -> None:
    proof = prove(program(seeding="torch.manual_seed(int.from_bytes(os.urandom(4), 'big'))")).proof("WF101")
    assert "equal seeds do not give equal runs" in proof["reason"]
    assert proof["seeds"] == 5
    assert proof["effect"][0] < proof["effect"][1] < proof["effect"][2]


@pytest.mark.corpus
def test_a_script_that_asks_for_input_cannot_be_run_again(prove: Prove) -> None:
    proof = prove(program(before="input('size? ')"), stdin="7\n").proof("WF101")
    assert proof["verdict"] == "could not measure"
    assert proof["reason"] == "the script as it is cannot be run again: it asks for input"


@pytest.mark.corpus
def test_a_file_that_exists_already_is_named(prove: Prove, tmp_path: Path) -> None:
    proof = prove(program(before=f"open({str(tmp_path / 'lock')!r}, 'x').close()")).proof("WF101")
    assert proof["verdict"] == "could not measure"
    assert "FileExistsError" in proof["reason"] or "outside the copy" in proof["reason"]


@pytest.mark.corpus
def test_a_port_in_use_is_named(prove: Prove, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keeper = f"""
import socket, subprocess
server = socket.socket()
server.bind(("127.0.0.1", {port}))
server.listen()
keeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], pass_fds=(server.fileno(),),
                          start_new_session=True, stdin=-3, stdout=-3, stderr=-3)
open("keeper.pid", "w").write(str(keeper.pid))
"""
    try:
        proof = prove(program(before=keeper)).proof("WF101")
    finally:
        os.kill(int((tmp_path / "project" / "keeper.pid").read_text()), signal.SIGKILL)
    assert proof["verdict"] == "could not measure"
    assert "Address already in use" in proof["reason"]


@pytest.mark.corpus
def test_changes_outside_the_copy_are_refused_and_named(prove: Prove, tmp_path: Path) -> None:
    target = tmp_path / "project" / "notes.txt"
    proved = prove(program(after=f"open({str(target)!r}, 'a').write('trained\\n')"))
    assert target.read_text() == "trained\n"  # by the watched run, and by it alone
    proof = proved.proof("WF101")
    assert proof["verdict"] == "helps"  # the trial ends before that line


@pytest.mark.corpus
def test_a_script_that_changes_the_users_folder_by_its_absolute_name_is_told_so(prove: Prove, tmp_path: Path) -> None:
    target = tmp_path / "project" / "notes.txt"
    proof = prove(program(during=f"open({str(target)!r}, 'a').write('.')")).proof("WF101")
    assert target.read_text() == "." * 60
    assert proof["verdict"] == "could not measure"
    assert "notes.txt, which lies outside the copy that it runs in" in proof["reason"]


def test_a_cure_that_crashes_the_script_speaks_for_itself_alone(prove: Prove) -> None:
    crash = "assert float(net(rows[:4]).sum(1).max()) < 1.01, 'probabilities must sum to 1'"
    stuck = "optimizer.param_groups[0]['params'] = list(net.head.parameters())"
    text = program(during=crash).replace("for step in", f"{stuck}\nfor step in")
    proved = prove(text, "--seeds", "1")
    crashed, other = proved.proof("WF101"), proved.proof("WF301")
    assert crashed["verdict"] == "could not measure"
    assert "cured, the script did not run" in crashed["reason"]
    assert "probabilities must sum to 1" in crashed["reason"]
    assert other["verdict"] != "could not measure"


def test_a_script_of_a_few_steps_is_too_short(prove: Prove) -> None:
    proof = prove(program(steps=5)).proof("WF101")
    assert proof["verdict"] == "could not measure"
    assert "the script makes 5 steps" in proof["reason"]


@pytest.mark.corpus
def test_a_script_that_ends_earlier_under_another_seed_is_told_so(prove: Prove) -> None:
    early = "if float(torch.rand(())) < 0.2 and torch.initial_seed() != 0: break"
    proof = prove(program(during=early)).proof("WF101")
    assert "ended after" in proof["reason"]


def test_the_users_folder_is_untouched_by_all_trials(prove: Prove, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "numbers.txt").write_text("1 2 3")
    (folder / "link").symlink_to(folder / "data" / "numbers.txt")
    changes = """
import pathlib, shutil
pathlib.Path("data/numbers.txt").unlink()
pathlib.Path("data/more.txt").write_text("new")
torch.save({}, "model.pt")
torch.save({}, str(pathlib.Path(__file__).parent / "data" / "beside.pt"))
"""
    text = program(
        before="if os.environ.get('WELLFIT_TRIAL_TEST') and 'trial' in os.getcwd():" + changes.replace("\n", "\n    ")
    )
    (folder / "train.py").write_text(text)
    before = hash_tree(folder)
    proof = prove(text, WELLFIT_TRIAL_TEST="1", PYTHONDONTWRITEBYTECODE="1").proof("WF101")
    assert proof["verdict"] == "helps", proof
    shutil.rmtree(folder / ".wellfit")  # the record of the check itself, which is not one of the trials
    assert hash_tree(folder) == before


def test_a_script_that_fails_is_not_run_again(prove: Prove) -> None:
    proved = prove(program(after="raise SystemExit(3)"))
    assert proved.exit_code == 3
    assert "the script failed" in proved.proof("WF101")["reason"]


def test_what_the_watched_run_left_does_not_stop_the_trials(prove: Prove) -> None:
    proof = prove(program(before="os.mkdir('results')"), "--seeds", "1").proof("WF101")
    assert (proof["seeds"], proof["verdict"] == "could not measure") == (1, False)


def test_trials_do_not_go_on_from_the_checkpoint_of_the_watched_run(prove: Prove) -> None:
    resumes = "if os.path.exists('last.pt'): net.load_state_dict(torch.load('last.pt'))\n{}"
    fresh = program(after="torch.save(net.state_dict(), 'last.pt')")
    resumed = fresh.replace("net = Net()\n", "net = Net()\n" + resumes.format(""))
    assert resumed != fresh
    proofs = [prove(text, "--seeds", "1").proof("WF101") for text in (resumed, fresh)]
    assert proofs[0]["effect"] == proofs[1]["effect"]


@pytest.mark.corpus
def test_data_that_the_watched_run_fetched_stay(prove: Prove) -> None:
    """Also where a trial begins elsewhere for another reason."""
    in_trial = "'wellfit-trial' in os.getcwd()"
    fetches = f"os.path.exists('data') or os.mkdir('/nowhere/data' if {in_trial} else 'data')"
    text = program(before=fetches, seeding=f"torch.manual_seed({in_trial})")
    proof = prove(text, "--seeds", "1").proof("WF101")
    assert proof["verdict"] != "could not measure", proof["reason"]
