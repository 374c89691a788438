"""Whatever is typed or run: a sentence, the right exit code, never a traceback of ours."""

import sys

import pytest


def test_help_is_fast(shell):
    code = (
        "import sys, time\nsys.argv = ['wellfit', '--help']\nfrom wellfit.__main__ import main\n"
        "try:\n    main()\nfinally:\n    print(time.process_time(), sorted({'torch', 'rich'} & {*sys.modules}))\n"
    )
    runs = [shell.run(python=("-c", code)).stdout.splitlines()[-1].split(" ", 1) for _ in range(3)]
    assert min(float(seconds) for seconds, _ in runs) < 0.15
    assert {modules for _, modules in runs} == {"[]"}


def test_version(shell):
    ran = shell.run("--version")
    assert (ran.returncode, ran.stdout) == (0, "wellfit 0.1.0\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check"], "Missing argument"),
        (["check", "--steps", "0", "x.py"], "'--steps'"),
        (["check", "--stps", "1", "x.py"], "--stps"),
        (["check", "--format", "yaml", "x.py"], "'yaml' is not one of 'text', 'json'"),
        (["check", "x.py"], "no such script: x.py"),
        (["check", "--steps", "3", "-m"], "-m needs the name of a module"),
        (["chek"], "chek"),
        (["judge", "nothing.jsonl"], "no such event log: nothing.jsonl"),
        (["judge", "."], "no event logs"),
        (["explain", "WF110"], "no rule is called WF110 (did you mean WF1"),
    ],
)
def test_usage_error(shell, words, sentence):
    ran = shell.run(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr


def test_all_mistakes_of_one_call_at_once(shell):
    shell.write("train.py", "")
    shell.write("file", "")
    words = ("--select", "WF999,lossy", "-o", "x.sarif", "-o", "no/x.json", "--keep-log", "file")
    ran = shell.run("check", *words, "train.py")
    assert ran.returncode == 2
    assert [line.split(":")[0] for line in ran.stderr.splitlines()] == ["wellfit"] * 5
    assert ".sarif" in ran.stderr


def test_syntax_error_is_the_script_s_own_failure_in_python_s_words(shell):
    shell.write("train.py", "x = (\n")
    ran = shell.run("check", "--quiet", "train.py")
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr.splitlines()[-1] == "SyntaxError: '(' was never closed"


def test_program_that_never_imports_torch(shell):
    shell.write("train.py", "print('done')")
    ran = shell.run("check", "train.py")
    assert (ran.returncode, ran.stdout) == (2, "done\n")
    assert "torch was never imported: there was nothing to watch" in ran.stderr


def test_program_that_cannot_be_armed(shell):
    shell.write("train.py", "print('done')")
    ran = shell.run("check", sys.executable, "-I", "train.py")
    assert (ran.returncode, ran.stdout) == (2, "done\n")
    assert "no Python process could be watched" in ran.stderr


def test_options_of_the_script_are_never_ours(shell):
    shell.write("pkg/__init__.py", "")
    shell.write("pkg/show.py", "import sys; print(sys.argv[1:])")
    shell.write("show.py", "import sys; print(sys.argv[1:])")
    own = ["--steps", "x", "--help", "-o", "-m", "--", "-q"]
    assert shell.run("check", "--quiet", "show.py", *own).stdout == f"{own}\n"
    assert shell.run("check", "-q", "--steps", "3", "-m", "pkg.show", *own).stdout == f"{own}\n"
    assert shell.run("check", "-q", "--", "show.py", *own).stdout == f"{own}\n"


def test_output_files_are_found_again_from_where_the_command_was_typed(shell):
    shell.write("train.py", "import os; os.chdir('/')")
    shell.run("check", "-q", "-o", "report.json", "train.py")
    assert shell.report()["script"] == "train.py"


def test_log_without_any_event(shell):
    shell.write("empty.jsonl", "")
    shell.write("garbage.jsonl", '\x00\n{}\n[1]\n"a"\n{"event": "Armed"}\n')
    for name in ("empty.jsonl", "garbage.jsonl"):
        ran = shell.run("judge", name)
        assert (ran.returncode, ran.stderr) == (2, "")
        assert "the log has no end" in ran.stdout


def test_rules_and_explain_work_without_torch(shell):
    code = "import sys; sys.modules['torch'] = None; from wellfit.__main__ import main; main()"
    listed = shell.run("rules", python=("-c", code))
    assert "WF101" in listed.stdout
    page = shell.run("explain", "softmax-before-cross-entropy", python=("-c", code))
    assert (page.returncode, page.stdout.splitlines()[0]) == (0, "# WF101 softmax-before-cross-entropy")


def test_our_own_failure_is_a_sentence(shell):
    code = (
        "import sys; sys.argv[1:] = ['rules']\nimport wellfit.catalogue\ndel wellfit.catalogue.RULES\n"
        "from wellfit.__main__ import main\nmain()"
    )
    ran = shell.run(python=("-c", code))
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert ran.stderr.startswith("wellfit: failed itself: ImportError")
