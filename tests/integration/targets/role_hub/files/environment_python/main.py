# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes its environment into the file that its configuration names, for tests."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any


async def run(context: Any, input: Any) -> None:
    with open(context.config["file"] + ".new", "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), **os.environ}, file)
    os.rename(context.config["file"] + ".new", context.config["file"])
    await asyncio.Event().wait()
