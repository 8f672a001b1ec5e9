"""The bot, `agw serve`, and the person at its console."""

import json
import socket
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any, Self

from checks import Place, equal
from simulated import Identity, Simulator

CONFIG = """\
[azure]
endpoint = "{arm}"

[site]
proxy = "{proxy}"

[console]
enabled = true

[approval]
approvers = [{{ platform = "console", id = "operator" }}]

[timing]
follow_every = "1s"
verify_every = "1s"
sweep_every = "1s"
"""

Card = dict[str, Any]


def configure(place: Place, simulator: Simulator) -> str:
    """The name of a configuration for this simulator."""
    file = place.folder / "agw.toml"
    file.write_text(CONFIG.format(arm=simulator.base, proxy=simulator.site_proxy))
    return str(file)


class Bot:
    """`agw serve` with a managed identity, and its console."""

    def __init__(self, place: Place, simulator: Simulator) -> None:
        self.identity = place.stack.enter_context(Identity(simulator))
        env = {**self.identity.env, "SSL_CERT_FILE": str(simulator.ca)}
        self.process = place.start(
            "agw serve",
            *(place.agw, "serve", "--config", configure(place, simulator)),
            *("--store", place.folder / "agw.db", "--listen", "127.0.0.1:0"),
            env=env,
        )
        port = int(self.process.wait_for(r"agw serves .*address=127\.0\.0\.1:(\d+)")[1])
        self.console = place.stack.enter_context(Console(port))


class Console:
    """The console as its page uses it: messages come as server-sent events, requests go as JSON."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._entries: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._events = HTTPConnection("127.0.0.1", port)
        self._events.connect()
        self._socket = self._events.sock
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # closed already if the bot has stopped
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()

    def say(self, text: str) -> None:
        self._post("/console/say", {"text": text})

    def press(self, card: Card, verb: str) -> None:
        self._post("/console/click", {"value": action(card, verb)["value"]})

    def type(self, card: Card, verb: str) -> None:
        """Types the command that does the same as the button."""
        self.say(action(card, verb)["command"])

    def card(self, status: str, also: Callable[[Card], bool] = lambda _: True, seconds: float = 60) -> Card:
        """The first message whose status, now or later, is this one."""
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                for card in self._posted():
                    if card["status"] == status and also(card):
                        return card
                left = until - time.monotonic()
                if left <= 0:
                    shown = [card["status"] for card in self._posted()]
                    raise TimeoutError(f"no card {status!r} within {seconds:.0f} s; there are {shown}")
                self._changed.wait(left)

    def offer(self, seconds: float = 60, *, other_than: Card | None = None) -> Card:
        """A plan that can be approved."""
        old = plan(other_than) if other_than else None
        return self.card("Unhealthy", lambda card: plan(card) not in (None, old), seconds)

    def _posted(self) -> list[Card]:
        return [entry["card"] for entry in self._entries.values() if entry["kind"] == "posted"]

    def _post(self, path: str, body: dict[str, str]) -> None:
        data = json.dumps({**body, "nonce": uuid.uuid4().hex}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            equal(answer.status, 202)

    def _read(self) -> None:
        kind = ""
        with closing(self._events), suppress(OSError, HTTPException):  # thus it ends when the bot stops
            self._events.request("GET", "/console/events", headers={"accept": "text/event-stream"})
            for line in self._events.getresponse():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self._take(json.loads(value) if kind == "log" else [json.loads(value)])

    def _take(self, entries: list[dict[str, Any]]) -> None:
        with self._changed:
            self._entries |= {entry["id"]: entry for entry in entries}
            self._changed.notify_all()


def action(card: Card, verb: str) -> dict[str, str]:
    return next(action for action in card["actions"] if action["verb"] == verb)


def plan(card: Card) -> str | None:
    """What Approve stands for on this card: incident and plan."""
    return next((action["value"] for action in card["actions"] if action["verb"] == "approve"), None)
