# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file with certificates or keys that cannot be used: the failure names the file and what to do, and nobody is asked for a password."""

from __future__ import annotations

import os
import pathlib
import pty
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import NEEDS_ITS_PATH, PACKAGES, run_task


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with files of each kind."""
    directory, signer = tmp_path_factory.mktemp("files"), trustme.CA()
    signer.cert_pem.write_to_path(directory / "ca.pem")
    signer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(directory / "hub.pem")
    mine = signer.issue_cert("client@example.org")
    mine.cert_chain_pems[0].write_to_path(directory / "cert.pem")
    key = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"canary"),
    )
    (directory / "encrypted.pem").write_bytes(encrypted)
    (directory / "encrypted-both.pem").write_bytes(encrypted + mine.cert_chain_pems[0].bytes())
    signer.issue_cert("other@example.org").private_key_pem.write_to_path(directory / "other-key.pem")
    (directory / "empty").touch()
    (directory / "text").write_text("no certificate\n")
    (directory / "damaged.pem").write_bytes(signer.cert_pem.bytes()[:200])
    (directory / "damaged-both.pem").write_bytes(mine.private_key_and_cert_chain_pem.bytes().replace(b"MII", b"MIx"))
    (directory / "folder").mkdir()
    return directory


@pytest.fixture
def hub(files: pathlib.Path) -> Iterator[FakeHub]:
    with FakeHub("1.x", tls=(str(files / "hub.pem"),) * 2) as fake:
        yield fake
        assert fake.requests == []


def refused(hub: FakeHub, **options: Any) -> str:
    """Run a task that writes, and return its failure: one sentence."""
    result = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"), **options)
    assert (result["failed"], result["error_code"], result["changed"]) == (True, "INVALID_OPTION", False), result
    message = str(result["msg"])
    assert re.search(r"\.\s", message) is None, message
    return message


@pytest.mark.parametrize("name", ["empty", "text", "damaged.pem"])
def test_a_file_without_a_certificate_is_no_authority(hub: FakeHub, files: pathlib.Path, name: str) -> None:
    message = refused(hub, ca_path=str(files / name))
    assert message.startswith(f"ca_path {files / name} has no valid CA certificate in PEM format: set ca_path")


def test_the_authorities_in_the_environment_are_named(
    hub: FakeHub, files: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files / "not-there"))
    assert "REQUESTS_CA_BUNDLE" in refused(hub)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files / "empty"))
    assert "REQUESTS_CA_BUNDLE" in refused(hub)


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("empty", "", "client_cert {certificate} has no certificate in PEM format"),
        ("folder", "", "client_cert {certificate} cannot be read where the task runs (Is a directory)"),
        ("cert.pem", "", "client_cert {certificate} has no private key: add the key to this file, or set client_key"),
        ("cert.pem", "text", "client_key {key} has no private key in PEM format"),
        ("cert.pem", "folder", "client_key {key} cannot be read where the task runs (Is a directory)"),
        ("cert.pem", "other-key.pem", "The private key in {key} does not belong to the certificate in {certificate}"),
        ("cert.pem", "encrypted.pem", "The private key in {key} is encrypted, and no option has its password"),
        ("encrypted-both.pem", "", "The private key in {certificate} is encrypted, and no option has its password"),
        ("damaged-both.pem", "", "The certificate in {certificate} or the private key in {certificate} is damaged"),
    ],
)
def test_a_client_certificate_that_cannot_be_used_is_named(
    hub: FakeHub, files: pathlib.Path, certificate: str, key: str, says: str
) -> None:
    chosen = {"client_cert": str(files / certificate), **({"client_key": str(files / key)} if key else {})}
    message = refused(hub, ca_path=str(files / "ca.pem"), **chosen)
    assert says.format(certificate=files / certificate, key=files / key) in message


ASKING = """
import sys
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
api_url, ca_path, client_cert = sys.argv[1:]
options = {"api_url": api_url, "ca_path": ca_path, "client_cert": client_cert}
try:
    HubClient(connection_from_options(options)).version()
except SthError as error:
    print(error.code)
"""


@NEEDS_ITS_PATH
def test_nobody_is_asked_for_the_password_of_a_key(hub: FakeHub, files: pathlib.Path) -> None:
    """OpenSSL asks at the terminal, where the play would wait for an answer."""
    arguments = [hub.api_url, str(files / "ca.pem"), str(files / "encrypted-both.pem")]
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-c", ASKING, *arguments])
    said = b""
    try:
        while b"\n" not in said and b"phrase" not in said:
            said += os.read(terminal, 4096)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
    assert said.strip() == b"INVALID_OPTION"
