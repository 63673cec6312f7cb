# SPDX-License-Identifier: GPL-3.0-or-later
"""What real switches, gateways and BMCs do to those who ask: each fence ends
as it should, or says what to set; none is called off that is on."""
import socket
import sys
import threading
import time

import pytest

from fence_lab import Fencer, Switch, device, plug
from lab import ROOT, wait_for
from test_modbus_line import Line, device as line_device

sys.path.insert(0, ROOT + "/tests/tools")
from bmc import Bmc             # noqa: E402
from vices import Vices         # noqa: E402


@pytest.fixture(name="lab")
def make_lab(tmp_path):
    class Lab:
        def __init__(self):
            self.made = []

        def switch(self, **vices):
            """A switch, and what stands before it."""
            real = Switch(str(tmp_path), "pdu%d" % len(self.made))
            self.made.append(real)
            self.made.append(Vices((real.host, real.port), **vices))
            return real, self.made[-1]

        def line(self):
            self.made.append(Line(str(tmp_path)))
            return self.made[-1]

        def bmc(self, **options):
            self.made.append(Bmc(**options))
            return self.made[-1]

        def fencer(self, *settings):
            self.made.append(Fencer(*settings))
            return self.made[-1]
    lab = Lab()
    yield lab
    for thing in reversed(lab.made):
        thing.stop()


@pytest.fixture(name="password")
def make_password(tmp_path):
    path = tmp_path / "bmc.pw"
    path.write_text("secret12\n")
    path.chmod(0o600)
    return str(path)


def assert_off(done, switch, number=1):
    assert done["outcome"] == "off", done
    assert not switch.plug(number)["power"]


def assert_not_off(done):
    assert done["outcome"] in ("failed", "unknown"), done


# ---- few sockets ----

@pytest.mark.parametrize("slots", [1, 2, 4])
def test_R6_one_connection_serves_a_fence_and_its_second_reading(lab, slots):
    """A socket that was closed is not free again for 20 s."""
    switch, pdu = lab.switch(slots=slots, hold=20.0)
    fencer = lab.fencer(device(pdu), plug(node=0, number=2), plug(number=1))
    assert_off(fencer.run("off guard=1"), switch)
    time.sleep(0.3)                         # power_wait_ms
    done = fencer.run("read")
    assert done["plugs"][0] == "off" and done["ok"] == 1, done
    assert pdu.count("open") == 1 and not pdu.count("refused")


def test_R14_a_monitor_takes_one_socket_and_gives_it_back(lab):
    """The plugs of both nodes are read over one connection."""
    switch, pdu = lab.switch(slots=2, hold=20.0)
    fencer = lab.fencer(device(pdu), plug(node=0, number=2), plug(number=1))
    numbers = [fencer.ask("read node=0"), fencer.ask("read node=1")]
    for number in numbers:
        assert fencer.wait(number)["plugs"][0] == "on"
    wait_for("the connection is closed", lambda: pdu.count("closed") == 1, 2)
    assert pdu.count("open") == 1
    other = lab.fencer(device(pdu), plug(node=0, number=2), plug(number=1))
    assert_off(other.run("off guard=1"), switch)


def test_R6_a_refused_socket_is_not_asked_ten_times(lab):
    switch, pdu = lab.switch(slots=1, hold=0.3)
    with socket.create_connection((pdu.host, pdu.port)):
        wait_for("it is taken", lambda: pdu.count("open") == 1, 2)
        fencer = lab.fencer(device(pdu), plug())
        began = time.monotonic()
        done = fencer.run("off")
        took = time.monotonic() - began
    assert_not_off(done)
    assert "socket free" in done["text"], done
    assert 2 <= pdu.count("refused") <= 5 and took < 2.5, pdu.events
    wait_for("it is free", lambda: pdu.in_use() == 0, 2)
    assert_off(fencer.run("off"), switch)


# ---- connections that do not last ----

