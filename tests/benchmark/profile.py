# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the steps of an in-process task, in a process that has just been forked, like the worker of each task."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import pathlib
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import requests
import urllib3

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.plugins.modules import sth_sequence_info
from ansible_collections.scramjet.sth.plugins.plugin_utils import in_process
from ansible_collections.scramjet.sth.tests.benchmark.measuring import milliseconds, table
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

RUNS = 25
ASKED = ("version", "sequences")
# A step, its seconds and the pages of memory that the process touched for the first time in it.
Step = tuple[str, float, int]


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    del directory
    with FakeHub() as hub:
        table(
            "Steps of a task in-process, in a worker that has just been forked",
            ["step", "time", "pages touched for the first time"],
            _medians(partial(_task, hub.api_url)),
        )
        ways: dict[str, Callable[[str], None]] = {
            "this collection": _by_transport,
            "`requests.Session`": _by_requests,
            "`urllib3`": _by_urllib3,
            "`http.client`": _by_http_client,
        }
        table(
            "The same two requests, each in a process that has just been forked",
            ["by", "time", "pages touched for the first time"],
            [row for name, way in ways.items() for row in _medians(partial(_whole, name, way, hub.api_url))],
        )


def _medians(measured: Callable[[], list[Step]]) -> list[list[str]]:
    """Return the rows of a table: the medians of each step over several processes."""
    found = [_forked(measured) for _dummy in range(RUNS)]
    return [
        [
            steps[0][0],
            milliseconds(statistics.median(seconds for _name, seconds, _pages in steps)),
            f"{statistics.median(pages for _name, _seconds, pages in steps):,.0f}",
        ]
        for steps in zip(*found)
    ]


def _forked(measured: Callable[[], list[Step]]) -> list[Step]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=lambda: sender.send(measured()))
    process.start()
    steps: list[Step] = receiver.recv()
    process.join()
    return steps


def _task(api_url: str) -> list[Step]:
    """Run a task, and take the time of its steps."""
    steps: list[Step] = []
    with (
        _step(steps, "validate the options", in_process.ArgumentSpecValidator, "validate"),
        _step(steps, "create the session", Transport, "__init__"),
        _step(steps, "a request", Transport, "get"),
        _step(steps, "close the session", Transport, "close"),
        _step(steps, "make the result safe to show", in_process, "without_no_log"),
        _taken(steps, "the whole task"),
    ):
        result = in_process.run_in_process(
            sth_sequence_info.TASK,
            "scramjet.sth.sth_sequence_info",
            {"api_url": api_url},
            check_mode=False,
            diff=False,
            tell=print,
        )
    if result.get("failed"):
        raise RuntimeError(result["msg"])
    return steps


@contextmanager
def _step(steps: list[Step], name: str, holder: Any, attribute: str) -> Iterator[None]:
    """Measure the calls of a function."""
    function = getattr(holder, attribute)

    @wraps(function)
    def measured(*args: Any, **named: Any) -> Any:
        with _taken(steps, name):
            return function(*args, **named)

    with mock.patch.object(holder, attribute, measured):
        yield


@contextmanager
def _taken(steps: list[Step], name: str) -> Iterator[None]:
    pages, begin = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.perf_counter()
    yield
    seconds = time.perf_counter() - begin
    steps.append((name, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - pages))


def _whole(name: str, way: Callable[[str], None], api_url: str) -> list[Step]:
    steps: list[Step] = []
    with _taken(steps, name):
        way(api_url)
    return steps


def _by_transport(api_url: str) -> None:
    transport = Transport(connection_from_options({"api_url": api_url}))
    for path in ASKED:
        transport.get(path).json()
    transport.close()


def _by_requests(api_url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for path in ASKED:
            session.get(f"{api_url}/{path}", timeout=30).json()


def _by_urllib3(api_url: str) -> None:
    with urllib3.PoolManager() as manager:
        for path in ASKED:
            json.loads(manager.request("GET", f"{api_url}/{path}").data)


def _by_http_client(api_url: str) -> None:
    where = urlsplit(api_url)
    connection = http.client.HTTPConnection(where.netloc)
    for path in ASKED:
        connection.request("GET", f"{where.path}/{path}")
        json.loads(connection.getresponse().read())
    connection.close()
