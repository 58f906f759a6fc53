# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a task waits for a hub, and how often it looks. Each value follows from what hubs do.

The client of a hub carries them as ``timings``, so a test can pass shorter ones for a simulated hub, which is faster than a
real one. Times that a user may change are options instead.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pauses:
    """Pauses between tries, in seconds. They grow from ``first`` to ``longest``. Each is up to ``jitter`` times longer."""

    first: float
    longest: float
    jitter: float = 0.0


@dataclass(frozen=True)
class Timings:
    """Seconds, and the pauses between two looks."""

    # -- how often ------------------------------------------------------------------------------------------------

    # Between two reads of an instance, in general.
    looks: Pauses = Pauses(0.1, 1.0)
    # Between two reads of an instance, if a user waits for the program, or the next start waits for this read.
    close_looks: Pauses = Pauses(0.1, 0.5)
    # Between two reads of an instance while a request for it is open. The end of the instance is noticed one read later.
    look_every: float = 0.3
    # Between two looks for the effect of a write whose answer was lost.
    lost_looks: Pauses = Pauses(0.3, 2.0)
    # Between two deletes of a sequence that the hub still counts as in use.
    deletes: Pauses = Pauses(0.5, 1.0)
    # Between two starts on an overloaded hub, or of a program that did not become ready. Spread, because many tasks may wait.
    starts: Pauses = Pauses(1.0, 10.0, 0.5)
    # Until another request for an event is added to the open one. An open request may never be answered: 0.18 forgets requests
    # that arrive while an instance connects (hub-behaviour.md#starting-instance-never-answers), and a proxy may drop idle
    # connections. Each pause is twice as long as the one before.
    renewals: Pauses = Pauses(0.5, 10.0)
    # Between two tries to reach a hub that is followed.
    reconnects: Pauses = Pauses(0.5, 10.0)
    # How long to wait for the threads that follow a hub, after their requests were ended. A connection that is just being opened
    # cannot be ended, so do not wait longer: nothing is sent over it.
    parting: float = 2.0
    # Between two lines that say how much of an upload is sent. A shorter upload needs none.
    progress: float = 5.0

    # -- threads of the task --------------------------------------------------------------------------------------

    # The longest wait that a signal cannot interrupt (threads/turns.py). The keyword timeout takes effect within this time.
    turn: float = 1.0
    # How long an interrupted task waits for its threads. They end at once, unless the machine is out of order.
    interrupted: float = 30.0

    # -- connections and requests ---------------------------------------------------------------------------------

    # The hub closes a connection that was idle for about 6 s. A request that is sent at that moment gets no answer
    # (hub-behaviour.md#idle-connections).
    idle_limit: float = 4.0
    # A hub's answer is complete within this time, even with thousands of instances. Another server may never end.
    longest_answer: float = 30.0
    # The version is read again after this time, and if the hub has closed the connection. Behind a proxy, the connection stays open when
    # the hub is replaced by one of another version. But that takes longer than this time.
    version_lasts: float = 3.0
    # How much longer than the fastest answer an answer may take. If a hub stalls for over a second, its instances lose their events
    # (hub-behaviour.md#a-stalled-hub-loses-its-instances). Measured with 50 starts on two processors: 4 at a time delay an
    # answer by 0.15 s, 16 by 0.6 s, and 50 by 3 s. All 50 together take the same time in each case.
    slower: float = 0.25
    # Hubs before 1.0 never answer a GET of an instance that is still connecting or could not connect, so stop waiting after this
    # time (hub-behaviour.md#start-never-answered and hub-behaviour.md#starting-instance-never-answers).
    single_get: float = 3.0
    # The hub carries out an empty write within this time, but its answer may never end (hub-behaviour.md#empty-writes).
    empty_write: float = 1.0
    # An ordinary start answers within a second, 50 at once within 15 s (hub-behaviour.md#start-and-life-cycle).
    start_hold: float = 30.0
    # A forced delete takes 15.5 s, and 31 s if a program does not answer (hub-behaviour.md#forced-delete).
    force_hold: float = 45.0
    # Between two tries of a read that a gateway has answered in the place of the hub.
    gateway_tries: Pauses = Pauses(1.0, 10.0)
    # For how long a task that waits for an instance accepts answers of a gateway, which say nothing about the instance. The
    # restart of a gateway or of a machine takes no longer.
    outage: float = 120.0
    # A gateway that answers 504 after so long has reached a time limit of its own.
    gateway_waits: float = 1.0
    # Added to the time limit of a request that the task itself ends, so that the request does not end first, also while the task
    # waits for the end of an instance.
    spare: float = 60.0

    # -- start and end of an instance -----------------------------------------------------------------------------

    # A started instance is listed within a second; fifty at once within 15 s (hub-behaviour.md#start-and-life-cycle).
    lost_start_shows: float = 15.0
    # For one to two seconds after a start, the runner reports the program as healthy without asking it
    # (hub-behaviour.md#health-is-a-cache).
    health_is_asked: float = 3.0
    # How long to wait for an answer about the health before the instance is read. The hub answers only after the first report of the
    # runner, which never comes if the instance ends.
    health_turn: float = 1.0
    # A process is gone 0.3 s (0.18) to 1.5 s (1.x) after the timeout of its stop has passed
    # (hub-behaviour.md#start-and-life-cycle).
    end_grace: float = 3.0
    # However long keepAlive asks for, the hub ends the program after 11 s (0.18) or 15 s (1.x)
    # (hub-behaviour.md#keepalive-has-an-end).
    keepalive_cap: float = 16.0
    # A hub waits 10 s (0.18) or 15 s (1.x) for a program that does not answer a kill, and then ends its process. The hub notices the end
    # within a second, on a busy machine within 8 s (hub-behaviour.md#programs-that-do-not-answer). A program that is still listed as live
    # after this time stays so (hub-behaviour.md#records-that-never-go).
    kill_grace: float = 30.0
    # While somebody reads /audit, a 1.x hub writes a heartbeat every 10 s, and one of each instance within a second of it. Two of them
    # arrive within `heartbeats`. Those of other readers can be closer than `between_heartbeats`
    # (hub-behaviour.md#programs-that-do-not-answer).
    heartbeats: float = 25.0
    between_heartbeats: float = 9.0
    # At the end of a stop, the hub tells the program to exit. If it has not ended this long after `end_grace`, no stop ends it.
    stop_grace: float = 20.0
    # If a second kill ends the process by force, it is sent after this time (hub-behaviour.md#killing-what-has-completed).
    kill_again: float = 0.5
    # On 0.18, a Node.js program has completed if its record stays for this time after the end of its output: the runner of a
    # completed program stays for 10 s, but after a crash the record is gone at once (hub-behaviour.md#no-outcome-on-018).
    lingers_at_least: float = 4.0
    # If a task joins a run, and the run ends within this time without output, it may have been over already when the task joined: a stop
    # takes 10 s with the default of stop_timeout, and on 0.18 the runner of a completed program stays for 10 s.
    over_when_joined: float = 12.0
    # For up to 12 s after a restart, a 1.x hub lists no instances, although they run (hub-behaviour.md#restart-of-the-hub).
    reconnect: float = 15.0
    # How long to ask again for an instance that may be missing and for which the hub does not answer.
    silence: float = 10.0
    # The first line of the log of a hub is from the start of the hub, and is sent at once.
    first_line: float = 1.0
    # If the hub does not report how a replica ended, look for this time whether another run has replaced it.
    others_show: float = 3.0

    # -- events ---------------------------------------------------------------------------------------------------

    # How long to wait for the failure event between two reads of an instance. A hub answers at once if it has kept the event.
    failure_turn: float = 0.1
    # A request for an event is sent within this time, unless the connection is blocked.
    subscribing: float = 10.0
    # After the end of an instance, its last events still arrive within this time. The hub answers at once for events that it has kept.
    kept_answers: float = 0.5
    # When the event comes, all open requests are answered within this time.
    same_moment: float = 0.1

    # -- streams --------------------------------------------------------------------------------------------------

    # How long to read a stream after the end of the instance. output, stdout and stderr end by themselves within a second, but
    # the log of a 1.x hub never ends (hub-behaviour.md#events).
    after_end: float = 2.0
    log_after_end: float = 0.7
    # How long to read the other streams after one has failed, for the data that is still arriving.
    after_break: float = 0.5
    # If a stream is cut after this many seconds without data, no data is lost, because a hub keeps data that was not read
    # (hub-behaviour.md#streams-that-are-cut). The idle time-out of a proxy is longer.
    silent: float = 1.0
    # After a program has completed, its process is ended when no data has arrived for `quiet` seconds, or after `settles_within`.
    quiet: float = 0.3
    settles_within: float = 8.0
    # Stop reading a log for a failure after `log_silence` without further data, or after `longest_log`. A 1.x hub never ends /log
    # (hub-behaviour.md#events), but sends all that it has at once. On a busy machine, the first data may take longer.
    log_silence: float = 0.5
    longest_log: float = 3.0
    # A runner needs this time to read the header from the hub.
    header_ahead: float = 0.2
    # If a hub closes the connection of the input because the program ended, it reports that end within this time
    # (hub-behaviour.md#start-and-life-cycle).
    dropped_with_end: float = 3.0
    # A program may end without reading all of its input. What it reads has arrived within this time.
    last_input: float = 1.0

    # -- sequences ------------------------------------------------------------------------------------------------

    # A 1.x hub counts a sequence as in use until 15 s after the end of its last instance (hub-behaviour.md#sequences). If that
    # lasts longer, only a restart of the hub helps, so waiting longer is of no use.
    busy_after_end: float = 25.0
    # How long to look for an upload whose answer was lost, because the hub may still be unpacking it.
    lost_upload_settles: float = 5.0


# The timings for real hubs.
REAL = Timings()
