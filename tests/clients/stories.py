"""What happens, each story with a simulated Azure and a bot of its own."""

import json
from typing import Any

from azure.mgmt.network import models

import wire
from bot import Bot, configure
from cards import slack_takes_every_card
from checks import Checks, Place, contains, equal
from clients import Az, Sdk, Server, as_written, part, setting
from crossing import Crossing
from discord_types import discords_types_have_every_request
from keep import az_does_what_the_bot_did
from simulated import GATEWAY, POOL, SETTING, Simulator
from slack_types import slacks_types_have_every_card
from wire import Differences, Exchange, differences, without_back_references

ADDRESSES = ["10.0.1.4", "10.0.1.5"]
REFUSED = "Received invalid status code: 403 in the backend server's HTTP response."
PROBE = "custom-healthz"
FILLED_IN = {f"/properties/probes[{PROBE}]/properties/enableProbeProxyProtocolHeader": (None, False)}
"""What Azure adds to a new probe of its own accord."""
# No token of Slack's: `agw check` would ask Slack what it is good for.
SECRETS = {"AGW_ALERT_KEY": "0" * 32}


def az_sees_the_bot_mend_it(checks: Checks, place: Place) -> None:
    """Everything a person with the Azure CLI sees before and after a fix that was approved by a click."""
    simulator = Simulator(place)
    with checks.step("az registers the cloud and logs in as a service principal"):
        az = Az(place, simulator)
        equal([it["state"] for it in az.subscriptions], ["Enabled"])
    with checks.step("az shows the gateway"):
        shown = az.gateway("show")
        equal((shown["name"], shown["provisioningState"]), (GATEWAY, "Succeeded"))
        equal((shown["id"], shown["operationalState"]), (simulator.gateway_id, "Running"))
    with checks.step("az sees servers refused with 403, and no probe"):
        unhealthy(az.health())
        equal(probe_of_setting(az), None)
        equal(az.part("probe", "list"), [])
    with checks.step("agw check says what is there and what is missing"):
        check(place, az, configure(place, simulator))
    with checks.step("agw diagnose, signed in by az, finds the cause and exits 3"):
        report = diagnose(place, az.env, 3)
        equal(report["overall"], "unhealthy")
        found = [(it["cause"], it["verdict"], it["http_setting"]) for it in report["findings"]]
        equal(found, [("probe-path-refused", "confirmed", SETTING)])
        planned = plan(report)
        attached = f"/properties/backendHttpSettingsCollection[{SETTING}]/properties/probe"
        equal(planned.keys(), {f"/properties/probes[{PROBE}]", attached})
    with checks.step("the bot, by its managed identity, offers that fix"):
        bot = Bot(place, simulator)
        bot.console.say(f"/agw diagnose {GATEWAY}")
        offer = bot.console.offer()
        equal(simulator.traffic.puts(wire.BOT), [])
    with checks.step("a press of Approve, and it is fixed"):
        bot.console.press(offer, "approve")
        bot.console.card("Fixed")
        equal((bot.identity.refused, bot.identity.given > 0), ([], True))
    with checks.step("one write: what was read, less what is read-only, and the plan"):
        (put,) = simulator.traffic.puts(wire.BOT)
        only_the_plan(simulator, put, planned)
    with checks.step("az sees the servers Healthy"):
        healthy(az.health())
    with checks.step("az sees the probe, attached to the setting"):
        probe_is_ours(simulator, az)
    with checks.step("az, on demand: /healthz is answered, / refused as before"):
        healthy(az.on_demand("/healthz"))
        unhealthy(az.on_demand("/"))
    with checks.step("agw diagnose exits 0"):
        equal(diagnose(place, az.env, 0)["overall"], "healthy")
    stops(checks, simulator, bot)


