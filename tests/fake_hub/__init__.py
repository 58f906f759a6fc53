# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small server that answers like a Scramjet Transform Hub, with its traps.

It simulates version 0.18, 0.22, 0.26, 0.28, 0.34, 0.36, 0.39 or 1.0 (each stands for a measured version, see versions.py), or a
full version number. ``1.x`` is the newest.

    with FakeHub(generation="1.x") as hub:
        hub.api_url                     # http://127.0.0.1:PORT/api/v1
        hub.manager_url                 # of a manager that lists the hub, and passes on requests to it
        hub.requests                    # every Request, in order
        hub.writes                      # the requests that change or consume something
        hub.sequences, hub.instances    # what it has now, as plain mappings
        hub.fault(Fault("reset", method="POST", path="/sequence"))
        hub.restart(), hub.stall(1.5), hub.overload(3), hub.kill_runner(ID), hub.lose_directory(ID)
        hub.state.crosstalk = True      # programs hear each other's events, as on a real hub from 0.39 on
        hub.state.python = "too new"    # Python programs fail at their start

Programs are simulated: ``behaviour`` in app_config says what an instance does. The package ``tests/integration/packages/probe`` does
the same on a real hub. ``tests/unit/fake_hub`` checks the fake hub against recorded answers of real hubs.
"""

from __future__ import annotations

from ansible_collections.scramjet.sth.tests.fake_hub.faults import Fault, from_gateway
from ansible_collections.scramjet.sth.tests.fake_hub.requests_seen import Request
from ansible_collections.scramjet.sth.tests.fake_hub.server import FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.timings import FAST, Timings

__all__ = ["FAST", "FakeHub", "Fault", "Request", "Timings", "from_gateway"]
