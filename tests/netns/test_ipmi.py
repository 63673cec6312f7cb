# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPMI driver: Debian's ipmi_sim, and a BMC of our own for what that lacks.

As for every driver: off is only what a fresh status said, twice. A BMC that
is silent, late, forged or hostile leaves the plug unknown, and each refusal
says what to do about it.
"""
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from bmc_lab import SECRET, BmcLab, Sim
from fence_lab import BUILD, Fencer, Switch, device, plug
from lab import wait_for
from test_spare import no_more_processes, wait_spare

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tools"))
from bmc import NO_SUITE, USER, Bmc  # noqa: E402

OPENSESSPRIV = 16


@pytest.fixture(name="password")
def make_password(tmp_path):
    path = tmp_path / "password"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(name="lab")
def make_lab(tmp_path, password):
    """Makes BMCs, switches and fencers, and removes them."""
    class Lab:
        made = []

        def bmc(self, **options):
            self.made.append(Bmc(**options))
            return self.made[-1]

        def switch(self, **options):
            self.made.append(Switch(str(tmp_path), **options))
            return self.made[-1]

        def fencer(self, *settings):
            self.made.append(Fencer(*settings))
            return self.made[-1]

        def one(self, bmc=None, **fields):
            bmc = bmc or self.bmc()
            return bmc, self.fencer(ipmi(bmc, password, **fields), plug())
    lab = Lab()
    lab.made = []
    yield lab
    for thing in reversed(lab.made):
        thing.stop()


def ipmi(bmc, password, **fields):
    words = dict(name="bmc1", driver="ipmi", host=bmc.host, port=bmc.port,
                 user="fence", password_file=password, settle_ms=20,
                 power_wait_ms=0, session_ms=800, retransmit_ms=200)
    words.update(fields)
    return "device " + " ".join("%s=%s" % item for item in words.items())


def read(fencer):
    """The state that one read tells, and its sentence."""
    done = fencer.run("read")
    assert done["outcome"] == "read", done
    assert (done["ok"] == 1) == (done["plugs"][0] != "unknown")
    return done["plugs"][0], done["text"]


def assert_not_off(done):
    assert done["outcome"] in ("failed", "unknown"), done
    assert "bmc1" in done["text"] and SECRET not in done["text"], done


@pytest.mark.parametrize("suite", [17, 3])
def test_R6_off_and_on_are_read_back(lab, suite):
    bmc, fencer = lab.one(lab.bmc(suites=(suite,)), cipher=suite)
    assert read(fencer) == ("on", "")
    done = fencer.run("off")
    assert done["outcome"] == "off" and not bmc.power, done
    # status; off; status twice: what the fencer says, a BMC has said twice
    assert [what for what, _ in bmc.log[-4:]] == ["status", "off", "status",
                                                  "status"]
    assert read(fencer) == ("off", "")
    assert fencer.run("off")["outcome"] == "already-off"
    done = fencer.run("on")
    assert done["outcome"] == "on" and bmc.power, done
    assert bmc.count("cycle") == bmc.count("reset") == bmc.count("soft") == 0
    # every session was ended: a BMC has few
    assert bmc.closed == len(bmc.sessions)


def test_the_stand_in_is_a_bmc_to_others_too(lab):
    """ipmitool and ipmipower agree with it, and with us, on what is so."""
    bmc, fencer = lab.one()
    for suite in ("17", "3"):
        def ipmitool(*words):
            return subprocess.run(
                ["ipmitool", "-I", "lanplus", "-H", bmc.host, "-p",
                 str(bmc.port), "-U", "fence", "-P", SECRET, "-L", "OPERATOR",
                 "-C", suite, "chassis", "power", *words], text=True,
                capture_output=True, timeout=20, check=True).stdout
        assert fencer.run("off")["outcome"] in ("off", "already-off")
        assert "is off" in ipmitool("status")
        answer = subprocess.run(
            ["ipmipower", "-h", "%s:%d" % (bmc.host, bmc.port), "-u", "fence",
             "-p", SECRET, "-D", "LAN_2_0", "-l", "OPERATOR", "-I", suite,
             "--stat"], text=True, capture_output=True, timeout=30,
            check=True).stdout
        assert ": off" in answer
        ipmitool("on")
        assert bmc.power and read(fencer)[0] == "on"
    assert "password invalid" in subprocess.run(
        ["ipmipower", "-h", "%s:%d" % (bmc.host, bmc.port), "-u", "fence",
         "-p", "wrong", "-D", "LAN_2_0", "-l", "OPERATOR", "-I", "17",
         "--stat"], text=True, capture_output=True, timeout=30,
        check=False).stdout


# What it is, what the BMC is like, what the driver is told, what it says.
REFUSED = [
    ("wrong password", {"password": "other"}, {}, "wrong password for user "
     "\"fence\"; write the right one into its password file"),
    ("wrong user", {"user": "operator"}, {}, "knows no user \"fence\""),
    ("wrong privilege", {"privilege": USER}, {},
     "does not get privilege \"operator\"; grant it there"),
    ("too much asked", {}, {"privilege": 2}, "privilege \"admin\""),
    ("suite 17 only", {"suites": (17,)}, {"cipher": 3},
     "as some do over cipher suite 3: allow that there, or set cipher = 17"),
    ("suite 3 only", {"suites": (3,)}, {},
     "as some do over cipher suite 17: allow that there, or set cipher = 3"),
    ("no match", {"suites": (3,), "suite_status": NO_SUITE}, {},
     "does not take cipher suite 17; allow it there, or set cipher = 3"),
]


@pytest.mark.parametrize("what,is_like,told,says", REFUSED,
                         ids=[row[0] for row in REFUSED])
def test_a_refusal_says_what_to_do(lab, what, is_like, told, says):
    bmc, fencer = lab.one(lab.bmc(**is_like), **{"session_ms": 3000, **told})
    bmc.power = False           # a right answer would read off
    began = time.monotonic()
    state, text = read(fencer)
    assert state == "unknown" and says in text, (what, text)
    assert "bmc1 at 127.0.0.1:%d: " % bmc.port in text
    assert time.monotonic() - began < 2.5, "at once, not by a time-out"
    done = fencer.run("off")
    assert_not_off(done)
    assert says in done["text"] and bmc.count("off") == 0


def test_a_refused_command_is_told(lab):
    """The session stands, but the user may not switch (0xd4)."""
    bmc, fencer = lab.one()
    bmc.tell("d4")
    done = fencer.run("off")
    assert_not_off(done)
    assert any("power off refused: user \"fence\" with privilege \"operator\" "
               "may not" in step["text"] for step in fencer.steps)
    assert "still reads on" in done["text"] and bmc.power


SILENT = "its state is unknown; check its power and network"


# Each fault, and what a read then says. The server is off in truth.
HOSTILE = [
    ("silent", SILENT), ("garbage", "session"), ("late 0.4", SILENT),
    ("forge", SILENT), ("full", "session"), ("busy", "busy"),
    ("drop 60", SILENT),
]


@pytest.mark.parametrize("fault,says", HOSTILE,
                         ids=[row[0] for row in HOSTILE])
def test_R6_no_whole_answer_is_unknown_never_off(lab, fault, says):
    bmc, fencer = lab.one()
    bmc.power = False
    bmc.tell(fault)
    began = time.monotonic()
    state, text = read(fencer)
    assert state == "unknown" and says in text, text
    assert time.monotonic() - began < 4, "far longer than session_ms"
    assert_not_off(fencer.run("off"))
    assert time.monotonic() - began < 8
    bmc.tell("none")
    assert fencer.run("off")["outcome"] == "already-off"


def test_R6_nobody_there_is_unknown(lab, password):
    """Neither a closed port nor a dead host is off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    class Nobody:
        host = "127.0.0.1"
    Nobody.port = port
    fencer = lab.fencer(ipmi(Nobody, password), plug())
    state, text = read(fencer)
    assert state == "unknown" and SILENT in text
    assert_not_off(fencer.run("off"))


