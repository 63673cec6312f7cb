# SPDX-License-Identifier: GPL-3.0-or-later
"""The real twinbeat-fencer between a stand-in daemon and Modbus switches."""
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time

BUILD = os.environ.get("BUILD", "build")
TOOLS = os.path.join(BUILD, "tests")


def boottime_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Switch:
    """A power_switch process; tell() is its front panel."""

    def __init__(self, folder, name="pdu", host="127.0.0.1", **options):
        self.name, self.host, self.port = name, host, free_port()
        self.control = os.path.join(folder, name + ".control")
        self.log = os.path.join(folder, name + ".log")
        words = [os.path.join(TOOLS, "power_switch"),
                 "--listen", ("[%s]:%d" if ":" in host else "%s:%d") %
                 (host, self.port),
                 "--control", self.control, "--log", self.log]
        for key, value in options.items():
            words += ["--" + key.replace("_", "-"), str(value)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE)
        assert b"ready" in self.process.stdout.readline()

    def tell(self, command):
        with socket.socket(socket.AF_UNIX) as panel:
            panel.connect(self.control)
            panel.sendall(command.encode())
            answer = panel.recv(8192).decode().strip()
        assert not answer.startswith("error"), answer
        return answer

    def plug(self, number):
        return json.loads(self.tell("state"))["plugs"][number - 1]

    def requests(self, function=None):
        with open(self.log, encoding="ascii") as lines:
            found = [json.loads(line) for line in lines]
        return [r for r in found if r["event"] == "request" and
                function in (None, r["function"])]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Fencer:
    """twinbeat-fencer and the stand-in daemon that started it."""

    def __init__(self, *settings):
        self.tool = subprocess.Popen(
            [os.path.join(TOOLS, "fencer_tool"),
             os.path.join(BUILD, "twinbeat-fencer")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1)
        self.events, self.steps, self.writing = queue.Queue(), [], []
        self.done = {}
        self.last_id = 0
        threading.Thread(target=self._listen, daemon=True).start()
        for line in settings + ("start",):
            self.send(line)
        started = self.events.get(timeout=5)
        assert started["event"] == "started"
        self.pid = started["pid"]

    def _listen(self):
        for line in self.tool.stdout:
            self.events.put(json.loads(line))
        self.events.put({"event": "end"})

    def send(self, line):
        self.tool.stdin.write(line + "\n")
        self.tool.stdin.flush()

    def ask(self, line):
        """Sends a request; its id."""
        self.last_id += 1
        self.send("%s id=%d" % (line, self.last_id))
        return self.last_id

    def wait(self, number, timeout=10):
        """The FENCE_DONE of a request; other events are kept."""
        until = time.monotonic() + timeout
        while number not in self.done:
            self._take(self.events.get(
                timeout=max(0.001, until - time.monotonic())))
        return self.done[number]

    def wait_event(self, kind, timeout=10):
        """The next event of this kind."""
        until = time.monotonic() + timeout
        while True:
            event = self.events.get(
                timeout=max(0.001, until - time.monotonic()))
            self._take(event)
            if event["event"] == kind:
                return event

    def _take(self, event):
        if event["event"] == "step":
            self.steps.append(event)
        elif event["event"] == "writing":
            self.writing.append(event)
        elif event["event"] == "done":
            if 0 < event["id"] <= self.last_id:
                assert event["id"] not in self.done, "answered twice"
            self.done[event["id"]] = event

    def run(self, line, timeout=30):
        return self.wait(self.ask(line), timeout)

    def children(self):
        path = "/proc/%d/task/%d/children" % (self.pid, self.pid)
        with open(path, encoding="ascii") as pids:
            return [int(pid) for pid in pids.read().split()]

    def alive(self):
        """Still there, and not a zombie?"""
        try:
            with open("/proc/%d/stat" % self.pid, encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def gone_within(self, seconds):
        until = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > until:
                return False
            time.sleep(0.005)
        return True

    def kill_parent(self):
        self.tool.send_signal(signal.SIGKILL)
        self.tool.wait()

    def stop(self):
        self.tool.kill()
        self.tool.wait()
        if not self.gone_within(25):
            os.kill(self.pid, signal.SIGKILL)
        for pipe in (self.tool.stdin, self.tool.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


def device(switch, **fields):
    """A settings line for a switch, with short time-outs."""
    words = dict(name=switch.name, host=switch.host, port=switch.port,
                 connect_ms=200, response_ms=200, settle_ms=10,
                 power_wait_ms=1000)
    words.update(fields)
    return "device " + " ".join("%s=%s" % item for item in words.items())


def plug(level=1, which=0, number=1, node=1):
    return "plug node=%d level=%d device=%d plug=%s" % (node, level, which,
                                                        number)