@pytest.mark.parametrize("vices", [
    {"close": True}, {"split": 0.05}, {"busy": 0.3}, {"mute": 1},
    {"mute": 2}, {"cut": 1}, {"cut": 2}, {"close": True, "split": 0.02},
    {"ids": "zero"}, {"ids": "zero", "close": True},
], ids=lambda vices: "-".join("%s=%s" % item for item in vices.items()))
def test_R6_a_fence_lives_with(lab, vices):
    switch, pdu = lab.switch(**vices)
    fencer = lab.fencer(device(pdu, response_ms=300), plug())
    assert_off(fencer.run("off"), switch)
    assert fencer.run("read")["plugs"][0] == "off"


@pytest.mark.parametrize("vices", [
    {"mute": 0, "deaf": 60.0}, {"busy": 60.0}, {"cut": 1000},
    {"slots": 1, "hold": 60.0, "cut": 1000}, {"split": 0.7},
], ids=lambda vices: "-".join("%s=%s" % item for item in vices.items()))
def test_R6_no_device_delays_an_attempt_beyond_its_time(lab, vices):
    """Two plugs; each may take 400 ms to be read, and as long to be told."""
    switch, pdu = lab.switch(**vices)
    fencer = lab.fencer(device(pdu), plug(number=1), plug(number=2))
    began = time.monotonic()
    assert_not_off(fencer.run("off"))
    assert time.monotonic() - began < 4 * 0.8 + 1.5
    assert_not_off(fencer.run("off"))


# ---- a pause after connecting ----

def test_a_device_that_wants_a_pause_is_given_one(lab):
    switch, pdu = lab.switch(deaf=0.4)
    fencer = lab.fencer(device(pdu, connect_wait_ms=500), plug())
    assert_off(fencer.run("off"), switch)


@pytest.mark.parametrize("vices", [{"deaf": 0.7}, {"deaf": 0.7, "slots": 2},
                                   {"deaf": 5.0}])
def test_a_device_that_is_deaf_at_first_is_told_of(lab, vices):
    _, pdu = lab.switch(**vices)
    fencer = lab.fencer(device(pdu), plug())
    done = fencer.run("off")
    assert_not_off(done)
    assert "connect_wait_ms" in done["text"], done


# ---- changes that show later ----

@pytest.mark.parametrize("lag", [0.8, 1.5])
def test_a_change_may_show_later(lab, lag):
    switch, pdu = lab.switch(lag=lag)
    fencer = lab.fencer(device(pdu, off_ms=2500), plug())
    assert_off(fencer.run("off"), switch)
    assert len(switch.requests(5)) == 1


def test_a_change_that_shows_too_late_names_the_key(lab):
    switch, pdu = lab.switch(lag=1.5)
    fencer = lab.fencer(device(pdu), plug())
    done = fencer.run("off")
    assert_not_off(done)
    assert "raise off_ms (0)" in done["text"], done
    assert switch.plug(1)["power"]


def test_R6_what_has_confirmed_is_read_though_it_is_silent(lab, password):
    """A BMC whose port is away for 2 s when its server goes off, session_ms
    600: no second off, no next level."""
    bmc = lab.bmc()
    switch, pdu = lab.switch()

    def away(on):
        if not on:
            bmc.tell("silent")
            bmc.back = time.monotonic() + 2
    bmc.on_power = away
    fencer = lab.fencer(
        "device name=bmc1 driver=ipmi host=%s port=%d user=fence "
        "password_file=%s session_ms=600 retransmit_ms=200 off_ms=4000 "
        "settle_ms=20 power_wait_ms=0" % (bmc.host, bmc.port, password),
        device(pdu), plug(), plug(level=2, which=1))
    number = fencer.ask("off")
    wait_for("it was told", lambda: not bmc.power, 5)
    wait_for("its port is back", lambda: time.monotonic() > bmc.back, 5)
    bmc.tell("none")
    done = fencer.wait(number)
    assert done["outcome"] == "off" and done["level"] == 1, done
    assert bmc.count("off") == 1 and switch.plug(1)["power"]