def test_lost_packets_are_sent_again(lab):
    bmc, fencer = lab.one()
    bmc.tell("drop 2")
    assert read(fencer) == ("on", "")


def test_R6_a_server_takes_its_time_to_go_off(lab):
    bmc, fencer = lab.one()
    bmc.tell("slow 1.2")
    began = time.monotonic()
    done = fencer.run("off")
    assert done["outcome"] == "off" and not bmc.power, done
    assert 1.2 <= time.monotonic() - began < 2.5
    # asked once: a second power-down could meet what comes up again
    assert bmc.count("off") == 1


def test_R6_confirmed_and_still_on_is_not_off(lab):
    bmc, fencer = lab.one(off_ms=1000)
    bmc.tell("stuck")
    began = time.monotonic()
    done = fencer.run("off")
    assert done["outcome"] == "failed" and bmc.power, done
    assert "still reads on" in done["text"]
    assert 1.0 <= time.monotonic() - began < 3.5
    assert bmc.count("off") == 1


def test_R6_off_and_on_again_is_not_off(lab):
    bmc, fencer = lab.one(off_ms=1000)
    bmc.tell("flap")
    state, text = read(fencer)
    assert state == "unknown" and "it said off and, 100 ms later, on" in text
    assert_not_off(fencer.run("off"))


