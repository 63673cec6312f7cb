# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, to the real programs of a pair: files, devices, cables, people.

Each test asserts that somebody is told, in an exit code and a sentence or in
an alert, and that nothing was lost: the client is served by whom it was
served before, nobody was shot, and two nodes never held the VIP.
"""
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from lab import BUILD, PDU, VIP, run, wait_for

GOOD_FOR_S = 2.5  # six serial dead times, three times disagree_ms
IN_OPEN = 0x20


# ---- nothing was lost ----

def keeps(lab, node, seconds=GOOD_FOR_S):
    """node goes on as the only owner, the client sees it, nobody was shot."""
    other = lab.nodes[1 - node.index]
    end = time.monotonic() + seconds
    lab.outage_ms()
    while time.monotonic() < end:
        assert node.state() == "MASTER"
        assert VIP in node.addresses() and VIP not in other.addresses()
        time.sleep(0.1)
    outage, by = lab.outage_ms()
    assert by == node.name and outage < 1000, (outage, by)
    assert_nobody_was_shot(lab)
    lab.judge()


def assert_nobody_was_shot(lab):
    assert not [e for e in lab.pdu_events()
                if e["event"] == "power" and not e["on"]]


def alert_text(node, name):
    return " ".join(alert["text"] for alert in node.status()["alerts"]
                    if alert["name"] == name)


# ---- a second settings file ----

def own_config(lab, node, *changes, **options):
    """Gives node a settings file of its own, with (old, new) replaced."""
    node.config = os.path.join(lab.dir, node.name + ".conf")
    lab.write_config(node.config, **options)
    with open(node.config, encoding="ascii") as file:
        text = file.read()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    with open(node.config, "w", encoding="ascii") as file:
        file.write(text)
    return text


def try_start(node, *words):
    """Runs twinbeatd as node.start() does, but it is expected to end."""
    return node.inside("timeout", "15", BUILD + "/twinbeatd", "-c",
                       node.config, "--node", node.name, "--run-dir",
                       node.run_dir, "--state-dir", node.state_dir,
                       "--foreground", *words, check=False)


def restart_refused(lab, node, *words):
    """The standby stops and its next start is refused: exit 3, its words."""
    assert node.stop() == 0
    done = try_start(node)
    assert done.returncode == 3, (done.returncode, done.stderr)
    for word in words:
        assert word in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr
    keeps(lab, lab.nodes[1 - node.index])


def mend(lab, node):
    """With the common settings it comes back, as standby."""
    node.config = lab.config
    node.start()
    lab.settle()


# ---- the key ----

def test_bad_key_file_missing(lab):
    lb02 = lab.nodes[1]
    absent = lab.dir + "/absent"
    own_config(lab, lb02, (lab.dir + "/key", absent))
    restart_refused(lab, lb02, absent, "no such file", "twinbeat keygen")
    mend(lab, lb02)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644])
def test_bad_key_others_may_read(lab, mode):
    lb02 = lab.nodes[1]
    key = lab.dir + "/key2"
    shutil.copy(lab.dir + "/key", key)
    os.chmod(key, mode)
    own_config(lab, lb02, (lab.dir + "/key", key))
    restart_refused(lab, lb02, key, "%04o" % mode, "chmod")
    os.chmod(key, 0o600)
    lb02.start()
    lab.settle()


def test_bad_key_that_is_none(lab):
    lb02 = lab.nodes[1]
    key = lab.dir + "/key2"
    with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w",
              encoding="ascii") as file:
        file.write("open sesame\n")
    own_config(lab, lb02, (lab.dir + "/key", key))
    restart_refused(lab, lb02, key, "hex digits")
    mend(lab, lb02)


def test_bad_keys_differ(lab):
    lb01, lb02 = lab.nodes
    run(BUILD + "/twinbeat", "keygen", lab.dir + "/key2")
    own_config(lab, lb02, (lab.dir + "/key", lab.dir + "/key2"))
    assert lb02.stop() == 0
    lb02.start()
    for node in lab.nodes:
        node.wait_alert("config-mismatch")
        # what is heard first is perhaps an advert with a wrong signature
        wait_for("the key is named", lambda n=node:
                 "key" in alert_text(n, "config-mismatch"))
        wait_for("MACs that fail are counted", lambda n=node:
                 n.link("serial")["errors"]["auth"] > 0)
        assert node.link("serial")["state"] != "up"
    keeps(lab, lb01, 5)
    assert lb02.state() == "BACKUP"
    assert lb02.stop() == 0
    mend(lab, lb02)
    wait_for("the alert goes", lambda: "config-mismatch" not in lb01.alerts()
             | lb02.alerts(), 15, 0.1)


# ---- names ----

def test_bad_two_nodes_of_one_name(lab):
    lb02 = lab.nodes[1]
    own_config(lab, lb02, ('name = "lb02"', 'name = "lb01"'))
    restart_refused(lab, lb02, 'both nodes are called "lb01"', lb02.config)
    mend(lab, lb02)


def test_bad_both_started_as_one_node(make_lab):
    """The same --node on both: no loop plug, and each says what it is."""
    lab = make_lab()
    lab.settle()
    lb01, lb02 = lab.nodes
    assert lb02.stop() == 0
    # its own end of the cable, though both call it by one path in real life
    own_config(lab, lb02, serial1=lab.dir + "/tty2", serial2=lab.dir + "/tty1")
    lb02.name = "lb01"
    try:
        lb02.start()
        for node in (lb01, lb02):
            node.wait_alert("config-mismatch")
            assert "two nodes of one name" in alert_text(node,
                                                         "config-mismatch")
            assert "link-looped" not in node.alerts()
        keeps(lab, lb01, 5)
        assert lb02.state() != "MASTER"
        assert lb02.stop() == 0
    finally:
        lb02.name = "lb02"
    mend(lab, lb02)


# ---- the serial port ----

def test_bad_serial_path_missing(lab):
    lb01, lb02 = lab.nodes
    assert lb02.stop() == 0
    os.rename(lab.dir + "/tty2", lab.dir + "/unplugged")
    lb02.start()
    lb02.wait_alert("serial-broken")
    assert lab.dir + "/tty2" in alert_text(lb02, "serial-broken")
    keeps(lab, lb01)
    assert lb02.state() == "BACKUP"
    os.rename(lab.dir + "/unplugged", lab.dir + "/tty2")
    lab.settle()
    assert "serial-broken" not in lb02.alerts()


def test_bad_serial_is_a_regular_file(lab):
    lb02 = lab.nodes[1]
    path = lab.dir + "/notes"
    with open(path, "w", encoding="ascii") as file:
        file.write("not a port\n")
    own_config(lab, lb02, serial2=path)
    restart_refused(lab, lb02, path, "not a terminal device")
    with open(path, encoding="ascii") as file:
        assert file.read() == "not a port\n"
    mend(lab, lb02)


class Opens:
    """Counts who opens a path; asks by name, so it does not open it."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0
        assert libc.inotify_add_watch(self.fd, path.encode(), IN_OPEN) > 0

    def seen(self):
        try:
            return bool(os.read(self.fd, 4096))
        except BlockingIOError:
            return False
        finally:
            os.close(self.fd)


