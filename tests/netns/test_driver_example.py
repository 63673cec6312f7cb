# SPDX-License-Identifier: GPL-3.0-or-later
"""A driver is its folder and a word in DRIVERS of the Makefile.

Shown by a whole one, tests/tools/driver_example: the programs built with it
(build/example) read its keys, check them, fence by it and are an agent of it,
and no file outside of the folder knows it.
"""
import os
import re
import subprocess
import xml.etree.ElementTree as xml

import pytest

import lab as lab_module
from lab import BUILD, PDU, ROOT, Lab
from fence_lab import free_port

FOLDER = os.path.join(ROOT, "tests", "tools", "driver_example")
EXAMPLE = os.path.join(BUILD, "example")
PORT = 7000
DEVICE = """{ name = "words"; driver = "example"; host = "%s"; port = %d;
  line_ms = 300; settle_ms = 0; power_wait_ms = 0; %s }"""
PLUG = '{ level = 1; device = "words"; plug = %s; }'


class ExampleLab(Lab):
    """The pair behind the example's switch; the Modbus one feeds nobody."""

    def __init__(self):
        super().__init__(devices=DEVICE % (PDU, PORT, ""), plugs1=PLUG % 1,
                         plugs2=PLUG % 2)

    def build(self, boot=True):
        super().build(boot=False)
        log = os.path.join(self.dir, "example.log")
        switch = subprocess.Popen(
            self.within(self.switch_ns, os.path.join(FOLDER, "switch.py"),
                        PDU, str(PORT), self.dir, log),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.background.append(switch)
        assert b"ready" in switch.stdout.readline()
        self.more_pdu_logs.append(log)
        for node in self.nodes:
            node.power_on()


@pytest.fixture
def example_lab(monkeypatch):
    monkeypatch.setattr(lab_module, "BUILD", EXAMPLE)
    with ExampleLab() as made:
        made.settle()
        try:
            yield made
        finally:
            made.show()
        made.judge()


def test_R6_a_pair_fails_over_by_it(example_lab):
    lb01, lb02 = example_lab.nodes
    fence = lb02.status()["fence"]
    assert [d["driver"] for d in fence["devices"]] == ["example"]
    lb01.die()
    lb02.wait_state("MASTER")
    assert lb02.proof() == "fenced"
    example_lab.judge_fenced_claim(lb02)
    cut = [e for e in example_lab.pdu_events() if e["event"] == "power"]
    assert [(e["plug"], e["on"]) for e in cut] == [(1, False)]


def test_R6_the_fence_really_cuts(example_lab):
    """By hand, a node that lives: its power is gone before it is confirmed."""
    lb01, lb02 = example_lab.nodes
    done = lb01.twinbeat("fence", "lb02", "--yes")
    assert done.returncode == 0, done.stderr
    assert not lb02.is_powered()
    assert lb01.state() == "MASTER"


def check(tmp_path, more="", plug="1"):
    lab = Lab()  # for its text: nothing is built
    path = str(tmp_path / "t.conf")
    lab.write_config(path, devices=DEVICE % ("203.0.113.20", PORT, more),
                     plugs1=PLUG % plug, plugs2=PLUG % 2)
    lab.close()
    return subprocess.run([EXAMPLE + "/twinbeat", "check", path], text=True,
                          capture_output=True, check=False).stdout


def test_its_keys_are_read_and_checked(tmp_path):
    assert "words" not in check(tmp_path)
    for more, plug, wanted in (
            ("line_s = 1;", "1", r"devices\[0\]\.line_s: unknown key; did you "
             "mean line_ms"),
            ('login = "admin";', "1", r"devices\[0\]\.login: \"admin\" may "
             "change passwords"),
            ("timeout_ms = 1;", "1", r"devices\[0\]\.timeout_ms: unknown key"),
            ("", "9", r"nodes\[0\]\.fence\[0\]\.plug: must be a number from 1 "
             "to 8"),
            ("", "2", r"nodes\[1\]\.fence\[0\]\.plug: .*one plug cannot cut "
             "both nodes")):
        text = check(tmp_path, more, plug)
        assert re.search(":[0-9]+: error: " + wanted, text), text
    path = str(tmp_path / "t.conf")
    with open(path, encoding="ascii") as text:
        wrong = text.read().replace("line_ms = 300", "line_ms = 5")
    with open(path, "w", encoding="ascii") as text:
        text.write(wrong.replace('"example"', '"exampel"'))
    told = subprocess.run([EXAMPLE + "/twinbeat", "check", path], text=True,
                          capture_output=True, check=False).stdout
    assert 'did you mean "example"?; allowed are "modbus", ' in told, told
    with open(path, "w", encoding="ascii") as text:
        text.write(wrong)
    told = subprocess.run([EXAMPLE + "/twinbeat", "check", path], text=True,
                          capture_output=True, check=False).stdout
    assert "line_ms: 5 ms is out of range, 10 to 10000 ms" in told, told


def agent(*words):
    return subprocess.run(
        [EXAMPLE + "/fence_twinbeat", "--driver=example"] + list(words),
        text=True, capture_output=True, check=False)


def test_it_is_a_fence_agent():
    metadata = xml.fromstring(agent("-o", "metadata").stdout)
    names = {p.get("name"): p for p in metadata.iter("parameter")}
    # its own rows, the words of ClusterLabs for them, and what all agents have
    assert {"ip", "ipport", "username", "login", "shell_timeout", "plug",
            "power_wait", "delay", "action"} <= set(names)
    assert names["ipport"].find("content").get("default") == str(PORT)
    assert names["shell_timeout"].find("content").get("type") == "second"
    assert "password" not in names and "line_ms" not in names
    assert "shell_timeout=20: must be 0.01 to 10 seconds" in agent(
        "-o", "off", "-n", "1", "-a", "127.0.0.1", "--shell-timeout=20").stderr


def test_as_an_agent_it_switches(tmp_path):
    port = free_port()
    switch = subprocess.Popen(
        [os.path.join(FOLDER, "switch.py"), "127.0.0.1", str(port),
         str(tmp_path), str(tmp_path / "log")], stdout=subprocess.PIPE)
    at = ["-a", "127.0.0.1", "-u", str(port), "--power-wait=0"]
    try:
        assert b"ready" in switch.stdout.readline()
        assert agent("-o", "status", "-n", "3", *at).stdout == "Status: ON\n"
        done = agent("-o", "off", "-n", "3", *at)
        assert done.stdout == "Success: Powered OFF\n", done.stderr
        assert agent("-o", "status", "-n", "3", *at).returncode == 2
        # who is not let in is told no, which is no state
        done = agent("-o", "status", "-n", "3", "-l", "guest", *at)
        assert done.returncode == 1 and "neither ON nor OFF" in done.stderr
    finally:
        switch.kill()
        switch.wait()
        switch.stdout.close()
    done = agent("-o", "status", "-n", "3", *at)
    assert done.returncode == 1 and "no connection" in done.stderr


def test_nobody_else_knows_it():
    """Code that compares names of drivers has to be changed for a new one.
    (The row of `driver` says which one is the default.)"""
    files = subprocess.run(
        ["git", "ls-files", "src/*.[ch]", "fence/*.[ch]", "drivers/*.[ch]"],
        cwd=ROOT, text=True, capture_output=True, check=True).stdout.split()
    for name in files:
        if re.match("drivers/[a-z]+/", name):
            continue
        with open(os.path.join(ROOT, name), encoding="ascii") as text:
            for line in text:
                assert not re.search(r'"(modbus|ipmi|example)"', line) or \
                    '.text = "modbus", .by_code = true' in line, (name, line)
                assert not re.search(r'driver, *"agent"', line), (name, line)