def the_sdk_writes_beside_the_bot(checks: Checks, place: Place) -> None:
    """The SDK for Python reads and writes between the bot's steps, and neither loses the other's work."""
    simulator = Simulator(place)
    with checks.step("the SDK sees servers refused with 403, and no probe"):
        sdk = Sdk(place, simulator)
        before = sdk.get()
        equal((before.probes, setting(before).probe), ([], None))
        unhealthy(sdk.health())
    with checks.step("the bot offers a fix"):
        bot = Bot(place, simulator)
        planned = plan(diagnose(place, {**simulator.env, **bot.identity.env}, 3))
        bot.console.say(f"/agw diagnose {GATEWAY}")
        offer = bot.console.offer()
    with checks.step("the SDK adds a pool meanwhile, and is refused with 412 when it is late"):
        written = add_pool(sdk, before)
        equal((written.provisioning_state, len(written.backend_address_pools)), ("Succeeded", 2))
        equal(sdk.put_if_match(before, before.etag), 412)
    with checks.step("the typed command approves what was offered, and it is fixed"):
        bot.console.type(offer, "approve")
        fixed = bot.console.card("Fixed")
    with checks.step("one write: what was read, less what is read-only, and the plan"):
        (put,) = simulator.traffic.puts(wire.BOT)
        only_the_plan(simulator, put, planned)
    with checks.step("the SDK sees the servers Healthy, the probe attached, its pool kept"):
        after = sdk.get()
        healthy(sdk.health())
        healthy(sdk.on_demand(after, "/healthz"))
        equal(setting(after).probe.id, part(after.probes, PROBE).id)
        equal([pool.name for pool in after.backend_address_pools], [POOL, "pool-spare"])
    with checks.step("the SDK writes a tag, in the same form as the bot, and the fix stays"):
        after.tags["touched-by"] = "the SDK"
        sdk.put(after)
        changed = differences(put.sent, without_back_references(simulator.traffic.puts(wire.SDK)[-1].sent))
        equal(changed, {"/tags/touched-by": (None, "the SDK"), **FILLED_IN})
        healthy(sdk.health())
        equal(diagnose(place, {**simulator.env, **bot.identity.env}, 0)["outcome"], {"kind": "nothing"})
    with checks.step("undone by the bot, everything is as it was but for what the SDK wrote"):
        bot.console.press(fixed, "undo")
        bot.console.press(bot.console.card("Undo?"), "approve")
        bot.console.card("Undone")
        changed = differences(as_written(before.as_dict()), as_written(sdk.get().as_dict()))
        equal(changed.keys(), {"/properties/backendAddressPools[pool-spare]", "/tags/touched-by"})
    stops(checks, simulator, bot)


def az_is_faster_than_the_approval(checks: Checks, place: Place) -> None:
    """Somebody changes the HTTP setting with az after the offer: the approval is void, their change stays."""
    simulator = Simulator(place)
    with checks.step("the bot offers a fix"):
        az = Az(place, simulator)
        bot = Bot(place, simulator)
        bot.console.say(f"/agw diagnose {GATEWAY}")
        offer = bot.console.offer()
    with checks.step("az changes the setting that the plan touches"):
        az.part("http-settings", "update", "-n", SETTING, "--timeout", "40")
        (by_az,) = simulator.traffic.puts(wire.AZ)
    with checks.step("Approve writes nothing: the bot makes a new offer"):
        bot.console.press(offer, "approve")
        renewed = bot.console.offer(other_than=offer)
        equal(simulator.traffic.puts(wire.BOT), [])
    with checks.step("that one approved, it is fixed"):
        planned = plan(diagnose(place, az.env, 3))
        bot.console.press(renewed, "approve")
        bot.console.card("Fixed")
    with checks.step("the bot wrote the document that az wrote, and the plan"):
        (put,) = simulator.traffic.puts(wire.BOT)
        only_the_plan(simulator, put, planned)
        equal(differences(by_az.sent, put.sent), planned)
    with checks.step("az sees its own change, the probe, and Healthy servers"):
        equal(az.part("http-settings", "show", "-n", SETTING)["requestTimeout"], 40)
        probe_is_ours(simulator, az)
        healthy(az.health())
    stops(checks, simulator, bot)


def a_429_costs_somebody_a_change_with_az_and_not_with_the_bot(checks: Checks, place: Place) -> None:
    """A write is refused with 429, and somebody else is faster: az sends its old body again, the bot reads anew."""
    simulator = Simulator(place)
    crossing = Crossing(place, simulator)
    with checks.step("az changes a timeout, is refused once, and succeeds"):
        az = Az(place, crossing)
        crossing.arm("before-az")
        az.part("http-settings", "update", "-n", SETTING, "--timeout", "40")
        (put,) = simulator.traffic.puts(wire.AZ)
    with checks.step("it has sent the same body twice: somebody's tag is gone, and nobody was told"):
        equal(differences(crossing.refused[0], put.sent), {})
        equal("before-az" in crossing.tags(), False)
    with checks.step("the bot writes its fix, is refused once, and succeeds"):
        bot = Bot(place, crossing)
        bot.console.say(f"/agw diagnose {GATEWAY}")
        offer = bot.console.offer()
        crossing.arm("before-the-bot")
        bot.console.press(offer, "approve")
        bot.console.card("Fixed")
    with checks.step("it has read anew: somebody's tag is in its second body, and still there"):
        (put,) = simulator.traffic.puts(wire.BOT)
        tag = {"/tags/before-the-bot": (None, "somebody else's")}
        equal((differences(crossing.refused[1], put.sent), len(crossing.refused)), (tag, 2))
        equal(crossing.tags().get("before-the-bot"), "somebody else's")
    stops(checks, simulator, bot)


