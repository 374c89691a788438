"""A real PostgreSQL for tests: made in a folder of its own, on a free loopback port, and stopped by its process's id.

The server's programs come from the `pgserver` wheel, or from the system. They refuse to run as root: there, they run as
`nobody`, who must be able to read them.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

USER, PASSWORD = "wellfit", "not-to-be-seen-9"
LONGEST_START_S = 60.0
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class UnavailableError(Exception):
    """There is no PostgreSQL here that we can start; the text says why."""


class Server:
    """One PostgreSQL.

    Args:
        programs: folder of `initdb` and `postgres`.
        folder: for its data; readable by whoever runs it.
        is_lasting: whether it writes through to the disk: what a loss of power would ask for, and no killed process.
    """

    def __init__(self, programs: Path, folder: Path, *, is_lasting: bool = False) -> None:
        self.programs, self._folder, self._made, self._is_lasting = programs, folder, 0, is_lasting
        self.port = _free_port()
        if IS_ROOT:
            shutil.chown(folder, "nobody")
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            USER,
            "--pwfile",
            str(secret),
            "-A",
            "scram-sha-256",
            "--no-sync",
        )
        self.start()

    def _as_user(self) -> dict[str, object]:
        return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if IS_ROOT else {}

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *words], capture_output=True, text=True, cwd="/", check=False,
            **self._as_user(),
        )  # fmt: skip
        if done.returncode:
            raise UnavailableError(f"{program} failed: {done.stderr.strip().splitlines()[-1:]}")

    def start(self) -> None:
        """Start it, and wait until it answers; again where what is left of a killed one is in the way."""
        deadline = time.monotonic() + LONGEST_START_S
        while time.monotonic() < deadline:
            self._process = self._launch()
            while self._process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(psycopg.OperationalError):
                    self._connect().close()
                    return
                time.sleep(0.05)
            time.sleep(0.1)
        self.stop()
        raise UnavailableError(f"postgres does not answer: {(self._folder / 'log').read_text()[-500:]}")

    def _launch(self) -> "subprocess.Popen[bytes]":
        sync = {} if self._is_lasting else {"fsync": "off"}
        settings = {
            **sync,
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "jit": "off",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self._folder / "data"), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                preexec_fn=_end_with_parent, **self._as_user(),  # noqa: PLW1509 - no thread of ours holds a lock
            )  # fmt: skip

    def kill(self) -> None:
        """By SIGKILL, as if the machine had gone."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """At once, without a checkpoint: nobody needs its data again."""
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
        )

    def new_database(self) -> str:
        """The address of an empty one."""
        self._made += 1
        with self._connect() as connection:
            connection.execute(f"create database studies{self._made}".encode())
        return self.address(f"studies{self._made}")

    def address(self, database: str, *, password: str = PASSWORD, user: str = USER) -> str:
        """Of a database, with a password in it."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


def _end_with_parent() -> None:
    """Where tests are killed, nobody is left to stop the server: Linux does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG; SIGINT is the server's fast shutdown


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Iterator[Path]:
    found = importlib.util.find_spec("pgserver")
    if found is not None and found.origin is not None:
        yield Path(found.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@contextlib.contextmanager
def serving(*, is_lasting: bool = False) -> Iterator[Server]:
    """A server that lives as long as the block.

    Args:
        is_lasting: see `Server`.

    Raises:
        UnavailableError: none can be started here.
    """
    reasons = []
    for programs in _programs():
        with tempfile.TemporaryDirectory(prefix="wellfit-postgres-", ignore_cleanup_errors=True) as folder:
            try:
                server = Server(programs, Path(folder), is_lasting=is_lasting)
            except (UnavailableError, OSError, subprocess.SubprocessError) as error:
                reasons.append(f"{programs}: {error}")
                continue
            try:
                yield server
            finally:
                server.stop()
            return
    raise UnavailableError("; ".join(reasons) or "the pgserver wheel is not installed, and there is no `postgres`")
