# SPDX-License-Identifier: GPL-3.0-or-later
"""fence_twinbeat: the fence agent API of ClusterLabs, as Pacemaker uses it.

Exit codes and words are those of FenceAgentAPI.md; the schema is the one that
Debian's fence-agents ships.
"""
import os
import re
import signal
import socket
import subprocess
import threading
import time
import xml.etree.ElementTree as tree

import pytest

from fence_lab import BUILD, Switch

SCHEMA = "/usr/share/cluster/relaxng/metadata.rng"
MODBUS = ["status", "off", "on", "reboot", "monitor", "list", "list-status",
          "validate-all", "metadata", "manpage"]


class Agent:
    """The agent under the name that says which driver."""

    def __init__(self, folder, driver="modbus"):
        self.path = os.path.join(folder, "fence_twinbeat_" + driver)
        os.symlink(os.path.abspath(os.path.join(BUILD, "fence_twinbeat")),
                   self.path)

    def lines(self, text, timeout=15):
        """By stdin, as Pacemaker does it."""
        return subprocess.run([self.path], input=text, text=True,
                              capture_output=True, timeout=timeout,
                              check=False)

    def words(self, *words):
        return subprocess.run([self.path] + list(words), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=15, check=False)

    def ask(self, switch, action, **options):
        """With short waits; the options of a switch."""
        given = dict(action=action, ip=switch.host, ipport=switch.port,
                     plug=1, power_wait=0, stonith_status_sleep=0.01,
                     login_timeout=0.3, shell_timeout=0.3)
        given.update(options)
        return self.lines("".join("%s=%s\n" % item for item in given.items()
                                  if item[1] is not None))


@pytest.fixture(name="agent")
def make_agent(tmp_path):
    return Agent(str(tmp_path))


@pytest.fixture(name="switch")
def make_switch(tmp_path):
    made = Switch(str(tmp_path))
    yield made
    made.stop()


# ---- what it says of itself ----

def test_metadata_is_valid(agent):
    """Against the schema of fence-agents, read by libxml2."""
    done = agent.lines("action=metadata\n")
    assert done.returncode == 0 and not done.stderr
    check = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA, "-"],
                           input=done.stdout, text=True, capture_output=True,
                           check=False)
    assert check.returncode == 0, check.stderr
    # and a broken one is not
    broken = done.stdout.replace('unique="0"', 'unique="no"', 1)
    check = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA, "-"],
                           input=broken, text=True, capture_output=True,
                           check=False)
    assert check.returncode != 0
    for other in ("meta-data", "manpage", "METADATA"):
        assert agent.lines("action=%s\n" % other).stdout == done.stdout
    assert agent.words("-o", "metadata").stdout == done.stdout


def test_metadata_says_what_pacemaker_needs(agent):
    root = tree.fromstring(agent.lines("action=metadata\n").stdout)
    assert root.get("name") == "fence_twinbeat_modbus"
    actions = {a.get("name"): a for a in root.find("actions")}
    assert set(actions) == set(MODBUS)
    # no unfencing: a node is not let in again by switching it on
    assert actions["on"].get("automatic") == "0"
    names = {p.get("name"): p for p in root.find("parameters")}
    for name in ("action", "ip", "ipport", "plug", "port", "delay",
                 "power_timeout", "power_wait", "login_timeout",
                 "shell_timeout", "stonith_status_sleep", "verbose",
                 "quiet", "separator", "version", "help"):
        assert name in names, name
    assert names["plug"].get("obsoletes") == "port"
    assert names["port"].get("deprecated") == "1"
    assert names["action"].find("content").get("default") is None
    assert "nodename" not in names
    kinds = [o.get("value")
             for o in names["read_kind"].find("content")]
    assert kinds == ["coil", "holding", "discrete", "input"]


def test_every_parameter_is_in_the_manual(agent):
    root = tree.fromstring(agent.lines("action=metadata\n").stdout)
    with open("fence/agent/fence_twinbeat.8", encoding="ascii") as manual:
        text = manual.read()
    for parameter in root.find("parameters"):
        name = parameter.get("name")
        if name not in ("version", "help"):
            assert re.search(r"^\.(It )?.*\b%s\b" % name, text, re.M), name
        assert ("--" + name.replace("_", "-")) in agent.words("-h").stdout \
            or parameter.get("deprecated")
    for action in root.find("actions"):
        if action.get("name") != "manpage":
            assert "Cm " + action.get("name") in text


