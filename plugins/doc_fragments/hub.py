# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options of every module that talks to a hub."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments C(hub) and C(hub.actiongroup_hub)."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the hub's API.
      - If the address has no path, V(/api/v1) is added. Credentials in the address are refused. Use O(token), or O(url_username) and
        O(url_password).
      - If not set, the variable V(sth_api_url) and then the environment variable E(STH_API_URL) is used.
      - In a task with C(delegate_to), the variables for this and all other connection options are those of the host that the task is
        delegated to, if the inventory gives that host V(sth_api_url) and it is not localhost. Otherwise they are those of the task's own host.
    type: str
    default: http://127.0.0.1:8000/api/v1
  token:
    description:
      - Bearer token to send with every request. Cannot be combined with O(url_username).
      - If the token goes to another machine without TLS, the task gives a warning.
      - If not set, the variable V(sth_token) and then the environment variable E(STH_TOKEN) is used.
    type: str
  headers:
    description:
      - Additional request headers, for example for a proxy in front of the hub.
      - C(Content-Type), C(Accept), C(Host) and other headers that the client sets itself are refused.
      - If not set, the variable V(sth_headers) and then the environment variable E(STH_HEADERS) (a JSON object) is used.
    type: dict
    default: {}
  url_username:
    description:
      - User name for basic authentication. It is sent with every request, without waiting for a challenge.
      - If not set, the variable V(sth_username) and then the environment variable E(STH_USERNAME) is used.
    type: str
  url_password:
    description:
      - Password for O(url_username).
      - If not set, the variable V(sth_password) and then the environment variable E(STH_PASSWORD) is used.
    type: str
  validate_certs:
    description:
      - Whether to verify the hub's certificate and the host name in it.
      - If not set, the variable V(sth_validate_certs) and then the environment variable E(STH_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with the CA certificates to trust, on the machine where the task runs.
      - If not set, the variable V(sth_ca_path), then the environment variable E(STH_CA_PATH), then E(REQUESTS_CA_BUNDLE) is used.
    type: path
  client_cert:
    description:
      - File with the client certificate in PEM format, on the machine where the task runs. It may contain the key too.
      - If not set, the variable V(sth_client_cert) and then the environment variable E(STH_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the key of O(client_cert), if O(client_cert) does not contain it.
      - If not set, the variable V(sth_client_key) and then the environment variable E(STH_CLIENT_KEY) is used.
    type: path
  use_proxy:
    description:
      - Whether to use the proxy variables of the environment (E(HTTP_PROXY), E(HTTPS_PROXY), E(NO_PROXY)).
      - If not set, the variable V(sth_use_proxy) and then the environment variable E(STH_USE_PROXY) is used.
    type: bool
    default: true
  connect_timeout:
    description:
      - Seconds to wait for a connection to the hub.
      - If not set, the variable V(sth_connect_timeout) and then the environment variable E(STH_CONNECT_TIMEOUT) is used.
    type: float
    default: 5.0
  request_timeout:
    description:
      - Seconds that a request may go without receiving or sending a byte. An upload may take longer as long as bytes flow.
      - If the hub itself delays an answer, as it does for a stop, that time is added.
      - If not set, the variable V(sth_request_timeout) and then the environment variable E(STH_REQUEST_TIMEOUT) is used.
    type: float
    default: 30.0
  request_retries:
    description:
      - How many times to repeat a request after the connection failed. Only requests that are safe to repeat are repeated.
        V(0) never repeats one.
      - If not set, the variable V(sth_request_retries) and then the environment variable E(STH_REQUEST_RETRIES) is used.
    type: int
    default: 3
requirements:
  - The Python library requests, on the machine where the task runs
"""

    # Where the action group is declared, so that every module of it says so (checked against meta/runtime.yml).
    ACTIONGROUP_HUB = r"""
attributes:
  action_group:
    description: Use C(group/scramjet.sth.hub) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - scramjet.sth.hub
"""
