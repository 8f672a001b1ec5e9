"""What went over the wire, from the simulator's log, and how two documents differ."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOT, SDK, AZ = "agw/", "azsdk-python-mgmt-network/", "AZURECLI/"
"""How the clients' user agents begin."""

Differences = dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    agent: str
    if_match: str | None
    status: int
    sent: Any
    answer: Any


class Traffic:
    """The exchanges so far."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def all(self) -> list[Exchange]:
        return [self._exchange(json.loads(line)) for line in self._log.read_text().splitlines()]

    def puts(self, agent: str) -> list[Exchange]:
        """The writes that a client sent and Azure accepted."""
        puts = [it for it in self.all() if (it.method, it.status) == ("PUT", 200)]
        return [put for put in puts if put.agent.startswith(agent)]

    def read_before(self, put: Exchange) -> Exchange:
        """The latest reading of the same thing by the same client before it wrote."""
        everything = self.all()
        before = everything[: everything.index(put)]
        wanted = ("GET", put.path, put.agent)
        return next(it for it in reversed(before) if (it.method, it.path, it.agent) == wanted)

    @staticmethod
    def _exchange(line: dict[str, Any]) -> Exchange:
        headers = line["h"]
        sent = json.loads(line["b"]) if line["b"] and "json" in headers.get("content-type", "") else None
        return Exchange(
            method=line["m"],
            path=line["p"],
            agent=headers.get("user-agent", ""),
            if_match=headers.get("if-match"),
            status=line["st"],
            sent=sent,
            answer=line["rb"],
        )


def differences(before: Any, after: Any, at: str = "") -> Differences:
    """Where two documents differ: pointer to (before, after), None for what is not there.

    The parts of a gateway are told apart by name, as in `/properties/probes[healthz]`.
    """
    if before == after:
        return {}
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [(key, f"{at}/{key}") for key in before.keys() | after.keys()]
    elif (named := _named(before)) is not None and (other := _named(after)) is not None:
        before, after = named, other
        keys = [(key, f"{at}[{key}]") for key in before.keys() | after.keys()]
    else:
        return {at: (before, after)}
    found: Differences = {}
    for key, pointer in keys:
        found |= differences(before.get(key), after.get(key), pointer)
    return found


def _named(parts: Any) -> dict[str, Any] | None:
    if isinstance(parts, list) and all(isinstance(part, dict) and "name" in part for part in parts):
        return {part["name"]: part for part in parts}
    return None


BACK_REFERENCES = {"backendHttpSettings", "httpListeners", "pathRules", "requestRoutingRules", "urlPathMaps"}


def without_back_references(gateway: dict[str, Any]) -> dict[str, Any]:
    """A gateway less the lists by which a part says who refers to it.

    Azure computes them and ignores them in a write. The SDK sends them back all the same, az does not.
    """

    def is_reference(part: Any) -> bool:
        return isinstance(part, dict) and part.keys() == {"id"}

    def kept(name: str, value: Any) -> bool:
        listed = isinstance(value, list) and value and all(map(is_reference, value))
        return not (listed and name in BACK_REFERENCES)

    def strip(part: dict[str, Any]) -> dict[str, Any]:
        own = {name: value for name, value in part.get("properties", {}).items() if kept(name, value)}
        return {**part, "properties": own}

    own = gateway["properties"].items()
    parts = {name: [strip(part) for part in value] for name, value in own if _named(value)}
    return {**gateway, "properties": {**gateway["properties"], **parts}}
