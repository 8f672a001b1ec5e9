"""What was shown and what was not: stories of steps, each resting on those before it."""

import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import Finished, Process


class Wrong(Exception):
    """Something is not as it should be."""


def equal(actual: Any, expected: Any) -> None:
    if actual != expected:
        raise Wrong(f"expected {expected!r}\n     but got {actual!r}")


def contains(text: str, part: str) -> None:
    if part not in text:
        raise Wrong(f"expected {part!r} in {text!r}")


@dataclass
class Place:
    """Where a story plays: the program, a folder that goes away, and what is to be closed at its end."""

    agw: Path
    folder: Path
    stack: ExitStack
    processes: list[Process] = field(default_factory=list)

    def start(self, name: str, *command: str | Path, env: dict[str, str] | None = None) -> Process:
        process = self.stack.enter_context(Process(name, command, env or {}, self.folder))
        self.processes.append(process)
        return process

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> Finished:
        """`agw` to its end: the exit code, and what it printed."""
        return Process.finished([self.agw, *arguments], env or {}, self.folder)


class StoryEnds(Exception):
    """A step failed, and nothing that follows could be trusted."""


class Checks:
    """Counts the steps."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def story(self, title: str, play: Callable[[Place], None], agw: Path) -> None:
        """Plays a story in a folder of its own; whatever it started is stopped at its end."""
        print(f"\n{title}", flush=True)
        with tempfile.TemporaryDirectory(prefix="agw-clients-") as folder, ExitStack() as stack:
            place = Place(agw, Path(folder).resolve(), stack)
            try:
                with self.step("the story comes to its end", silent=True):
                    play(place)
            except StoryEnds:
                for process in place.processes:
                    print(process.tail())

    @contextmanager
    def step(self, what: str, *, silent: bool = False) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except StoryEnds:
            raise
        except Exception as error:
            self.failed += 1
            why = str(error) if isinstance(error, Wrong) else traceback.format_exc().rstrip()
            print(f"  FAILED {what}\n     {why}\n     the rest of this story was left out", flush=True)
            raise StoryEnds from error
        if not silent:
            self.passed += 1
            print(f"  ok     {what} ({time.monotonic() - begun:.1f} s)", flush=True)
