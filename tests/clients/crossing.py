"""A way to the simulated Azure on which a write meets somebody else's: it is refused once, and they are faster."""

import datetime
import ipaddress
import json
import ssl
import threading
import time
import urllib.request
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from checks import Place
from simulated import GATEWAY, Simulator

VERSION = "2025-07-01"
SLOW_DOWN = {
    "error": {
        "code": "RetryableErrorDueToAnotherOperation",
        "message": "Operation PutApplicationGatewayOperation was refused because of another operation in progress.",
    }
}


class Crossing:
    """Stands in for a simulator: passes everything on, but for the first PUT of the gateway after `arm`.

    That one is answered with 429 and `Retry-After`, after somebody else has read the gateway, set a tag, and
    written it back.
    """

    def __init__(self, place: Place, simulator: Simulator) -> None:
        self.refused: list[Any] = []
        self._simulator = simulator
        self._tag: str | None = None
        self._trust = ssl.create_default_context(cafile=simulator.ca)
        certificate = place.folder / "crossing.pem"
        authority = _certificate(certificate)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(certificate)
        self._server.socket = own.wrap_socket(self._server.socket, server_side=True)
        self.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.ca = place.folder / "both.pem"
        self.ca.write_text(simulator.ca.read_text() + authority)
        bundle = place.folder / "bundle.pem"
        bundle.write_text(Path(simulator.env["REQUESTS_CA_BUNDLE"]).read_text() + authority)
        self.env = {
            **simulator.env,
            "AGW_ARM": self.base,
            "SSL_CERT_FILE": str(self.ca),
            "REQUESTS_CA_BUNDLE": str(bundle),
        }
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        place.stack.callback(self._server.shutdown)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._simulator, name)

    def arm(self, tag: str) -> Self:
        """From now on the next write is refused, and somebody sets this tag before it is."""
        self._tag = tag
        return self

    def tags(self) -> dict[str, str]:
        return self._gateway()["tags"]

    def _gateway(self, body: Any = None) -> Any:
        url = f"{self._simulator.base}{self._simulator.gateway_id}?api-version={VERSION}"
        headers = {"authorization": f"Bearer {self._simulator.token()['access_token']}"}
        data = None if body is None else json.dumps(body).encode()
        headers |= {"content-type": "application/json"} if data else {}
        request = urllib.request.Request(url, data, headers, method="PUT" if data else "GET")
        with urllib.request.urlopen(request, timeout=10, context=self._trust) as answer:
            return json.load(answer)

    def _meanwhile(self, tag: str) -> None:
        """Somebody else: GET, edit, PUT, and wait until it is done."""
        gateway = self._gateway()
        gateway["tags"][tag] = "somebody else's"
        self._gateway(gateway)
        while self._gateway()["properties"]["provisioningState"] != "Succeeded":
            time.sleep(0.1)

    def _forward(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        to = urlsplit(self._simulator.base)
        connection = HTTPSConnection(to.hostname or "", to.port, context=self._trust, timeout=60)
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
        kept["accept-encoding"] = "identity"
        connection.request(method, path, body or None, kept)
        answer = connection.getresponse()
        # Links lead back to where the request came from.
        there, here = self._simulator.base, self.base
        links = [(name, value.replace(there, here)) for name, value in answer.getheaders()]
        return answer.status, links, answer.read().replace(there.encode(), here.encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        crossing = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                is_write = self.command == "PUT" and urlsplit(self.path).path.lower().endswith(f"/{GATEWAY}")
                if is_write and crossing._tag:
                    tag, crossing._tag = crossing._tag, None
                    crossing._meanwhile(tag)
                    crossing.refused.append(json.loads(body))
                    kind = [("content-type", "application/json"), ("retry-after", "1")]
                    return self.say(429, kind, json.dumps(SLOW_DOWN).encode())
                self.say(*crossing._forward(self.command, self.path, self.headers, body))

            def say(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _certificate(file: Path) -> str:
    """Writes a key and a certificate for 127.0.0.1, and gives the authority that it is from."""
    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("crossing authority")
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = _signed(issuer, issuer, authority, authority, [(x509.BasicConstraints(True, 0), True), (usage, True)])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = _signed(_name("crossing"), issuer, own, authority, [(address, False)])
    key = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_text(key.decode() + leaf)
    return root


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    extensions: list[tuple[x509.ExtensionType, bool]],
) -> str:
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    number = x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), number, now - day, now + day)
    keys = [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False),
    ]
    for extension, critical in [*keys, *extensions]:
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