def test_help_and_version(agent):
    assert agent.words("--help").returncode == 0
    assert agent.words("-V").stdout.startswith("fence_twinbeat_modbus ")


# ---- how it is told ----

@pytest.mark.parametrize("text", [
    "", "\n", "# action=off\n", "ip=127.0.0.1\nplug=1\n", "action =off\n"])
def test_no_action_is_no_action(agent, switch, text):
    """Other agents reboot when stdin is empty."""
    done = agent.lines(text + ("ipport=%d\n" % switch.port if text else ""))
    assert done.returncode == 1 and "nothing is done" in done.stderr
    assert not switch.requests()


def test_stdin_is_read_as_the_others_do(agent, switch):
    done = agent.lines(
        "# a comment\n\n  nodename=lb02\nagent=fence_x\nfoo=bar\nsense\n"
        "  ip = \nipaddr=127.0.0.1\nipport=\"%d\"\nport=3\nplug= 3 \n"
        "action=off\naction=OFF\npower-wait=0\npcmk_host_list=lb02\n"
        "no-newline=1" % switch.port)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Success: Powered OFF\n"
    assert not switch.plug(3)["power"] and switch.plug(1)["power"]
    assert "unknown option: foo" in done.stderr
    assert "bar" not in done.stderr and "pcmk" not in done.stderr


def test_command_line(agent, switch):
    given = ["-a", "127.0.0.1", "--ipport=%d" % switch.port]
    done = agent.words("-o", "status", "-n", "2", *given)
    assert done.returncode == 0 and done.stdout == "Status: ON\n"
    assert agent.words("-n", "2", "--action=off", "--power-wait", "0", "-q",
                       *given).stdout == ""
    done = agent.words("-o", "status", "--port=2", *given)
    assert done.returncode == 2 and done.stdout == "Status: OFF\n"
    for wrong in (["--plugg=2"], ["-x"], ["extra"], ["--plug"]):
        done = agent.words("-o", "off", *(given + wrong))
        assert done.returncode == 1 and done.stderr
    assert len(switch.requests(5)) == 1


@pytest.mark.parametrize("option, word", [
    (dict(action="shoot"), "unrecognised action"),
    (dict(ip=None), "ip is missing"),
    (dict(ip="pdu.example.org"), "does not wait for DNS"),
    (dict(plug=None), "plug is missing"),
    (dict(plug="0"), "plug"), (dict(plug="1x"), "plug"),
    (dict(plug="1,1"), "plug 1 is named twice"),
    (dict(plug="1,2,01"), "plug"), (dict(plug="1,,2"), "plug"), (dict(plug=",".join("123456789")), "plug"),
    (dict(ipport="0"), "must be 1 to 65535"),
    (dict(ipport="65536"), "must be 1 to 65535"),
    (dict(unit="256"), "must be 0 to 255"),
    (dict(delay="-1"), "seconds"), (dict(delay="x"), "seconds"),
    (dict(delay="4000"), "seconds"), (dict(power_wait="1.0001"), "seconds"),
    (dict(power_timeout="0"), "seconds"),
    (dict(base="99999999999999999999"), "must be 0 to 65535"),
    (dict(write_kind="discrete"), "one of coil holding"),
    (dict(read_kind="x"), "one of coil holding discrete input"),
    (dict(write_on=0), "they must differ"), (dict(write_on=21760), "coil"),
    (dict(write_base=65535, plug=2), "beyond address 65535"),
    (dict(profile="apc"), "must be one of generic-coil netio"),
    (dict(profile="netio", plug=9), "from 1 to 8 on a netio device"),
    (dict(profile="eletechsup", write_on=768), "toggle, pulse and delay"),
    (dict(profile="wago750", base=65400), "beyond wire address 65535"),
    (dict(current_off_below_ma=50), "current_base is missing"),
    (dict(port=2), "given twice"), (dict(option="on"), "given twice"),
    (dict(port="lb01"), "given twice: plug"),
    (dict(port="2", nodename="2"), "given twice: plug"),
    (dict(port="lb01", nodename="lb02"), "given twice: plug"),
    (dict(ipaddr="127.0.0.2"), "given twice: ip"),
    ({"base": 0, " base": 1}, "given twice: base"),
    ({"write-on": 1, "write_on": 255}, "given twice: write_on"),
])
def test_bad_options_are_refused(agent, switch, option, word):
    for action in ("off", "validate-all"):
        if action == "validate-all" and ("action" in option or
                                         option.get("plug", 1) is None):
            continue
        done = agent.ask(switch, **dict(dict(action=action), **option))
        assert done.returncode == 1, (action, option)
        assert word in done.stderr, done.stderr
    assert not switch.requests()


