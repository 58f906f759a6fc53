# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hub behind TLS that asks its clients for certificates."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import run_task


@pytest.fixture
def signer() -> trustme.CA:
    """A certificate authority for the hub and for its clients."""
    return trustme.CA()


@pytest.fixture
def authority(signer: trustme.CA, tmp_path: pathlib.Path) -> str:
    """The authority's own certificate."""
    signer.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@pytest.fixture
def asking(signer: trustme.CA, authority: str, tmp_path: pathlib.Path) -> Iterator[FakeHub]:
    """A hub that refuses clients without a certificate of the authority."""
    issued = signer.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "hub.pem")
    served = str(tmp_path / "hub.pem")
    with FakeHub(tls=(served, served), client_ca=authority) as hub:
        yield hub


def certificate(signer: trustme.CA, directory: pathlib.Path) -> dict[str, str]:
    """Return the files of a client's certificate: ``cert``, ``key``, and ``both`` in one."""
    issued = signer.issue_cert("client@example.org")
    files = {name: directory / f"client-{name}.pem" for name in ("cert", "key", "both")}
    issued.cert_chain_pems[0].write_to_path(files["cert"])
    issued.private_key_pem.write_to_path(files["key"])
    issued.private_key_and_cert_chain_pem.write_to_path(files["both"])
    return {name: str(path) for name, path in files.items()}


def info(hub: FakeHub, authority: str, **options: Any) -> dict[str, Any]:
    return run_task("sth_sequence_info", hub, ca_path=authority, **options)


def test_a_client_certificate_with_its_key_is_accepted(
    asking: FakeHub, signer: trustme.CA, authority: str, tmp_path: pathlib.Path
) -> None:
    files = certificate(signer, tmp_path)
    result = info(asking, authority, client_cert=files["cert"], client_key=files["key"])
    assert not result.get("failed"), result
    assert result["sequences"] == []


def test_a_client_certificate_and_key_in_one_file_are_accepted(
    asking: FakeHub, signer: trustme.CA, authority: str, tmp_path: pathlib.Path
) -> None:
    result = info(asking, authority, client_cert=certificate(signer, tmp_path)["both"])
    assert not result.get("failed"), result
    assert result["sequences"] == []


def refused(result: dict[str, Any]) -> str:
    """Return the message of a task that was refused: one sentence that says what to do."""
    assert result["failed"]
    assert result["error_code"] == "UNREACHABLE"
    message = str(result["msg"])
    assert re.search(r"\.\s", message) is None, message
    return message


def test_without_a_client_certificate_the_failure_names_the_options(asking: FakeHub, authority: str) -> None:
    message = refused(info(asking, authority))
    assert "client_cert" in message
    assert asking.requests == []


def test_with_the_wrong_client_certificate_the_failure_names_the_options(
    asking: FakeHub, authority: str, tmp_path: pathlib.Path
) -> None:
    files = certificate(trustme.CA(), tmp_path)
    message = refused(info(asking, authority, client_cert=files["both"]))
    assert "client_cert" in message
    assert asking.requests == []
