#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server as its BMC sees it: what ipmi_sim runs for chassis commands.

    chassis.py FOLDER 0x20 get power | set power 0

FOLDER has power (0 or 1), pids and links (what dies with the power, may be
missing), and a log of what was asked and done, one JSON object a line.
"""
import json
import os
import select
import sys
import time


def now_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def cut(folder):
    """Kills the node in whose server this BMC is, and waits for its end."""
    def lines(name):
        try:
            with open(os.path.join(folder, name), encoding="ascii") as text:
                return text.read().split()
        except FileNotFoundError:
            return []
    for pid in lines("pids"):
        try:
            ended = os.pidfd_open(int(pid))
            os.kill(int(pid), 9)
        except ProcessLookupError:
            continue
        select.select([ended], [], [], 1)
    for link in lines("links"):
        os.spawnlp(os.P_WAIT, "ip", "ip", "link", "set", link, "down")


def main(folder, _, verb, what, value=""):
    began = now_us()
    path = os.path.join(folder, "power")
    event = {"event": verb + " " + what, "at_us": began}
    if verb == "get":
        with open(path, encoding="ascii") as state:
            answer = int(state.read())
        print("power:%d" % answer)
        event.update(event="asked", answer=answer)
    elif what == "power":
        if value == "0":
            cut(folder)
        with open(path, "w", encoding="ascii") as state:
            state.write(value + "\n")
        # no other supply feeds what the BMC has cut
        event.update(event="power", on=value == "1", fed=False,
                     took_us=now_us() - began)
    with open(os.path.join(folder, "log"), "a", encoding="ascii") as log:
        log.write(json.dumps(event) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