def test_the_name_of_the_node_is_no_second_plug(agent, switch):
    """Pacemaker adds it to a device that has plug= and no pcmk_host_map."""
    for first, second in (("plug", "port"), ("port", "plug")):
        done = agent.ask(switch, "off", **dict(
            [("nodename", "lb01"), ("plug", None), (first, "lb01")]
            + [(second, "2")]))
        assert done.returncode == 0, done.stderr
    assert {r["plug"] for r in switch.requests(5)} == {2}


def test_validate_all_speaks_to_nobody_and_is_strict(agent, switch):
    assert agent.ask(switch, "validate-all").returncode == 0
    assert agent.ask(switch, "validate-all", plug=None).returncode == 0
    done = agent.ask(switch, "validate-all", wirte_base=5)
    assert done.returncode == 1 and "wirte_base" in done.stderr
    assert not switch.requests()


# ---- what it does ----

def test_status_off_on_reboot(agent, switch):
    assert agent.ask(switch, "status").returncode == 0
    done = agent.ask(switch, "off")
    assert done.returncode == 0 and done.stdout == "Success: Powered OFF\n"
    assert not switch.plug(1)["power"]
    assert agent.ask(switch, "status").returncode == 2
    assert agent.ask(switch, "off").stdout == "Success: Already OFF\n"
    assert agent.ask(switch, "on").stdout == "Success: Powered ON\n"
    assert agent.ask(switch, "on").stdout == "Success: Already ON\n"
    assert agent.ask(switch, "reboot").stdout == "Success: Rebooted\n"
    assert switch.plug(1)["power"]
    writes = [r["value"] for r in switch.requests(5)]
    assert writes == [0, 65280, 0, 65280], "never a toggle or a flash"
    switch.tell("off 1")
    assert agent.ask(switch, "reboot").returncode == 0
    assert switch.plug(1)["power"], "reboot of what is off switches on"


def test_off_waits_for_the_power_supply(agent, switch):
    start = time.monotonic()
    assert agent.ask(switch, "off", power_wait=0.7).returncode == 0
    assert time.monotonic() - start >= 0.7