def console_number():
    """major:minor of a console, from its name alone."""
    with open("/sys/class/tty/console/active", encoding="ascii") as file:
        names = file.read().split()
    if not names:
        pytest.skip("this machine has no console")
    with open("/sys/class/tty/%s/dev" % names[-1], encoding="ascii") as file:
        return names[-1], os.makedev(*map(int, file.read().split(":")))


def test_bad_serial_is_the_console(lab):
    """By another name, too: it is the device that counts."""
    lb02 = lab.nodes[1]
    name, number = console_number()
    path = lab.dir + "/port"
    os.mknod(path, 0o020600, number)
    opens = Opens(path)
    own_config(lab, lb02, serial2=path)
    restart_refused(lab, lb02, path, "is the kernel's console", name)
    assert not opens.seen()
    mend(lab, lb02)


def test_S19_bad_serial_has_a_getty(lab):
    """A real agetty waits on the port, as serial-getty@.service starts it."""
    lb02 = lab.nodes[1]
    master, slave = os.openpty()
    path = os.ttyname(slave)
    getty = lb02.spawn("setsid", "--wait", "agetty", "--local-line",
                       "--noclear", "115200", path[len("/dev/"):], "vt100")
    os.set_blocking(master, False)
    said = []

    def prompts():
        try:
            said.append(os.read(master, 4096))
        except BlockingIOError:
            pass
        return b"login:" in b"".join(said)
    try:
        wait_for("it prompts", prompts)
        own_config(lab, lb02, serial2=path)
        restart_refused(lab, lb02, path, "agetty", "serial-getty service")
    finally:
        os.close(slave)
        os.close(master)  # hangs up
        getty.wait(timeout=20)
    mend(lab, lb02)


