# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files with certificates and keys that a connection uses.

They are examined only after a connection has failed, because reading all CA certificates of a system takes as long as a short task.
"""

from __future__ import annotations

import os
import ssl
from typing import NoReturn

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection

_CERTIFICATE, _KEY = "CERTIFICATE-----", "PRIVATE KEY-----"


class _Encrypted(Exception):
    """A private key is encrypted."""


def trusted_file(connection: Connection) -> str | None:
    """Return the file with the CA certificates to trust; None for those that requests comes with."""
    return connection.ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or None


def unusable_file(connection: Connection) -> SthError | None:
    """Return the failure if a file of ``connection`` with certificates or keys cannot be used; None if all can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted = trusted_file(connection) if connection.validate_certs else None
    problem = None
    # A directory has one file for each certificate, of which only the right one is read.
    if trusted and not os.path.isdir(trusted):
        problem = _problem_of_trusted(context, trusted, "ca_path" if connection.ca_path else "REQUESTS_CA_BUNDLE")
    if not problem and connection.client_cert:
        problem = _problem_of_client(context, connection)
    return SthError("INVALID_OPTION", problem) if problem else None


def _problem_of_trusted(context: ssl.SSLContext, path: str, name: str) -> str | None:
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        return f"{name} {path} has no valid CA certificate in PEM format: set {name} to a file that has one."
    except OSError as error:
        return (
            f"{name} {path} cannot be read where the task runs ({error.strerror}): correct the path or its permissions."
        )
    return None


def _problem_of_client(context: ssl.SSLContext, connection: Connection) -> str | None:
    certificate, key = str(connection.client_cert), connection.client_key
    for name, path, wanted in (("client_cert", certificate, _CERTIFICATE), ("client_key", key or certificate, _KEY)):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                has_it = wanted in file.read()
        except OSError as error:
            return f"{name} {path} cannot be read where the task runs ({error.strerror}): correct the path or its permissions."
        if not has_it and name == "client_key" and not key:
            return f"client_cert {path} has no private key: add the key to this file, or set client_key to the file that has it."
        if not has_it:
            what = "certificate" if name == "client_cert" else "private key"
            return f"{name} {path} has no {what} in PEM format: set it to a file that has one."
    try:
        context.load_cert_chain(certificate, key, _refuse_password)
    except _Encrypted:
        return (
            f"The private key in {key or certificate} is encrypted, and no option has its password: write it without encryption into a file "
            "that only the account of the task can read (openssl pkey -in FILE -out NEW_FILE), and set client_key to that."
        )
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The private key in {key or certificate} does not belong to the certificate in {certificate}: correct client_cert or client_key."
        return (
            f"The certificate in {certificate} or the private key in {key or certificate} is damaged: replace the file."
        )
    return None


def _refuse_password() -> NoReturn:
    raise _Encrypted
