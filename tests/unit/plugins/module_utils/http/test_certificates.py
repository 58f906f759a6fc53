# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hub whose certificate is not to be trusted: the failure names the cause and what to set. Certificates of clients: beside this file.

tests/integration/test_behind_tls.py shows the same with a real nginx.
"""

from __future__ import annotations

import pathlib
import re

import pytest
import trustme

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.certificates import BAD, write_certificate
from ansible_collections.scramjet.sth.tests.unit.running import run_task


@pytest.mark.parametrize("kind", BAD)
def test_the_cause_and_what_to_set_are_named(kind: str, tmp_path: pathlib.Path) -> None:
    signer = trustme.CA()
    signer.cert_pem.write_to_path(tmp_path / "ca.pem")
    served = write_certificate(tmp_path / "hub.pem", signer, kind)
    with FakeHub(tls=(served, served)) as hub:
        result = run_task("sth_sequence_info", hub, ca_path=str(tmp_path / "ca.pem"))
        assert hub.requests == []
    cause, advice = BAD[kind]
    assert result["failed"]
    assert result["error_code"] == "UNREACHABLE"
    assert re.search(cause, result["msg"])
    assert advice in result["msg"]
    assert re.search(r"\.\s", result["msg"]) is None, result["msg"]
