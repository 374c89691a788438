"""Every signal reaches a watched program exactly once, whoever it was sent to."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

PY = sys.executable

WAIT = """
import threading, time
threading.Timer(0.2, lambda: open("started", "w").close()).start()
time.sleep(30)
"""
"""Says that it has started once its main thread sleeps, so that a traceback names one line only."""

COUNT = """
import signal, sys, time
got = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda n, frame: got.append(n))
open("started", "w").close()
deadline = time.monotonic() + 20
while not got and time.monotonic() < deadline:
    time.sleep(0.01)
time.sleep(0.4)
print([int(n) for n in got])
"""

TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def start(twice, command):
    process = subprocess.Popen(
        command, cwd=twice.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_until_started(twice)
    return process


def wait_until_started(twice):
    deadline = time.monotonic() + 20
    while not (twice.folder / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    (twice.folder / "started").unlink()


def end(process):
    stdout, stderr = process.communicate(timeout=30)
    return stdout, stderr, process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_signal_ends_the_program_as_it_ends_plain_python(twice, number, send):
    twice.write("wait.py", WAIT)
    plain = start(twice, [PY, "wait.py"])
    plain.send_signal(number)
    stdout, stderr, code = end(plain)
    watched = start(twice, twice.watched_command([PY, "wait.py"]))
    send(watched.pid, number)
    assert end(watched) == (stdout, stderr, 0)
    assert twice.outcome()["exit_code"] == code == -number


@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_interrupt_arrives_once(twice, send):
    twice.write("count.py", COUNT)
    watched = start(twice, twice.watched_command([PY, "count.py"]))
    send(watched.pid, signal.SIGINT)
    assert end(watched)[0] == b"[2]\n"


def test_control_c_in_a_terminal_arrives_once(twice):
    twice.write("count.py", COUNT)
    controller, terminal = pty.openpty()
    watched = subprocess.Popen(
        [PY, "-c", TAKE_TERMINAL, *twice.watched_command([PY, "count.py"])],
        cwd=twice.folder,
        stdin=terminal,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    wait_until_started(twice)
    os.write(controller, b"\x03")
    assert watched.communicate(timeout=30)[0] == b"[2]\n"
    os.close(controller)
    os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_to_the_launcher_alone_is_forwarded_once(twice, number):
    twice.write("count.py", COUNT)
    watched = start(twice, twice.watched_command([PY, "count.py"]))
    os.kill(watched.pid, number)
    assert end(watched)[0] == f"[{int(number)}]\n".encode()


def test_ignored_interrupt_stays_ignored(twice):
    twice.write("ask.py", "import signal; print(signal.getsignal(signal.SIGINT).name)")
    as_nohup_does = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *twice.watched_command([PY, "ask.py"])]
    ran = subprocess.run(as_nohup_does, cwd=twice.folder, capture_output=True, timeout=60, check=False)
    assert ran.stdout == b"SIG_IGN\n"


def test_no_process_outlives_the_run(twice):
    twice.write("run.py", "pass")
    process = subprocess.Popen(
        twice.watched_command([PY, "run.py"]), cwd=twice.folder, stdout=subprocess.PIPE, start_new_session=True
    )
    process.communicate(timeout=30)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_no_process_of_ours_outlives_a_killed_launcher(twice):
    twice.write("wait.py", WAIT.replace("30", "0.7"))
    watched = start(twice, twice.watched_command([PY, "wait.py"]))
    watched.kill()
    watched.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(watched.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a process of the group is still there")
