# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs npm with a registry that holds only the packages of a folder: install_archives.py FOLDER COMMAND…

The folder has archives as `npm pack` makes them (.tgz): the package and all its dependencies, each in one or more versions. npm cannot
resolve dependencies from archives alone, so a registry on loopback serves them while the command runs. The exit status is that of the
command. If it fails, packages that npm did not find are named on standard error.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import subprocess
import sys
import tarfile
import threading
import urllib.parse
from pathlib import Path
from typing import Any


class Registry(http.server.ThreadingHTTPServer):
    """An npm registry with the archives of one folder. Raises ValueError for a file that is not an archive of a package."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.archives = {file.name: file for file in sorted(folder.glob("*.tgz"))}
        self.packages: dict[str, Any] = {}
        self.missing: set[str] = set()
        for file in self.archives.values():
            manifest = read_manifest(file)
            versions = self.packages.setdefault(
                manifest["name"], {"name": manifest["name"], "dist-tags": {}, "versions": {}}
            )
            digest = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
            manifest["dist"] = {
                "tarball": f"{self.url}/-/{urllib.parse.quote(file.name)}",
                "integrity": f"sha512-{digest}",
            }
            versions["versions"][manifest["version"]] = manifest
            versions["dist-tags"]["latest"] = manifest["version"]


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def do_GET(self) -> None:
        name = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).lstrip("/")
        if name in self.server.packages:
            self.answer(200, json.dumps(self.server.packages[name]).encode(), "application/json")
        elif name.startswith("-/") and name[2:] in self.server.archives:
            self.answer(200, self.server.archives[name[2:]].read_bytes(), "application/octet-stream")
        else:
            self.server.missing.add(name)
            self.answer(404, b"{}", "application/json")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def read_manifest(file: Path) -> dict[str, Any]:
    """Return package.json of an archive. It is in the top folder, which may have any name. Raises ValueError."""
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name.endswith("/package.json") else None
                if content and member.name.removeprefix("./").count("/") == 1:
                    manifest: dict[str, Any] = json.load(content)
                    return manifest
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ValueError(f"{file} is not an archive as `npm pack` makes it ({error}): replace or remove it.") from error
    raise ValueError(f"{file} is not an archive as `npm pack` makes it (it has no package.json): replace or remove it.")


def main() -> int:
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    try:
        registry = Registry(folder)
    except ValueError as error:
        sys.exit(str(error))
    threading.Thread(target=registry.serve_forever, daemon=True).start()
    # Also set the registry for the scope, because settings of npm could name another one.
    done = subprocess.run([*command, f"--registry={registry.url}", f"--@scramjet:registry={registry.url}"], check=False)
    # Missing packages are an error only if npm fails, because some are optional.
    if done.returncode and registry.missing:
        print(
            f"{folder} has no archive of {', '.join(sorted(registry.missing))}: add them with `npm pack`.",
            file=sys.stderr,
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
