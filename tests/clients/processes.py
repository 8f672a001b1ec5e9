"""Processes of ours: what they say is read as it comes, and none outlives its story."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

ENDING = 15.0
"""Seconds a process has to stop when it is told to."""

FOREIGN = re.compile(
    r"(AGW|AZURE|AZD|ARM|IDENTITY|MSI|IMDS|RUST)_.*|(https?|all|no)_proxy"
    r"|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE",
    re.IGNORECASE,
)
"""Variables by which this machine could send a client somewhere else, or sign it in as somebody."""


def forget_this_machine() -> None:
    for name in [name for name in os.environ if FOREIGN.fullmatch(name)]:
        del os.environ[name]


class Finished(NamedTuple):
    code: int
    out: str
    err: str


class Process:
    """A process that runs until the story is over."""

    def __init__(self, name: str, command: Sequence[str | Path], env: dict[str, str], folder: Path) -> None:
        self.name = name
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @staticmethod
    def finished(command: Sequence[str | Path], env: dict[str, str], folder: Path) -> Finished:
        """Runs a command to its end, a minute away at most."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=ENDING)

    def wait_for(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """The first line, said already or yet to come, that fits."""
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                for line in self._lines:
                    if found := re.search(pattern, line):
                        return found
                left = until - time.monotonic()
                if self._ended or left <= 0:
                    raise RuntimeError(f"{self.name} never said {pattern!r}")
                self._changed.wait(left)

    def stop(self) -> int:
        """Asks it to stop, as a service manager does; the exit code."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(timeout=ENDING)

    def tail(self) -> str:
        """The last of what it said."""
        with self._changed:
            said = "".join(f"\n     | {line}" for line in self._lines[-30:])
        code = self._process.poll()
        return f"     {self.name}, {'running' if code is None else f'exit code {code}'}:{said}"

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
