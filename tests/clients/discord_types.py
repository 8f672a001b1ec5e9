"""The types that discord.js is built on know every request to Discord, and every answer to what people do there.

Discord's own contract is in no registry; these types are kept from its documentation. Lengths and counts, which types
do not know, are Twilight's to judge, in the stories themselves.
"""

import re

import traffic
from checks import Checks, Place, Wrong, equal
from slack_types import numbered
from traffic import Exchange
from typed import Value, judge

API = "discord-api-types/v10"
INTERACTIONS = "/api/discord/interactions"
TYPES = {
    r"POST /channels/\d+/messages": "RESTPostAPIChannelMessageJSONBody",
    r"PATCH /channels/\d+/messages/\d+": "RESTPatchAPIChannelMessageJSONBody",
    r"POST /channels/\d+/messages/\d+/threads": "RESTPostAPIChannelMessagesThreadsJSONBody",
    r"POST /users/@me/channels": "RESTPostAPICurrentUserCreateDMChannelJSONBody",
    r"POST /webhooks/\d+/[\w-]+": "RESTPostAPIWebhookWithTokenJSONBody",
    r"PUT /applications/\d+/commands": "RESTPutAPIApplicationCommandsJSONBody",
}
"""Requests with a body."""
KINDS = {1, 4, 5, 6, 7, 8, 9}
"""Of answers: pong, message, later, nothing new, changed message, suggestions, dialog."""


def discords_types_have_every_request(checks: Checks, place: Place) -> None:
    """Everything that is sent to Discord in a story."""
    with checks.step("the stories were told, with every kind of request and of answer"):
        sent = [exchange for exchange in traffic.of(place, "discord") if exchange.method != "GET"]
        equal({kind(exchange) for exchange in sent}, set(TYPES.values()))
        bot = traffic.of(place, "bot")
        answers = [it.answer for it in bot if (it.path, it.status) == (INTERACTIONS, 200)]
        equal({answer["type"] for answer in answers}, KINDS)
    requests = [Value(kind(exchange), API, kind(exchange), exchange.body) for exchange in sent]
    answered = [Value("answer", API, "APIInteractionResponse", answer) for answer in answers]
    values = list(numbered([*requests, *answered]))
    what = f"{len(requests)} requests and {len(answered)} answers, {len(values)} different ones"
    judge(checks, what, values, "discord")


def kind(exchange: Exchange) -> str:
    """The type of a request's body."""
    line = f"{exchange.method} {exchange.path}"
    for pattern, name in TYPES.items():
        if re.fullmatch(pattern, line):
            return name
    raise Wrong(f"no type is known for {line}")
