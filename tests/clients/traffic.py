"""What the stories in Rust sent to Slack and Discord, and what the bot answered, as `cargo xtask traffic` keeps it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from checks import Place, Wrong

ROOT = Path(__file__).resolve().parents[2]


class Exchange(NamedTuple):
    """A request and its answer. A body that is no JSON is its text."""

    method: str
    path: str
    host: str | None
    authorization: str | None
    body: Any
    status: int
    answer: Any

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body))


def of(place: Place, server: str) -> list[Exchange]:
    """Everything that went to a server: `slack`, `discord`, `teams`, or the `bot`."""
    found = list(_read(folder(place), server))
    if not found:
        raise Wrong(f"nothing was sent to {server}")
    return found


def folder(place: Place) -> Path:
    """Where it is; kept now, if nobody did before."""
    if named := os.environ.get("TRAFFIC"):
        return Path(named)
    kept = place.folder / "traffic"
    if not kept.is_dir():
        subprocess.run(["cargo", "xtask", "traffic", str(kept)], cwd=ROOT, check=True)
    return kept


def _read(kept: Path, server: str) -> Iterator[Exchange]:
    for file in sorted(kept.glob(f"{server}-*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield Exchange(**json.loads(line))
