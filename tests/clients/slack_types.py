"""Slack's own types for TypeScript: they know every message, tab and dialog that the bot sends, key by key.

The types of the methods take blocks of any kind, so blocks are judged for themselves, as those that Slack knows.
"""

import json
from collections.abc import Iterator
from typing import Any

import traffic
from cards import folder
from checks import Checks, Place, Wrong, equal
from traffic import Exchange
from typed import Value, judge

TYPES, METHODS, APP = "@slack/types", "@slack/web-api", "@slack/bolt"
ARGUMENTS = {
    "chat.postMessage": "ChatPostMessageArguments",
    "chat.update": "ChatUpdateArguments",
    "chat.postEphemeral": "ChatPostEphemeralArguments",
    "views.open": "ViewsOpenArguments",
    "views.publish": "ViewsPublishArguments",
    "usergroups.users.list": "UsergroupsUsersListArguments",
}
VIEWS = {"home": "HomeView", "modal": "ModalView"}


def slacks_types_have_every_card(checks: Checks, place: Place) -> None:
    """Every card, and everything else that is sent to Slack in a story."""
    with checks.step("every card is written"):
        files = sorted((folder(place) / "slack").glob("*.json"))
        cards = [blocks(file.stem, json.loads(file.read_text())["blocks"]) for file in files]
        if not cards:
            raise Wrong("no card was written")
    judge(checks, f"the blocks of {len(cards)} cards as KnownBlock[]", cards, "slack-cards")
    with checks.step("the stories were told, and called every method"):
        sent = traffic.of(place, "slack")
        called = {method(exchange) for exchange in sent}
        equal(called, ARGUMENTS.keys() | {""})
        answered = [it.answer for it in traffic.of(place, "bot") if is_answered_command(it)]
    values = list(numbered([*(part for it in sent for part in of(it)), *(part for it in answered for part in reply(it))]))
    what = f"{len(sent)} requests and {len(answered)} answers, {len(values)} different parts of them"
    judge(checks, what, values, "slack-traffic")


def method(exchange: Exchange) -> str:
    """The method that was called; none at an address for answers."""
    return exchange.path.removeprefix("/api/") if exchange.path.startswith("/api/") else ""


def is_answered_command(exchange: Exchange) -> bool:
    return exchange.path == "/api/slack/commands" and exchange.status == 200 and isinstance(exchange.answer, dict)


def of(exchange: Exchange) -> Iterator[Value]:
    """What a request is made of."""
    name = method(exchange)
    if not name:
        yield from reply(exchange.body)
        return
    body = exchange.form() if isinstance(exchange.body, str) else dict(exchange.body)
    if view := body.get("view"):
        yield from parts_of_view(view)
        body["view"] = {**view, "blocks": []}
    yield from parts(name, METHODS, ARGUMENTS[name], body)


def reply(body: dict[str, Any]) -> Iterator[Value]:
    """What only one person reads: the answer to a command, or what goes to a `response_url`."""
    yield from parts("reply", APP, "RespondArguments", body)


def parts_of_view(view: dict[str, Any]) -> Iterator[Value]:
    yield from parts(view["type"], TYPES, f"Omit<{VIEWS[view['type']]}, 'blocks'>", view)


def parts(name: str, module: str, kind: str, body: dict[str, Any]) -> Iterator[Value]:
    """The blocks, and the rest."""
    rest = {key: value for key, value in body.items() if key != "blocks"}
    yield Value(name, module, kind, rest)
    if "blocks" in body:
        yield blocks(f"{name}-blocks", body["blocks"])


def blocks(name: str, value: list[Any]) -> Value:
    return Value(name, TYPES, "KnownBlock[]", value)


def numbered(values: list[Value]) -> Iterator[Value]:
    """Each value once, with a name that no other has."""
    different = {(value.type, json.dumps(value.value, sort_keys=True)): value for value in values}
    for number, value in enumerate(different.values()):
        yield value._replace(name=f"{number:04}-{value.name}")
