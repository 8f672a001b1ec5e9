"""What the platforms' own types for TypeScript say of a value: the compiler is asked, `tsc --strict`.

Each value stands in a file of its own, as a literal of its type. So a property that the type does not have, or one
that is misspelt, is as much an error as one that is missing.
"""

import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from checks import Checks, Wrong

OPTIONS = {
    "strict": True,
    "noEmit": True,
    "module": "nodenext",
    "target": "es2022",
    # The declarations are judges here. What they make of each other is not our concern.
    "skipLibCheck": True,
    "types": [],
}
STRANGE = {"stile": "primary"}
"""What no type has, and an eye misses."""


class Value(NamedTuple):
    """A value, and the type that it should have."""

    name: str
    module: str
    type: str
    value: Any


def refused(values: list[Value], story: str) -> dict[str, str]:
    """What the compiler says against each value, by name. What it takes is not in it."""
    folder = packages() / "typed" / story
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "include": ["*.ts"]}))
    for value in values:
        names = ", ".join(sorted(set(re.findall(r"\b[A-Z]\w*", value.type)) - {"Omit"}))
        source = f"import type {{ {names} }} from '{value.module}';\nexport const value: {value.type} ="
        (folder / f"{value.name}.ts").write_text(f"{source} {json.dumps(value.value, indent=1)};\n")
    tsc = packages() / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", str(tsc), "--project", str(folder), "--pretty", "false"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    said = dict(_complaints(done.stdout))
    if bool(done.returncode) != bool(said) or not said.keys() <= {value.name for value in values}:
        raise Wrong(f"tsc ended with {done.returncode}:\n{done.stdout[:2000]}{done.stderr[:2000]}")
    return said


def judge(checks: Checks, what: str, values: list[Value], story: str) -> None:
    """The compiler takes all of these, and none of them once something in it is misspelt."""
    with checks.step(f"tsc --strict takes {what}"):
        all_are_taken(values, story)
    with checks.step("and none of these once a button, or whatever is deepest, has a `stile`"):
        none_is_taken(spoilt(values), f"{story}-spoilt")


def all_are_taken(values: list[Value], story: str) -> None:
    if said := refused(values, story):
        raise Wrong("\n      ".join(f"{name}: {what}" for name, what in said.items()))


def none_is_taken(values: list[Value], story: str) -> None:
    """Each of them has to be refused: else the types judge nothing."""
    if passed := {value.name for value in values} - refused(values, story).keys():
        raise Wrong(f"with a property that is not there, and taken: {', '.join(sorted(passed))}")


def spoilt(values: list[Value]) -> list[Value]:
    """Each value with one property that no type has, at a button if it has one, and else as deep as it goes."""
    copies = [value._replace(value=copy.deepcopy(value.value)) for value in values]
    for spoilt in copies:
        objects = list(_objects(spoilt.value))
        deepest = max(objects, key=lambda found: ("style" in found[1], found[0]), default=(0, {}))
        deepest[1].update(STRANGE)
    return copies


def packages() -> Path:
    """The folder of what package.json names."""
    if named := os.environ.get("NODE_PACKAGES"):
        return Path(named).resolve()
    raise Wrong("NODE_PACKAGES names no folder: `cargo xtask test` fetches what package.json lists")


def _objects(node: Any, depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(node, dict):
        yield depth, node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in inner:
        yield from _objects(child, depth + 1)


def _complaints(said: str) -> Iterator[tuple[str, str]]:
    """The first complaint about each file, by the file's name; a complaint may go on in lines that are indented."""
    known = set()
    for line in said.splitlines():
        if (found := re.match(r"(?:.*/)?([^/]+)\.ts\(\d+,\d+\): (error .*)", line)) and found[1] not in known:
            known.add(found[1])
            yield found[1], found[2][:400]