def ask_a_bmc(lab, password, bmc):
    """A fence by the BMC, then by a switch; session_ms 600, off_ms 2500."""
    switch, pdu = lab.switch()
    fencer = lab.fencer(
        "device name=bmc1 driver=ipmi host=%s port=%d user=fence "
        "password_file=%s session_ms=600 retransmit_ms=200 off_ms=2500 "
        "settle_ms=20 power_wait_ms=0" % (bmc.host, bmc.port, password),
        device(pdu), plug(), plug(level=2, which=1))
    return switch, fencer.run("off")


def test_B08_a_port_that_comes_and_goes_is_read_on(lab, password):
    """Away twice, and there for a moment in between."""
    bmc = lab.bmc()

    def away(on):
        if not on:
            bmc.tell("silent")
            for seconds, fault in ((0.8, "none"), (0.9, "silent"),
                                   (1.5, "none")):
                later = threading.Timer(seconds, bmc.tell, [fault])
                later.daemon = True
                later.start()
    bmc.on_power = away
    switch, done = ask_a_bmc(lab, password, bmc)
    assert done["outcome"] == "off" and done["level"] == 1, done
    assert bmc.count("off") == 1 and switch.plug(1)["power"]


def test_B08_a_port_that_stays_away_is_no_proof(lab, password):
    """It took the order, and nobody has read off: the next level cuts."""
    bmc = lab.bmc()
    bmc.on_power = lambda on: on or bmc.tell("silent")
    switch, done = ask_a_bmc(lab, password, bmc)
    assert done["outcome"] == "off" and done["level"] == 2, done
    assert bmc.count("off") == 1 and not switch.plug(1)["power"]


# ---- odd answers ----

def test_a_coil_that_fills_its_byte(lab):
    switch, pdu = lab.switch(fill=True)
    done = lab.fencer(device(pdu), plug()).run("read")
    assert done["plugs"][0] == "unknown" and "read_on = 255" in done["text"]
    fencer = lab.fencer(device(pdu, read_on=255), plug())
    assert fencer.run("read")["plugs"][0] == "on"
    assert_off(fencer.run("off"), switch)


@pytest.mark.parametrize("on", [range(2, 9), (2,), (8,), range(1, 9)])
def test_R6_a_row_of_relays_is_never_off(lab, on):
    """It answers for all eight, whatever it is asked for; plug 1 or 2."""
    switch, pdu = lab.switch(row=True)
    for number in set(range(1, 9)) - set(on):
        switch.tell("off %d" % number)
    for read_on in (1, 255):
        fencer = lab.fencer(device(pdu, read_on=read_on), plug(number=2))
        assert fencer.run("read")["plugs"][0] != "off" or 2 not in on
    done = lab.fencer(device(pdu), plug(number=2)).run("read")
    assert done["plugs"][0] == "unknown", done
    assert "read_count" in done["text"] or "read_on" in done["text"]
    fencer = lab.fencer(device(pdu, read_count=8), plug(number=2))
    assert fencer.run("read")["plugs"][0] == ("on" if 2 in on else "off")
    assert fencer.run("off")["outcome"] in ("off", "already-off")
    assert not switch.plug(2)["power"]


@pytest.mark.parametrize("least,number", [(8, 1), (8, 3), (2, 8), (4, 5)])
def test_a_device_that_answers_only_for_many(lab, least, number):
    switch, pdu = lab.switch(least=least)
    done = lab.fencer(device(pdu), plug(number=number)).run("read")
    assert done["plugs"][0] == "unknown" and "read_count" in done["text"]
    fencer = lab.fencer(device(pdu, read_count=least), plug(number=number))
    assert_off(fencer.run("off"), switch, number)
    assert sum(switch.plug(n)["power"] for n in range(1, 9)) == 7


# ---- whose answer is it? ----

@pytest.mark.parametrize("kind", ["swap", "restamp"])
def test_R6_two_clients_with_each_others_answers(lab, kind):
    """Plug 2 is off, plug 1 on; both are asked for at the same time."""
    switch, pdu = lab.switch(ids=kind)
    switch.tell("off 2")
    one, two = (lab.fencer(device(pdu, read_count=4 if kind == "restamp"
                                  else 1), plug(number=n)) for n in (1, 2))
    for _ in range(4):
        numbers = one.ask("read"), two.ask("read")
        assert one.wait(numbers[0])["plugs"][0] != "off"
        two.wait(numbers[1])
    assert pdu.count("swapped") > 0


