"""A security key in software: makes passkeys and signs with them, and can be told to do so wrongly."""

import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.factories.people import PASSWORD, token_in
from webapp.accounts.passkeys import Passkey
from webapp.kit import randomness
from webapp.kit.database import Database

HERE = "http://localhost"  # where passkeys are in tests, whose base URL is a number
_PRESENT, _VERIFIED, _SYNCED, _BACKED_UP, _WITH_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SecurityKey:
    """One key with one passkey."""

    host: str = "localhost"
    origin: str = HERE
    verifies: bool = True
    synced: bool = False
    counter: int = 1
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: randomness.random_bytes(32))
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> str:
        """Return the answer to options for a new passkey."""
        self.handle = unb64(options["user"]["id"])
        numbers = self.private.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        made = b"\0" * 15 + b"\1" + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(key)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(_WITH_KEY) + made}
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(attestation))

    def sign(self, options: dict[str, Any]) -> str:
        """Return the answer to options for signing in; the counter goes on."""
        self.counter += 1 if self.counter else 0
        data, client = self._data(0), self._client("webauthn.get", options["challenge"])
        signature = self.private.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer(**answer, userHandle=self.handle)

    def _data(self, more: int) -> bytes:
        flags = _PRESENT | more | (_VERIFIED if self.verifies else 0)
        flags |= (_SYNCED | _BACKED_UP) if self.synced else 0
        return sha256(self.host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        sent = {"id": b64(self.credential_id), "rawId": b64(self.credential_id), "type": "public-key"}
        return json.dumps(sent | {"response": {name: b64(value) for name, value in response.items()}})


def post(client: FlaskClient, path: str, base: str = HERE, **form: str) -> TestResponse:
    """Send a form from a page of this host."""
    page = client.get("/login", base_url=base)
    page = page if page.status_code == 200 else client.get("/account", base_url=base)
    return client.post(path, base_url=base, data={"csrf_token": token_in(page), **form})


def prove(client: FlaskClient, base: str = HERE, **more: str) -> TestResponse:
    """Type the password of the account that is signed in once more."""
    return post(client, "/account/prove", base, present=PASSWORD, **more)


def sign_in_here(client: FlaskClient, email: str) -> FlaskClient:
    """Sign a browser in at this host, and have it prove who it is."""
    answer = post(client, "/login", email=email, password=PASSWORD)
    assert answer.status_code == 303, answer.text
    assert prove(client).status_code == 303
    return client


def make_passkey(client: FlaskClient, key: SecurityKey, name: str = "My key") -> TestResponse:
    """Add the passkey of a key to the account of a browser."""
    asked = post(client, "/account/passkeys/options")
    assert asked.status_code == 200, asked.text
    return post(client, "/account/passkeys", name=name, credential=key.make(asked.json))


def sign_in_with(client: FlaskClient, key: SecurityKey, path: str = "/login/passkey", **more: str) -> TestResponse:
    """Sign in with the passkey of a key."""
    asked = post(client, "/login/passkey/options")
    return post(client, path, credential=key.sign(asked.json), **more)


def is_signed_in_here(client: FlaskClient, email: str) -> bool:
    """Whether a browser is signed in to this account at this host."""
    page = client.get("/account", base_url=HERE)
    return page.status_code == 200 and email in page.text


def passkeys_kept(database: Database) -> Sequence[Passkey]:
    with database.reading() as session:
        return session.scalars(select(Passkey).order_by(Passkey.id)).all()
