# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hub whose certificate is not to be trusted: the failure names the cause and what to set. Certificates of clients: beside this file."""

from __future__ import annotations

import datetime
import pathlib
import re

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import run_task


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def self_signed(path: pathlib.Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - datetime.timedelta(days=1))
        .not_valid_after(now() + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize(
    ("kind", "cause", "advice"),
    [
        ("expired", "certificate has expired", "renew the certificate of the hub, or set the clock of this machine."),
        ("wrong name", "mismatch", "use a name in api_url that the certificate of the hub has"),
        (
            "wrong CA",
            "unable to get local issuer certificate",
            "set ca_path to the CA that signed the hub's certificate.",
        ),
        ("self-signed", "self.signed certificate", "set ca_path to this certificate of the hub, if you trust it."),
    ],
)
def test_the_cause_and_what_to_set_are_named(kind: str, cause: str, advice: str, tmp_path: pathlib.Path) -> None:
    signer = trustme.CA()
    trusted = trustme.CA() if kind == "wrong CA" else signer
    trusted.cert_pem.write_to_path(tmp_path / "ca.pem")
    served = tmp_path / "hub.pem"
    if kind == "self-signed":
        self_signed(served)
    else:
        issued = signer.issue_cert(
            "hub.example.org" if kind == "wrong name" else "127.0.0.1",
            not_after=now() - datetime.timedelta(hours=1) if kind == "expired" else None,
        )
        issued.private_key_and_cert_chain_pem.write_to_path(served)
    with FakeHub(tls=(str(served), str(served))) as hub:
        result = run_task("sth_sequence_info", hub, ca_path=str(tmp_path / "ca.pem"))
        assert hub.requests == []
    assert result["failed"]
    assert result["error_code"] == "UNREACHABLE"
    assert re.search(cause, result["msg"])
    assert advice in result["msg"]
    assert re.search(r"\.\s", result["msg"]) is None, result["msg"]
