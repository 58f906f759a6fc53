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
      - Address of the hub's API, as the machine where the task runs reaches it. So the default is a hub on that machine. With
        C(delegate_to=localhost), the default is a hub on the controller.
      - If the address has no path, or only C(/), C(/api/v1) is added. Any other path is used as it is, so write it in full, such as
        C(https://example.com/hub/api/v1). A hub of Scramjet Cloud Platform has the address
        C(https://api.scramjet.cloud/api/v1/space/SPACE/api/v1/sth/HUB/api/v1). Credentials in the address are refused with
        C(error_code=INVALID_OPTION). Use O(token), or O(url_username) and O(url_password).
      - If not set, the Ansible variable V(sth_api_url) and then the environment variable E(STH_API_URL) is used, and the default only
        if neither is set. The same holds for all other connection options and their variables. Values from
        C(module_defaults) count as set in the task. The environment is the one of the machine where the task runs, with what the
        keyword C(environment) adds.
      - In a task with C(delegate_to), the variables for all connection options come from one host. If the task is not delegated to
        localhost, and C(sth_api_url) is set for the host that it is delegated to, they come from that host. It is set if the inventory, its
        C(host_vars) or C(group_vars), C(set_fact) for that host, or C(-e) sets it. Otherwise, or if C(vars) of the play, a role or the task
        set C(sth_api_url), they come from the task's own host. With C(-v), the task shows the address of its hub.
    type: str
    default: http://127.0.0.1:8000/api/v1
  token:
    description:
      - Bearer token to send with every request, for a proxy in front of the hub. Use only one of O(token), O(token_file) and
        O(url_username). Two of them together are refused with C(error_code=INVALID_OPTION).
      - If a token or password is sent to another machine without TLS, the task gives a warning.
      - If not set, the variable V(sth_token) and then the environment variable E(STH_TOKEN) is used.
    type: str
  token_file:
    description:
      - File with the bearer token, on the machine where the task runs. It is read again for each request, so another program may replace
        the token while a task runs. If the answer to a request is 401, and the file contains another token by then, the request is sent
        again, at most twice.
      - The file must contain only the token. To replace the token, write a new file and rename it with C(mv), so that the file is never
        incomplete.
      - If the file is executable and contains more than one word, it is run as a program that prints the token, like a program that prints
        the password of a vault. It is run without arguments, for at most 60 seconds, before the first request of a task, or of an item of a
        loop, and again after an answer 401.
      - If not set, the variable V(sth_token_file) and then the environment variable E(STH_TOKEN_FILE) is used.
    type: path
  headers:
    description:
      - Additional request headers, for example for a proxy in front of the hub. Their values count as secrets and are never shown.
      - C(Content-Type), C(Accept), C(Host), C(Content-Length), C(Transfer-Encoding) and C(Connection) are refused with
        C(error_code=INVALID_OPTION), because the client sets them.
      - If not set, the variable V(sth_headers) and then the environment variable E(STH_HEADERS) (a JSON object) is used.
    type: dict
    default: {}
  url_username:
    description:
      - User name for basic authentication, for a proxy in front of the hub. It is sent with every request, even if the proxy has not
        asked for it.
      - If not set, the variable V(sth_url_username) and then the environment variable E(STH_URL_USERNAME) is used.
    type: str
  url_password:
    description:
      - Password for O(url_username). Requires O(url_username).
      - If not set, the variable V(sth_url_password) and then the environment variable E(STH_URL_PASSWORD) is used.
    type: str
  validate_certs:
    description:
      - Whether to verify the hub's certificate and the host name in it.
      - If not set, the variable V(sth_validate_certs) and then the environment variable E(STH_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with the CA certificates to trust, in PEM format, on the machine where the task runs. Only these are trusted then.
      - If not set, the variable V(sth_ca_path), then the environment variable E(STH_CA_PATH), then E(REQUESTS_CA_BUNDLE) is used. If none
        is set, the task trusts the CA certificates that the Python library requests comes with, which may not be those of the system.
    type: path
  client_cert:
    description:
      - File with the client certificate in PEM format, on the machine where the task runs. It may also contain the key, which must not be
        encrypted.
      - If not set, the variable V(sth_client_cert) and then the environment variable E(STH_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the key of O(client_cert), on the machine where the task runs. It must not be encrypted. Not needed if O(client_cert)
        contains the key.
      - If not set, the variable V(sth_client_key) and then the environment variable E(STH_CLIENT_KEY) is used.
    type: path
  use_proxy:
    description:
      - Whether to use the proxy that the environment sets (E(HTTP_PROXY), E(HTTPS_PROXY), E(NO_PROXY)). It is also used for
        C(127.0.0.1), unless E(NO_PROXY) names this address.
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
      - How many seconds a request may wait without sending or receiving a byte. After that, the request fails. An upload may take longer
        as long as bytes flow.
      - A hub answers a stop only after the time that the program gets to end. So for a stop, this time is added to the limit.
      - If not set, the variable V(sth_request_timeout) and then the environment variable E(STH_REQUEST_TIMEOUT) is used.
    type: float
    default: 30.0
  request_retries:
    description:
      - How many times to repeat a request if no connection to the hub is possible. A read is also repeated if its connection breaks, or if
        a gateway in front of the hub answers it with 429, 502, 503 or 504. With V(0), none of these is repeated.
      - If no connection is possible, the pauses are 0, 0.4, 0.8, 1.6 seconds and so on. So the default bridges about one second while
        connections are refused, and 20 seconds while nothing answers, because each attempt then takes O(connect_timeout).
      - After the answer of a gateway, the pauses are 1, 2, 4, 8 and then 10 seconds, or as long as its header C(Retry-After) asks for,
        but never longer than O(request_timeout). If a gateway answers while a task waits for an instance, the task asks again for up to
        2 minutes, until the hub answers, whatever this option is.
      - An upload, start, stop or removal is not simply repeated. If the connection breaks after the task has sent it, or if a gateway
        answers instead of the hub, the task checks on the hub whether it was done. If the task cannot find out, it fails, and C(msg)
        says so. An event and data for a stream are never sent twice.
      - If not set, the variable V(sth_request_retries) and then the environment variable E(STH_REQUEST_RETRIES) is used.
    type: int
    default: 3
notes:
  - If a task needs something that a hub of this version cannot do, it fails with C(error_code=UNSUPPORTED_BY_HUB) before it changes
    anything. M(scramjet.sth.sth_hub_info) returns the version and the capabilities of a hub.
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
