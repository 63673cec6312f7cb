# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers that take an event at once or not at all: a named pipe, systemd's
journal by its own protocol; and keepalived's words, for scripts that were
written for it."""
import json
import os
import sys

from lab import wait_for

# a pipe of keepalived's words and one of JSON, the journal, a script
NOTIFY = """notify = ( { journal = true; },
  { on = ( "MASTER", "BACKUP", "FAULT" ); fifo = "/run/words";
    arguments = "keepalived"; },
  { fifo = "/run/json"; },
  { on = ( "MASTER", "BACKUP" ); command = "%s"; arguments = "keepalived"; } );
"""
# what systemd-journald is to its clients: a socket for datagrams of fields
JOURNALD = """
import os, socket, sys
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
with open(sys.argv[1], "ab", buffering=0) as kept:
    while True:
        kept.write(journal.recv(65536) + b"\\n")
"""


def lines(lab, name):
    try:
        with open("%s/%s" % (lab.dir, name), encoding="utf-8") as f:
            return f.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def entries(lab, node):
    """Each entry of the journal, as fields."""
    found, fields = [], {}
    for line in lines(lab, "journal." + node.name):
        if line:
            key, value = line.split("=", 1)
            assert key not in fields, line
            fields[key] = value
        elif fields:
            found.append(fields)
            fields = {}
    return found


def test_pipes_the_journal_and_keepalived_s_words(make_lab):
    lab = make_lab(boot=False)
    script = lab.dir + "/script"
    with open(script, "w", encoding="ascii") as f:
        f.write('#!/bin/sh\necho "$#" "$@" >>%s/script.$TWINBEAT_NODE\n'
                % lab.dir)
    os.chmod(script, 0o755)
    lab.write_config(extra=NOTIFY % script)
    for node in lab.nodes:
        node.power_on(daemon=False)
        node.inside("mount", "-t", "tmpfs", "tmpfs", "/run")
        node.spawn(sys.executable, "-c", JOURNALD,
                   "%s/journal.%s" % (lab.dir, node.name))
        wait_for("a journal", lambda n=node: os.path.exists(
            "/proc/%d/root/run/systemd/journal/socket" % n.init))
        node.start()
    lab.settle()
    lb01, lb02 = lab.nodes
    # nobody reads the pipes yet: what is in them is kept, over a reload, too
    assert lb01.twinbeat("handover").returncode == 0
    lab.settle(owner=1)
    lab.write_config(extra=NOTIFY.replace(
        "journal = true", 'journal = true; on = ( "MASTER", "BACKUP" )')
        % script)
    for node in lab.nodes:
        assert node.twinbeat("reload").returncode == 0
    for node in lab.nodes:
        for pipe in ("words", "json"):
            node.spawn("sh", "-c", "cat </run/%s >>%s/%s.%s" % (
                pipe, lab.dir, pipe, node.name))
    priority = {n.name: n.status()["instances"][0]["priority"]
                for n in lab.nodes}
    for node, last in ((lb01, "BACKUP"), (lb02, "MASTER")):
        words = wait_for("its pipe says %s" % last, lambda n=node, s=last: [
            got for got in [lines(lab, "words." + n.name)]
            if got and s in got[-1]])[0]
        assert words[-1] == 'INSTANCE "VI_1" %s %d' % (
            last, priority[node.name])
        assert wait_for("its script was called", lambda n=node, s=last: [
            got[-1] for got in [lines(lab, "script." + n.name)]
            if got and s in got[-1]])[0] == "4 INSTANCE VI_1 %s %d" % (
                last, priority[node.name])
        told = wait_for("its other pipe", lambda n=node, s=last: [
            got for got in [[json.loads(line) for line in
                             lines(lab, "json." + n.name)]]
            if any(one["to"] == s for one in got)])[0]
        assert [one["seq"] for one in told] == list(range(
            1, len(told) + 1))
        kept = wait_for("its journal", lambda n=node, s=last: [
            one for one in entries(lab, n)
            if one["TWINBEAT_EVENT"] == s.lower()])[-1]
        assert kept["TWINBEAT_INSTANCE"] == "VI_1"
        assert kept["SYSLOG_IDENTIFIER"] == "twinbeat"
        assert "VI_1" in kept["MESSAGE"] and kept["PRIORITY"] in "56"