def test_bad_baud_differs(make_lab):
    """A pty has no speed: the cable does to the bytes what it would do."""
    lab = make_lab()
    lab.settle()
    lb01, lb02 = lab.nodes
    own_config(lab, lb02, ("baud = 115200", "baud = 9600"),
               serial_ms=500, serial_dead_ms=2000)
    assert lb02.stop() == 0
    lab.cable("garble")
    lb02.start()
    for node in lab.nodes:
        wait_for("framing errors on " + node.name, lambda n=node:
                 n.link("serial")["errors"]["framing"] > 0)
    # lb01 saw its peer leave in order and hears no adverts of a standby
    lb02.wait_alert("link-never")
    assert "baud" in alert_text(lb02, "link-never")
    keeps(lab, lb01, 5)
    assert lb02.state() == "BACKUP"
    for node in lab.nodes:
        assert node.link("serial")["state"] != "up"
    # bytes that arrive say what is wrong
    lab.cable("join")
    for node in lab.nodes:
        node.wait_alert("config-mismatch")
    keeps(lab, lb01)
    assert lb02.stop() == 0
    mend(lab, lb02)
    wait_for("the alert goes", lambda: "config-mismatch" not in lb01.alerts()
             | lb02.alerts(), 15, 0.1)


def test_bad_noise_that_never_ends(lab):
    lb01 = lab.nodes[0]
    lab.cable("garble")
    for node in lab.nodes:
        node.wait_alert("link-down")
        wait_for("framing errors on " + node.name, lambda n=node:
                 n.link("serial")["errors"]["framing"] > 0)
    keeps(lab, lb01)
    lab.cable("join")
    lab.settle()


# ---- the power switch ----

@pytest.mark.parametrize("fault", ["silent", "exception 4", "garbage", "rst",
                                   "wrong-unit", "half"])
def test_bad_switch_answers(make_lab, fault):
    """Told while it costs nothing; a proof for nobody when it is needed."""
    lab = make_lab(monitor_s=1)
    lb01, lb02 = lab.nodes
    lab.settle()
    lab.pdu("fault " + fault)
    for node in lab.nodes:
        node.wait_alert("fence-device", 20)
        assert "pdu" in alert_text(node, "fence-device")
    keeps(lab, lb01)
    lb01.die()
    lb02.wait_alert("fence-failed", 20)
    assert "lb01 is not proven off" in alert_text(lb02, "fence-failed")
    # the cause first; what to do stands beside it
    assert "then twinbeat confirm" in " ".join(
        lb02.twinbeat("status").stdout.split())
    assert lb02.state() == "BACKUP" and VIP not in lb02.addresses()
    lab.pdu("fault none")
    lb02.wait_state("MASTER", 30)
    # a write that is carried out but badly confirmed: read, next time
    assert lb02.proof() in ("fenced", "already-off")
    wait_for("both alerts go", lambda: not lb02.alerts() &
             {"fence-device", "fence-failed"}, 10, 0.1)
    lab.judge_fenced_claim(lb02)


def test_bad_switch_confirms_and_does_nothing(lab):
    """The write is confirmed, the read-back says on: no proof."""
    lb01, lb02 = lab.nodes
    lab.pdu("weld 1")
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    keeps(lab, lb01)
    assert lb02.state() == "BACKUP"


