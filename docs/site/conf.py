# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of the documentation site. build.py lays out the sources that it is for."""

from __future__ import annotations

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

project = "scramjet.sth"
author = "scramjet.sth contributors"
project_copyright = f"2026, {author}"
release = os.environ["STH_SITE_RELEASE"]
# Where links lead that are to files, not to pages.
sth_repository = os.environ["STH_SITE_REPOSITORY"]

extensions = ["myst_parser", "sphinx_antsibull_ext", "extension"]
root_doc = "index"
highlight_language = "none"

# As GitHub makes them, so that a link works there and here.
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

html_theme = "furo"
html_title = f"scramjet.sth {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_theme_options = {"source_repository": f"{sth_repository}/", "source_branch": "main", "source_directory": ""}
