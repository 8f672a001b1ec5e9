"""Everything that can be said of infra/ without Azure and without a Bicep compiler.

    python tests/infra/run.py [CHECK]...

`cargo xtask test` runs this from the top of the repository, in a virtual environment with what stands in requirements.txt.
Each check is then run over copies with a mistake in them, which it has to find. Nothing is downloaded, and nothing is reached.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.dont_write_bytecode = True  # of our own modules, which come next: the sources' folder stays clean

import bicep
import hooks
import judges
import promises

ROOT = Path(__file__).resolve().parents[2]


def names(infra: Path) -> list[str]:
    """Syntax, and whether every name means something."""
    files = sorted(infra.rglob("*.bicep"))
    faults = [fault for path in files for fault in bicep.check(path)]
    faults += [fault for path in sorted(infra.rglob("*.bicepparam")) for fault in bicep.check_params(path)]
    return faults if len(files) > 10 else [*faults, f"only {len(files)} Bicep files: were they looked for in the right place?"]


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "names": names,
    "documents": judges.documents,
    "promises": promises.check,
    "shellcheck": judges.shellcheck,
    "checkov": judges.checkov,
    "hooks": hooks.check,
}

# Mistakes, and who has to find them: check, file, what is replaced, by what, and a part of what is said then.
MISTAKES = [
    ("names", "modules/storage.bicep", "param isPrivate bool", "param isPrivate bool {", "syntax error"),
    ("names", "modules/app.bicep", "serverFarmId: plan.id", "serverFarmId: plane.id", "plane is not declared"),
    ("names", "main.bicep", "    keepDays: keepDays\n", "", "storage.bicep is not given its param keepDays"),
    ("names", "main.bicep", "    keepDays: keepDays\n", "    keepDays: keepDays\n    more: 1\n", "has no param more"),
    ("names", "main.bicep", "storage.outputs.packages", "storage.outputs.package", "has no output package"),
    ("names", "main.bicep", "'modules/vault.bicep'", "'modules/vaults.bicep'", "there is no file"),
    ("names", "main.bicep", "    scope: subscription(split(id, '/')[2])\n", "    scope: subscripton(split(id, '/')[2])\n", "no function"),
    ("names", "alerting.bicep", "  scope: resourceGroup(groupName)\n", "", "needs a scope"),
    ("names", "modules/teams.bicep", "msaAppTenantId: tenantId", "msaAppTenantId: clientId", "param tenantId is not used"),
    ("names", "modules/alerts.bicep", "'../alerts.json'", "'../alert.json'", "there is no file"),
    ("names", "main.bicepparam", "param keepDays", "param keptDays", "has no param keptDays"),
    ("documents", "workbook.json", "{", "{{", "workbook.json"),
    ("documents", "../azure.yaml", "run: infra/hooks/predown.sh", "run: infra/hooks/pre-down.sh", "there is no"),
    ("promises", "modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "has to be false"),
    ("promises", "modules/vault.bicep", "    enableRbacAuthorization: true\n", "", "not there"),
    ("promises", "modules/own.bicep", "4633458b-17de-408a-b874-0445c86b69e6", "b24988ac-6180-42a0-ab88-20f7382dd24c", "wider"),
    ("promises", "roles/mend.json", "applicationGateways/write", "applicationGateways/*", "wildcard"),
    ("promises", "main.bicep", "    scope: subscription(split(id, '/')[2])", "    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])", "azd down would delete"),
    ("promises", "main.bicepparam", "'AGW_SLACK'", "'AGW_SLAK'", "AGW_SLAK"),
    ("shellcheck", "hooks/connect.sh", 'rm -rf "$folder"', "rm -rf $folder", "SC2086"),
    ("shellcheck", "hooks/predown.sh", "set -eu\n", "", "set -eu"),
    ("checkov", "modules/app.bicep", "    httpsOnly: true\n", "", "CKV_AZURE_14"),
    ("checkov", "modules/vault.bicep", ": a parameter (AGW_PRIVATE_NETWORK); without it a role is wanted from wherever somebody comes", "", "without a reason"),
    ("checkov", "modules/teams.bicep", "resource bot", "// checkov:skip=CKV_AZURE_1: because of what nobody can see here\nresource bot", "finds nothing"),
    ("hooks", "hooks/connect.sh", '--file "$folder/$name"', '--value "$(cat "$folder/$name")"', "command line"),
    ("hooks", "hooks/connect.sh", "        stty -echo\n", "", "shown"),
    ("hooks", "hooks/predown.sh", "each az role assignment delete", "each az role assignment show", "ended with 99"),
    ("hooks", "hooks/preprovision.sh", "httpListeners[].firewallPolicy.id, ", "", "preprovision"),
    ("hooks", "hooks/postdeploy.sh", "    unset AGW_DISCORD_BOT_TOKEN\n", "    say \"$AGW_DISCORD_BOT_TOKEN\"\n    unset AGW_DISCORD_BOT_TOKEN\n", "shown"),
]


def mistaken(check: str, mistakes: list[tuple[str, ...]]) -> list[str]:
    """Which of some mistakes a check does not find when they are all made in one copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve() / "infra"
        shutil.copytree(ROOT / "infra", copy)
        for beside in ("azure.yaml", "docs/deploy.md"):
            (copy.parent / beside).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / beside, copy.parent / beside)
        for _, file, old, new, _ in mistakes:
            path = copy / file
            text = path.read_text()
            if old not in text:
                return [f"the mistake in {file} is none: {old!r} is not there"]
            path.write_text(text.replace(old, new))
        # Of the hooks only those tests that are about the hook with the mistake: each runs dozens of programs.
        found = hooks.check(copy, path.stem) if check == "hooks" else CHECKS[check](copy)
    missed = [mistake for mistake in mistakes if not any(mistake[-1] in fault for fault in found)]
    return [f"not found: {old!r} as {new!r} in {file}; said: {found}" for _, file, old, new, _ in missed]


def batches(check: str) -> list[list[tuple[str, ...]]]:
    """One mistake a copy, so that none hides another. checkov takes its time, and gets all at once."""
    own = [mistake for mistake in MISTAKES if mistake[0] == check]
    return [own] if check == "checkov" else [[mistake] for mistake in own]


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - CHECKS.keys():
        print(f"no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted or CHECKS:
        begun = time.monotonic()
        faults = CHECKS[name](ROOT / "infra")
        made = batches(name)
        faults += [fault for mistakes in made for fault in mistaken(name, mistakes)]
        for fault in faults:
            print(f"  {fault}")
        failed += len(faults)
        verdict = f"{len(faults)} faults" if faults else "ok"
        print(f"{name:10} {verdict}, looked for {sum(map(len, made))} mistakes made on purpose ({time.monotonic() - begun:.1f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
