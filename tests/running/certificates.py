# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for 127.0.0.1 that a client must not trust, and what a failure says of each."""

from __future__ import annotations

import datetime
import pathlib

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# For each kind: the cause, and what to do.
BAD = {
    "expired": ("certificate has expired", "renew the certificate of the hub, or set the clock of this machine."),
    "wrong name": ("mismatch", "use a name in api_url that the certificate of the hub has"),
    "wrong CA": (
        "unable to get local issuer certificate",
        "set ca_path to the CA that signed the hub's certificate.",
    ),
    "self-signed": ("self.signed certificate", "set ca_path to this certificate of the hub, if you trust it."),
}


def write_certificate(path: pathlib.Path, signer: trustme.CA, kind: str = "") -> str:
    """Write a certificate with its key to ``path`` and return that: one that is signed by ``signer``, or one of `BAD`."""
    if kind == "self-signed":
        path.write_bytes(_self_signed())
        return str(path)
    issued = (trustme.CA() if kind == "wrong CA" else signer).issue_cert(
        "hub.example.org" if kind == "wrong name" else "127.0.0.1",
        not_after=_now() - datetime.timedelta(hours=1) if kind == "expired" else None,
    )
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    return str(path)


def _self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(_now() - datetime.timedelta(days=1))
        .not_valid_after(_now() + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
