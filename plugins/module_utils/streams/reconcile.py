# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_stream``: the streams of an instance, and topics."""

from __future__ import annotations

from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import STREAMS
from ansible_collections.scramjet.sth.plugins.module_utils.instance.targets import find_targets
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, forgotten
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import require_writable
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.streams.collecting import Hiding, damaged_text
from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import (
    TAKEN_BY_PYTHON,
    Feed,
    feed_for,
    feed_from_options,
    instance_writer,
    require_carried,
    send_pieces,
)
from ansible_collections.scramjet.sth.plugins.module_utils.streams.options import StreamOptions
from ansible_collections.scramjet.sth.plugins.module_utils.streams.reading import (
    Reading,
    nothing_read,
    read_bounded,
    reading_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.streams.writing import write_watched
from ansible_collections.scramjet.sth.plugins.module_utils.topic.lookup import find_topic, require_topic_name

_WRITE = ("content", "lines", "src", "content_type")
_READ = ("max_bytes", "max_lines", "search_regex", "dest")
_CLOSED_STREAM = "it was ended by an earlier write, which cannot be undone, or the program has stopped reading and its buffers are full"
# On 1.x, nobody else can write while a program writes to a topic. On 0.18, the topic ends with that program.
_CLOSED_TOPIC = (
    "it was ended by an earlier write, or by the end of the program that wrote to it, or a program writes to it now"
)


def reconcile(run: Run, options: StreamOptions) -> Result:
    """Write or read, as the options say. Returns ``{bytes}`` for a write, and the keys of `read_bounded` for a read."""
    writes = _writes(options)
    _check(options, writes)
    if options.topic is not None:
        require_topic_name(options.topic)
        if writes:
            return _write_topic(run, options, options.topic, feed_from_options(options, options.encoding))
        return _read_topic(run, options.topic, _reading(run, options))
    if writes:
        return _write_instance(run, options, feed_from_options(options, options.encoding))
    return _read_instance(run, options, _reading(run, options))


def _writes(options: StreamOptions) -> bool:
    if options.stream is not None:
        return options.stream not in STREAMS
    return options.end or options.has_data


def _check(options: StreamOptions, writes: bool) -> None:
    what = f"Stream {options.stream}" if options.stream else f"Topic {options.topic}"
    refused = [name for name in (_READ if writes else _WRITE) if getattr(options, name) is not None]
    if not writes and options.end:
        refused.append("end")
    if refused:
        doing, other = ("written", "reading") if writes else ("read", "writing")
        raise SthError(
            "INVALID_OPTION", f"{what} is {doing}, but {', '.join(refused)} can only be used for {other}: leave it out."
        )
    if writes and not options.end and not options.has_data:
        raise SthError(
            "INVALID_OPTION",
            f"There is nothing to write to {what[0].lower()}{what[1:]}: set content, lines, src, or end: true.",
        )
    if writes and options.encoding == "base64" and options.content is None:
        raise SthError("INVALID_OPTION", "encoding applies to content only: leave it out with lines, src or end.")
    if options.stream == "stdin" and options.content_type not in (None, "application/octet-stream"):
        raise SthError(
            "INVALID_OPTION", "A hub accepts only application/octet-stream for stdin: leave out content_type."
        )
    if options.wait_timeout <= 0:
        raise SthError("INVALID_OPTION", "wait_timeout must be more than 0.")


def _reading(run: Run, options: StreamOptions) -> Reading:
    reading = reading_from_options(options)
    if reading.dest is not None and not run.check_mode:
        # In check mode, an earlier task may not have created its directory yet.
        require_writable("dest", reading.dest)
        run.keep_left_over(reading.dest)
    return reading


# -- instances ------------------------------------------------------------------------------------------------------


def _instance(run: Run, reference: str, *, may_have_ended: bool) -> InstanceRecord | None:
    """Return the instance that ``reference`` names; None in check mode if an earlier task would start it. Raises ``AMBIGUOUS``."""
    found = find_targets(run, reference, ended_too=may_have_ended)
    if len(found) > 1:
        names = ", ".join(item.label for item in found)
        raise SthError(
            "AMBIGUOUS", f"{reference!r} matches {len(found)} instances on {run.hub.api_url}: use one of {names}."
        )
    return found[0] if found else None


def _write_instance(run: Run, options: StreamOptions, feed: Feed) -> Result:
    hub, reference, stream = run.hub, given(options.instance), given(options.stream)
    record = _instance(run, reference, may_have_ended=False)
    if record is not None and stream == "input" and feed.content_type not in TAKEN_BY_PYTHON:
        # A 0.18 hub tells it of the package only.
        of_package = None if record.engine else hub.sequence(record.sequence_id).info()
        feed = feed_for(of_package.engine if of_package else record.engine, feed, options)
    require_carried(hub, feed, stream)
    name = record.label if record else reference
    what = f"{stream} of instance {name}"
    action = _plan(run, what, feed)
    if record is None or run.check_mode:
        return _written(feed)
    instance_id = record.id

    def ended() -> SthError | None:
        now = hub.instance(instance_id).info() or forgotten(instance_id)
        return None if now.live else ended_error(hub, now, name, "while it was written to", code="ENDED_EARLY")

    writer = instance_writer(hub, instance_id, stream, feed, options.wait_timeout)
    run.journal.begin(action)
    # Even if the write fails, some of the data may have arrived. So the action counts as done from here on.
    run.journal.done(action)
    write_watched(
        feed,
        writer,
        ended,
        f"The {what} on {hub.api_url}",
        _CLOSED_STREAM,
        options.wait_timeout,
        hub.timings.look_every,
    )
    return _written(feed)


def _read_instance(run: Run, options: StreamOptions, reading: Reading) -> Result:
    hub, stream = run.hub, given(options.stream)
    record = _instance(run, given(options.instance), may_have_ended=True)
    if record is None or run.check_mode:
        return nothing_read(reading)
    client = hub.instance(record.id)

    def nothing_more() -> bool:
        now = client.info()
        return now is None or not now.live

    def warn_of_damaged_text() -> None:
        run.warnings.extend(damaged_text(hub, f"output of instance {record.label}"))

    # All streams end with their instance, except the log from 0.24 on (hub-behaviour.md#events).
    never_ends = stream == "log" and hub.dialect.log_never_ends
    return read_bounded(
        lambda silence: client.read(stream, silence),
        reading,
        Hiding(run.secrets, stream, options.mask_output),
        hub.timings,
        nothing_more if never_ends else None,
        warn_of_damaged_text if stream == "output" else None,
    )


# -- topics ---------------------------------------------------------------------------------------------------------


def _write_topic(run: Run, options: StreamOptions, name: str, feed: Feed) -> Result:
    hub = run.hub
    content_type = feed.content_type
    require_carried(hub, feed, f"topic {name}")
    if feed.end and not hub.dialect.ends_topics:
        removed = ", or remove the topic with sth_topic" if hub.dialect.keeps_topics else ""
        raise SthError(
            "UNSUPPORTED_BY_HUB", f"A {hub.version().version} hub does not end topics: leave out end{removed}."
        )
    if not feed.size and hub.dialect.keeps_topics:
        # The hub never answers an empty write to a topic.
        raise SthError(
            "INVALID_OPTION",
            f"There is nothing to write to topic {name}, because the data is empty: write at least one byte.",
        )
    there = find_topic(hub, name)
    if there is not None and there["content_type"] != content_type:
        if options.content_type is not None:
            raise SthError(
                "CONFLICT",
                f"Topic {name} on {hub.api_url} carries {there['content_type']}, not {content_type}: leave out content_type, "
                "or write to another topic.",
            )
        content_type = there["content_type"]
    action = _plan(run, f"topic {name}", feed)
    if run.check_mode:
        return _written(feed)
    client = hub.topic(name)

    def writer(data: IO[bytes], request: InFlight) -> None:
        send_pieces(
            data,
            feed,
            lambda piece, end: client.write(piece, content_type, end, options.wait_timeout, request),
        )

    run.journal.begin(action)
    run.journal.done(action)
    write_watched(
        feed,
        writer,
        lambda: None,
        f"Topic {name} on {hub.api_url}",
        _CLOSED_TOPIC,
        options.wait_timeout,
        hub.timings.look_every,
    )
    return _written(feed)


def _read_topic(run: Run, name: str, reading: Reading) -> Result:
    hub = run.hub
    there = find_topic(hub, name)
    # A hub that keeps topics creates a missing topic when it is read.
    if there is None and hub.dialect.keeps_topics:
        if run.check_mode:
            run.notes.append(f"Check mode assumes that an earlier task creates topic {name}.")
        else:
            raise SthError(
                "NOT_FOUND",
                f"No topic {name!r} on {hub.api_url}, and reading would create it: create it with sth_topic, or list the topics "
                "with sth_topic_info.",
            )
    if run.check_mode:
        return nothing_read(reading)
    content_type = there["content_type"] if there else "application/octet-stream"
    return read_bounded(
        lambda silence: hub.topic(name).read(content_type, silence), reading, Hiding((), None, mask=False), hub.timings
    )


def _plan(run: Run, what: str, feed: Feed) -> Action:
    ends = ", and ends it" if feed.end else ""
    action = Action("write", what, f"the task asks for it{ends}")
    run.journal.plan((action,))
    return action


def _written(feed: Feed) -> Result:
    return {"bytes": feed.size}
