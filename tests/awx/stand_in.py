# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the REST API of a controller, on loopback: enough for the modules of awx.awx that the import playbook uses.

It keeps objects, finds them by their fields, and associates them. Of what AWX checks, it checks what the definitions could get wrong
(`refused`). It knows no permissions, runs nothing, and fills in no fields that a request leaves out.
"""

from __future__ import annotations

import itertools
import json
import pathlib
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = "/api/v2/"
KINDS = {
    "organizations": "organization",
    "credential_types": "credential_type",
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "projects": "project",
    "inventories": "inventory",
    "hosts": "host",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "workflow_job_template_nodes": "workflow_job_template_node",
}
# What one name means several kinds of.
TOGETHER = {"unified_job_templates": ("job_templates", "workflow_job_templates")}
DEFAULTS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice"), (str,)),
    "integer": (int,),
    "float": (int, float),
}
ENVIRONMENT = re.compile(r"(?!ANSIBLE_)[A-Za-z_][A-Za-z0-9_]*")


class Refused(Exception):
    """A request that AWX answers with 400."""


class StandIn:
    """The server; a context manager. ``token``: what each request must bear. ``project``: the folder that every project has.

    It has the organization Default and the credential type and credential ``spare`` from the beginning.
    """

    def __init__(self, token: str, project: pathlib.Path) -> None:
        self.token = token
        self.project = project
        self.objects: dict[str, dict[int, dict[str, Any]]] = {collection: {} for collection in KINDS}
        # By the path of the object and the name of the relation.
        self.related: dict[str, list[int]] = {}
        self.surveys: dict[str, dict[str, Any]] = {}
        # Method, path and body of each request that writes.
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self._ids = itertools.count(1)
        self.add("organizations", {"name": "Default"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, collection: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Keep an object and return it as the API shows it."""
        number = next(self._ids)
        url = f"{ROOT}{collection}/{number}/"
        own = {"id": number, "type": KINDS[collection], "url": url, "related": {"survey_spec": f"{url}survey_spec/"}}
        found = {**fields, **own, "summary_fields": {}, "scm_revision": ""}
        self.objects[collection][number] = found
        return found

    def find(self, collection: str, **wanted: str) -> list[dict[str, Any]]:
        """Return the objects that have these fields, as texts."""
        kinds = TOGETHER.get(collection, (collection,))
        found = [item for kind in kinds for item in self.objects[kind].values()]
        return [item for item in found if all(str(item.get(name)) == value for name, value in wanted.items())]

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """Return the status and the body of the answer."""
        if method != "GET":
            self.writes.append((method, path, body))
        collection, _slash, rest = path.removeprefix(ROOT).strip("/").partition("/")
        number, _slash, relation = rest.partition("/")
        if relation == "survey_spec":
            return self._survey(method, path, body)
        if relation:
            return self._relation(method, path, relation, body)
        if number:
            item = self.objects[collection][int(number)]
            if method == "PATCH":
                refused(collection, {**item, **body}, self)
                item.update(body)
            return 200, item
        if method == "POST":
            refused(collection, body, self)
            return 201, self.add(collection, body)
        results = self.find(collection, **query)
        return 200, {"count": len(results), "next": None, "results": results}

    def _survey(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method == "POST":
            refuse_survey(body)
            self.surveys[path] = body
        return 200, self.surveys.get(path, {})

    def _relation(self, method: str, path: str, relation: str, body: dict[str, Any]) -> tuple[int, Any]:
        collection = "credentials" if relation == "credentials" else "workflow_job_template_nodes"
        ids = self.related.setdefault(path, [])
        if method == "POST" and body.get("disassociate"):
            ids.remove(body["id"])
            return 204, None
        if method == "POST":
            ids.append(body["id"])
            return 204, None
        results = [self.objects[collection][number] for number in ids]
        return 200, {"count": len(results), "next": None, "results": results}


def refused(collection: str, fields: Mapping[str, Any], place: StandIn) -> None:
    """Raise `Refused` for an object that AWX refuses: unknown references, injectors that do not fit, playbooks that are not there."""
    for name, others in (
        ("organization", ("organizations",)),
        ("project", ("projects",)),
        ("inventory", ("inventories",)),
        ("execution_environment", ("execution_environments",)),
        ("unified_job_template", TOGETHER["unified_job_templates"]),
        ("workflow_job_template", ("workflow_job_templates",)),
    ):
        if fields.get(name) and not any(fields[name] in place.objects[other] for other in others):
            raise Refused(f"{name} {fields[name]} does not exist")
    if collection == "credential_types":
        refuse_injectors(fields["inputs"], fields["injectors"])
    if collection == "job_templates" and not _is_playbook(place.project / fields["playbook"]):
        raise Refused("Playbook not found for project.")


def refuse_survey(survey: Mapping[str, Any]) -> None:
    """Raise `Refused` for a survey that AWX refuses."""
    if not (isinstance(survey.get("name"), str) and isinstance(survey.get("description"), str) and survey.get("spec")):
        raise Refused("a survey has a name, a description and questions")
    variables = [item["variable"] for item in survey["spec"]]
    if len(variables) != len(set(variables)):
        raise Refused("two questions ask for one variable")
    for item in survey["spec"]:
        texts = [item[name] for name in ("type", "question_name", "question_description", "variable")]
        if not all(isinstance(text, str) for text in texts) or not isinstance(item["required"], bool):
            raise Refused(f"{item['variable']}: fields of the wrong type")
        default = item.get("default", "")
        if default != "" and not (isinstance(default, DEFAULTS[item["type"]]) and not isinstance(default, bool)):
            raise Refused(f"{item['variable']}: a default of the wrong type")
        if item["type"] == "multiplechoice" and default not in item["choices"]:
            raise Refused(f"{item['variable']}: a default that is none of the choices")
        limits = [item[limit] for limit in ("min", "max") if item.get(limit) is not None]
        if not all(isinstance(limit, int) and not isinstance(limit, bool) for limit in limits):
            raise Refused(f"{item['variable']}: limits are integers")


def refuse_injectors(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> None:
    """Raise `Refused` or an error of Jinja: every template must fit the inputs, and every name must be allowed."""
    files = {name.partition(".")[2]: "a file" for name in injectors["file"]}
    known = {**{item["id"]: "a value" for item in inputs["fields"]}, "tower": {"filename": files}}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for kind, templates in injectors.items():
        for name, template in templates.items():
            if kind == "env" and not (ENVIRONMENT.fullmatch(name) and template.isascii()):
                raise Refused(f"{name} is no environment variable that may be set")
            environment.from_string(template).render(known)


def _is_playbook(path: pathlib.Path) -> bool:
    """Whether AWX offers a file of the project as a playbook."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return any(re.match(r"\s*-?\s*(hosts|(ansible\.builtin\.)?import_playbook):", line) for line in lines)


def _handler(place: StandIn) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                try:
                    if self.headers.get("Authorization") != f"Bearer {place.token}":
                        status, body = 401, {"detail": "Invalid token."}
                    else:
                        sent = json.loads(raw) if raw else {}
                        status, body = place.answer(self.command, parts.path, dict(parse_qsl(parts.query)), sent)
                except Refused as error:
                    status, body = 400, {"detail": str(error)}
                except (KeyError, FileNotFoundError) as error:
                    status, body = 404, {"detail": f"Not found: {error}"}
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _do

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    return Handler
