"""az, azd, cargo and sleep, as the hooks see them: one program under four names, with a small Azure in a file.

    python fake.py NAME WORD...

FAKE_STATE names that file. Each call is noted in it, with its words, its environment as far as it is ours, and the content of the
file that a secret is read from. A call that nobody expects ends with 99, which fails the hook.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

STATE = Path(os.environ["FAKE_STATE"])


def option(words: list[str], name: str) -> str | None:
    return words[words.index(name) + 1] if name in words else None


def show(words: list[str], value: Any) -> None:
    """Prints as az does: through --query, as tab-separated values or JSON, or not at all."""
    if query := option(words, "--query"):
        import jmespath  # Here, as most calls do without.

        value = jmespath.search(query, value)
    output = option(words, "--output") or "json"
    if output == "none" or value is None:
        return
    if output != "tsv":
        print(json.dumps(value))
        return
    for row in value if isinstance(value, list) else [value]:
        print("\t".join(map(cell, row.values() if isinstance(row, dict) else [row])))


def cell(value: Any) -> str:
    return "None" if value is None else str(value)


def drop(entries: list[dict[str, Any]], key: str, value: str | None) -> None:
    before = len(entries)
    entries[:] = [entry for entry in entries if entry[key].lower() != (value or "").lower()]
    if len(entries) == before:
        sys.exit(f"ERROR: there is no {value}")


def subscription(identifier: str) -> str:
    return identifier.split("/")[2].lower()


def az(state: dict[str, Any], words: list[str]) -> None:
    match words:
        case ["account", "show", *_]:
            if not state["signed_in"] or option(words, "--subscription") in state.get("unseen", []):
                sys.exit("ERROR: Please run 'az login' to setup account.")
            show(words, {"id": "11111111-1111-1111-1111-111111111111"})
        case ["network", "application-gateway", "show", "--ids", identifier, *_]:
            gateway = state["gateways"].get(identifier.lower())
            if gateway is None:
                sys.exit(f"ERROR: (ResourceNotFound) {identifier} was not found")
            show(words, gateway)
        case ["provider", "register", *_]:
            pass
        case ["deployment", "sub", "create", *_]:
            if state["keyless"] > 0:
                state["keyless"] -= 1
                sys.exit("ERROR: (NotFound) the function alerts has no key yet")
        case ["deployment", "sub", "show", *_]:
            # Azure changes the case of the first letters.
            outputs = {"azurE_RESOURCE_GROUP": {"type": "String", "value": "rg agw"}, "agW_TOKEN": {"value": "it's"}}
            show(words, {"properties": {"outputs": outputs}})
        case ["deployment", "sub", "delete", *_]:
            pass
        case ["keyvault", "secret", "set", *_]:
            if state["vault_closed"]:
                sys.exit("ERROR: (Forbidden) Caller is not authorized to perform action on resource.")
        case ["keyvault", "secret", "show", *_]:
            show(words, {"value": state["secrets"][option(words, "--name")]})
        case ["keyvault", "list-deleted", *_]:
            show(words, [{"name": name} for name in state["deleted_vaults"]])
        case ["keyvault", "purge", *_]:
            state["deleted_vaults"].remove(option(words, "--name"))
        case ["rest", "--method", "post" | "patch", *_]:
            if "/appRoleAssignments" in (option(words, "--url") or ""):
                state["given"].append({"id": "given", **json.loads(option(words, "--body") or "")})
        case ["rest", "--method", "get", *_]:
            show(words, {"value": state["given"]})
        case ["ad", "app", "list", *_]:
            show(words, [one for one in state["apps"] if one["displayName"] == option(words, "--display-name")])
        case ["ad", "app", "create", *_]:
            roles = json.loads(option(words, "--app-roles") or "")
            state["apps"].append({"displayName": option(words, "--display-name"), "appId": "app", "id": "object", "roles": roles})
            show(words, state["apps"][-1])
        case ["ad", "app", "show", *_]:
            show(words, next(one for one in state["apps"] if one["appId"] == option(words, "--id")))
        case ["ad", "app", "delete", *_]:
            drop(state["apps"], "appId", option(words, "--id"))
        case ["ad", "sp", "show" | "create" as how, *_]:
            if how == "show" and option(words, "--id") not in state["principals"]:
                sys.exit("ERROR: Resource does not exist")
            state["principals"].append(option(words, "--id"))
            show(words, {"id": f"principal-of-{option(words, '--id')}"})
        case ["role", "assignment", "list", "--all", *_]:
            show(words, [one for one in state["assignments"] if subscription(one["id"]) == option(words, "--subscription")])
        case ["role", "assignment", "delete", *_]:
            drop(state["assignments"], "id", option(words, "--ids"))
        case ["role", "definition", "list", *_]:
            show(words, state["definitions"])
        case ["role", "definition", "delete", *_]:
            name = option(words, "--name") or ""
            if any(one["roleDefinitionId"].endswith(name) for one in state["assignments"]):
                sys.exit("ERROR: (RoleDefinitionHasAssignments) There are existing role assignments referencing role")
            drop(state["definitions"], "name", name)
        case ["monitor", "metrics", "alert", "list", *_]:
            group = f"/resourcegroups/{option(words, '--resource-group')}/".lower()
            show(words, [one for one in state["alerts"] if group in one["id"].lower()])
        case ["monitor", "metrics", "alert", "delete", *_]:
            drop(state["alerts"], "id", option(words, "--ids"))
        case ["monitor", "diagnostic-settings", "show", *_]:
            found = [one for one in state["settings"] if one["resource"] == option(words, "--resource")]
            if not found:
                sys.exit("ERROR: (ResourceNotFound)")
            show(words, found[0])
        case ["monitor", "diagnostic-settings", "delete", *_]:
            drop(state["settings"], "resource", option(words, "--resource"))
        case _:
            unexpected("az", words)


def azd(state: dict[str, Any], words: list[str]) -> None:
    match words:
        case ["auth", "login", "--check-status"]:
            print("Logged in to Azure as somebody" if state["signed_in_azd"] else "Not logged in, run `azd auth login`")
        case ["env", "get-value", name]:
            if name not in state["env"]:
                print(f"ERROR: key '{name}' not found in the environment values")
                sys.exit(1)
            print(state["env"][name])
        case ["env", "set", name, value]:
            state["env"][name] = value
        case ["provision", "--no-prompt"]:
            pass
        case _:
            unexpected("azd", words)


def cargo(state: dict[str, Any], words: list[str]) -> None:
    match words:
        case ["xtask", "package", "--config", "agw.toml"]:
            pass
        case ["run", "--quiet", "--package", "handler", "--bin", "agw", "--", *command]:
            if command[0] == "check":
                print("missing  Slack: not connected")
                sys.exit(state["check"])
            if command[:2] == ["manifest", "slack"]:
                print(json.dumps({"url": option(command, "--url")}))
            elif command[:2] not in (["manifest", "teams"], ["discord", "register"]):
                unexpected("agw", command)
        case _:
            unexpected("cargo", words)


def unexpected(name: str, words: list[str]) -> None:
    print(f"{name} {' '.join(words)}: nobody expects this call", file=sys.stderr)
    sys.exit(99)


def note(state: dict[str, Any], name: str, words: list[str]) -> None:
    call: dict[str, Any] = {"name": name, "words": words}
    call["env"] = {key: value for key, value in os.environ.items() if key.startswith(("AGW_", "AZURE_"))}
    if file := option(words, "--file"):
        path = Path(file)
        call |= {"file": file, "content": path.read_text(), "mode": oct(path.stat().st_mode & 0o777)}
    state["calls"].append(call)


def main(name: str, words: list[str]) -> None:
    state = json.loads(STATE.read_text())
    note(state, name, words)
    try:
        {"az": az, "azd": azd, "cargo": cargo, "sleep": lambda *_: None}[name](state, words)
    finally:
        STATE.write_text(json.dumps(state))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
