# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program in Python for tests: ``behaviour`` in its configuration says what it does. The fake hub simulates the same."""

import asyncio
from typing import Any


async def run(context: Any, input: Any, *args: Any) -> Any:
    if context.config.get("behaviour") == "copy":
        return input
    await asyncio.sleep(context.config.get("seconds", 0.3))
    if context.config.get("behaviour") == "throw_later":
        raise ValueError("boom later")
    return None
