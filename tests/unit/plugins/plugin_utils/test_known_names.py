# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelt names are found, and names of other roles are not."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.plugin_utils.known_names import misspelt_names, unknown_names

KNOWN = ["deployment_list", "deployment_defaults", "deployment_fail_on_drift"]


def test_names_that_resemble_a_known_one() -> None:
    given = [*KNOWN, "deployments_list", "deployment_default", "deployment_fail_on_drfit", "deploymentlist"]
    assert misspelt_names(given, KNOWN, "deployment_") == [
        "deployment_default (deployment_defaults?)",
        "deployment_fail_on_drfit (deployment_fail_on_drift?)",
        "deploymentlist (deployment_list?)",
        "deployments_list (deployment_list?)",
    ]


def test_names_of_the_user_that_begin_like_a_known_one() -> None:
    own = [
        "deployment",
        "deployments",
        "deployment_environment",
        "deployment_site",
        "deployment_targets",
        "deploy_list",
    ]
    assert misspelt_names(own, KNOWN, "deployment_") == []


def test_names_that_resemble_a_variable_of_every_playbook() -> None:
    given = ["sth_host", "sth_api_ulr", "sth_cleanups", "sth_url_password", "sth_password", "sth_shop"]
    assert misspelt_names(given, ["sth_cleanup"], "sth_", of_playbooks=True) == [
        "sth_api_ulr (sth_api_url?)",
        "sth_cleanups (sth_cleanup?)",
        "sth_host (sth_hosts?)",
    ]
    # Whoever sets the variable itself knows its name.
    given = ["sth_host", "sth_hosts", "sth_cleanup", "sth_cleanups"]
    assert misspelt_names(given, ["sth_cleanup"], "sth_", of_playbooks=True) == ["sth_cleanups (sth_cleanup?)"]
    assert misspelt_names(["sth_host"], ["sth_cleanup"], "sth_") == []
    # From this, the address may be composed.
    given = ["sth_host", "sth_hots", "sth_api_url"]
    assert misspelt_names(given, [], "sth_", of_playbooks=True) == ["sth_hots (sth_hosts?)"]


def test_all_unknown_names_are_returned() -> None:
    assert unknown_names(["replica", "api_url", "src", "replica"], ["src", "replicas"]) == [
        "api_url",
        "replica (replicas?)",
    ]
