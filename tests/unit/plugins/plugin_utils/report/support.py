# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a report, as the hosts of a run tell them."""

from __future__ import annotations

from typing import Any

STARTED = {
    "kind": "instance",
    "name": "web-0",
    "change": "start",
    "reason": "none runs",
    "before": {},
    "after": {"sequence": "app@sha256:0123"},
}


def line(host: str, **told: Any) -> dict[str, Any]:
    return {"host": host, **told}


def deployment(host: str, name: str, *rows: Any, msg: str | None = None, code: str | None = None) -> dict[str, Any]:
    return line(host, deployment=name, hub=f"http://{host}", msg=msg, error_code=code, rows=list(rows))


def over(host: str, *hosts: str) -> dict[str, Any]:
    return line(host, over=True, hosts=list(hosts or (host,)))