def test_R6_what_comes_back_reads_on(lab):
    """Off was true when it was said; nobody keeps a state of yesterday."""
    bmc, fencer = lab.one()
    bmc.tell("cycle")
    assert fencer.run("off")["outcome"] == "off"
    wait_for("somebody switched it on", lambda: bmc.power, 3)
    assert read(fencer) == ("on", "")


def test_R6_silence_after_the_command_is_not_off(lab):
    """The power command arrived; then the BMC's own power was gone too."""
    bmc, fencer = lab.one()
    bmc.tell("dies")
    done = fencer.run("off")
    assert_not_off(done)
    assert SILENT in done["text"] and done["wrote"] == 1
    assert bmc.count("off") >= 1 and not bmc.power


def test_R6_a_dead_bmc_leaves_it_to_the_next_level(lab, password):
    """Level 1 the BMC, level 2 a power switch: what README advises."""
    bmc, switch = lab.bmc(), lab.switch()
    bmc.tell("silent")
    fencer = lab.fencer(ipmi(bmc, password), device(switch), plug(),
                        plug(level=2, which=1))
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["level"] == 2, done
    assert not switch.plug(1)["power"]
    assert done["ok"] == 2 and done["tried"] == 3


def test_R14_a_slow_bmc_is_read_at_its_own_pace(lab, password):
    """It answers within its session_ms, be there other devices or not."""
    bmc, switch = lab.bmc(), lab.switch()
    bmc.tell("late 0.2")
    fencer = lab.fencer(ipmi(bmc, password, session_ms=4000,
                             retransmit_ms=500), device(switch), plug(),
                        plug(level=2, which=1))
    began = time.monotonic()
    done = fencer.run("read")
    assert done["plugs"][:2] == ["on", "on"] and done["ok"] == 3, done
    assert time.monotonic() - began > 1.0


def test_the_password_is_read_at_each_use(lab, password):
    bmc, fencer = lab.one()
    assert read(fencer) == ("on", "")
    bmc.password = b"new"
    assert "wrong password" in read(fencer)[1]
    password.write_text("new")
    assert read(fencer) == ("on", "")
    password.chmod(0o644)
    state, text = read(fencer)
    assert state == "unknown" and "has mode 0644" in text
    password.unlink()
    state, text = read(fencer)
    assert state == "unknown"
    assert "no such file; write the password into it" in text
    # nor is it anywhere to be seen meanwhile
    with open("/proc/%d/cmdline" % fencer.pid, "rb") as line:
        assert line.read() == b"twinbeat-fencer-ipmi\0"
    with open("/proc/%d/environ" % fencer.pid, "rb") as environment:
        assert SECRET.encode() not in environment.read()


