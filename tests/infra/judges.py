"""Judges that others made: checkov for what is unwise in the resources, shellcheck for the hooks, parsers for the rest."""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

BIN = Path(sys.executable).parent

# What checkov's own parser does not read: functions on lists. These declare modules and a resource group, which have no findings.
UNREAD = {"main.bicep", "grants.bicep"}


def checkov(infra: Path) -> list[str]:
    """Findings, files that were passed over, and suppressions without a reason or without a finding."""
    command = [BIN / "checkov", "--directory", infra, "--framework", "bicep", "--skip-download", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return [f"checkov gave no report: {done.stderr[-500:]}"]
    results = report["results"]
    faults = [
        f"{infra}{one['file_path']}:{one['file_line_range'][0]}: {one['check_id']} {one['check_name']}"
        for one in results["failed_checks"]
    ]
    unread = {Path(path).name for path in results["parsing_errors"]}
    if unread != UNREAD:
        faults.append(f"checkov does not read {sorted(unread)}, expected {sorted(UNREAD)}: what it does not read it does not check")
    if len(results["passed_checks"]) < 20:
        faults.append(f"checkov passed only {len(results['passed_checks'])} checks: it has seen nothing")
    return faults + suppressions(infra, {(one["check_id"], Path(one["file_path"]).name) for one in results["skipped_checks"]})


def suppressions(infra: Path, effective: set[tuple[str, str]]) -> list[str]:
    faults = []
    for path in sorted(infra.rglob("*.bicep")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.search(r"checkov:skip=(\w+):?(.*)", line)
            if found and len(found[2].split()) < 4:
                faults.append(f"{path}:{number}: {found[1]} is suppressed without a reason")
            elif found and (found[1], path.name) not in effective:
                faults.append(f"{path}:{number}: {found[1]} is suppressed and finds nothing")
    return faults


def shellcheck(infra: Path) -> list[str]:
    scripts = sorted((infra / "hooks").glob("*.sh"))
    command = [BIN / "shellcheck", "--external-sources", f"--source-path={infra.parent}", "--shell=sh", "--format=gcc", *scripts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    faults = (done.stdout + done.stderr).splitlines()
    for script in scripts:
        text = script.read_text()
        is_run = script.name != "lib.sh"
        if is_run and not (text.startswith("#!/bin/sh\n") and "\nset -eu\n" in text):
            faults.append(f"{script}: begins with #!/bin/sh and set -eu")
        if is_run and not script.stat().st_mode & 0o100:
            faults.append(f"{script}: cannot be run")
    return faults


def documents(infra: Path) -> list[str]:
    """JSON and YAML, and that azure.yaml leads to what is there."""
    faults = []
    for path in sorted(infra.rglob("*.json")):
        try:
            json.loads(path.read_text())
        except ValueError as error:
            faults.append(f"{path}: {error}")
    root = infra.parent
    for path in [root / "azure.yaml", *sorted((root / ".github").rglob("*.yml"))]:
        try:
            yaml.safe_load(path.read_text())
        except yaml.YAMLError as error:
            faults.append(f"{path}: {error}")
    if not faults:
        text = (root / "azure.yaml").read_text()
        hooks = re.findall(r"run: (\S+)", text)
        faults += [f"azure.yaml: there is no {hook}" for hook in hooks if not (root / hook).is_file()]
        faults += [] if len(hooks) == 7 else [f"azure.yaml runs {len(hooks)} hooks, not 7"]
    return faults
