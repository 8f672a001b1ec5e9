"""Every message for Slack, as Slack's own SDK reads it: lengths, counts, styles, and no key that it does not know."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slack_sdk.models.blocks import Block

from checks import Checks, Place, Wrong

ROOT = Path(__file__).resolve().parents[2]
MOST_BLOCKS = 50
MOST_TEXT = 4000
"""What `chat.update` takes."""


def slack_takes_every_card(checks: Checks, place: Place) -> None:
    """Slack's SDK finds no fault with any card of the bot."""
    with checks.step("every card is written"):
        files = sorted((folder(place) / "slack").glob("*.json"))
        if not files:
            raise Wrong("no card was written")
    with checks.step(f"the SDK for Python reads {len(files)} messages"):
        faults = [f"{file.stem}: {fault}" for file in files for fault in faults_of(json.loads(file.read_text()))]
        if faults:
            raise Wrong("\n      ".join(faults))
    with checks.step("and refuses a message that breaks its rules"):
        bad = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
        if not list(faults_of({"text": "a message", "blocks": [bad]})):
            raise Wrong("a header of 151 letters passes: this judges nothing")


def folder(place: Place) -> Path:
    """Where the cards are; written now, if nobody did before."""
    if named := os.environ.get("CARDS"):
        return Path(named)
    written = place.folder / "cards"
    subprocess.run(["cargo", "xtask", "cards", str(written)], cwd=ROOT, check=True)
    return written


def faults_of(message: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a message."""
    blocks = message["blocks"]
    if len(blocks) > MOST_BLOCKS:
        yield f"{len(blocks)} blocks"
    if not message["text"].strip() or len(message["text"]) > MOST_TEXT:
        yield f"{len(message['text'])} characters of text for notifications"
    for block in blocks:
        yield from faults_of_block(block)


def faults_of_block(block: dict[str, Any]) -> Iterator[str]:
    try:
        parsed = Block.parse(block)
        read = parsed.to_dict() if parsed else {}
    except Exception as error:
        yield f"{block.get('type')}: {error}"
        return
    if read != block:
        yield f"{block.get('type')}: {block} was read as {read}"
    elements = [element for element in block.get("elements", []) if "action_id" in element]
    twice = [action for action, count in Counter(element["action_id"] for element in elements).items() if count > 1]
    if twice or sum(element.get("style") == "primary" for element in elements) > 1:
        yield f"buttons that cannot be told apart: {elements}"
