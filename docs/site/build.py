# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the documentation site into build/docs/html. Run it with ``make docs``, which provides what it needs.

The sources are laid out as in the repository, so that the links between pages are the same.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "docs" / "site"
BUILD = ROOT / "build" / "docs"
SOURCES = BUILD / "sources"
PAGES = ("*.md", "docs/*.md", "roles/*/README.md")
# The library that draws diagrams in the browser, as an npm package. It is kept between builds.
MERMAID = "mermaid@12.3.0"


def main() -> None:
    """Build it. Fails at the first warning."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    shutil.copytree(HERE, SOURCES, ignore=shutil.ignore_patterns("__pycache__"))
    _copy_pages()
    _write_module_pages()
    _add_drawing()
    collection = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    environment = {
        **os.environ,
        "STH_SITE_RELEASE": str(collection["version"]),
        "STH_SITE_REPOSITORY": str(collection["repository"]),
    }
    # -E and -a: a page of another build would hide a warning.
    command = ["sphinx-build", "-W", "--keep-going", "-n", "-q", "-E", "-a", "-b", "html"]
    subprocess.run([*command, str(SOURCES), str(BUILD / "html")], env=environment, check=True)
    print(f"The site is in {(BUILD / 'html' / 'index.html').relative_to(ROOT)}.")


def _copy_pages() -> None:
    for pattern in PAGES:
        for page in ROOT.glob(pattern):
            copy = SOURCES / page.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, copy)
    shutil.copytree(ROOT / "docs" / "plots", SOURCES / "docs" / "plots")
    index = SOURCES / "index.md"
    text = index.read_text(encoding="utf-8")
    index.write_text(text.replace("\n*\n", "\n" + "\n".join(_guides(text)) + "\n"), encoding="utf-8")


def _guides(index: str) -> list[str]:
    """Return the pages below docs/ that no other part of the navigation has, so that a new page is in it."""
    named = set(re.findall(r"^docs/[\w-]+$", index, re.MULTILINE))
    return sorted({f"docs/{page.stem}" for page in (ROOT / "docs").glob("*.md")} - named)


def _write_module_pages() -> None:
    """Write the pages of modules, roles and plugins from their own documentation."""
    pages = SOURCES / "collections"
    # antsibull-docs writes only where nobody else can.
    pages.mkdir(mode=0o755)
    command = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--dest-dir", str(pages)]
    subprocess.run([*command, "scramjet.sth"], check=True)


def _add_drawing() -> None:
    kept = BUILD / "npm"
    archive = kept / (MERMAID.replace("@", "-") + ".tgz")
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm is missing, which installs Mermaid for the diagrams: install Node.js, and run make docs.")
        kept.mkdir(parents=True, exist_ok=True)
        subprocess.run([npm, "pack", "--silent", MERMAID], cwd=kept, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(archive) as package:
        script = package.extractfile("package/dist/mermaid.min.js")
        assert script is not None
        (SOURCES / "_static" / "mermaid.min.js").write_bytes(script.read())


if __name__ == "__main__":
    main()
