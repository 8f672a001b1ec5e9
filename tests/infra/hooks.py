"""The hooks, run against tools that only pretend: what they call, what they say, and what they leave behind."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SUB = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"
RG = f"/subscriptions/{SUB}/resourceGroups/rg-web/providers"
GATEWAY = f"{RG}/Microsoft.Network/applicationGateways/agw-prod"
SECOND = f"/subscriptions/{OTHER}/resourceGroups/rg-eu/providers/Microsoft.Network/applicationGateways/agw-eu"
SUBNET = f"{RG}/Microsoft.Network/virtualNetworks/vnet/subnets/gateway"
ADDRESS = f"{RG}/Microsoft.Network/publicIPAddresses/pip"
POLICY = f"{RG}/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"
IDENTITY = f"{RG}/Microsoft.ManagedIdentity/userAssignedIdentities/id-certificates"
OWN = f"/subscriptions/{SUB}/resourceGroups/rg-agw-prod/providers"
ACTION_GROUP = f"{OWN}/Microsoft.Insights/actionGroups/ag-agw-abcdefghijklm"
ROLES = ["DIAGNOSE", "SEARCH", "MEND", "LOGS", "LOGS_WORKSPACE", "WATCH", "LOGIN"]
SIGNING, BOT, DISCORD = "canary-signing-4711", "xoxb-canary-4712", "canary-discord-4713"


class Wrong(Exception):
    """A hook did not do what it should."""


def expect(condition: Any, says: str) -> None:
    if not condition:
        raise Wrong(says)


def gateway() -> dict[str, Any]:
    """As `az network application-gateway show` prints it, with everything that a gateway can be joined to."""
    return {
        "gatewayIPConfigurations": [{"subnet": {"id": SUBNET}}],
        "frontendIPConfigurations": [{"publicIPAddress": {"id": ADDRESS}}, {"subnet": {"id": SUBNET}}],
        "privateLinkConfigurations": [{"ipConfigurations": [{"subnet": {"id": f"{SUBNET}-link"}}]}],
        "firewallPolicy": {"id": f"{POLICY}/whole"},
        "httpListeners": [{"name": "plain"}, {"firewallPolicy": {"id": f"{POLICY}/listener"}}],
        "urlPathMaps": [{"pathRules": [{"firewallPolicy": {"id": f"{POLICY}/path"}}]}],
        "identity": {"userAssignedIdentities": {IDENTITY: {}}},
    }


def plain_gateway() -> dict[str, Any]:
    """One that has no more than it must."""
    return {
        "gatewayIPConfigurations": [{"subnet": {"id": f"{SUBNET}-eu"}}],
        "frontendIPConfigurations": [{"publicIPAddress": {"id": f"{ADDRESS}-eu"}}],
        "privateLinkConfigurations": [],
        "firewallPolicy": None,
        "httpListeners": [{"name": "plain"}],
        "urlPathMaps": [],
    }


def deployed() -> dict[str, str]:
    """What azd knows after a deployment."""
    return {
        "AZURE_ENV_NAME": "prod",
        "AZURE_LOCATION": "westeurope",
        "AZURE_SUBSCRIPTION_ID": SUB,
        "AZURE_RESOURCE_GROUP": "rg-agw-prod",
        "AGW_GATEWAYS": f"{GATEWAY},{SECOND}",
        "AGW_APP_NAME": "func-agw-abcdefghijklm",
        "AGW_HOST": "func-agw-abcdefghijklm.azurewebsites.net",
        "AGW_TOKEN": "abcdefghijklm",
        "AGW_VAULT_NAME": "kv-agw-abcdefghijklm",
        "AGW_READ_CLIENT_ID": "read-client",
        "AGW_READ_PRINCIPAL_ID": "read-principal",
        "AGW_WRITE_CLIENT_ID": "write-client",
        "AGW_WRITE_PRINCIPAL_ID": "write-principal",
        "AGW_ACTION_GROUP_ID": ACTION_GROUP,
        "AGW_WORKSPACE_ID": f"{OWN}/Microsoft.OperationalInsights/workspaces/log-agw-abcdefghijklm",
    } | {f"AGW_ROLE_{name}": f"guid-of-{name}" for name in ROLES}


class Desk:
    """A copy of what the hooks need, the tools that only pretend, and an Azure in a file."""

    def __init__(self, infra: Path, folder: Path) -> None:
        self.root = folder / "repository"
        shutil.copytree(infra, self.root / "infra")
        (self.root / "agw.toml").write_text("")
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        for tool in ("az", "azd", "cargo", "sleep"):
            self.pretend(tool)
        self.state_file = folder / "state.json"
        self.write(
            signed_in=True, signed_in_azd=True, check=3, keyless=0, vault_closed=False, env=deployed(), calls=[],
            gateways={GATEWAY.lower(): gateway(), SECOND.lower(): plain_gateway()}, deleted_vaults=[],
            secrets={"discord-bot-token": DISCORD}, assignments=[], definitions=[], alerts=[], settings=[],
            apps=[], principals=[], given=[],
        )  # fmt: skip

    def pretend(self, tool: str) -> None:
        file = self.bin / tool
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parent / "fake.py"}" {tool} "$@"\n')
        file.chmod(0o755)

    def without(self, tool: str) -> None:
        """The tool is not installed; everything else that this machine has is."""
        (self.bin / tool).unlink()
        for name in ("dirname", "grep", "tr", "cut", "env", "python3", "sort", "sed", "paste", "mktemp", "rm", "awk"):
            if found := shutil.which(name):
                (self.bin / name).symlink_to(found)

    @property
    def state(self) -> dict[str, Any]:
        return json.loads(self.state_file.read_text())

    def write(self, **changes: Any) -> None:
        before = self.state if self.state_file.exists() else {}
        self.state_file.write_text(json.dumps(before | changes))

    def env(self, more: dict[str, str], alone: bool) -> dict[str, str]:
        path = str(self.bin) if alone else f"{self.bin}:{os.environ['PATH']}"
        own = {"PATH": path, "FAKE_STATE": str(self.state_file), "HOME": str(self.temporary), "TMPDIR": str(self.temporary)}
        return own | {"PYTHONDONTWRITEBYTECODE": "1", "AGW_PAUSE": "0"} | more

    def run(self, hook: str, *words: str, typed: str = "", env: dict[str, str] | None = None, alone: bool = False) -> tuple[int, str]:
        """How a hook ends, and everything that it says."""
        command = ["/bin/sh", str(self.root / "infra/hooks" / hook), *words]
        done = subprocess.run(
            command, cwd=self.temporary, env=self.env(env or {}, alone), input=typed, text=True, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def calls(self, *words: str) -> list[dict[str, Any]]:
        """The calls that begin so."""
        return [one for one in self.state["calls"] if [one["name"], *one["words"]][: len(words)] == list(words)]

    def keeps(self, said: str, *secrets: str) -> None:
        """No secret was shown, or stood on a command line, or lies around."""
        for secret in secrets:
            expect(secret not in said, f"{secret} was shown")
            for call in self.state["calls"]:
                expect(not any(secret in word for word in call["words"]), f"{secret} stood on a command line: {call['words']}")
        left = [path for path in self.temporary.rglob("*") if path.is_file()]
        expect(not any(secret in path.read_text() for path in left for secret in secrets), f"a secret lies in {left}")


def ends(done: tuple[int, str], code: int, *parts: str) -> str:
    expect(done[0] == code, f"ended with {done[0]} and not {code}: {done[1]}")
    for part in parts:
        expect(part in done[1], f"did not say {part!r}: {done[1]}")
    return done[1]


def preflight_passes_where_all_is_there(desk: Desk) -> None:
    ends(desk.run("preflight.sh"), 0, "agw.toml is fine")
    for call in desk.calls("cargo", "run"):
        expect("AGW_READ_CLIENT_ID" not in call["env"], "the desk is no managed identity")


def preflight_says_what_is_missing(desk: Desk) -> None:
    desk.write(check=1)
    ends(desk.run("preflight.sh"), 1, "agw.toml cannot be used")
    desk.write(check=3, env=deployed() | {"AGW_GATEWAYS": f"{GATEWAY},agw-eu"})
    ends(desk.run("preflight.sh"), 1, '"agw-eu" is not the resource id')
    desk.write(env={"AZURE_ENV_NAME": "prod"})
    ends(desk.run("preflight.sh"), 1, "AGW_GATEWAYS names no gateway")
    desk.write(env=deployed(), unseen=[SUB])
    ends(desk.run("preflight.sh"), 1, "az does not see the subscription")
    desk.write(signed_in_azd=False)
    ends(desk.run("preflight.sh"), 1, "run azd auth login")
    desk.write(signed_in=False)
    ends(desk.run("preflight.sh"), 1, "run az login")
    desk.write(signed_in=True, signed_in_azd=True, unseen=[])
    (desk.root / "agw.toml").write_text('[discord]\napplication = "1"\n')
    ends(desk.run("preflight.sh"), 1, "leave [discord] out of the first deployment")
    ends(desk.run("preflight.sh", env={"AGW_DISCORD": "true"}), 0)
    (desk.root / "agw.toml").unlink()
    ends(desk.run("preflight.sh"), 1, "there is no agw.toml")
    ends(desk.run("prepackage.sh"), 1, "there is no agw.toml")


def a_tool_that_is_not_installed_is_named(desk: Desk) -> None:
    desk.without("az")
    for hook in ("preflight.sh", "preprovision.sh", "postprovision.sh", "postdeploy.sh", "predown.sh", "postdown.sh"):
        ends(desk.run(hook, alone=True), 1, "az is not installed: https://")
    ends(desk.run("connect.sh", "slack", alone=True), 1, "az is not installed")
    (desk.bin / "cargo").unlink()
    ends(desk.run("prepackage.sh", alone=True), 1, "cargo is not installed: https://rustup.rs")
    expect(desk.state["calls"] == [], "nothing was begun")


def prepackage_packages_the_policy(desk: Desk) -> None:
    ends(desk.run("prepackage.sh"), 0)
    expect(len(desk.calls("cargo", "xtask", "package", "--config", "agw.toml")) == 1, "packaged once")


def preprovision_finds_everything_that_is_joined(desk: Desk) -> None:
    said = ends(desk.run("preprovision.sh"), 0)
    wanted = {SUBNET, f"{SUBNET}-link", ADDRESS, f"{POLICY}/whole", f"{POLICY}/listener", f"{POLICY}/path", IDENTITY}
    wanted |= {f"{SUBNET}-eu", f"{ADDRESS}-eu"}
    found = desk.state["env"].get("AGW_JOINED", "").split(",")
    expect(len(found) == len(set(found)) and set(found) == wanted, f"preprovision found {found}")
    expect(all(one in said for one in wanted), "the list is shown")
    expect(not desk.calls("az", "provider"), "no provider without a network")
    ends(desk.run("preprovision.sh", env={"AGW_PRIVATE_NETWORK": "true"}), 0)
    expect(desk.calls("az", "provider", "register", "--namespace", "Microsoft.App"), "registered for the network")


def preprovision_stops_at_a_gateway_that_it_cannot_read(desk: Desk) -> None:
    desk.write(gateways={GATEWAY.lower(): gateway()})
    ends(desk.run("preprovision.sh"), 1, SECOND, "cannot be read")
    expect("AGW_JOINED" not in desk.state["env"], "half a list would take roles away")


def postprovision_grants_in_a_deployment_of_its_own(desk: Desk) -> None:
    desk.write(env=deployed() | {"AGW_JOINED": f"{SUBNET},{ADDRESS}", "AGW_ERRANDS": "logs,watch"}, keyless=1)
    ends(desk.run("postprovision.sh"), 0, "once more", "and nothing else")
    _, call = desk.calls("az", "deployment", "sub", "create")
    expect("infra/grants.bicepparam" in call["words"] and "agw-grants-prod" in call["words"], str(call["words"]))
    for name in re.findall(r"readEnvironmentVariable\('(\w+)'\)", (desk.root / "infra/grants.bicepparam").read_text()):
        expect(call["env"].get(name), f"the compiler reads {name} from the environment")
    expect(call["env"]["AGW_ERRANDS"] == "logs,watch", "what was set is handed on")
    expect("AGW_WRITING" not in call["env"], "an empty text would be no default")


def postprovision_grants_nothing_before_it_knows_what(desk: Desk) -> None:
    ends(desk.run("postprovision.sh"), 1, "AGW_JOINED is not known")
    expect(not desk.calls("az"), "nothing was begun")


def postprovision_takes_the_newest_list_of_joins(desk: Desk) -> None:
    desk.write(env=deployed() | {"AGW_JOINED": "newer"})
    ends(desk.run("postprovision.sh", env={"AGW_JOINED": "older"}), 0)
    [call] = desk.calls("az", "deployment", "sub", "create")
    expect(call["env"]["AGW_JOINED"] == "newer", "what azd keeps")


def without_an_environment_of_azd_values_are_exported_by_hand(desk: Desk) -> None:
    desk.write(env={})
    ends(desk.run("preprovision.sh", env={"AZURE_ENV_NAME": "prod", "AGW_GATEWAYS": GATEWAY}), 0, "export AGW_JOINED=")
    expect(not desk.calls("azd", "env", "set"), "azd is installed, and somebody deploys without it")
    known = deployed() | {"AGW_JOINED": SUBNET}
    ends(desk.run("postprovision.sh", env=known), 0)
    ends(desk.run("connect.sh", "slack", typed=f"{SIGNING}\n{BOT}\n", env=known), 0, "export AGW_SLACK='true'", "deployment again")


def without_azd_values_are_exported_by_hand(desk: Desk) -> None:
    (desk.bin / "azd").unlink()
    known = {"AGW_GATEWAYS": GATEWAY}
    ends(desk.run("preprovision.sh", env=known), 0, f"export AGW_JOINED='{IDENTITY},{POLICY}/listener")
    ends(desk.run("preprovision.sh"), 1, "AGW_GATEWAYS is not known")
    ends(desk.run("postdeploy.sh", env=known), 1, "AZURE_ENV_NAME is not known", "docs/deploy.md")


def the_page_says_how_to_export_the_outputs(desk: Desk) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/deploy.md").read_text()
    snippet = page[page.index('eval "$(az deployment') :].split("\n\n")[0]
    script = f"{snippet}\nprintf '%s|%s' \"$AZURE_RESOURCE_GROUP\" \"$AGW_TOKEN\""
    done = subprocess.run(["/bin/sh", "-euc", script], env=desk.env({}, False), capture_output=True, text=True, check=False)
    expect(done.stdout == "rg agw|it's", f"{done.stdout}{done.stderr}")


def postdeploy_makes_the_alerts_and_says_what_to_paste(desk: Desk) -> None:
    said = ends(desk.run("postdeploy.sh"), 0, "https://func-agw-abcdefghijklm.azurewebsites.net", "paste slack-manifest.json")
    [call] = desk.calls("az", "deployment", "sub", "create")
    expect("infra/alerting.bicepparam" in call["words"], "the second phase")
    for name in re.findall(r"readEnvironmentVariable\('(\w+)'\)", (desk.root / "infra/alerting.bicepparam").read_text()):
        expect(call["env"].get(name), f"the compiler reads {name} from the environment")
    manifest = json.loads((desk.root / "slack-manifest.json").read_text())
    expect(manifest == {"url": "https://func-agw-abcdefghijklm.azurewebsites.net"}, str(manifest))
    expect("connect.sh discord" in said and "AGW_TEAMS_TENANTS" in said, "what is not connected yet is offered")


def postdeploy_waits_for_the_key_and_gives_up_in_the_end(desk: Desk) -> None:
    desk.write(keyless=2)
    ends(desk.run("postdeploy.sh"), 0, "once more")
    expect(len(desk.calls("az", "deployment", "sub", "create")) == 3, "a third time")
    desk.write(keyless=9, calls=[])
    ends(desk.run("postdeploy.sh"), 1, "infra/hooks/postdeploy.sh")
    expect(len(desk.calls("az", "deployment", "sub", "create")) == 5, "five times")


def postdeploy_registers_at_discord_and_packs_for_teams(desk: Desk) -> None:
    desk.write(env=deployed() | {"AGW_DISCORD": "true", "AGW_SLACK": "true", "AGW_TEAMS_TENANTS": "tenant"})
    said = ends(desk.run("postdeploy.sh"), 0, "/api/discord/interactions", "agw-teams.zip", "Slack     is connected")
    own = ["cargo", "run", "--quiet", "--package", "handler", "--bin", "agw", "--"]
    [register] = desk.calls(*own, "discord", "register")
    expect(register["env"].get("AGW_DISCORD_BOT_TOKEN") == DISCORD, "the token is in the environment")
    [teams] = desk.calls(*own, "manifest", "teams")
    expect(teams["env"].get("AGW_TEAMS_APP_ID") == "read-client", "the identity is the bot")
    expect("AGW_DISCORD_BOT_TOKEN" not in teams["env"], "of that one command only")
    desk.keeps(said, DISCORD)


def connect_puts_secrets_into_the_vault_and_shows_none(desk: Desk) -> None:
    said = ends(desk.run("connect.sh", "slack", typed=f"{SIGNING}\n{BOT}\n"), 0, "slack is connected")
    stored = desk.calls("az", "keyvault", "secret", "set")
    names = [one["words"][one["words"].index("--name") + 1] for one in stored]
    contents = [one.get("content") for one in stored]
    desk.keeps(said, SIGNING, BOT)
    expect(names == ["slack-signing-secret", "slack-bot-token"] and contents == [SIGNING, BOT], f"{names}: {contents}")
    expect(all(one["mode"] == "0o600" for one in stored), "nobody else may read the file")
    expect(not any(Path(one["file"]).exists() for one in stored), "the files are gone")
    expect(desk.state["env"]["AGW_SLACK"] == "true" and len(desk.calls("azd", "provision")) == 1, "switched on")
    order = [" ".join([one["name"], *one["words"]])[:20] for one in desk.state["calls"]]
    expect(order.index("azd env set AGW_SLAC") > order.index("az keyvault secret s"), "the secrets come first")


def connect_does_not_echo_what_is_typed(desk: Desk) -> None:
    command = ["/bin/sh", str(desk.root / "infra/hooks/connect.sh"), "discord"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, env=desk.env({}, False), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    said = b""
    typed = False
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break  # Linux says so when the other side is closed.
        if not chunk:
            break
        said += chunk
        if b"Reset Token): " in said and not typed:
            wait_for_echo_to_be_off(ours)
            os.write(ours, f"{DISCORD}\n".encode())
            typed = True
    os.close(ours)
    ends((process.wait(60), said.decode()), 0, "discord is connected")
    desk.keeps(said.decode(), DISCORD)
    [stored] = desk.calls("az", "keyvault", "secret", "set")
    expect(stored.get("content") == DISCORD, "the token is stored")


def wait_for_echo_to_be_off(terminal: int) -> None:
    """People type after the prompt is there; the script switches the echo off right behind it."""
    import termios
    import time

    until = time.monotonic() + 3
    while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < until:
        time.sleep(0.01)


def connect_changes_nothing_when_a_secret_is_wrong_or_missing(desk: Desk) -> None:
    said = ends(desk.run("connect.sh", "slack", typed=f"{SIGNING}\n{SIGNING}\n"), 1, "Nothing was changed")
    ends(desk.run("connect.sh", "slack", typed=f"{SIGNING}\n"), 1, "nothing was given for slack-bot-token")
    ends(desk.run("connect.sh", "slack", typed="\n"), 1, "nothing was given for slack-signing-secret")
    ends(desk.run("connect.sh", "irc"), 1, "usage")
    expect(not desk.calls("az", "keyvault") and "AGW_SLACK" not in desk.state["env"], "nothing was changed")
    desk.write(vault_closed=True)
    ends(desk.run("connect.sh", "slack", typed=f"{SIGNING}\n{BOT}\n"), 1, "Key Vault Secrets Officer")
    expect("AGW_SLACK" not in desk.state["env"] and not desk.calls("azd", "provision"), "a reference without a secret stops the bot")
    desk.keeps(said, SIGNING, BOT)


def connect_again_rotates(desk: Desk) -> None:
    desk.write(env=deployed() | {"AGW_SLACK": "true"})
    ends(desk.run("connect.sh", "slack", typed=f"{SIGNING}\n{BOT}\n"), 0, "has the new secrets")
    [refresh] = desk.calls("az", "rest", "--method", "post")
    expect("/config/configreferences/appsettings/refresh" in refresh["words"][-1], str(refresh["words"]))
    expect(not desk.calls("azd", "provision"), "nothing is deployed for it")


def assignment(scope: str, principal: str, role: str) -> dict[str, str]:
    identifier = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{principal}-{role}"
    return {"id": identifier, "principalId": principal, "roleDefinitionId": f"…/roleDefinitions/{role}"}


def everything_is_up(desk: Desk) -> None:
    """What the deployment grants and makes outside of its resource group, and what belongs to others beside it."""
    read, write = "read-principal", "write-principal"
    ours = [assignment(f"/subscriptions/{one}", read, role) for one in (SUB, OTHER) for role in ("diagnose", "follow")]
    ours += [assignment(f"/subscriptions/{OTHER}", write, "follow")]
    ours += [assignment(one, write, "mend") for one in (GATEWAY, SECOND, SUBNET, ADDRESS, f"{POLICY}/whole", IDENTITY)]
    ours += [assignment(one, write, "logs") for one in (GATEWAY, SECOND)] + [assignment(f"/subscriptions/{SUB}/resourceGroups/rg-web", write, "watch")]
    theirs = [assignment(GATEWAY, "somebody", "reader")]
    roles = ["diagnose", "follow", "search", "mend", "logs", "logs-workspace", "watch", "login"]
    definitions = [{"name": role, "roleName": f"agw {role} (prod abcde)"} for role in roles]
    definitions += [{"name": "other", "roleName": "agw mend (prod zyxwv)"}, {"name": "reader", "roleName": "our reader"}]
    metric = f"{RG}/Microsoft.Insights/metricAlerts"
    alerts = [{"id": f"{metric}/agw-prod-UnhealthyHostCount", "actions": [{"actionGroupId": ACTION_GROUP.upper()}]}]
    alerts += [{"id": f"{metric}/theirs", "actions": [{"actionGroupId": f"{OWN}/else"}]}, {"id": f"{metric}/silent", "actions": []}]
    alerts += [{"id": f"{metric}/mute", "actions": None}]
    own = f"{OWN}/Microsoft.OperationalInsights/workspaces/log-agw-abcdefghijklm"
    settings = [{"resource": GATEWAY, "workspaceId": own}, {"resource": SECOND, "workspaceId": f"{RG}/workspaces/theirs"}]
    desk.write(assignments=ours + theirs, definitions=definitions, alerts=alerts, settings=settings)
    desk.write(env=deployed() | {"AGW_JOINED": f"{SUBNET},{ADDRESS},{POLICY}/whole,{IDENTITY}"})


def predown_takes_back_what_up_granted_and_nothing_else(desk: Desk) -> None:
    everything_is_up(desk)
    for _ in range(2):  # Twice: what failed half-way is run again.
        ends(desk.run("predown.sh"), 0, "What is left is in the resource group")
        left = desk.state
        expect([one["principalId"] for one in left["assignments"]] == ["somebody"], f"predown left {left['assignments']}")
        expect([one["name"] for one in left["definitions"]] == ["other", "reader"], f"predown left {left['definitions']}")
        names = [one["id"].rsplit("/", 1)[1] for one in left["alerts"]]
        expect(names == ["theirs", "silent", "mute"], f"predown left {names}")
        expect([one["resource"] for one in left["settings"]] == [SECOND], f"predown left {left['settings']}")
    records = {call["words"][-3] for call in desk.calls("az", "deployment", "sub", "delete")}
    expect(records == {"agw-grants-prod", "agw-alerting-prod"}, f"predown left the records of some of {records}")


def predown_begins_nothing_that_it_cannot_end(desk: Desk) -> None:
    everything_is_up(desk)
    desk.write(gateways={}, env={key: value for key, value in deployed().items() if key != "AGW_TOKEN"})
    ends(desk.run("predown.sh"), 1, "AGW_TOKEN is not known")
    expect(len(desk.state["assignments"]) > 10, "nothing was begun")


def postdown_purges_the_vault_unless_it_must_not(desk: Desk) -> None:
    vault = deployed()["AGW_VAULT_NAME"]
    desk.write(deleted_vaults=[vault, "theirs"])
    ends(desk.run("postdown.sh", env={"AGW_PURGE_PROTECTION": "true"}), 0, "in a week")
    expect(desk.state["deleted_vaults"] == [vault, "theirs"], "it cannot be purged")
    ends(desk.run("postdown.sh"), 0, "nothing of it is left in Azure")
    expect(desk.state["deleted_vaults"] == ["theirs"], "purged")
    ends(desk.run("postdown.sh"), 0)


def secure_alerts_makes_one_application_however_often(desk: Desk) -> None:
    for _ in range(2):
        ends(desk.run("secure-alerts.sh"), 0, "Now: azd up")
        [app] = desk.state["apps"]
        [role] = app["roles"]
        expect(role["value"] == "ActionGroupsSecureWebhook" and role["allowedMemberTypes"] == ["Application"], str(role))
        [given] = desk.state["given"]
        monitor = "principal-of-461e8683-5575-4561-ac7f-899cc907d62a"
        wanted = {"principalId": monitor, "resourceId": "principal-of-app", "appRoleId": role["id"]}
        expect(wanted.items() <= given.items(), f"given {given}")
    env = desk.state["env"]
    found = [env.get(f"AGW_ALERTS_{name}") for name in ("APP_ID", "OBJECT_ID", "IDENTIFIER_URI")]
    expect(found == ["app", "object", "api://app"], f"remembered {found}")


def predown_deletes_the_application_that_was_made(desk: Desk) -> None:
    theirs = {"displayName": "theirs", "appId": "theirs", "id": "theirs"}
    desk.write(apps=[{"displayName": "agw-alerts-prod", "appId": "app", "id": "object"}, theirs])
    ends(desk.run("predown.sh"), 0)
    expect(len(desk.state["apps"]) == 2, "nobody made one by the script, so nobody is asked about applications")
    desk.write(env=deployed() | {"AGW_ALERTS_OBJECT_ID": "object"})
    ends(desk.run("predown.sh"), 0)
    expect(desk.state["apps"] == [theirs], f"predown left {desk.state['apps']}")


TESTS: list[Callable[[Desk], None]] = [
    preflight_passes_where_all_is_there,
    preflight_says_what_is_missing,
    a_tool_that_is_not_installed_is_named,
    prepackage_packages_the_policy,
    preprovision_finds_everything_that_is_joined,
    preprovision_stops_at_a_gateway_that_it_cannot_read,
    postprovision_grants_in_a_deployment_of_its_own,
    postprovision_grants_nothing_before_it_knows_what,
    postprovision_takes_the_newest_list_of_joins,
    without_an_environment_of_azd_values_are_exported_by_hand,
    without_azd_values_are_exported_by_hand,
    the_page_says_how_to_export_the_outputs,
    postdeploy_makes_the_alerts_and_says_what_to_paste,
    postdeploy_waits_for_the_key_and_gives_up_in_the_end,
    postdeploy_registers_at_discord_and_packs_for_teams,
    connect_puts_secrets_into_the_vault_and_shows_none,
    connect_does_not_echo_what_is_typed,
    connect_changes_nothing_when_a_secret_is_wrong_or_missing,
    connect_again_rotates,
    predown_takes_back_what_up_granted_and_nothing_else,
    predown_begins_nothing_that_it_cannot_end,
    postdown_purges_the_vault_unless_it_must_not,
    secure_alerts_makes_one_application_however_often,
    predown_deletes_the_application_that_was_made,
]


def check(infra: Path, hook: str = "") -> list[str]:
    """What is wrong with the hooks, or with one of them."""
    faults = []
    for test in TESTS:
        if hook.replace("-", "_") not in test.__name__:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Desk(infra, Path(folder).resolve()))
            except Wrong as wrong:
                faults.append(f"{test.__name__}: {wrong}")
    return faults
