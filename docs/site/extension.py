# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Sphinx extension for pages that are written to be read on GitHub too."""

from __future__ import annotations

import html
import os
import pathlib
import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

# In Markdown, a link to a file, and the section there.
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
# The list of its sections on a page of antsibull-docs, which the theme shows beside it.
_CONTENTS = re.compile(r"^\.\. contents::\n(?:   .*\n)*", re.MULTILINE)
# In a list of pages of antsibull-docs, whose titles are sentences.
_ENTRY = re.compile(r"^    (\w+)_(module|role|inventory|filter)$", re.MULTILINE)
# The name of a page of antsibull-docs, such as sth_event_module.
_REFERENCE = re.compile(r"(?P<name>\w+)_(?P<kind>module|role|inventory|filter)")

# Pages of Ansible's own documentation, by the labels that antsibull-docs uses for them.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
_ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


class Mermaid(SphinxDirective):
    """A diagram. The page has its text, and a script that comes with the site draws it: no network is needed."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return what the script looks for."""
        text = html.escape("\n".join(self.content))
        return [nodes.raw("", f'<pre class="mermaid">{text}</pre>', format="html")]


class LinkNames(SphinxTransform):
    """Link `sth_event` or `scramjet.sth.hub`, where a text names it, to its page."""

    default_priority = 500

    def apply(self, **_kwargs: Any) -> None:
        """Change the document in place."""
        labels = self.env.app.config["sth_labels"]
        for literal in list(self.document.findall(nodes.literal)):
            label = labels.get(literal.astext())
            if label is None or isinstance(literal.parent, (nodes.title, nodes.reference, pending_xref)):
                continue
            link = pending_xref(refdomain="std", reftype="ref", reftarget=label, refexplicit=True, refwarn=True)
            link["refdoc"] = self.env.docname
            literal.replace_self(link)
            link += literal


def _find_labels(app: Sphinx) -> None:
    """Collect the labels of the pages of modules and the like, by the names that texts use."""
    for page in pathlib.Path(app.srcdir, "collections").glob("*.rst"):
        found = _REFERENCE.fullmatch(page.stem)
        if found:
            label = f"ansible_collections.scramjet.sth.{page.stem}"
            app.config["sth_labels"][f"scramjet.sth.{found['name']}"] = label
            # The short names of others, such as hub, mean other things too.
            if found["kind"] == "module":
                app.config["sth_labels"][found["name"]] = label


def _adapt(app: Sphinx, page: str, content: list[str]) -> None:
    """Let links to files that are not pages of the site lead to the repository, and give pages of antsibull-docs short names."""
    path = pathlib.Path(app.env.doc2path(page))

    def target(link: re.Match[str]) -> str:
        found = pathlib.Path(os.path.normpath(path.parent / link[1]))
        if found.is_file():
            return link[0]
        return f"]({app.config['sth_repository']}/blob/main/{os.path.relpath(found, app.srcdir)}{link[2] or ''})"

    if path.suffix == ".md":
        content[0] = _LINK.sub(target, content[0])
    else:
        content[0] = _ENTRY.sub(_short, _CONTENTS.sub("", content[0]))


def _short(entry: re.Match[str]) -> str:
    name, kind = entry.groups()
    return f"    {name if kind == 'module' else f'{name} ({kind})'} <{name}_{kind}>"


def _link_to_ansible(_app: Sphinx, _env: object, node: pending_xref, content: nodes.TextElement) -> nodes.Node | None:
    """Resolve references to Ansible's documentation by rule: its inventory of labels would have to be fetched in each build."""
    label = str(node["reftarget"])
    page = _ANSIBLE_PAGES.get(label)
    if node.get("reftype") == "envvar" and label.startswith("ANSIBLE_"):
        page = f"reference_appendices/config.html#envvar-{label}"
    elif label.startswith("ansible_collections.ansible.builtin."):
        page = f"collections/ansible/builtin/{label.rpartition('.')[2]}.html"
    return nodes.reference("", "", content, refuri=f"{ANSIBLE}/{page}", internal=False) if page else None


def _add_scripts(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Only a page with a diagram loads what draws it, which is large."""
    if 'class="mermaid"' in context.get("body", ""):
        app.add_js_file("mermaid.min.js")
        app.add_js_file("draw.js")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_config_value("sth_repository", "", "env")
    app.add_config_value("sth_labels", {}, "")
    app.add_directive("mermaid", Mermaid)
    app.add_transform(LinkNames)
    app.connect("builder-inited", _find_labels)
    app.connect("source-read", _adapt)
    app.connect("missing-reference", _link_to_ansible)
    app.connect("html-page-context", _add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
