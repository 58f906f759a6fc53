# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of packages share: a package that they change and upload."""

from __future__ import annotations

import pathlib
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import planned, run_task


def change(package: pathlib.Path, text: str) -> None:
    with (package / "index.js").open("a") as file:
        file.write(f"// {text}\n")


def deploy(hub: FakeHub, package: pathlib.Path, **options: Any) -> dict[str, Any]:
    return run_task("sth_sequence", hub, src=str(package), **options)


def verbs(result: dict[str, Any]) -> list[str]:
    return [action for action, _object in planned(result)]
