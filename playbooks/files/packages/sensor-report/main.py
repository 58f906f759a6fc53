# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sums up the readings of sensors.

Reads one JSON record per line, `{"sensor": "hall", "celsius": 19.5}`, and writes one for each sensor. Configuration:
`limit`, degrees from which a reading counts as too warm. Arguments: names of sensors to leave out.

No hub reports how a Python program ended. So this program emits the event `report`, or `failed` if it cannot read a record,
and then waits until it is stopped.
"""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import AsyncIterator
from typing import Any

from scramjet.streams import Stream

# Seconds after which the program ends by itself, if nobody stops it.
WAIT_TO_BE_STOPPED = 60


async def run(context: Any, chunks: Any, *left_out: str) -> Stream:
    """Return the stream of results; it stays open until the program is stopped."""
    output = Stream()
    stopped = asyncio.Event()

    # 1.x awaits this function and passes the timeout. 0.18 calls it without arguments.
    async def stop(*_time: Any) -> None:
        stopped.set()

    context.set_stop_handler(stop)

    async def work() -> None:
        try:
            sensors = await _sum_up(_lines(chunks), context.config.get("limit", 25.0), left_out)
        except (ValueError, KeyError, TypeError) as error:
            context.emit("failed", {"error": repr(error)})
        else:
            for name in sorted(sensors):
                # As text, because 0.18 reads the type of an output from `output_type`, and 1.x from `provides`.
                await output.write(json.dumps({"sensor": name, **sensors[name]}) + "\n")
            readings = sum(sensor["readings"] for sensor in sensors.values())
            context.emit("report", {"sensors": len(sensors), "readings": readings})
        try:
            await asyncio.wait_for(stopped.wait(), WAIT_TO_BE_STOPPED)
        except asyncio.TimeoutError:
            context.logger.info("Nobody has stopped me.")
        output.end()

    # Keep a reference to the task. Otherwise it may be garbage-collected before it is done.
    output.producer = asyncio.create_task(work())
    return output


async def _sum_up(lines: AsyncIterator[str], limit: float, left_out: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    sensors: dict[str, dict[str, Any]] = {}
    async for line in lines:
        if not line.strip():
            continue
        record = json.loads(line)
        name, celsius = record["sensor"], float(record["celsius"])
        if name in left_out:
            continue
        seen = sensors.setdefault(
            name, {"readings": 0, "lowest": celsius, "highest": celsius, "mean": 0.0, "too_warm": 0}
        )
        seen["readings"] += 1
        seen["mean"] += (celsius - seen["mean"]) / seen["readings"]
        seen["lowest"] = min(seen["lowest"], celsius)
        seen["highest"] = max(seen["highest"], celsius)
        seen["too_warm"] += celsius >= limit
    for sensor in sensors.values():
        sensor["mean"] = round(sensor["mean"], 2)
    return sensors


async def _lines(chunks: Any) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    async for chunk in chunks:
        *lines, rest = (rest + (chunk if isinstance(chunk, str) else decoder.decode(chunk))).split("\n")
        for line in lines:
            yield line
    if rest:
        yield rest
