#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power switch of the example driver: a line of text, a line back.

    switch.py ADDRESS PORT FOLDER LOG

A plug that goes off kills each process of FOLDER/plugN.pids and takes down each
interface of FOLDER/plugN.links before that is confirmed, as power_switch does.
What was asked and done is in LOG, one JSON object a line, in its words.
"""
import json
import os
import select
import socketserver
import subprocess
import sys
import time

LOGIN = "fence"


def now_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


class Switch:
    def __init__(self, folder, log):
        self.folder, self.log = folder, log
        self.plugs = {str(n): True for n in range(1, 9)}

    def note(self, **event):
        with open(self.log, "a", encoding="ascii") as out:
            out.write(json.dumps(event) + "\n")

    def listed(self, plug, kind):
        path = os.path.join(self.folder, "plug%s.%s" % (plug, kind))
        try:
            with open(path, encoding="ascii") as text:
                return text.read().split()
        except FileNotFoundError:
            return []

    def cut(self, plug):
        for pid in self.listed(plug, "pids"):
            try:
                ended = os.pidfd_open(int(pid))
                os.kill(int(pid), 9)
            except ProcessLookupError:
                continue
            select.select([ended], [], [], 1)
            os.close(ended)
        for link in self.listed(plug, "links"):
            subprocess.run(["ip", "link", "set", link, "down"], check=False)

    def turn(self, plug, on):
        began = now_us()
        if not on and self.plugs[plug]:
            self.cut(plug)
        self.plugs[plug] = on
        self.note(event="power", plug=int(plug), on=on, fed=False,
                  at_us=began, took_us=now_us() - began)

    def obey(self, line, client):
        words = line.split()
        if len(words) < 3 or words[0] != LOGIN or words[2] not in self.plugs:
            return "NO"
        if words[1] == "STATE" and len(words) == 3:
            on = self.plugs[words[2]]
            self.note(event="request", function=1, plug=int(words[2]),
                      answer=int(on), client=client, at_us=now_us())
            return "ON" if on else "OFF"
        if words[1] == "SWITCH" and words[3:] in (["ON"], ["OFF"]):
            self.turn(words[2], words[3] == "ON")
            return "DONE"
        return "NO"


class Handler(socketserver.StreamRequestHandler):
    timeout = 2

    def handle(self):
        line = self.rfile.readline(200).decode("ascii", "replace")
        answer = self.server.switch.obey(line, "%s:%d" % self.client_address)
        self.wfile.write(answer.encode() + b"\n")


class Server(socketserver.TCPServer):
    allow_reuse_address = True


def main(address, port, folder, log):
    with open(log, "a", encoding="ascii"):
        pass
    with Server((address, int(port)), Handler) as server:
        server.switch = Switch(folder, log)
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