def test_bad_switch_lies_in_the_read_back(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("lie 1")
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    lb02.wait_alert("fence-contradicted")
    assert "lb01" in alert_text(lb02, "fence-contradicted")
    keeps(lab, lb01, 4)
    assert lb02.state() == "BACKUP" and lb01.is_powered()
    # and what has lied once is no proof later
    lb01.die()
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert lb02.state() == "BACKUP" and VIP not in lb02.addresses()
        time.sleep(0.1)


def test_bad_switch_serves_one_client_only(make_lab):
    lab = make_lab(monitor_s=1)
    lb01, lb02 = lab.nodes
    lab.settle()
    lab.pdu("one-client on")

    def reads_of_lb01():
        return [e for e in lab.pdu_events() if e["event"] == "request" and
                e["client"].startswith("10.99.1.11:")]

    def checked(node):
        return sum(plug["read_ms"] is not None
                   and plug["read_ms"] < 2500
                   for plug in node.fence()["plugs"])
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for node in lab.nodes:
            assert "fence-device" not in node.alerts()
        time.sleep(0.1)
    assert checked(lb01) and checked(lb02)
    # a stranger who never leaves takes the only seat
    stranger = subprocess.Popen(
        ["ip", "netns", "exec", lab.switch_ns, "/usr/bin/python3", "-c",
         "import socket, time\n"
         "while True:\n"
         " try:\n"
         "  s = socket.create_connection(('%s', 502), 1)\n"
         "  s.settimeout(60)\n"
         "  s.recv(1)\n"
         " except OSError:\n"
         "  pass\n"
         " time.sleep(0.01)\n" % PDU])
    try:
        for node in lab.nodes:
            node.wait_alert("fence-device", 20)
        keeps(lab, lb01)
    finally:
        stranger.kill()
        stranger.wait()
    for node in lab.nodes:
        wait_for("the switch is well again", lambda n=node:
                 "fence-device" not in n.alerts(), 20, 0.1)
    # not in the middle of a read: such a switch keeps the seat of who loses its
    # power then, till it finds that out itself
    asked = len(reads_of_lb01())
    wait_for("lb01 has read", lambda: len(reads_of_lb01()) >= asked + 2)
    time.sleep(0.2)
    lb01.die()
    lb02.wait_state("MASTER", 20)
    assert lb02.proof() == "fenced"
    lab.judge_fenced_claim(lb02)


# ---- settings ----

WRONG = [
    ('pair = "web"', 'pair = "w eb"', "pair"),
    ("priority = 150", "priority = 255", "priority"),
    ('address = "10.99.0.12"', 'address = "10.99.0.312"', "address"),
    ("baud = 115200", "baud = 115201", "baud"),
    ("vrid = 55", "vrid = 555", "vrid"),
    ("advert_ms = 100;", "advert_ms = 9;", "advert_ms"),
    ('driver = "modbus"', 'driver = "modbuss"', "driver"),
    ('action = "off"', 'action = "explode"', "action"),
    ("startup_ms = 1500", 'startup_ms = "soon"', "startup_ms"),
    ("realtime = true", "realtimes = true", "realtimes")]


def test_bad_ten_settings_are_all_told(lab):
    lb01, lb02 = lab.nodes
    text = own_config(lab, lb02, *[(old, new) for old, new, _ in WRONG])
    lines = text.splitlines()
    check = try_start(lb02, "--check")
    assert check.returncode == 3
    cli = lb02.twinbeat("check", lb02.config)
    assert cli.returncode == 1
    started = lb02.inside(BUILD + "/twinbeatd", "-c", lb02.config, "--node",
                          "lb02", "--run-dir", lab.dir + "/run2",
                          "--state-dir", lab.dir + "/state2", "--foreground",
                          check=False)
    assert started.returncode == 3 and "nothing was started" in started.stderr
    assert not os.path.exists(lab.dir + "/run2")
    for told in (check.stdout, cli.stdout, started.stderr):
        errors = [line for line in told.splitlines() if ": error: " in line]
        assert len(errors) == 10, told
        for _, new, key in WRONG:
            line = 1 + next(i for i, line in enumerate(lines) if new in line)
            assert any(e.startswith("%s:%d: error: " % (lb02.config, line))
                       and key in e for e in errors), (new, told)
        assert re.search(r"^(twinbeatd: )?%s: 10 errors" %
                         re.escape(lb02.config), told.splitlines()[-1])
    assert re.search(r": 10 errors, \d+ warnings?$",
                     cli.stdout.splitlines()[-1])
    keeps(lab, lb01, 1)  # it was asked beside the daemons, which run on
    assert lb02.state() == "BACKUP"


@pytest.mark.parametrize("text, why", [
    ("", "pair"), ("pair = \"web\"", "nodes"), ("pair = ;", "syntax"),
    ("\0\1\2\xff" * 500, ":1: error"), ("(" * 5000, ":1: error"),
    ("a = {" * 3000, ":1: error"), ('@include "twinbeat.conf"\n', "include")],
    ids=["empty", "one line", "syntax", "bytes", "lists", "groups", "itself"])
def test_bad_settings_file_is_no_settings_file(tmp_path, text, why):
    path = tmp_path / "twinbeat.conf"
    path.write_bytes(text.encode("latin-1"))
    done = subprocess.run(
        [BUILD + "/twinbeatd", "-c", str(path), "--node", "lb01",
         "--run-dir", str(tmp_path / "run"), "--state-dir",
         str(tmp_path / "state"), "--foreground"], stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, timeout=10, check=False)
    assert done.returncode == 3, done
    assert why.encode() in done.stderr and b"\0" not in done.stderr
    assert not (tmp_path / "run").exists()


# ---- addresses that the kernel refuses ----

def refuse_on_lo(node):
    """Below 68 bytes of MTU (RFC 791) Linux has no IPv4 on a device."""
    run("ip", "-n", node.ns, "link", "set", "lo", "mtu", "67")


REFUSED = "10.99.7.7"


def test_bad_address_beside_a_good_one(make_lab):
    lab = make_lab(boot=False, addresses='{ ip = "%s/32"; }, { ip = "%s/32"; '
                   'dev = "lo"; }' % (VIP, REFUSED))
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        node.power_on(daemon=False)
        refuse_on_lo(node)
        node.start()
    lab.settle()
    lb01.wait_alert("vip-failed")
    assert REFUSED in alert_text(lb01, "vip-failed")
    assert "on lo" in alert_text(lb01, "vip-failed")
    lab.wait_client("lb01")
    keeps(lab, lb01, 4)
    # mended under its feet: it tries on
    run("ip", "-n", lb01.ns, "link", "set", "lo", "mtu", "65536")
    wait_for("the address is put there", lambda: REFUSED in lb01.addresses(),
             15, 0.1)
    wait_for("the alert goes", lambda: "vip-failed" not in lb01.alerts(), 15,
             0.1)
    assert lb02.state() == "BACKUP"


def test_bad_address_alone_is_a_fault(make_lab):
    lab = make_lab(boot=False, addresses='{ ip = "%s/24"; dev = "lo"; }' %
                   REFUSED)
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        node.power_on(daemon=False)
        refuse_on_lo(node)
    run("ip", "-n", lb02.ns, "link", "set", "lo", "mtu", "65536")
    for node in lab.nodes:
        node.start()
    lb01.wait_alert("vip-failed")
    assert REFUSED in alert_text(lb01, "vip-failed")
    lb01.wait_state("FAULT")
    # the other one can
    lb02.wait_state("MASTER")
    assert lb02.proof() == "released" and REFUSED in lb02.addresses()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert (lb01.state(), lb02.state()) == ("FAULT", "MASTER")
        assert REFUSED in lb02.addresses()
        time.sleep(0.1)
    assert_nobody_was_shot(lab)


# ---- the run directory and the state file ----

def test_bad_run_directory_is_taken(lab):
    lb01 = lab.nodes[0]
    with open("/proc/%d/status" % lb01.daemon, encoding="ascii") as file:
        pid = re.search(r"NSpid:.*\t(\d+)\n", file.read()).group(1)
    begun = time.monotonic()
    done = try_start(lb01)
    assert done.returncode == 1, done.stderr
    assert time.monotonic() - begun < 8
    assert "another twinbeatd (pid %s)" % pid in done.stderr
    assert lb01.run_dir in done.stderr
    keeps(lab, lb01)
    assert lb01.twinbeat("status").returncode == 0  # its socket is there
    lab.settle()


def test_bad_run_directory_is_swept_away(lab):
    """And with it the locks: all the same no second daemon of this node."""
    lb01 = lab.nodes[0]
    lab.settle()
    for _ in range(5):
        shutil.rmtree(lb01.run_dir)
        done = try_start(lb01)
        assert done.returncode == 1, done.stderr
        # if not, it has made its folder anew by then, and is found there
        if "works in " + lb01.run_dir not in done.stderr:
            break
    assert "another twinbeatd works with " + lb01.state_dir in done.stderr
    lab.outage_ms()
    time.sleep(1)
    assert lab.outage_ms()[1] == "lb01"
    # its end, by any way, gives the lock back
    lb01.kill()
    lb01.starter.wait(10)
    lb01.start()
    lab.settle(owner=1)


def damage(node, how):
    path = os.path.join(node.state_dir, "state")
    with open(path, "rb") as file:
        good = file.read()
    assert good
    bad = {"cut": good[:len(good) // 2], "empty": b"",
           "bytes": os.urandom(700), "long": good * 100,
           "flipped": re.sub(rb"(\d)\n", lambda m: b"%d\n" % (
               (int(m.group(1)) + 1) % 10), good, count=1)}[how]
    assert bad != good
    with open(path, "wb") as file:
        file.write(bad)
    return bad


HOWS = ["cut", "empty", "bytes", "long", "flipped"]


@pytest.mark.parametrize("how", HOWS)
def test_bad_state_file_proves_nothing(lab, how):
    """What a good life had proven is not believed: it waits, unarmed."""
    lb01, lb02 = lab.nodes
    for node in (lb02, lb01):
        assert node.stop() == 0
    bad = damage(lb01, how)
    lb01.empty_run_dir()  # its machine boots
    lb01.start()
    lb01.wait_log("proves nothing")
    with open(lb01.state_dir + "/state.damaged", "rb") as file:
        assert file.read() == bad
    wait_for("it waits", lambda: lb01.alerts() & {"waiting", "no-fencing"})
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert lb01.state() == "BACKUP" and VIP not in lb01.addresses()
        time.sleep(0.1)
    assert_nobody_was_shot(lab)
    lb02.start()
    lab.settle()


def test_bad_state_file_of_the_standby(lab):
    lb01, lb02 = lab.nodes
    assert lb02.stop() == 0
    damage(lb02, "cut")
    lb02.start()
    lb02.wait_log("proves nothing")
    keeps(lab, lb01)
    lab.settle()  # plugs are proven anew


# ---- the control socket ----

def ask(node, request, shut=False):
    """One line, or none, comes back; None if the daemon hung up."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(os.path.join(node.run_dir, "control.sock"))
        try:
            client.sendall(request)
            if shut:
                client.shutdown(socket.SHUT_WR)
            answer = b""
            while not answer.endswith(b"\n"):
                got = client.recv(4096)
                if not got:
                    break
                answer += got
        except (BrokenPipeError, ConnectionResetError):
            return None
    return json.loads(answer) if answer else None


def test_bad_command_on_the_control_socket(lab):
    lb01 = lab.nodes[0]
    answer = ask(lb01, b'{"command":"dance"}\n')
    assert answer["done"] and not answer["ok"]
    assert '"dance" is not known' in answer["text"]
    assert lb01.twinbeat("dance").returncode == 2
    keeps(lab, lb01, 1)


REQUESTS = [
    b"\n", b"nonsense\n", b"{}\n", b"[]\n", b"null\n", b"\xff\xfe\n",
    b"\0\0\0\n", b"[" * 4000 + b"\n", b"{" * 4000 + b"\n",
    b'{"command":1}\n', b'{"command":"status","command":"standby"}\n',
    b'{"command":"standby","node":"lb02"}\n',
    b'{"command":"fence","node":"lb03","action":"off"}\n',
    b'{"command":"fence","node":"lb02","action":"explode"}\n',
    b'{"command":"fence","node":["lb02"],"action":"off"}\n',
    b'{"command":"confirm","node":"lb02","force":"yes"}\n',
    b'{"command":"maintenance","on":1}\n',
    b'{"command":"' + b"a" * 3000 + b'"}\n']


def test_bad_requests_on_the_control_socket(lab):
    lb01, lb02 = lab.nodes
    daemon = lb01.daemon
    for request in REQUESTS:
        answer = ask(lb01, request)
        assert answer and answer["done"] and not answer["ok"], request
        assert 0 < len(answer["text"]) < 300, request
    for size in (4097, 5000, 100000, 4000000):
        answer = ask(lb01, b'{"' + b"a" * size)
        assert answer is None or not answer["ok"], size
    assert "4096" in ask(lb01, b"a" * 4200)["text"]
    for half in (b"", b'{"command":"stand', os.urandom(100).replace(
            b"\n", b"")):
        assert not (ask(lb01, half, shut=True) or {}).get("ok")
    keeps(lab, lb01, 1)
    lab.settle()
    assert lb01.daemon == daemon and lb01.starter.poll() is None
    assert not lb01.status()["maintenance"] and lb02.state() == "BACKUP"


def test_bad_crowd_on_the_control_socket(lab):
    """Who connects and is silent takes a seat for 10 s, not the daemon."""
    lb01 = lab.nodes[0]
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    try:
        for client in crowd:
            client.setblocking(False)
            try:
                client.connect(os.path.join(lb01.run_dir, "control.sock"))
                client.send(b"{")
            except OSError:
                pass
        sent = lab.nodes[1].link("serial")["rx"]
        wait_for("it beats on", lambda: lab.nodes[1].link("serial")["rx"] >
                 sent + 10)
        wait_for("an operator gets a seat", lb01.status, 15, 0.2)
    finally:
        for client in crowd:
            client.close()
    keeps(lab, lb01)


# ---- signals ----

def test_bad_signal_hup_changes_nothing(lab):
    lb01, lb02 = lab.nodes
    helpers = [[n.helper(name) for name in ("keeper", "fencer", "runner")]
               for n in lab.nodes]
    # not even when the file has become nonsense
    with open(lab.config, encoding="ascii") as file:
        good = file.read()
    with open(lab.config, "w", encoding="ascii") as file:
        file.write(good.replace("vrid = 55", "vrid = 56") + "nonsense = ")
    for node in lab.nodes:
        for _ in range(20):
            node.kill(signal.SIGHUP)
            time.sleep(0.01)
        node.wait_log("reload refused: ")
    keeps(lab, lb01)
    assert helpers == [[n.helper(name)
                        for name in ("keeper", "fencer", "runner")]
                       for n in lab.nodes]
    assert lb02.state() == "BACKUP" and not lb01.alerts() & {
        "link-down", "config-mismatch", "process-died"}
    with open(lab.config, "w", encoding="ascii") as file:
        file.write(good)
    lab.settle()


# ---- the fence agent ----

BAD_AGENT = """{ name = "pdu"; driver = "agent"; agent = "%s";
  options = { ip = "192.0.2.20"; };
  agent_ms = 500; settle_ms = 0; power_wait_ms = 0; %s }"""


@pytest.mark.parametrize("agent, more, word", [
    ("%s/fence_stub", 'plug_key = "action";',
     'devices[0].plug_key: "action" is no name of a plug'),
    ("%s/fence_scsi", "", "devices[0].agent: fence_scsi is refused"),
])
def test_bad_agent_is_never_started(lab, tmp_path, agent, more, word):
    """A plug called "off" that is passed as the action would be cut by whoever
    only looks: no command may get as far as that, with or without daemon."""
    lb02 = lab.nodes[1]
    for name in ("fence_stub", "fence_scsi"):
        path = tmp_path / name
        path.write_text("#!/bin/sh\ncat >>%s/called\n" % tmp_path)
        path.chmod(0o755)
    text = own_config(lab, lb02, devices=BAD_AGENT % (agent % tmp_path, more))
    line = 1 + text[:text.index("plug_key" if more else "agent =")].count("\n")
    done = lb02.twinbeat("check", lb02.config)
    assert done.returncode == 1
    assert "%s:%d: error: %s" % (lb02.config, line, word) in done.stdout
    restart_refused(lab, lb02, word)
    for action in ("--dry-run", "--action=status", "--action=off"):
        done = lb02.twinbeat("fence", "lb01", action, "--yes")
        assert done.returncode != 0, done
    assert not os.path.exists(tmp_path / "called"), "an agent was started"
    mend(lab, lb02)