def test_R6_ids_of_its_own_are_told_of_and_can_be_lived_with(lab):
    switch, pdu = lab.switch(ids="count")
    done = lab.fencer(device(pdu), plug()).run("off")
    assert_not_off(done)
    assert "transaction_id" in done["text"], done
    fencer = lab.fencer(device(pdu, transaction_id=1), plug())
    switch.tell("on 1")             # it was told once, and obeyed
    before = len(switch.requests(1))
    assert_off(fencer.run("off"), switch)
    # on once, off three times: the id proves nothing
    assert len(switch.requests(1)) - before == 4


@pytest.mark.parametrize("first,second", [(1, 2), (2, 1)])
@pytest.mark.parametrize("current", [0, 50])
@pytest.mark.parametrize("late", [1, 2, 4])
def test_R6_late_answers_are_no_off(lab, late, current, first, second):
    """Plug 1 is off, plug 2 welded: it must not get plug 1's answers."""
    line = lab.line()
    fields = dict(current_off_below_ma=current) if current else {}
    fencer = lab.fencer(line_device(line, response_ms=100, **fields),
                        plug(number=first), plug(number=second))
    welded = [first, second].index(2)
    line.tell("weld 2")
    line.tell("fault late %d" % late)
    for kind in ("off", "read", "off", "read"):
        done = fencer.run(kind)
        assert done["plugs"][welded] != "off" and line.on(2), done
        assert done["outcome"] not in ("off", "already-off")


@pytest.mark.parametrize("late", [1, 2])
def test_R6_late_answers_of_another_attempt_are_no_off(lab, late):
    """Plug 1 was read, again and again, and is off; then plug 2 is read."""
    line = lab.line()
    one, two = (lab.fencer(line_device(line, response_ms=100), plug(number=n))
                for n in (1, 2))
    assert one.run("off")["outcome"] == "off"
    line.tell("fault late %d" % late)
    for _ in range(3):
        one.run("read")
        done = two.run("read")
        assert done["plugs"][0] != "off" and line.on(2), done


# ---- sessions ----

@pytest.mark.parametrize("vice,session_ms", [("late 0.15", 800),
                                             ("late 0.1", 600),
                                             ("busy", 800)])
def test_attempts_do_not_shut_themselves_out_of_a_bmc(lab, password, vice,
                                                      session_ms):
    """Four sessions, each kept for a minute unless it is closed."""
    bmc = lab.bmc(limit=4)
    fencer = lab.fencer(
        "device name=bmc1 driver=ipmi host=%s port=%d user=fence "
        "password_file=%s session_ms=%d retransmit_ms=%d off_ms=500 "
        "settle_ms=20 power_wait_ms=0" % (bmc.host, bmc.port, password,
                                          session_ms, session_ms // 2),
        plug())
    bmc.tell(vice)
    for _ in range(3):
        fencer.run("off")
    bmc.tell("none")
    wait_for("each session is closed", lambda: not bmc.held, 5)
    assert bmc.refused == 0 and len(bmc.sessions) > 3
    assert fencer.run("off")["outcome"] in ("off", "already-off")


def test_a_read_that_a_fence_ends_closes_its_session(lab, password):
    """Killed with its whole process group, again and again."""
    bmc = lab.bmc(limit=2)
    fencer = lab.fencer(
        "device name=bmc1 driver=ipmi host=%s port=%d user=fence "
        "password_file=%s session_ms=4000 retransmit_ms=2000 off_ms=500 "
        "settle_ms=20 power_wait_ms=0" % (bmc.host, bmc.port, password),
        plug())
    for _ in range(4):
        bmc.tell("late 0.1")
        number = fencer.ask("read")
        wait_for("a session stands", lambda: [
            s for i, s in bmc.sessions.items() if i in bmc.held and s.k1], 5)
        bmc.tell("none")
        done = fencer.run("on")
        assert fencer.wait(number)["outcome"] == "unknown"
        assert done["outcome"] == "on", done
    assert bmc.refused == 0
