# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes two uploads fail, each after a readable package.json: failed_uploads.py HOST PORT HUB_PID SEQUENCES_ROOT SECONDS

SECONDS bounds each wait. The first is a truncated package, which the hub refuses. In the second the hub is killed.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import pathlib
import random
import signal
import sys
import tarfile
import time


def package(name: str, size: int) -> bytes:
    """A valid package of this size whose first member is package.json."""
    target = io.BytesIO()
    manifest = {"name": name, "version": "9.9.9", "main": "index.js", "engines": {"node": ">=16"}}
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for path, content in (("package.json", json.dumps(manifest).encode()), ("index.js", random.randbytes(size))):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return target.getvalue()


host, port, pid, root = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
limit = float(sys.argv[5])
refused = http.client.HTTPConnection(host, port, timeout=limit)
refused.request("POST", "/api/v1/sequence", package("refused-ghost", 300_000)[:150_000])
if refused.getresponse().status != 422:
    raise SystemExit("The truncated package was not refused.")

before = set(root.iterdir())
cut = http.client.HTTPConnection(host, port, timeout=limit)
whole = package("cut-ghost", 3_000_000)  # gzip reads 256 KiB before it writes anything
cut.putrequest("POST", "/api/v1/sequence")
cut.putheader("Content-Length", str(len(whole)))
cut.endheaders(whole[:2_000_000])
deadline = time.monotonic() + limit
while not any((new / "package.json").exists() for new in set(root.iterdir()) - before):
    if time.monotonic() > deadline:
        raise SystemExit("The package.json of the cut package was never unpacked.")
    time.sleep(0.05)
os.kill(pid, signal.SIGKILL)
