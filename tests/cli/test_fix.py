"""`wellfit fix` as users call it."""

import subprocess
import sys

import pytest
from test_check import ILL

CURED = ILL.replace("net(x).softmax(dim=-1)", "net(x)")
UNSAFE = ILL.replace(
    "    loss.backward()", "    loss = torch.tensor(loss.item(), requires_grad=True)\n    loss.backward()"
)
HEALTHY = CURED


@pytest.fixture
def ill(shell):
    shell.script = shell.write("train.py", ILL)
    return shell


def git(shell, *words):
    identity = ("-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=shell.folder, check=True, capture_output=True)


def test_diff_alone_goes_to_standard_output(ill):
    ran = ill.run("fix", "train.py", "its", "own")
    assert ran.returncode == 1
    assert ran.stdout.startswith("--- a/train.py\n+++ b/train.py\n@@ ")
    assert "['its', 'own']" in ran.stderr
    assert "1 of 1 findings fixed, shown, not written" in ran.stderr
    assert ill.script.read_text() == ILL
    subprocess.run(["git", "apply", "-"], cwd=ill.folder, input=ran.stdout, text=True, check=True)
    assert ill.script.read_text() == CURED


def test_apply_writes_and_a_second_fix_finds_nothing(ill):
    assert ill.run("fix", "--apply", "train.py").returncode == 0
    assert ill.script.read_text() == CURED
    again = ill.run("fix", "--apply", "train.py")
    assert (again.returncode, again.stdout) == (0, "")
    assert "nothing to fix" in again.stderr
    assert ill.script.read_text() == CURED


def test_quiet_keeps_the_diff(ill):
    ran = ill.run("fix", "-q", "--select", "WF101", "train.py")
    assert "-    probabilities = net(x).softmax(dim=-1)\n+    probabilities = net(x)\n" in ran.stdout
    assert "findings" not in ran.stderr


def test_rules_that_are_left_out_are_not_fixed(ill):
    ran = ill.run("fix", "--ignore", "WF101", "train.py")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_unsafe_edit_is_told_and_waits(shell):
    shell.write("train.py", UNSAFE)
    ran = shell.run("fix", "--select", "WF107", "train.py")
    assert "1 finding, none with a safe edit" in ran.stderr
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "--unsafe includes it" in ran.stderr
    taken = shell.run("fix", "--select", "WF107", "--unsafe", "train.py")
    assert taken.returncode == 1
    assert "-    loss = torch.tensor(" in taken.stdout


def test_dirty_file_is_refused_unless_forced(ill):
    git(ill, "init", "-q")
    git(ill, "add", ".")
    git(ill, "commit", "-qm", "first")
    ill.script.write_text(f"{ILL}# more\n")
    ran = ill.run("fix", "--apply", "train.py")
    assert ran.returncode == 2
    assert "it has changes that are not committed; commit it first, or use --force" in ran.stderr
    assert ill.script.read_text() == f"{ILL}# more\n"
    assert ill.run("fix", "--apply", "--force", "train.py").returncode == 0
    assert ill.script.read_text() == f"{CURED}# more\n"


def test_script_that_changes_its_own_file_is_left_alone(ill):
    changed = ILL + "open(__file__, 'a').write('# ran\\n')\n"
    ill.script.write_text(changed)
    ran = ill.run("fix", "--apply", "train.py")
    assert "the file was changed after the run had begun" in ran.stderr
    assert ill.script.read_text() == f"{changed}# ran\n"


def test_script_behind_a_link_is_fixed_where_it_lies(shell):
    real = shell.write("real/train.py", ILL)
    (shell.folder / "link.py").symlink_to(real)
    assert shell.run("fix", "--apply", "link.py").returncode == 0
    assert (shell.folder / "link.py").is_symlink()
    assert real.read_text() == CURED


def test_byte_order_mark_and_line_ends_pass_through_the_diff(shell):
    content = b"\xef\xbb\xbf" + ILL.replace("import sys\n", "import sys  # ü\n").replace("\n", "\r\n").encode()
    (shell.folder / "train.py").write_bytes(content)
    ran = subprocess.run(
        [sys.executable, "-m", "wellfit", "fix", "-q", "--select", "WF101", "train.py"],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        check=False,
    )
    subprocess.run(["git", "apply", "-"], cwd=shell.folder, input=ran.stdout, check=True)
    assert (shell.folder / "train.py").read_bytes() == content.replace(b"net(x).softmax(dim=-1)", b"net(x)")


def test_failing_script_is_told_by_its_exit_code(shell):
    shell.write("train.py", ILL + "raise RuntimeError('end')\n")
    ran = shell.run("fix", "train.py")
    assert ran.returncode == 3
    assert "+    probabilities = net(x)\n" in ran.stdout


def test_run_that_trains_nothing_has_nothing_to_say(shell):
    shell.write("train.py", "print('no torch')\n")
    ran = shell.run("fix", "train.py")
    assert ran.returncode == 2
    assert "nothing is known" in ran.stderr
    assert "torch was never imported" in ran.stderr


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (("--force", "train.py"), "--force is of use with --apply only"),
        (("missing.py",), "no such script"),
        (("--select", "WF999", "train.py"), "no rule or family is called WF999"),
    ],
)
def test_mistakes_are_told_before_the_script_runs(ill, words, mistake):
    ran = ill.run("fix", *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert mistake in ran.stderr


def test_report_of_the_check_shows_the_same_edit(ill):
    ran = ill.run("fix", "-o", "report.json", "train.py")
    fixes = [f["fix"] for v in ill.report()["verdicts"] for f in v["findings"]]
    assert [(fix["safe"], fix["diff"]) for fix in fixes] == [(True, ran.stdout)]