def test_a_channel_key(lab, tmp_path):
    """K_g, as text and as hex digits; a wrong one and none are told."""
    key = tmp_path / "kg"
    bmc = lab.bmc(kg=b"channel")
    _, without = lab.one(bmc)
    _, fencer = lab.one(bmc, kg_file=key)
    for text in ("channel\n", "0x6368616e6E656c"):
        key.write_text(text)
        key.chmod(0o600)
        assert read(fencer) == ("on", "")
    key.write_text("other")
    state, text = read(fencer)
    assert state == "unknown" and "has another channel key K_g" in text
    state, text = read(without)
    assert state == "unknown" and "name a file with it as kg_file" in text
    key.write_text("0x636")
    state, text = read(fencer)
    assert state == "unknown" and "is no key K_g: at most 20" in text


def test_a_credential_is_read_from_systemds_folder(lab, tmp_path,
                                                   monkeypatch):
    (tmp_path / "bmc1").write_text(SECRET)
    (tmp_path / "bmc1").chmod(0o440)    # as an access list's mask shows
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    bmc = lab.bmc()
    fencer = lab.fencer(ipmi(bmc, "", password_credential="bmc1"), plug())
    assert read(fencer) == ("on", "")


def test_R6_the_fencer_outlives_what_hangs(lab):
    """A kill at the deadline takes the conversation's process along."""
    bmc, fencer = lab.one(session_ms=5000, retransmit_ms=1000)
    bmc.tell("silent")
    # one stands ready for a command, and is there for no read
    wait_for("one stands ready", lambda: len(fencer.children()) == 1)
    ready = set(fencer.children())
    number = fencer.ask("read")
    time.sleep(0.3)
    attempt = set(fencer.children()) - ready
    assert len(attempt) == 1
    fencer.run("off node=9")        # refused, and answered meanwhile
    os.kill(attempt.pop(), signal.SIGKILL)
    done = fencer.wait(number)
    assert done["outcome"] == "unknown"
    bmc.tell("none")
    assert read(fencer) == ("on", "")
    until = time.monotonic() + 2
    while len(fencer.children()) > 1:   # the last one is on its way out
        assert time.monotonic() < until, fencer.children()
        time.sleep(0.01)


def install_nothing(_):
    """No twinbeat-fencer-ipmi at all."""


def install_the_plain_build(folder):
    """A package that was built without libfreeipmi, under both names."""
    shutil.copy(folder / "twinbeat-fencer", folder / "twinbeat-fencer-ipmi")


def install_a_link(folder):
    (folder / "twinbeat-fencer-ipmi").symlink_to("twinbeat-fencer")


def install_a_wrapper(folder):
    path = folder / "twinbeat-fencer-ipmi"
    path.write_text("#!/bin/sh\nexec %s/twinbeat-fencer\n" % folder)
    path.chmod(0o755)


@pytest.mark.parametrize("install", [install_nothing, install_the_plain_build,
                                     install_a_link, install_a_wrapper])
def test_without_the_library_other_devices_work(lab, password, tmp_path,
                                                monkeypatch, install):
    """No build with libfreeipmi is installed: IPMI says so, Modbus works, and
    no fencer becomes itself again and again, at full speed and for ever."""
    shutil.copy(os.path.join(BUILD, "twinbeat-fencer"), tmp_path)
    install(tmp_path)
    os.makedirs(tmp_path / "tests", exist_ok=True)
    shutil.copy(os.path.join(BUILD, "tests", "fencer_tool"),
                tmp_path / "tests")
    if os.path.exists("/usr/libexec/twinbeat/twinbeat-fencer-ipmi"):
        pytest.skip("twinbeat is installed here")
    bmc, switch = lab.bmc(), lab.switch()
    monkeypatch.setattr("fence_lab.BUILD", str(tmp_path))
    fencer = lab.fencer(ipmi(bmc, password), device(switch), plug(),
                        plug(level=2, which=1))
    done = fencer.run("read")
    assert done["plugs"][:2] == ["unknown", "on"]
    assert "twinbeat-fencer-ipmi could not be started" in done["text"]
    assert bmc.packets == 0
    assert fencer.run("off")["level"] == 2


