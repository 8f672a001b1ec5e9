"""Azure's own clients: the command line and the SDK for Python."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient, models

from checks import Place, Wrong
from processes import Process
from simulated import CLIENT, GATEWAY, GROUP, POOL, RESOURCE, SECRET, SETTING, SUBSCRIPTION, TENANT, Simulator

Server = tuple[str, str, str]
"""Address, health, and what the probe's log says."""


class Az:
    """The Azure CLI with a configuration folder of its own, signed in to the simulator."""

    def __init__(self, place: Place, simulator: Simulator) -> None:
        self._folder = place.folder
        self.env = {
            **simulator.env,
            "AZURE_CONFIG_DIR": str(place.folder / "az"),
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            # Where `agw` finds az.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        # Each only if the one before worked: else az would sign in at the public authority.
        settings = ("core.instance_discovery=false", "auto-upgrade.enable=no", "core.survey_message=false")
        self("config", "set", *settings)
        self("cloud", "register", "--name", "AgwSimulated", "--endpoint-resource-manager", simulator.base)
        self("cloud", "set", "--name", "AgwSimulated")
        who = ("--username", CLIENT, "--password", SECRET, "--tenant", TENANT)
        self.subscriptions = self("login", "--service-principal", *who)

    def __call__(self, *words: str) -> Any:
        """The answer of a command."""
        command = [sys.executable, "-m", "azure.cli", *words, "--output", "json", "--only-show-errors"]
        done = Process.finished(command, self.env, self._folder)
        if done.code:
            raise Wrong(f"az {' '.join(words)} ended with {done.code}: {done.err.strip()}")
        return json.loads(done.out) if done.out.strip() else None

    def gateway(self, *words: str) -> Any:
        """A command on the gateway itself."""
        return self("network", "application-gateway", *words, "-g", GROUP, "-n", GATEWAY)

    def part(self, *words: str) -> Any:
        """A command on a part of the gateway."""
        return self("network", "application-gateway", *words, "-g", GROUP, "--gateway-name", GATEWAY)

    def health(self) -> list[Server]:
        return list(_servers(self.gateway("show-backend-health")))

    def on_demand(self, path: str) -> list[Server]:
        """What a probe of this path, run now through the gateway, says."""
        probe = ("--protocol", "Http", "--path", path, "--host-name-from-http-settings")
        where = ("--address-pool", POOL, "--http-settings", SETTING)
        answer = self.gateway("show-backend-health", *where, *probe)
        return list(_reported(answer["backendHealthHttpSettings"]))


class Sdk:
    """azure-mgmt-network, signed in to the simulator."""

    def __init__(self, place: Place, simulator: Simulator) -> None:
        trust = {"connection_verify": str(simulator.ca)}
        who = ClientSecretCredential(
            TENANT, CLIENT, SECRET, authority=simulator.base, disable_instance_discovery=True, **trust
        )
        client = NetworkManagementClient(
            who, SUBSCRIPTION, base_url=simulator.base, credential_scopes=[f"{RESOURCE}/.default"], **trust
        )
        place.stack.callback(client.close)
        place.stack.callback(who.close)
        self._gateways = client.application_gateways

    def get(self) -> models.ApplicationGateway:
        return self._gateways.get(GROUP, GATEWAY)

    def put(self, gateway: models.ApplicationGateway) -> models.ApplicationGateway:
        """Writes the gateway, and follows the operation to its end."""
        poller = self._gateways.begin_create_or_update(GROUP, GATEWAY, gateway, polling_interval=1)
        return poller.result(timeout=60)

    def put_if_match(self, gateway: models.ApplicationGateway, etag: str) -> int:
        """The status that a write on condition is refused with."""
        try:
            self._gateways.begin_create_or_update(GROUP, GATEWAY, gateway, headers={"If-Match": etag})
        except HttpResponseError as refused:
            return refused.status_code
        raise Wrong("a write on a condition that does not hold was accepted")

    def health(self) -> list[Server]:
        answer = self._gateways.begin_backend_health(GROUP, GATEWAY, polling_interval=1).result(timeout=60)
        return list(_servers(answer.as_dict()))

    def on_demand(self, gateway: models.ApplicationGateway, path: str) -> list[Server]:
        """What a probe of this path, run now through the gateway, says."""
        probe = models.ApplicationGatewayOnDemandProbe(
            protocol="Http",
            path=path,
            pick_host_name_from_backend_http_settings=True,
            backend_address_pool=models.SubResource(id=part(gateway.backend_address_pools, POOL).id),
            backend_http_settings=models.SubResource(id=setting(gateway).id),
        )
        poller = self._gateways.begin_backend_health_on_demand(GROUP, GATEWAY, probe, polling_interval=1)
        return list(_reported(poller.result(timeout=60).as_dict()["backendHealthHttpSettings"]))


def as_written(gateway: dict[str, Any]) -> dict[str, Any]:
    """What the SDK makes of a reading for a write: the same less what its models call read-only."""
    return models.ApplicationGateway(gateway).as_dict(exclude_readonly=True)


def part(parts: list[Any], name: str) -> Any:
    """The part of a gateway with this name."""
    return next(part for part in parts if part.name == name)


def setting(gateway: models.ApplicationGateway) -> models.ApplicationGatewayBackendHttpSettings:
    return part(gateway.backend_http_settings_collection, SETTING)


def _servers(health: dict[str, Any]) -> Iterator[Server]:
    for pool in health["backendAddressPools"]:
        for reported in pool["backendHttpSettingsCollection"]:
            yield from _reported(reported)


def _reported(reported: dict[str, Any]) -> Iterator[Server]:
    for server in reported["servers"]:
        yield server["address"], server["health"], server["healthProbeLog"]
