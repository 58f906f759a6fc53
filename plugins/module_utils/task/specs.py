# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specs that modules share, one per documentation fragment."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import DEFAULT_API_URL

Spec = dict[str, dict[str, Any]]


def env(name: str) -> Any:
    """Return a fallback to an environment variable. An empty variable counts as not set."""
    value = os.environ.get(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _option(variable: str, **spec: Any) -> dict[str, Any]:
    return {**spec, "fallback": (env, [variable])}


HUB: Spec = {
    "api_url": _option("STH_API_URL", type="str", default=DEFAULT_API_URL),
    "token": _option("STH_TOKEN", type="str", no_log=True),
    "token_file": _option("STH_TOKEN_FILE", type="path", no_log=False),
    "headers": _option("STH_HEADERS", type="dict", no_log=True, default={}),
    "url_username": _option("STH_URL_USERNAME", type="str"),
    "url_password": _option("STH_URL_PASSWORD", type="str", no_log=True),
    "validate_certs": _option("STH_VALIDATE_CERTS", type="bool", default=True),
    "ca_path": _option("STH_CA_PATH", type="path"),
    "client_cert": _option("STH_CLIENT_CERT", type="path"),
    "client_key": _option("STH_CLIENT_KEY", type="path", no_log=False),
    "use_proxy": _option("STH_USE_PROXY", type="bool", default=True),
    "connect_timeout": _option("STH_CONNECT_TIMEOUT", type="float", default=5.0),
    "request_timeout": _option("STH_REQUEST_TIMEOUT", type="float", default=30.0),
    "request_retries": _option("STH_REQUEST_RETRIES", type="int", default=3),
}

# Internal, from the action plugin: the predicted state in a play with --check (predicted.py), whether the result needs the rows of a
# report, whether the action plugin needs the settings in force or the files of a package, and whether to start only what is missing.
PREDICTED: Spec = {
    "_predicted": {"type": "raw"},
    "_report": {"type": "bool"},
    "_remember": {"type": "bool"},
    "_only_missing": {"type": "bool"},
    "_files": {"type": "bool"},
}

PROGRAM: Spec = {
    "app_config": {"type": "dict"},
    "args": {"type": "list", "elements": "raw", "aliases": ["sequence_args"]},
    "start_options": {"type": "dict", "default": {}},
    "index_key": {"type": "str", "no_log": False},
    "overrides": {
        "type": "list",
        "elements": "dict",
        "options": {"app_config": {"type": "dict"}, "args": {"type": "list", "elements": "raw"}},
    },
    "input_topic": {"type": "str"},
    "output_topic": {"type": "str"},
    "limits": {"type": "dict"},
    "secret_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
}

READINESS: Spec = {
    "wait_for": {"type": "str", "default": "running", "choices": ["running", "event", "healthy", "none"]},
    "ready_event": {"type": "str"},
    "failure_event": {"type": "str"},
    "wait_timeout": {"type": "float", "default": 60.0},
    "stable_for": {"type": "float", "default": 2.0},
    "overload_timeout": {"type": "float", "default": 60.0},
    "start_attempts": {"type": "int", "default": 1},
    "max_parallel": {"type": "int", "default": 4},
}

ENDING: Spec = {
    "stop_timeout": {"type": "float", "default": 7.0},
    "can_keepalive": {"type": "bool", "default": False},
    "removal_timeout": {"type": "float", "default": 240.0},
}

PACKAGE: Spec = {
    "src": {"type": "path"},
    "remote_src": {"type": "bool", "default": False},
    "build": {"type": "str"},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "compare": {"type": "str", "default": "content", "choices": ["content", "version"]},
    "secret_files": {"type": "str", "default": "warn", "choices": ["warn", "fail", "ignore"]},
    # Internal: the description of a package on the controller, from the action plugin (package_source.py).
    "_package": {"type": "dict"},
}