def test_R6_on_again_within_power_wait(agent, switch):
    text = "".join("%s=%s\n" % item for item in dict(
        action="off", ip=switch.host, ipport=switch.port, plug=1, port=1,
        power_wait=1.5, stonith_status_sleep=0.01).items())
    with subprocess.Popen([agent.path], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as tool:
        tool.stdin.write(text)
        tool.stdin.close()
        asked = []
        while 5 not in asked or asked[-1] == 5:  # written, and read back
            time.sleep(0.01)
            asked = [r["function"] for r in switch.requests()]
        time.sleep(0.1)  # its answer is there
        switch.tell("on 1")
        assert tool.wait(timeout=15) == 1
        assert "reads on again" in tool.stderr.read()


def test_delay_is_before_anything_else(agent, switch):
    """The rule that fence-agents tests: delay=N takes at least N."""
    start = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    assert agent.ask(switch, "off", delay="1").returncode == 0
    assert switch.requests()[0]["at_us"] - start >= 1000000
    start = time.monotonic()
    assert agent.ask(switch, "status", delay="5").returncode == 2
    assert agent.ask(switch, "monitor", delay="5").returncode == 0
    assert time.monotonic() - start < 4.5


def test_two_supplies_are_off_together(agent, switch):
    assert agent.ask(switch, "reboot", plug="1,2").returncode == 0
    seen = [(r["plug"], r["value"]) for r in switch.requests(5)]
    assert seen == [(1, 0), (2, 0), (1, 65280), (2, 65280)]
    switch.tell("off 1")
    assert agent.ask(switch, "status", plug="1,2").returncode == 0
    switch.tell("off 2")
    assert agent.ask(switch, "status", plug="1,2").returncode == 2
    switch.tell("on 1")
    switch.tell("on 2")
    switch.tell("weld 2")
    done = agent.ask(switch, "off", plug="1,2")
    assert done.returncode == 1 and "plug 2 still reads on" in done.stderr


@pytest.mark.parametrize("fault", [
    "silent", "exception 2", "garbage", "rst", "fin", "half", "wrong-unit",
    "slow 1000", "drip 200", "twice"])
def test_a_device_that_fails_is_1_and_never_2(agent, switch, fault):
    switch.tell("off 1")    # the truth would be off
    switch.tell("fault " + fault)
    for action in ("status", "off", "monitor", "reboot", "list"):
        done = agent.ask(switch, action, power_timeout=2)
        assert done.returncode == 1, (action, done)
        assert done.stderr and "Success" not in done.stdout


def test_a_device_that_lies_about_the_write(agent, switch):
    switch.tell("weld 1")
    done = agent.ask(switch, "off")
    assert done.returncode == 1 and "still reads on" in done.stderr
    done = agent.ask(switch, "reboot")
    assert done.returncode == 1, "off is what counts in a reboot"


def test_reboot_that_stays_off_is_told_and_0(agent, switch):
    """API: 0 if the off portion was successful."""
    switch.tell("off 1")
    switch.tell("weld 1")
    done = agent.ask(switch, "reboot")
    assert done.returncode == 0 and "could not be switched on" in done.stderr
    assert "Success" not in done.stdout


def test_list(agent, switch):
    switch.tell("off 2")
    done = agent.ask(switch, "list", plug=None, plugs=3)
    assert done.returncode == 0 and done.stdout == "1,\n2,\n3,\n"
    done = agent.ask(switch, "list-status", plug=None, plugs=2, separator="|")
    assert done.stdout == "1||ON\n2||OFF\n"
    done = agent.ask(switch, "list", plug=None, plugs=9)
    assert done.returncode == 1 and "plugs=" in done.stderr
    assert not switch.requests(5)


def test_monitor_wants_no_plug(agent, switch):
    assert agent.ask(switch, "monitor", plug=None).returncode == 0
    switch.tell("off 1")
    assert agent.ask(switch, "monitor", plug=None).returncode == 0
    switch.tell("refuse on")
    done = agent.ask(switch, "monitor", plug=None)
    assert done.returncode == 1 and "refused" in done.stderr


def test_other_registers(agent, tmp_path):
    """Written in one place and read in another, by other values."""
    odd = Switch(str(tmp_path), "odd", register_on=256, register_off=512,
                 read_base=0)
    try:
        given = dict(write_kind="holding", write_on=256, write_off=512,
                     read_kind="holding", read_on=1, read_off=0)
        assert agent.ask(odd, "status", **given).returncode == 0
        assert agent.ask(odd, "off", **given).returncode == 0
        assert agent.ask(odd, "status", **given).returncode == 2
        assert odd.requests(6)[0]["value"] == 512
    finally:
        odd.stop()


@pytest.mark.parametrize("profile, write, read", [
    ("generic-coil", (5, 0, 0), (1, 0)), ("netio", (5, 101, 0), (1, 101)),
    ("adam6000", (5, 16, 0), (1, 16)), ("wago750", (5, 0, 0), (1, 512)),
    ("eletechsup", (6, 1, 512), (3, 1)),
])
def test_profiles_decide_what_goes_out(agent, profile, write, read):
    """Function, wire address and value, as the profile's documents say."""
    seen = []

    def serve(listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                frame = client.recv(64)
                function, address, value = frame[7], frame[9] + (
                    frame[8] << 8), frame[11] + (frame[10] << 8)
                seen.append((function, address, value))
                if function in (5, 6):
                    answer = frame
                else:
                    body = b"\x01\x01" if function < 3 else b"\x02\x00\x01"
                    answer = frame[:4] + bytes(
                        (0, 2 + len(body))) + frame[6:8] + body
                client.sendall(answer)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        done = agent.lines(
            "action=off\nip=127.0.0.1\nipport=%d\nplug=1\nprofile=%s\n"
            "shell_timeout=0.3\nstonith_status_sleep=0.01\n" %
            (listener.getsockname()[1], profile))
        # it answers on to every read: switched, and not believed
        assert done.returncode == 1 and "still reads on" in done.stderr
        listener.shutdown(socket.SHUT_RDWR)
    assert seen[0][:2] == read and write in seen
    assert {s[:2] for s in seen} == {read, write[:2]}


def test_current_is_second_evidence(agent, tmp_path):
    """The relay reads off, but something flows."""
    odd = Switch(str(tmp_path), "odd")
    try:
        given = dict(current_off_below_ma=50, current_base=0,
                     current_unit_ua=1000000)
        odd.tell("lie 1")
        done = agent.ask(odd, "off", **given)
        assert done.returncode == 1 and "mA flow" in done.stderr
        odd.tell("mend 1")
        assert agent.ask(odd, "off", **given).returncode == 0
    finally:
        odd.stop()


def test_verbose_tells_each_step(agent, switch):
    done = agent.ask(switch, "off", verbose=1, nodename="lb02")
    assert "plug 1 reads on" in done.stderr
    assert "plug 1: switch off sent" in done.stderr
    assert "lb02: every plug reads off" in done.stderr
    assert agent.ask(switch, "on").stderr == ""


def test_deadline_is_hard(agent, tmp_path):
    """A device that accepts and says nothing, with the longest time-outs."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(5)
        start = time.monotonic()
        done = agent.lines(
            "action=off\nip=127.0.0.1\nipport=%d\nplug=1\nlogin_timeout=60\n"
            "shell_timeout=60\npower_timeout=0.8\n" % deaf.getsockname()[1])
        assert done.returncode == 1 and done.stderr
        assert time.monotonic() - start < 20


def test_killed_agent_leaves_nothing_that_switches(agent, switch):
    """Pacemaker kills an agent that it waited for too long."""
    switch.tell("fault slow 400 read")
    process = subprocess.Popen([agent.path], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    process.stdin.write("action=off\nip=127.0.0.1\nplug=1\nipport=%d\n" %
                        switch.port)
    process.stdin.close()
    until = time.monotonic() + 5
    while not switch.requests():
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.8)
    assert switch.plug(1)["power"] and not switch.requests(5)


def test_bare_name_wants_a_driver(switch):
    path = os.path.join(BUILD, "fence_twinbeat")
    done = subprocess.run([path, "-o", "status"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1 and "--driver" in done.stderr
    done = subprocess.run([path, "--driver=modbus", "-o", "status", "-n1",
                           "-a127.0.0.1", "-u%d" % switch.port],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "Status: ON\n"


def test_install_puts_it_where_pacemaker_looks(tmp_path):
    root = str(tmp_path / "root")
    make = ["make", "-s", "BUILD=" + BUILD, "DESTDIR=" + root]
    subprocess.run(make + ["install"], check=True, timeout=120)
    sbin = os.path.join(root, "usr/sbin")
    link = os.path.join(sbin, "fence_twinbeat_modbus")
    program = os.readlink(link)
    assert program == "/usr/libexec/twinbeat/fence_twinbeat"
    assert os.access(root + program, os.X_OK)
    # the bare name would be listed as an agent that cannot do anything
    assert not os.path.exists(os.path.join(sbin, "fence_twinbeat"))
    manual = os.path.join(root, "usr/share/man/man8")
    assert os.path.exists(os.path.join(manual, "fence_twinbeat_modbus.8"))
    subprocess.run(make + ["uninstall"], check=True, timeout=120)
    assert not os.listdir(sbin) and not os.listdir(manual)