def test_only_pairs_with_a_bmc_pay_for_the_library(lab, password):
    def libraries(fencer):
        with open("/proc/%d/maps" % fencer.pid, encoding="ascii") as maps:
            return maps.read()
    bmc, with_bmc = lab.one()
    without = lab.fencer(device(lab.switch()), plug())
    assert read(with_bmc) == ("on", "")
    assert without.run("read")["plugs"][0] == "on"
    assert "libfreeipmi" in libraries(with_bmc)
    assert "libfreeipmi" not in libraries(without)


def family(pid):
    """It and all that came of it."""
    pids = [pid]
    for one in pids:
        try:
            with open("/proc/%d/task/%d/children" % (one, one),
                      encoding="ascii") as children:
                pids += [int(word) for word in children.read().split()]
        except OSError:
            pass
    return pids


def busy_ticks(pid):
    """Its processor time in 1/100 s; None when it has ended."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else int(words[11]) + int(words[12])


@pytest.mark.parametrize("fault", ["silent", "late 0.2", "garbage", "none"])
@pytest.mark.parametrize("end", ["kill", "close"])
def test_R6_no_orphan_stays_nor_spins(lab, fault, end):
    """The daemon dies, or its socket goes, with a request under way: fencer,
    attempt and conversation end, none of them at full speed."""
    bmc, fencer = lab.one(session_ms=1500)
    bmc.tell(fault)
    fencer.ask("off")
    fencer.ask("read")
    wait_for("an attempt", fencer.children)
    time.sleep(0.15)
    pids = family(fencer.pid)
    if end == "kill":
        fencer.kill_parent()
    else:
        fencer.send("close")
    began = time.monotonic()
    while any(busy_ticks(pid) is not None for pid in pids):
        assert time.monotonic() - began < 10, family(fencer.pid)
        for pid in pids:
            assert (busy_ticks(pid) or 0) < 100, "it spins"
        time.sleep(0.05)


# ---- Debian's ipmi_sim ----

@pytest.fixture(name="sim")
def make_sim(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sim = Sim(str(tmp_path / "sim"), port=port)
    yield sim
    sim.stop()


def test_R6_ipmi_sim_goes_off_and_on(lab, sim, password):
    fencer = lab.fencer(ipmi(sim, password, session_ms=5000,
                             retransmit_ms=1000, cipher=3,
                             workarounds=OPENSESSPRIV), plug())
    assert read(fencer) == ("on", "")
    done = fencer.run("off")
    assert done["outcome"] == "off" and not sim.power(), done
    assert fencer.run("off")["outcome"] == "already-off"
    assert fencer.run("on")["outcome"] == "on"
    assert sim.power()
    # and no reset, no ACPI shutdown; a slow answer is asked for once more
    powers = [e["on"] for e in sim.events() if e["event"] == "power"]
    assert [on for on, _ in itertools.groupby(powers)] == [False, True]
    assert {e["event"] for e in sim.events()} == {"asked", "power"}


def test_ipmi_sim_refuses_what_it_lacks(lab, sim, password):
    """No suite 17, and a privilege it cannot grant without the workaround."""
    fencer = lab.fencer(ipmi(sim, password, session_ms=5000,
                             retransmit_ms=1000,
                             workarounds=OPENSESSPRIV), plug())
    state, text = read(fencer)
    assert state == "unknown" and "over cipher suite 17: allow" in text
    fencer = lab.fencer(ipmi(sim, password, session_ms=5000,
                             retransmit_ms=1000, cipher=3), plug())
    state, text = read(fencer)
    assert state == "unknown" and "opensesspriv" in text


def test_R6_a_stopped_ipmi_sim_is_unknown(lab, sim, password):
    fencer = lab.fencer(ipmi(sim, password, cipher=3, session_ms=3000,
                             retransmit_ms=1000,
                             workarounds=OPENSESSPRIV), plug())
    assert fencer.run("off")["outcome"] == "off"
    sim.process.send_signal(signal.SIGSTOP)
    state, text = read(fencer)
    assert state == "unknown" and SILENT in text
    assert_not_off(fencer.run("off"))
    sim.process.send_signal(signal.SIGCONT)
    assert read(fencer) == ("off", "")


# ---- a pair ----

@pytest.fixture(name="make_pair")
def make_make_pair():
    made = []

    def make(**options):
        made.append(BmcLab(**options))
        made[-1].build()
        made[-1].settle()
        return made[-1]
    yield make
    for pair in made:
        pair.show()
        try:
            pair.judge()
        finally:
            pair.close()


def test_S01_R6_a_pair_takes_over_through_its_bmc(make_pair):
    """The owner's mainboard dies; its BMC cuts it, and says so."""
    pair = make_pair()
    lb01, lb02 = pair.nodes
    assert "twinbeat-fencer-ipmi" in lb02.inside("ps", "-eo", "args").stdout
    lb01.die()
    lb02.wait_state("MASTER")
    pair.wait_client("lb02")
    assert lb02.proof() == "fenced" and not pair.bmcs[0].power()
    pair.judge_fenced_claim(lb02)
    assert SECRET not in lb02.read_log() + lb02.twinbeat("status").stdout
    # and back: the operator switches it on, it boots as standby
    pair.bmcs[0].power(True)
    lb01.power_on()
    pair.settle(owner=1)


