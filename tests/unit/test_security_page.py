# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages on security say is proved, and looked at, is."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECURITY = ROOT / "docs" / "security.md"
THREATS = [line for line in SECURITY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]
SECRETS = ROOT / "docs" / "secrets.md"
PARTS = ROOT / "tests" / "integration" / "targets" / "role_hub" / "tasks"


def test_each_threat_names_tests_that_exist() -> None:
    assert len(THREATS) > 10
    for line in THREATS:
        named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", line.split("|")[3])
        assert named, line
        for path, name in named:
            assert re.search(rf"^def {name}\(", ROOT.joinpath(path).read_text(encoding="utf-8"), re.MULTILINE), name


def test_each_part_of_a_target_that_is_named_exists_and_is_run() -> None:
    run = (ROOT / "tests" / "integration" / "test_role_hub.py").read_text(encoding="utf-8")
    named = [
        part for found in re.findall(r"\(parts? ([^)]*)\)", "\n".join(THREATS)) for part in re.findall(r"\w+", found)
    ]
    assert named
    for part in named:
        assert (PARTS / f"{part}.yml").is_file(), part
        assert re.search(rf'["+]{part}["+]', run), part


def test_each_channel_names_tests_that_exist() -> None:
    tests = (ROOT / "tests" / "integration" / "test_secrets.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_canaries\w*)`", SECRETS.read_text(encoding="utf-8")))
    assert named == set(re.findall(r"^def (test_canaries\w*)\(", tests, re.MULTILINE))
