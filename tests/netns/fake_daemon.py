# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon that says what a test wants, on a real control socket.

Answers are looked up by (command, action); each is a list of JSON objects or
numbers (seconds to wait), or raw bytes.
"""
import fcntl
import json
import os
import socket
import threading
import time

ALERT = {"name": "link-down", "since_ms": 132000,
         "text": "serial: nothing heard from lb01 for 132 s"}

STATUS = {
    "version": "0.1.0", "node": "lb02", "pair": "web", "pid": 4711,
    "uptime_ms": 273600000, "fit": True, "unfit_reasons": [],
    "maintenance": False,
    "peer": {"node": "lb01", "state": "up", "fit": True, "owns": ["VI_1"],
             "hears_us": ["serial"], "fence_ok": True},
    "links": [
        {"name": "serial", "type": "serial", "state": "up", "age_ms": 85,
         "rtt_ms": 4, "rx": 120345, "tx": 120344,
         "errors": {"auth": 0, "framing": 2, "replay": 0, "loop": 0}},
        {"name": "vrrp:VI_1", "type": "vrrp", "state": "up", "age_ms": None,
         "rtt_ms": None, "rx": 120345, "tx": 0, "errors": {}}],
    "instances": [
        {"name": "VI_1", "vrid": 55, "state": "BACKUP", "since_ms": 3900000,
         "priority": 100, "addresses": ["192.0.2.100/32", "192.0.2.101/24"],
         "proof": "", "waiting_for": ""}],
    "fence": {
        "state": "idle", "target": "",
        "last": {"target": "lb01", "action": "off", "result": "off",
                 "took_ms": 1416, "at": "2026-11-22T03:12:44Z"},
        "devices": [{"name": "pdu", "driver": "modbus", "ok": True,
                     "checked_ms": 12000, "error": ""}],
        "plugs": [{"node": "lb01", "device": "pdu", "plug": "1",
                   "state": "on", "proven": True},
                  {"node": "lb02", "device": "pdu", "plug": "2",
                   "state": "on", "proven": False}]},
    "alerts": [],
}

SERVER = {
    "name": "web1", "address": "192.0.2.21", "admin": "ready", "percent": 100,
    "check": "up", "weight": 10, "agent": None, "kernel_weight": 1000,
    "active": 7, "inactive": 30, "since_ms": 90000, "reason": "http 200",
    "last": {"type": "http", "result": "passed", "took_ms": 1.5},
    "checks": {"count": 30, "results": {"passed": 29, "failed": 1},
               "sum_s": 1.25, "within": [0, 25, 29, 29]}}
DIRECTOR = {
    "state": "ok", "check_bounds_s": [0.001, 0.0025, 1, 5],
    "services": [
        {"name": "web", "scheduler": "wlc", "state": "degraded",
         "table": "both", "up": 1, "total": 2, "servers": [
             SERVER,
             {**SERVER, "name": "web2", "check": "down", "kernel_weight": None,
              "active": 0, "inactive": 0, "reason": "http 503 /up"}]},
        {"name": "dns", "scheduler": "rr", "state": "ok", "table": "both",
         "up": 1, "total": 1, "servers": [
             {**SERVER, "name": "ns1", "admin": "drain", "check": "none",
              "kernel_weight": 0, "checks": None}]}]}


def status_with(**changes):
    """A copy of STATUS; a key may be a path, peer__state."""
    status = json.loads(json.dumps(STATUS))
    for path, value in changes.items():
        at = status
        *parents, last = path.split("__")
        for parent in parents:
            at = at[parent]
        at[last] = value
    return status


def plugs(state):
    return [{"node": "lb01", "device": "pdu", "plug": "1", "state": state,
             "proven": True}]


class FakeDaemon:
    """director: what the other socket says; None: there is none."""

    def __init__(self, run_dir, answers=None, status=None, director=None):
        self.run_dir = run_dir
        self.names = ["control.sock"] + (
            [] if director is None else ["director.sock"])
        self.sockets, self.ears = [], []
        self.requests = []
        self.answers = {("status", None): [
            {"done": True, "ok": True, "text": "",
             "status": status if status is not None else STATUS}],
            ("list", None): [{"done": True, "ok": True, "text": "",
                              "director": director}]}
        self.answers.update(answers or {})

    def __enter__(self):
        self.lock = open(os.path.join(self.run_dir, "pid"), "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.lock.write(f"{os.getpid()}\n")
        self.lock.flush()
        for name in self.names:
            one = socket.socket(socket.AF_UNIX)
            one.bind(os.path.join(self.run_dir, name))
            one.listen()
            self.sockets.append(one)
            self.ears.append(threading.Thread(target=self.serve, args=(one,),
                                              daemon=True))
            self.ears[-1].start()
        return self

    def __exit__(self, *_):
        # whom close() alone leaves waiting may get the next one's clients, for
        # that has the same descriptor
        for one, ear in zip(self.sockets, self.ears):
            one.shutdown(socket.SHUT_RDWR)
            ear.join()
            one.close()
        self.lock.close()
        for name in self.names:
            os.unlink(os.path.join(self.run_dir, name))

    def serve(self, one):
        while True:
            try:
                connection, _ = one.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,),
                             daemon=True).start()

    def answer(self, connection):
        with connection, connection.makefile("rwb") as stream:
            request = json.loads(stream.readline())
            self.requests.append(request)
            key = (request["command"], request.get("action"))
            for item in self.answers.get(key, []):
                try:
                    if isinstance(item, (int, float)):
                        time.sleep(item)
                    elif isinstance(item, bytes):
                        stream.write(item)
                    else:
                        stream.write(json.dumps(item).encode() + b"\n")
                    stream.flush()
                except (BrokenPipeError, ConnectionResetError):
                    return
