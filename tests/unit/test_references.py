# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every page, section and file that a file refers to exists in the repository."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = ("plugins", "extensions", "roles", "playbooks", "tests", "docs", "meta", "changelogs")
TEXTS = {".py", ".yml", ".md", ".js", ".j2", ".cfg"}
# A link to elsewhere is not ours to follow.
CITED = re.compile(r"(?<![\w/:])((?:[\w.-]+/)*[\w-]+\.md)(#[\w-]+)?")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)")
# A file in the repository, by its path from the top.
FILE = re.compile(
    r"(?<![\w./{}<>:-])((?:plugins|extensions|roles|playbooks|tests|docs)/[\w./-]*\w\.(?:py|yml|js|json|txt))\b"
)
# What runs write, as examples name it.
WRITTEN = {"report.md", "STAGE.md", "dev.md"}
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def files() -> list[pathlib.Path]:
    found = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in TEXTS and path.is_file()]
    # Pages that only the site has are in another place there, and `make docs` checks their links.
    found = [path for path in found if not path.is_relative_to(ROOT / "docs" / "site")]
    return [*found, *ROOT.glob("*.md"), ROOT / "noxfile.py"]


def anchors(page: pathlib.Path) -> set[str]:
    """Return the sections of a page as its readers address them."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(path: pathlib.Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    yield from (file for file in FILE.findall(text) if not (ROOT / file).is_file())
    for page, section in CITED.findall(text):
        if page.rpartition("/")[2] in WRITTEN:
            continue
        found = [place / page for place in (ROOT / "docs", path.parent, ROOT) if (place / page).is_file()]
        if not found:
            yield page
        elif section and not any(section in anchors(place) for place in found):
            yield page + section
    if path.suffix == ".md":
        for target, section in LINK.findall(text):
            found = [path.parent / target if target else path]
            if not found[0].exists() or (section and found[0].suffix == ".md" and section not in anchors(found[0])):
                yield target + section


def test_each_page_and_file_that_is_named_is_there() -> None:
    found = {str(path.relative_to(ROOT)): list(broken(path)) for path in files()}
    assert {path: names for path, names in found.items() if names} == {}