def test_S28_R6_bmc_dies_with_its_node(make_pair):
    """Without mains the BMC is silent: level 1 proves nothing, level 2 does."""
    pair = make_pair(with_pdu=True)
    lb01, lb02 = pair.nodes
    pair.bmcs[0].process.kill()
    lb01.die()
    lb02.wait_state("MASTER")
    assert lb02.proof() == "fenced" and pair.bmcs[0].power()
    assert "level 1: bmc1 at 10.99.1.201:623: no whole answer" in \
        lb02.read_log()
    pair.judge_fenced_claim(lb02)


def test_S28_R6_bmc_alone_dies_with_its_node(make_pair):
    """What `twinbeat check` warns of: the other node holds, and says why."""
    pair = make_pair()
    lb01, lb02 = pair.nodes
    checked = lb02.twinbeat("check")
    assert "only IPMI can cut" in checked.stdout, checked
    pair.bmcs[0].process.kill()
    lb01.die()
    lb02.wait_alert("fence-failed")
    assert lb02.state() == "BACKUP"
    lb02.wait_alert("fence-device")
    assert "its state is unknown" in " ".join(
        lb02.twinbeat("status").stdout.split())


def test_R14_a_lost_password_file_is_an_alert(make_pair):
    pair = make_pair(monitor_s=1)
    _, lb02 = pair.nodes
    password = os.path.join(pair.dir, "bmc.pw")
    os.rename(password, password + ".away")
    lb02.wait_alert("fence-device")

    def told():     # a line of status may be broken anywhere
        return " ".join(lb02.twinbeat("status").stdout.split())
    wait_for("the alert says why", lambda: "no such file; write the password "
             "into it" in told(), 10, 0.1)
    checked = lb02.twinbeat("check")
    assert checked.returncode == 1
    assert "devices[0].password_file" in checked.stdout
    os.rename(password + ".away", password)
    wait_for("the alert is gone",
             lambda: "fence-device" not in lb02.alerts(), 10, 0.1)


def test_R6_a_node_is_cut_where_no_process_is_left(lab, password):
    """Neither for the attempt nor for its conversation."""
    bmc, fencer = lab.one()
    spare = wait_spare(fencer)
    with no_more_processes([fencer.pid, spare]) as end_it:
        assert read(fencer)[0] == "on"
        done = fencer.run("off")
        assert done["outcome"] == "off", done
        assert not bmc.power
        # one that is silent costs its time, and is not off
        bmc.tell("silent")
        state, text = read(fencer)
        assert state == "unknown", text
        end_it()
        wait_spare(fencer, [spare])
