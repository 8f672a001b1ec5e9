"""The simulated Azure, as `agw simulate` prints it, and an identity endpoint such as App Service has."""

import json
import secrets
import ssl
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from checks import Place
from wire import Traffic

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
CLIENT = "33333333-3333-3333-3333-333333333333"
SECRET = "any secret will do"
GROUP, GATEWAY, SETTING, POOL = "rg-web", "agw-prod", "settings-web", "pool-web"
RESOURCE = "https://management.azure.com"


class Simulator:
    """`agw simulate` over TLS."""

    def __init__(self, place: Place, scenario: str = "root-403") -> None:
        log, ca = place.folder / "traffic.jsonl", place.folder / "ca"
        self.process = place.start(
            "agw simulate",
            *(place.agw, "simulate", "--scenario", scenario, "--pace", "brisk", "--port", "0"),
            *("--tls", ca, "--log", log),
        )
        self.base = self.process.wait_for(r"^export AGW_ARM=(https://127\.0\.0\.1:\d+)$")[1]
        self.site_proxy = self.process.wait_for(r"^export AGW_SITE_PROXY=(http://127\.0\.0\.1:\d+)$")[1]
        trust = self.process.wait_for(r"^export SSL_CERT_FILE='(\S+)' REQUESTS_CA_BUNDLE='(\S+)'$")
        self.ca = Path(trust[1])
        self.gateway_id = self.process.wait_for(r"^# gateway (\S+)$")[1]
        self.traffic = Traffic(log)
        self.env = {
            "AGW_ARM": self.base,
            "AGW_SITE_PROXY": self.site_proxy,
            "SSL_CERT_FILE": trust[1],
            "REQUESTS_CA_BUNDLE": trust[2],
        }

    def token(self) -> dict[str, object]:
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        form["scope"] = f"{RESOURCE}/.default"
        url = f"{self.base}/{TENANT}/oauth2/v2.0/token"
        trust = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(url, urlencode(form).encode(), timeout=10, context=trust) as answer:
            return json.load(answer)


class Identity:
    """The managed identity of an App Service: http on loopback, and a header that proves who asks."""

    def __init__(self, simulator: Simulator) -> None:
        self.given = 0
        self.refused: list[str] = []
        self._simulator = simulator
        self._header = secrets.token_hex(16)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        port = self._server.server_address[1]
        endpoint = f"http://127.0.0.1:{port}/msi/token"
        # One to read with, the system's, and one to write with: without that the bot observes.
        self.env = {
            "IDENTITY_ENDPOINT": endpoint,
            "IDENTITY_HEADER": self._header,
            "AGW_WRITE_CLIENT_ID": "aaaaaaaa-0000-0000-0000-000000000002",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target: str, header: str | None) -> tuple[int, dict[str, object]]:
        url = urlsplit(target)
        query = parse_qs(url.query)
        asked = (url.path, query.get("resource"), query.get("api-version"), header == self._header)
        if asked != ("/msi/token", [RESOURCE], ["2019-08-01"], True):
            self.refused.append(target)
            return 400, {"statusCode": 400, "message": "not what the SDK sends"}
        token = self._simulator.token()
        self.given += 1
        return 200, {
            "access_token": token["access_token"],
            "expires_on": str(int(time.time()) + int(token["expires_in"])),
            "resource": RESOURCE,
            "token_type": "Bearer",
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        identity = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, answer = identity.answer(self.path, self.headers.get("x-identity-header"))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
