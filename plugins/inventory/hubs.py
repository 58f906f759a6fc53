# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of hubs: documentation, and the hosts and groups out of what hubs report."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: hubs
short_description: List hubs and their instances as hosts
version_added: 1.0.0
description:
  - Each hub that you list becomes a host, and so does each hub of a manager, such as a space of Scramjet Cloud Platform. Tasks for such a
    host run on the controller and talk to the hub, because the host has C(ansible_connection=local) and V(sth_api_url).
  - With V(instances) in O(gather), each live instance becomes a host too.
  - The name of the inventory file must end with C(sth_hubs.yml) or C(sth_hubs.yaml).
  - The inventory never contains a token or password. The options for the connection are used only to read the inventory. For your
    tasks, set V(sth_token) and the other connection variables in C(group_vars/sth_hubs.yml), with secrets from a vault. If you run tasks
    for instances, set them in C(group_vars/sth_instances.yml) too.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Name of this plugin, always C(scramjet.sth.hubs).
    type: str
    required: true
    choices: [scramjet.sth.hubs]
  hubs:
    description: Hubs to list, each with its address.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the host.
        type: str
        required: true
      api_url:
        description: Address of the hub's API. If it has no path, C(/api/v1) is added.
        type: str
        required: true
      vars:
        description: Variables of the host. If the plugin sets a variable of the same name, the value given here is used.
        type: dict
        default: {}
  managers:
    description: Managers whose hubs are listed. The name of each host is the id of the hub. See V(hubs) of
      O(scramjet.sth.sth_hub_info#module:gather).
    type: list
    elements: dict
    default: []
    suboptions:
      api_url:
        description: Address of the manager's API.
        type: str
        required: true
      prefix:
        description: Text to put before the id of each hub. Use it so that the hubs of two managers have different names.
        type: str
        default: ""
  gather:
    description:
      - What to read from each hub. V(version) sets V(sth_hub) to the version, the generation and the capabilities of the hub.
      - V(instances) adds a host for each live instance. Its variable V(sth_instance) describes the instance as
        RV(scramjet.sth.sth_instance_info#module:instances) does, but without C(app_config) and C(args).
      - If the list is empty, the plugin does not ask the hubs. Then all of O(hubs) are listed, even those that do not run.
    type: list
    elements: str
    choices: [version, instances]
    default: [version]
  on_unreachable:
    description:
      - What to do if a hub or manager does not answer, or refuses the request. With V(skip), it is left out, and the plugin gives a warning.
        With V(fail), the inventory fails.
      - If an inventory fails, Ansible by default only gives a warning, and goes on without its hosts. To stop Ansible in this case, set
        C(any_unparsed_is_failed) in the section C([inventory]) of C(ansible.cfg), or E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) in the
        environment.
    type: str
    choices: [skip, fail]
    default: skip
  token:
    description: Bearer token for all hubs and managers. It may be a template, such as a lookup. Use only one of O(token), O(token_file) and
      O(url_username).
    type: str
    env:
      - name: STH_TOKEN
  token_file:
    description: File with the token, or a program that prints it, on the controller, instead of O(token).
    type: path
    env:
      - name: STH_TOKEN_FILE
  headers:
    description: Additional request headers, a mapping, or a JSON object as text.
    type: raw
    env:
      - name: STH_HEADERS
  url_username:
    description: User name for basic authentication.
    type: str
    env:
      - name: STH_URL_USERNAME
  url_password:
    description: Password for O(url_username). It may be a template, such as a lookup.
    type: str
    env:
      - name: STH_URL_PASSWORD
  validate_certs:
    description: Whether to verify the certificates of hubs and managers.
    type: bool
    default: true
    env:
      - name: STH_VALIDATE_CERTS
  ca_path:
    description: File with the CA certificates to trust.
    type: path
    env:
      - name: STH_CA_PATH
  client_cert:
    description: File with the client certificate in PEM format. It may also contain the key.
    type: path
    env:
      - name: STH_CLIENT_CERT
  client_key:
    description: File with the key of O(client_cert). Not needed if O(client_cert) contains the key.
    type: path
    env:
      - name: STH_CLIENT_KEY
  use_proxy:
    description: Whether to use the proxy that the environment sets (E(HTTP_PROXY), E(HTTPS_PROXY), E(NO_PROXY)).
    type: bool
    default: true
    env:
      - name: STH_USE_PROXY
  connect_timeout:
    description: Seconds to wait for a connection.
    type: float
    default: 5.0
    env:
      - name: STH_CONNECT_TIMEOUT
  request_timeout:
    description: How many seconds a request may wait without receiving a byte. After that, it fails.
    type: float
    default: 10.0
    env:
      - name: STH_REQUEST_TIMEOUT
  request_retries:
    description: How many times to repeat a request that fails, for example because no connection to a hub is possible.
    type: int
    default: 0
    env:
      - name: STH_REQUEST_RETRIES
requirements:
  - The Python library requests, on the controller
notes:
  - Hubs are in the group C(sth_hubs), and instances in the group C(sth_instances).
  - The host of a hub of a manager has the variable V(sth_managed_hub). It is the element of this hub in
    RV(scramjet.sth.sth_hub_info#module:hubs).
"""

EXAMPLES = r"""
# Two hubs by their addresses. Save it as prod.sth_hubs.yml, and try: ansible-inventory -i prod.sth_hubs.yml --graph
---
plugin: scramjet.sth.hubs
hubs:
  - name: north
    api_url: https://north.example.com:8000
  - name: south
    api_url: https://south.example.com:8000
    vars:
      region: eu
keyed_groups:
  - key: sth_hub.version
    prefix: hub

# The hubs of a space of Scramjet Cloud Platform
---
plugin: scramjet.sth.hubs
managers:
  - api_url: https://api.scramjet.cloud/api/v1/space/my-space/api/v1
    prefix: my-space-
token: "{{ lookup('ansible.builtin.env', 'SCP_TOKEN') }}"
on_unreachable: fail

# Instances as hosts, grouped by their deployments; the inventory is cached for five minutes
---
plugin: scramjet.sth.hubs
hubs:
  - name: north
    api_url: https://north.example.com:8000
gather: [version, instances]
keyed_groups:
  - key: sth_instance.deployment | default('')
    prefix: deployment
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/sth_hubs
cache_timeout: 300
"""

import sys
from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import (
    SIGN_IN,
    Connection,
    clear_text_warning,
    connection_from_options,
    normalise_api_url,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.listing import (
    Listed,
    Unread,
    list_managers,
    plain_name,
    read_hubs,
)

CONNECTION_OPTIONS = (
    "token",
    "token_file",
    "headers",
    "url_username",
    "url_password",
    "validate_certs",
    "ca_path",
    "client_cert",
    "client_key",
    "use_proxy",
    "connect_timeout",
    "request_timeout",
    "request_retries",
)
HUB_KEYS = {"name", "api_url", "vars"}
HUBS = "sth_hubs"
INSTANCES = "sth_instances"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Source of hosts, see DOCUMENTATION."""

    NAME = "scramjet.sth.hubs"
    # The options for authentication that the file sets.
    _signs_in: list[str]
    # ansible-core sets it in `parse`, and declares it as None.
    inventory: Any

    def verify_file(self, path: str) -> bool:
        """Whether the name of the file marks it as an inventory for this plugin."""
        return super().verify_file(path) and path.endswith(("sth_hubs.yml", "sth_hubs.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts and groups."""
        super().parse(inventory, loader, path, cache)
        try:
            self._add_hosts(path, cache)
        except SthError as error:
            failure = error
        except AnsibleError as error:
            failure = SthError(
                "INVALID_OPTION", f"{_reason(error)}: correct the inventory file, or the configuration of Ansible."
            )
        else:
            return
        raise AnsibleParserError(f"{failure.message} (error_code={failure.code})")

    def _add_hosts(self, path: str, cache: bool) -> None:
        config = self._read_config_data(path)
        self._signs_in = [name for name in SIGN_IN if config.get(name) not in (None, "")]
        # Read the variables of hubs from the file each time. They may be secret, so they are not in the cache.
        own = {self._required("hubs", item, "name"): _mapping(item) for item in self._items("hubs", HUB_KEYS)}
        found = self._found(path, cache)
        for group in (HUBS, INSTANCES):
            self.inventory.add_group(group)
        variables = {hub["name"]: self._variables(hub) | own.get(hub["name"], {}) for hub in found}
        for name, values in variables.items():
            self._add_host(name, HUBS, values)
        # After all hubs, so that no instance takes the name of one.
        for hub in found:
            self._add_instances(hub, variables[hub["name"]])

    def _found(self, path: str, cache: bool) -> list[dict[str, Any]]:
        """Return the hubs that answer: from the cache if it is enabled and not expired, else from requests."""
        # Refuse bad input even if the answers are in the cache.
        hubs, managers, connection = self._listed(), self._managers(), self._connection()
        self.load_cache_plugin()
        key = self.get_cache_key(path)
        cached = self.get_option("cache")
        if cached and cache:
            try:
                return list(self._cache[key])
            except KeyError:
                pass
        managed, silent = list_managers(managers, connection)
        _require_different([*hubs, *managed])
        for hub in (*hubs, *managers):
            if replace(connection, api_url=hub.api_url).sends_token_in_clear:
                self.display.warning(clear_text_warning(hub.api_url))
        found, unread = read_hubs([*hubs, *managed], connection, self.get_option("gather"))
        self._report([*silent, *unread])
        if cached:
            self._cache[key] = found
        return found

    def _report(self, unread: list[Unread]) -> None:
        for item in unread:
            if self.get_option("on_unreachable") == "fail":
                raise item.failure
            self.display.warning(f"{item.name} is left out of the inventory: {item.failure.message}")

    def _connection(self) -> Connection:
        # As in tasks: if the file sets an option for authentication, the environment is ignored for all of them.
        options = {
            name: self._text(self.get_option(name))
            for name in CONNECTION_OPTIONS
            if name not in SIGN_IN or not self._signs_in or name in self._signs_in
        }
        return connection_from_options(options)

    def _listed(self) -> list[Listed]:
        return [
            Listed(
                self._required("hubs", item, "name"),
                normalise_api_url(self._required("hubs", item, "api_url")),
            )
            for item in self._items("hubs", HUB_KEYS)
        ]

    def _managers(self) -> list[Listed]:
        return [
            Listed(str(item.get("prefix") or ""), normalise_api_url(self._required("managers", item, "api_url")))
            for item in self._items("managers", {"api_url", "prefix"})
        ]

    def _items(self, option: str, keys: set[str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get_option(option)
        for item in items:
            known = ", ".join(sorted(keys))
            if not isinstance(item, dict):
                raise SthError("INVALID_OPTION", f"An item of {option} is not a mapping: give it {known}.")
            if unknown := sorted(set(item) - keys):
                raise SthError(
                    "INVALID_OPTION",
                    f"An item of {option} has unknown keys ({', '.join(unknown)}): use only {known}.",
                )
        return items

    def _required(self, option: str, item: dict[str, Any], key: str) -> str:
        value = self._text(item.get(key))
        if value is None or value == "":
            raise SthError("INVALID_OPTION", f"An item of {option} has no {key}: set it.")
        if not isinstance(value, str):
            # YAML reads no and off as false, and 10 as a number.
            raise SthError(
                "INVALID_OPTION", f"The {key} of an item of {option} is {value!r} and not text: put it in quotes."
            )
        return value.strip()

    def _text(self, value: Any) -> Any:
        """Return an option with its templates resolved, so that it may be a lookup."""
        if not isinstance(value, str):
            return value
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            # Before ansible-core 2.19, the message repeats the template, in which a token may be.
            # `_reason` has removed dots at the end.
            reason = _reason(error).replace(" ".join(value.split()).rstrip("."), "(not shown)")
            raise SthError("INVALID_OPTION", f"{reason}: correct the inventory file.") from None

    @staticmethod
    def _variables(hub: dict[str, Any]) -> dict[str, Any]:
        """Return the variables of a hub."""
        # A hub may report text that looks like a template. Mark it, so that Ansible does not evaluate it.
        variables: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "sth_api_url": wrap_var(hub["api_url"]),
        }
        for key, name in (("hub", "sth_hub"), ("managed", "sth_managed_hub")):
            if key in hub:
                variables[name] = wrap_var(hub[key])
        return variables

    def _add_instances(self, hub: dict[str, Any], variables: dict[str, Any]) -> None:
        """Add the instances of a hub, if they were read. An instance whose name another host has is named after its id."""
        instances = hub.get("instances", ())
        hosts = [f"{hub['name']}_{plain_name(item['name'] or item['id'])}" for item in instances]
        for item, host in zip(instances, hosts):
            if hosts.count(host) > 1 or host in self.inventory.hosts:
                host = f"{hub['name']}_{plain_name(item['id'])}"
            if host in self.inventory.hosts:
                self.display.warning(
                    f"Instance {item['id']} is left out of the inventory, because there is another host {host}: rename that one."
                )
                continue
            self._add_host(host, INSTANCES, {**variables, "sth_instance": wrap_var(item)})

    def _add_host(self, host: str, group: str, variables: dict[str, Any]) -> None:
        self.inventory.add_host(host, group=group)
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        try:
            known = self.inventory.get_host(host).get_vars()
            self._set_composite_vars(self.get_option("compose"), known, host, strict=strict)
            known = self.inventory.get_host(host).get_vars()
            self._add_host_to_composed_groups(self.get_option("groups"), known, host, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), known, host, strict=strict)
        except AnsibleError as error:
            message = f"{_reason(error)}: correct compose, groups or keyed_groups in the inventory file"
            raise SthError("INVALID_OPTION", message + (", or set strict to false." if strict else ".")) from None


def _reason(error: AnsibleError) -> str:
    """Return why ansible-core cannot use the file, in one line."""
    reason = " ".join(str(error).split()).rstrip(".")
    # Since ansible-core 2.19, it has the valid values.
    hint = getattr(error, "_help_text", None)
    return f"{reason} ({hint})" if hint else reason


def _mapping(item: dict[str, Any]) -> dict[str, Any]:
    variables = item.get("vars") or {}
    if not isinstance(variables, dict):
        raise SthError(
            "INVALID_OPTION", f"vars of hub {item.get('name')} is not a mapping of names to values: correct it."
        )
    return variables


def _require_different(hubs: list[Listed]) -> None:
    names = [item.name for item in hubs]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise SthError(
            "INVALID_OPTION",
            f"Several hubs are called {', '.join(double)}: give each its own name, or the managers different prefixes.",
        )