STORIES = {
    story.__name__.replace("_", "-"): story
    for story in (
        az_sees_the_bot_mend_it,
        the_sdk_writes_beside_the_bot,
        az_is_faster_than_the_approval,
        az_does_what_the_bot_did,
        a_429_costs_somebody_a_change_with_az_and_not_with_the_bot,
        slack_takes_every_card,
        slacks_types_have_every_card,
        discords_types_have_every_request,
    )
}


def unhealthy(servers: list[Server]) -> None:
    all_are(servers, "Unhealthy", REFUSED)


def healthy(servers: list[Server]) -> None:
    all_are(servers, "Healthy", "Received 200 status code")


def all_are(servers: list[Server], health: str, because: str) -> None:
    equal([server[:2] for server in servers], [(address, health) for address in ADDRESSES])
    for *_, log in servers:
        contains(log, because)


def probe_of_setting(az: Az) -> str | None:
    return az.part("http-settings", "show", "-n", SETTING, "--query", "probe.id")


def probe_is_ours(simulator: Simulator, az: Az) -> None:
    (probe,) = az.part("probe", "list")
    equal((probe["name"], probe["id"]), (PROBE, f"{simulator.gateway_id}/probes/{PROBE}"))
    equal((probe["path"], probe["protocol"]), ("/healthz", "Http"))
    equal((probe["interval"], probe["timeout"], probe["unhealthyThreshold"]), (30, 30, 3))
    equal(probe["match"]["statusCodes"], ["200-399"])
    equal(probe_of_setting(az), probe["id"])


def add_pool(sdk: Sdk, gateway: models.ApplicationGateway) -> models.ApplicationGateway:
    spare = models.ApplicationGatewayBackendAddressPool(name="pool-spare")
    spare.backend_addresses = [models.ApplicationGatewayBackendAddress(ip_address="10.0.9.9")]
    changed = models.ApplicationGateway(gateway.as_dict())
    changed.backend_address_pools = [*changed.backend_address_pools, spare]
    return sdk.put(changed)


def check(place: Place, az: Az, config: str) -> None:
    """`agw check`, without and with the secrets of the intakes."""
    bare = place.run("check", "--config", config, "--output", "json", env=az.env)
    lines = {line["what"]: line["ok"] for line in json.loads(bare.out)}
    there = {"approval": True, "Azure": True, f"gateway {GATEWAY}": True}
    expected = {**there, "Slack": True, "alerts": False}
    equal((bare.code, {what: lines.get(what) for what in expected}), (3, expected))
    equal([what for what, ok in lines.items() if not ok], ["alerts"])
    whole = place.run("check", "--config", config, env={**az.env, **SECRETS})
    equal((whole.code, {line.split()[0] for line in whole.out.splitlines()} - {"unseen"}), (0, {"ok"}))
    contains(whole.out, f"gateway {GATEWAY}: readable")


def diagnose(place: Place, env: dict[str, str], code: int) -> dict[str, Any]:
    """The report of `agw diagnose`, which has to end with this code."""
    done = place.run("diagnose", GATEWAY, "--output", "json", env=env)
    equal((done.code, done.err if done.code not in (0, 3) else ""), (code, ""))
    return json.loads(done.out)


def plan(report: dict[str, Any]) -> Differences:
    """The edits that a diagnosis offers."""
    equal(report["outcome"]["kind"], "offer")
    return {edit["pointer"]: (edit["before"], edit["after"]) for edit in report["outcome"]["plan"]["edits"]}


def only_the_plan(simulator: Simulator, put: Exchange, planned: Differences) -> None:
    """The bot's write holds no read-only field, and differs from what it read right before by the plan alone.

    What is read-only is said by Microsoft's models in the SDK.
    """
    read = simulator.traffic.read_before(put)
    equal(as_written(put.sent), put.sent)
    equal(differences(without_back_references(as_written(read.answer)), put.sent), planned)
    equal(put.if_match, read.answer["etag"])


def stops(checks: Checks, simulator: Simulator, bot: Bot) -> None:
    with checks.step("the bot and the simulator stop when they are told to"):
        equal((bot.process.stop(), simulator.process.stop()), (0, 0))
