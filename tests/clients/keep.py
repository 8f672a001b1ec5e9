"""What the bot has written, as code: run by the real az, and read by the grammars of Bicep and Terraform."""

import json
from dataclasses import replace
from typing import Any

import syntax
import wire
from bot import Bot, Card, action
from checks import Checks, Place, Wrong, equal
from clients import Az, Sdk, as_written
from processes import Process
from simulated import GATEWAY, SETTING, Simulator
from wire import differences

PROBE = "custom-healthz"
DROPPED = {"/properties/httpListeners[listener-web]/properties/enableHttp3": (False, None)}
"""What az loses of any gateway that it writes, as its models do not have it. The text for az says so."""
ATTACHED = f"/properties/backendHttpSettingsCollection[{SETTING}]/properties/probe"


def az_does_what_the_bot_did(checks: Checks, place: Place) -> None:
    """Run on another gateway, the code for the fix and for the way back does what the bot did on its own."""
    simulator = Simulator(place)
    with checks.step("the bot mends the gateway by an approval"):
        bot = Bot(place, simulator)
        bot.console.say(f"/agw diagnose {GATEWAY}")
        offer = bot.console.offer()
        incident = action(offer, "approve")["command"].split()[2]
        offered = code(place, incident)
        bot.console.press(offer, "approve")
        fixed = bot.console.card("Fixed")
        written = gateway(place, simulator)
    with checks.step("agw code says what was offered, and that it is no undo"):
        kept = code(place, incident)
        equal(kept, offered)
        equal((kept["schema"], kept["incident"], kept["undo"]), ("agw.code/1", incident, False))
    with checks.step("its Bicep is Bicep, and names probe and setting"):
        strings = syntax.bicep(kept["code"]["bicep"])
        equal({PROBE, SETTING, "/healthz", "200-399"} - set(strings), set())
    with checks.step("its Terraform is HCL, with the probe and the setting's line"):
        blocks = syntax.terraform(kept["code"]["terraform"])
        (probe,) = blocks["probe"]
        equal((probe["name"], probe["path"], probe["protocol"]), (PROBE, "/healthz", "Http"))
        equal((probe["interval"], probe["timeout"], probe["unhealthy_threshold"]), (30, 30, 3))
        equal(probe["match"], [{"status_code": ["200-399"]}])
        equal(blocks["backend_http_settings"], [{"name": SETTING, "probe_name": PROBE}])
    with checks.step("a second gateway begins as the first one did"):
        other = second(place)
        simulated = Simulator(other)
        az = Az(other, simulated)
        begun = gateway(other, simulated)
        equal(differences(begun, written).keys(), {f"/properties/probes[{PROBE}]", ATTACHED})
    with checks.step("its az commands, run by bash, make the same of it in two writes"):
        run(other, az, only(place, incident, "az"))
        equal(differences(written, gateway(other, simulated)), DROPPED)
        equal(len(simulated.traffic.puts(wire.AZ)), 2)
    with checks.step("undone by the bot, its code is the way back"):
        undone(bot, fixed)
        back = code(place, incident)
        equal(back["undo"], True)
        syntax.bicep(back["code"]["bicep"])
        equal(syntax.terraform(back["code"]["terraform"]), {})
    with checks.step("whose az commands make of the second gateway what it was"):
        run(other, az, only(place, incident, "az"))
        equal(differences(begun, gateway(other, simulated)), DROPPED)
        equal(differences(begun, gateway(place, simulator)), {})
    with checks.step("the bot and the simulators stop when they are told to"):
        equal([process.stop() for process in (bot.process, simulator.process, simulated.process)], [0, 0, 0])


def second(place: Place) -> Place:
    """A folder beside the first one, that ends with the same story."""
    folder = place.folder / "second"
    folder.mkdir()
    return replace(place, folder=folder)


def code(place: Place, incident: str) -> dict[str, Any]:
    """What `agw code` says, whole."""
    return json.loads(_code(place, incident, "--output", "json"))


def only(place: Place, incident: str, language: str) -> str:
    """What `agw code` says in one language, as a person pipes it."""
    return _code(place, incident, "--as", language)


def _code(place: Place, incident: str, *more: str) -> str:
    done = place.run("code", incident, "--store", str(place.folder / "agw.db"), *more)
    equal((done.code, done.err), (0, ""))
    return done.out


def run(place: Place, az: Az, script: str) -> None:
    """Runs a script as a person does who has pasted it, and stops at the first command that fails."""
    env = {**az.env, "AZURE_CORE_ONLY_SHOW_ERRORS": "true"}
    done = Process.finished(["bash", "-euc", script], env, place.folder)
    if done.code:
        raise Wrong(f"it ended with {done.code}: {done.err.strip()}\n{script}")


def undone(bot: Bot, fixed: Card) -> None:
    bot.console.press(fixed, "undo")
    bot.console.press(bot.console.card("Undo?"), "approve")
    bot.console.card("Undone")


def gateway(place: Place, simulator: Simulator) -> dict[str, Any]:
    """The gateway as it is, less what only Azure writes."""
    return as_written(Sdk(place, simulator).get().as_dict())
