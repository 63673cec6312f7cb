# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat-fencer against power switches that work, fail and lie.

The rule behind every test: a node is off only when every plug of a level was
read back off. The switch knows what is really so (power), the fencer must not
say more than that.
"""
import os
import resource
import signal
import socket
import statistics
import threading
import time

import pytest

from fence_lab import Fencer, Switch, boottime_us, device, plug
from lab import wait_for


@pytest.fixture(name="lab")
def make_lab(tmp_path):
    """Makes switches and fencers, and removes them."""
    class Lab:
        made = []

        def switch(self, name="pdu", **options):
            self.made.append(Switch(str(tmp_path), name, **options))
            return self.made[-1]

        def fencer(self, *settings):
            self.made.append(Fencer(*settings))
            return self.made[-1]
    lab = Lab()
    lab.made = []
    yield lab
    for thing in reversed(lab.made):
        thing.stop()


@pytest.fixture(name="one")
def make_one(lab):
    """One switch, one plug."""
    switch = lab.switch()
    return switch, lab.fencer(device(switch), plug())


def assert_not_off(done):
    assert done["outcome"] in ("failed", "unknown"), done
    assert done["text"], "no sentence"


def test_R6_off_is_read_back(one):
    switch, fencer = one
    before = boottime_us()
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["level"] == 1
    assert done["digest"] == 0x5eed and done["wrote"] == 1
    assert done["power_wait_ms"] == 1000
    assert done["plugs"][0] == "off"
    assert not switch.plug(1)["power"]
    seen = switch.requests()
    assert [r["function"] for r in seen] == [1, 5, 1]
    assert len({r["client"] for r in seen}) == 1, "not over one connection"
    # the proof's time is not before the read-back, nor in the future
    assert seen[2]["at_us"] <= done["at_us"] <= boottime_us()
    assert seen[0]["at_us"] >= before
    # who asked knew before the first power command went out
    assert fencer.writing[0]["at_us"] <= seen[1]["at_us"]
    assert any("reads on" in step["text"] for step in fencer.steps)
    assert any("reads off after" in step["text"] for step in fencer.steps)
    assert all("127.0.0.1:%d plug 1" % switch.port in step["text"]
               for step in fencer.steps)


def test_R6_already_off_writes_nothing(one):
    switch, fencer = one
    switch.tell("off 1")
    done = fencer.run("off")
    assert done["outcome"] == "already-off" and done["wrote"] == 0
    assert not switch.requests(function=5) and not fencer.writing


def test_R14_read_writes_nothing(one):
    switch, fencer = one
    done = fencer.run("read")
    assert done["outcome"] == "read" and done["plugs"][0] == "on"
    assert done["ok"] == 1 and done["tried"] == 1 and done["text"] == ""
    assert len(switch.requests()) == 1


def test_R6_on_is_read_back(one):
    switch, fencer = one
    switch.tell("off 1")
    done = fencer.run("on")
    assert done["outcome"] == "on" and switch.plug(1)["power"]
    switch.tell("off 1")
    switch.tell("weld 1")
    done = fencer.run("on")
    assert done["outcome"] == "failed", done


def test_R5_no_shot_when_our_own_plug_reads_off(lab):
    """The other node was first: one of the two has to stay."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(node=0, number=2),
                        plug(node=1, number=1))
    switch.tell("off 2")
    done = fencer.run("off guard=1")
    assert done["outcome"] == "outrun" and done["wrote"] == 0
    assert "plug 2, which feeds this node, reads off" in done["text"]
    assert switch.plug(1)["power"], "the power command went out"
    # an operator asks without it
    assert fencer.run("off")["outcome"] == "off"


def test_R5_our_own_plug_reads_on_and_the_shot_goes_on(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(node=0, number=2),
                        plug(node=1, number=1))
    done = fencer.run("off guard=1")
    assert done["outcome"] == "off" and done["wrote"] == 1
    assert switch.plug(2)["power"]


def test_R5_our_own_plug_unreadable_holds_nothing_up(lab):
    """A plug number that the switch does not have."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(node=0, number=200),
                        plug(node=1, number=1))
    assert fencer.run("off guard=1")["outcome"] == "off"


def test_R5_our_own_plug_is_read_wherever_it_is(lab):
    """One switch for each node: ours was switched off, so the other node was
    first, though the switch that we would use knows nothing of it."""
    first, second = lab.switch("pdu1"), lab.switch("pdu2")
    fencer = lab.fencer(device(first), device(second),
                        plug(node=0, which=1, number=1),
                        plug(node=1, which=0, number=1))
    second.tell("off 1")
    done = fencer.run("off guard=1")
    assert done["outcome"] == "outrun" and done["wrote"] == 0
    assert "pdu2" in done["text"] and "feeds this node" in done["text"]
    assert first.plug(1)["power"], "the power command went out"
    second.tell("on 1")
    assert fencer.run("off guard=1")["outcome"] == "off"


def test_R5_one_supply_on_each_of_two_switches(lab):
    """Two supplies: the one that the other node has cut so far is not on the
    switch that is asked first."""
    first, second = lab.switch("pdu1"), lab.switch("pdu2")
    fencer = lab.fencer(device(first), device(second),
                        plug(node=0, which=0, number=1),
                        plug(node=0, which=1, number=1),
                        plug(node=1, which=0, number=2))
    second.tell("off 1")
    assert fencer.run("off guard=1")["outcome"] == "outrun"
    assert first.plug(2)["power"]


def test_R5_a_switch_that_does_not_answer_delays_the_shot_by_300_ms(lab):
    """The guard asks what it can ask in time; the shot does not need that
    switch."""
    first, second = lab.switch("pdu1"), lab.switch("pdu2")
    fencer = lab.fencer(device(first),
                        device(second, connect_ms=2000, response_ms=2000),
                        plug(node=0, which=1, number=1),
                        plug(node=0, which=1, number=2),
                        plug(node=1, which=0, number=1))
    second.process.send_signal(signal.SIGSTOP)
    try:
        done = fencer.run("off guard=1")
    finally:
        second.process.send_signal(signal.SIGCONT)
    assert done["outcome"] == "off", done
    assert done["took_us"] >= 250000, "it was not asked"
    # 300 ms, once for both plugs; the rest is a machine that stalls
    assert done["took_us"] < 1200000, done


def test_R5_the_second_level_looks_again(lab):
    """Level 1 is dead; while it is tried the other node cuts us on level 2's
    device."""
    dead, second = lab.switch("pdu1"), lab.switch("pdu2")
    fencer = lab.fencer(device(dead), device(second),
                        plug(node=0, which=1, number=2),
                        plug(node=1, which=0, number=1, level=1),
                        plug(node=1, which=1, number=1, level=2))
    dead.process.send_signal(signal.SIGSTOP)

    def cut_us_after_the_first_look():
        while not second.requests():
            time.sleep(0.005)
        second.tell("off 2")

    other_node = threading.Thread(target=cut_us_after_the_first_look)
    other_node.start()
    try:
        done = fencer.run("off guard=1")
    finally:
        dead.process.send_signal(signal.SIGCONT)
        other_node.join()
    assert done["outcome"] == "outrun" and done["level"] == 2
    assert second.plug(1)["power"]


def test_R5_the_first_level_asks_the_device_of_the_second(lab):
    dead, second = lab.switch("pdu1"), lab.switch("pdu2")
    fencer = lab.fencer(device(dead), device(second),
                        plug(node=0, which=1, number=2),
                        plug(node=1, which=0, number=1, level=1),
                        plug(node=1, which=1, number=1, level=2))
    dead.stop()
    second.tell("off 2")
    done = fencer.run("off guard=1")
    assert done["outcome"] == "outrun" and done["level"] == 1
    assert second.plug(1)["power"]


# Every row of the table of hostile devices. READ: is the state known? OFF:
# may the outcome be off? It may where only the write's echo was wrong, or the
# fault ended, because the read-back was a right answer.
HOSTILE = [
    "silent", "exception 1", "exception 2", "exception 3", "exception 4",
    "exception 5", "exception 6", "exception 11", "slow 400", "garbage",
    "zeros", "half", "half-close", "rst", "fin", "drip 80", "wrong-tid",
    "wrong-protocol", "wrong-length", "wrong-unit", "wrong-function",
    "wrong-exception", "wrong-count", "padding", "trailing", "twice",
]


@pytest.mark.parametrize("fault", HOSTILE)
def test_R6_hostile_answers_prove_nothing(one, fault):
    switch, fencer = one
    switch.tell("off 1")    # a right answer would read off
    switch.tell("fault " + fault)
    done = fencer.run("read")
    assert done["outcome"] == "read" and done["plugs"][0] == "unknown"
    assert done["ok"] == 0 and done["tried"] == 1
    assert "pdu at 127.0.0.1:%d" % switch.port in done["text"]
    # as the port of a web page answers
    assert ("no Modbus/TCP" in done["text"]) == (
        fault in ("wrong-protocol", "garbage"))
    done = fencer.run("off")
    assert_not_off(done)
    assert "pdu" in done["text"] and "level 1" in done["text"]
    assert done["took_us"] < 2500000
    switch.tell("fault none")
    assert fencer.run("off")["outcome"] == "already-off"


@pytest.mark.parametrize("fault", HOSTILE + ["wrong-address", "wrong-value"])
def test_R6_lost_confirmation_is_settled_by_reading(one, fault):
    switch, fencer = one
    switch.tell("fault %s write" % fault)
    done = fencer.run("off")
    power = switch.plug(1)["power"]
    if done["outcome"] == "off":
        assert not power and switch.requests(function=1)[-1]["answer"] == 0
    else:
        assert power
        assert_not_off(done)


def test_R6_echo_alone_proves_nothing(one):
    """A device that confirms each write and answers no read."""
    switch, fencer = one
    switch.tell("fault silent read")
    assert_not_off(fencer.run("off"))


@pytest.mark.skipif(not os.path.exists("/proc/net/if_inet6"),
                    reason="no IPv6 on this machine")
def test_device_over_ipv6(lab):
    switch = lab.switch(host="::1")
    fencer = lab.fencer(device(switch), plug())
    done = fencer.run("off")
    assert done["outcome"] == "off"
    assert any("pdu [::1]:%d plug 1" % switch.port in step["text"]
               for step in fencer.steps)
    switch.tell("refuse on")
    other = lab.fencer(device(switch), plug())  # it has no connection yet
    assert "pdu at [::1]:%d" % switch.port in other.run("read")["text"]


def test_R6_refused_and_nobody_there(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug())
    switch.tell("refuse on")
    done = fencer.run("off")
    assert_not_off(done)
    assert "refused" in done["text"]
    switch.tell("refuse off")
    assert fencer.run("off")["outcome"] == "off"


def test_R6_connect_timeout_says_how_long(lab):
    """A full backlog drops SYNs: the connection times out."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        fill = []
        for _ in range(3):
            fill.append(socket.socket())
            fill[-1].setblocking(False)
            fill[-1].connect_ex(("127.0.0.1", port))
        fencer = lab.fencer("device name=pdu port=%d connect_ms=150 "
                            "response_ms=150 settle_ms=10" % port, plug())
        done = fencer.run("off")
        for one in fill:
            one.close()
    assert_not_off(done)
    assert "no connection within 150 ms" in done["text"]


def test_R6_welded_relay_is_not_off(one):
    """two-node-fencing scenario 27."""
    switch, fencer = one
    switch.tell("weld 1")
    done = fencer.run("off")
    assert done["outcome"] == "failed" and done["wrote"] == 1
    assert "still reads on" in done["text"]
    assert done["plugs"][0] == "on"


def test_R6_late_switch_is_waited_for(lab):
    """Fails its first requests, then works."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug())
    switch.tell("fault exception 6 count=3")
    assert fencer.run("off")["outcome"] == "off"


def test_R6_next_level_after_silence(lab):
    silent, works = lab.switch("bmc"), lab.switch("pdu")
    silent.tell("fault silent")
    fencer = lab.fencer(device(silent), device(works), plug(1, 0),
                        plug(2, 1, 3))
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["level"] == 2
    assert done["tried"] == 3 and done["ok"] == 2
    assert not works.plug(3)["power"] and works.plug(1)["power"]
    assert done["took_us"] < 1500000
    assert any("level 1: bmc" in step["text"] for step in fencer.steps)
    assert len(fencer.writing) == 1


def test_R6_levels_ascend_and_the_mask_holds(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(3, 0, 3), plug(2, 0, 2),
                        plug(1, 0, 1))
    switch.tell("weld 2")
    done = fencer.run("off levels=12")    # 2 and 3
    assert done["outcome"] == "off" and done["level"] == 3
    assert switch.plug(1)["power"]


def test_R6_off_at_the_next_level_is_not_already_off(lab):
    """Level 1 was written: what reads off at level 2 is switched too."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(1, 0, 1), plug(2, 0, 2))
    switch.tell("weld 1")
    switch.tell("off 2")
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["wrote"] == 1
    assert [r["plug"] for r in switch.requests(function=5)] == [1, 2]


def test_R6_all_levels_fail(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(1, 0, 1), plug(2, 0, 2))
    switch.tell("weld 1")
    switch.tell("weld 2")
    done = fencer.run("off")
    assert done["outcome"] == "failed" and done["level"] == 2


def test_R6_dual_supply_needs_both(lab):
    a, b = lab.switch("a"), lab.switch("b")
    fencer = lab.fencer(device(a), device(b, power_wait_ms=2500),
                        plug(1, 0), plug(1, 1))
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["power_wait_ms"] == 2500
    assert done["plugs"][:2] == ["off", "off"]
    # both were switched before either was judged
    last_write = max(r["at_us"] for s in (a, b) for r in s.requests(5))
    verdicts = [r["at_us"] for s in (a, b) for r in s.requests(1)
                if r["answer"] == 0]
    assert min(verdicts) > last_write


def test_R6_dual_supply_with_a_welded_plug(lab):
    a, b = lab.switch("a"), lab.switch("b")
    fencer = lab.fencer(device(a), device(b), plug(1, 0), plug(1, 1))
    b.tell("weld 1")
    done = fencer.run("off")
    assert_not_off(done)
    assert done["plugs"][:2] == ["off", "on"]
    a.tell("on 1")
    b.tell("mend 1")
    b.tell("off 1")     # one is off already, the other is on: not already off
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["wrote"] == 1


def test_R6_half_a_level_proves_nothing(lab):
    a, b = lab.switch("a"), lab.switch("b")
    fencer = lab.fencer(device(a), device(b), plug(1, 0), plug(1, 1))
    done = fencer.run("off device=0")
    assert_not_off(done)
    assert not a.plug(1)["power"] and b.plug(1)["power"]


def test_R14_one_client_device(lab):
    """Somebody else holds the only connection for a moment."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=30), plug())
    switch.tell("one-client on")
    with socket.create_connection(("127.0.0.1", switch.port)):
        time.sleep(0.05)
        number = fencer.ask("off")
        time.sleep(0.06)
    assert fencer.wait(number)["outcome"] == "off"
    # it kept its connection for the second reading; another one has none
    fencer.stop()
    fencer = lab.fencer(device(switch, settle_ms=30), plug())
    with socket.create_connection(("127.0.0.1", switch.port)):
        time.sleep(0.05)
        done = fencer.run("read")
        assert done["plugs"][0] == "unknown" and done["ok"] == 0


def test_registers_with_other_values(lab):
    """eletechsup: write 0x100 and 0x200, read 1 and 0, elsewhere."""
    switch = lab.switch(register_on=256, register_off=512, read_base=32)
    fencer = lab.fencer(device(switch, write_kind=1, read_kind=1,
                               write_on=256, write_off=512, read_base=32),
                        plug())
    done = fencer.run("off")
    assert done["outcome"] == "off" and not switch.plug(1)["power"]
    assert fencer.run("on")["outcome"] == "on"


@pytest.mark.parametrize("kind", [2, 3])
def test_auxiliary_contact_catches_a_liar(lab, kind):
    """read_kind discrete and input: what really has power."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, read_kind=kind), plug())
    switch.tell("lie 1")
    assert fencer.run("off")["outcome"] == "failed"
    switch.tell("mend 1")
    assert fencer.run("off")["outcome"] == "off"


def test_unexpected_register_value_is_unknown(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, read_kind=1, read_on=7, read_off=8),
                        plug())
    done = fencer.run("read")
    assert done["plugs"][0] == "unknown" and "reads 1" in done["text"]
    assert_not_off(fencer.run("off"))


def test_R6_hung_driver_is_killed_and_the_fencer_answers(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=1000), plug(),
                        "fence timeout_ms=1500")
    number = fencer.ask("off")
    fencer.wait_event("writing")
    child = fencer.children()[0]
    os.kill(child, signal.SIGSTOP)    # hangs, with the power command out
    assert fencer.run("read")["text"].startswith("busy")
    done = fencer.wait(number, 10)
    assert done["outcome"] == "unknown" and "killed" in done["text"]
    assert 800000 < done["took_us"] < 4000000
    wait_for("its end", lambda: child not in fencer.children())
    assert fencer.run("off")["outcome"] in ("off", "already-off")


def test_R6_killed_attempt_goes_on_with_the_next_level(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=50), plug(1, 0, 1),
                        plug(2, 0, 2))
    number = fencer.ask("off")
    fencer.wait_event("writing")
    os.kill(fencer.children()[0], signal.SIGKILL)
    done = fencer.wait(number)
    assert done["outcome"] == "off" and done["level"] == 2
    switch.tell("on 1")
    switch.tell("on 2")
    switch.tell("weld 2")
    number = fencer.ask("off")
    fencer.wait_event("writing")
    os.kill(fencer.children()[0], signal.SIGKILL)
    # level 2 failed, level 1 is unknown: so is the whole
    assert fencer.wait(number)["outcome"] == "unknown"


def test_R6_device_time_is_bounded_by_timeout_ms(lab):
    switch = lab.switch()
    switch.tell("fault silent")
    fencer = lab.fencer(device(switch, connect_ms=2000, response_ms=2000),
                        plug(), "fence timeout_ms=600")
    done = fencer.run("off")
    assert_not_off(done)
    assert done["took_us"] < 1800000


def test_R6_equal_requests_merge(one):
    switch, fencer = one
    numbers = [fencer.ask("off") for _ in range(3)]
    done = [fencer.wait(number) for number in numbers]
    assert {d["outcome"] for d in done} == {"off"}
    assert len({d["at_us"] for d in done}) == 1
    assert len(switch.requests(5)) == 1
    assert {w["id"] for w in fencer.writing} == set(numbers)


def test_R6_another_power_command_is_busy(one):
    switch, fencer = one
    switch.tell("fault slow 50")
    first, second = fencer.ask("off"), fencer.ask("on")
    done = fencer.wait(second)
    assert done["outcome"] == "unknown" and "busy" in done["text"]
    assert fencer.wait(first)["outcome"] == "off"


def test_R14_a_fence_ends_reads(one):
    switch, fencer = one
    switch.tell("fault silent count=1")
    reads = [fencer.ask("read"), fencer.ask("read levels=2")]
    time.sleep(0.03)
    done = fencer.run("off")
    assert done["outcome"] == "off" and done["took_us"] < 150000
    for number in reads:
        assert fencer.wait(number)["outcome"] == "unknown"


def test_R14_reads_wait_for_each_other(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(), plug(1, 0, 2, node=0))
    switch.tell("off 2")
    numbers = [fencer.ask("read node=1"), fencer.ask("read node=0")]
    done = [fencer.wait(number) for number in numbers]
    assert [d["plugs"][0] for d in done] == ["on", "off"]


def test_R14_read_takes_a_second_at_most(lab):
    dead, works = lab.switch("a"), lab.switch("b")
    dead.tell("fault silent")
    fencer = lab.fencer(device(dead, response_ms=5000, connect_ms=500),
                        device(works), plug(1, 0, 1), plug(1, 0, 2),
                        plug(2, 1, 1))
    done = fencer.run("read device=1")
    assert done["plugs"][:3] == ["unknown", "unknown", "on"]
    dead.stop()
    done = fencer.run("read")
    assert done["plugs"][:3] == ["unknown", "unknown", "on"]
    assert done["ok"] == 2 and done["tried"] == 3
    assert done["took_us"] < 1100000


BAD_REQUESTS = [
    ("off node=0", "this node"),                # R13
    ("off digest=1", "digest"),                 # R6
    ("off node=2", "node 2"),
    ("off node=4294967295", "node"),
    ("off levels=0", "level"),
    ("off levels=1", "level"),
    ("off levels=0xffffffff", "level"),
    ("off levels=0x200", "no plug"),
    ("off device=1", "device"),
    ("off device=-2", "device"),
    ("nonsense kind=9", "kind"),
]


@pytest.mark.parametrize("line,word", BAD_REQUESTS)
def test_R13_bad_requests_are_refused(one, line, word):
    switch, fencer = one
    done = fencer.run(line)
    assert done["outcome"] == "unknown" and word in done["text"]
    assert done["wrote"] == 0 and not switch.requests()
    assert fencer.run("read")["plugs"][0] == "on"


def test_hostile_bytes_on_the_socket(one):
    switch, fencer = one
    for size in (1, 3, 4, 23, 25, 100, 500):
        fencer.send("raw %d" % size)
    fencer.send("off id=0")
    assert fencer.run("read")["plugs"][0] == "on"
    assert not switch.requests(5)


@pytest.mark.parametrize("fields", [
    "host=localhost", "driver=abacus", "unit=250", "write_on=0",
    "read_on=0", "write_on=0x5500", "write_base=65535",
])
def test_impossible_settings_are_refused(lab, fields):
    switch = lab.switch()
    key, value = fields.split("=")
    fencer = lab.fencer(device(switch, **{key: value}), plug(1, 0, 2))
    done = fencer.run("off")
    assert done["outcome"] == "unknown" and "pdu" in done["text"]
    assert not switch.requests()


@pytest.mark.parametrize("fields", ["write_kind=2", "read_kind=7"])
def test_settings_that_no_file_gives_are_refused_whole(lab, fields, capfd):
    switch = lab.switch()
    key, value = fields.split("=")
    fencer = lab.fencer(device(switch, **{key: value}), plug(1, 0, 2))
    fencer.wait_event("gone")
    assert "no settings" in capfd.readouterr().err
    assert not switch.requests()


@pytest.mark.parametrize("number", ["0", "x", "1x", "-1", "70000", "+1"])
def test_impossible_plugs_are_refused(lab, number):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(1, 0, number))
    done = fencer.run("off")
    assert done["outcome"] == "unknown" and "plug" in done["text"]


def test_R6_orphan_finishes_what_is_switched(lab):
    """The daemon dies with the power command out: read back, then exit."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=200), plug())
    fencer.ask("off")
    fencer.wait_event("writing")
    while not switch.requests(5):
        time.sleep(0.005)
    fencer.kill_parent()
    time.sleep(0.05)
    assert fencer.alive(), "left before the read-back"
    assert fencer.gone_within(3)
    assert not switch.plug(1)["power"]
    assert switch.requests()[-1]["function"] == 1


def test_R6_orphan_starts_nothing(lab):
    """The daemon dies while the first read is on its way: no power command."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug(1, 0, 1), plug(2, 0, 2))
    switch.tell("fault slow 100 read")
    fencer.ask("off")
    while not switch.requests():
        time.sleep(0.005)
    fencer.kill_parent()
    assert fencer.gone_within(0.5)
    time.sleep(0.2)
    assert not switch.requests(5) and switch.plug(1)["power"]


def test_R6_orphan_tries_no_further_level(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=50), plug(1, 0, 1),
                        plug(2, 0, 2))
    switch.tell("weld 1")
    fencer.ask("off")
    fencer.wait_event("writing")
    fencer.kill_parent()
    assert fencer.gone_within(3)
    assert {r["plug"] for r in switch.requests()} == {1}


def test_closed_socket_ends_it(one):
    _, fencer = one
    fencer.send("close")
    assert fencer.gone_within(1)


def test_signals_do_not_end_it(one):
    _, fencer = one
    fencer.run("read")    # it has started
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM,
                   signal.SIGPIPE):
        os.kill(fencer.pid, number)
    assert fencer.run("read")["plugs"][0] == "on"


def test_killed_fencer_takes_its_attempt_along(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug())
    switch.tell("fault slow 150 read")
    fencer.ask("off")
    while not switch.requests():
        time.sleep(0.005)
    child = fencer.children()[0]
    os.kill(fencer.pid, signal.SIGKILL)
    time.sleep(0.05)
    assert not os.path.exists("/proc/%d/fd/3" % child), "it outlived us"
    time.sleep(0.3)
    assert not switch.requests(5) and switch.plug(1)["power"]


def test_power_is_gone_before_the_answer(lab, tmp_path):
    """The switch kills what a plug feeds before it confirms."""
    victim = os.fork()
    if victim == 0:
        signal.pause()
        os._exit(0)
    (tmp_path / "plug1.pids").write_text("%d\n" % victim)
    switch = lab.switch(kill_dir=str(tmp_path))
    fencer = lab.fencer(device(switch), plug())
    assert fencer.run("off")["outcome"] == "off"
    pid, status = os.waitpid(victim, os.WNOHANG)
    assert pid == victim and os.WTERMSIG(status) == signal.SIGKILL


def test_no_free_descriptor_is_no_false_off(lab):
    """The fencer is out of descriptors: it says so and lives on. One off does
    what stands ready for it, and its verdict comes without the connection."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug())
    fencer.run("read")    # it has started
    wait_for("one stands ready", lambda: len(fencer.children()) == 1)
    old = resource.prlimit(fencer.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(fencer.pid, resource.RLIMIT_NOFILE, (7, old[1]))
    assert fencer.run("off")["outcome"] == "off"
    assert not switch.plug(1)["power"]
    os.kill(fencer.children()[0], signal.SIGKILL)
    wait_for("it is reaped", lambda: not fencer.children())
    done = fencer.run("off")
    assert_not_off(done)
    resource.prlimit(fencer.pid, resource.RLIMIT_NOFILE, old)
    assert fencer.run("off")["outcome"] == "already-off"


def test_attempts_are_real_time_too(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=100), plug(), "realtime")
    fencer.run("read")
    policy = os.sched_getscheduler(fencer.pid) & ~os.SCHED_RESET_ON_FORK
    if policy != os.SCHED_RR:
        pytest.skip("this machine grants no real-time priority")
    number = fencer.ask("off")
    fencer.wait_event("writing")
    child = fencer.children()[0]
    assert os.sched_getscheduler(child) == os.SCHED_RR
    assert os.getpgid(child) == child
    assert fencer.wait(number)["outcome"] == "off"
    with open("/proc/%d/smaps_rollup" % fencer.pid, encoding="ascii") as f:
        memory = dict(line.split(":", 1) for line in f if ":" in line)
    resident, locked = (int(memory[key].split()[0])
                        for key in ("Rss", "Locked"))
    print("fencer: %d kB resident, %d kB locked" % (resident, locked))
    # itself, and of libc what it uses: libc alone is 1.9 MB
    assert locked > 150 and resident <= 2200


def test_time_from_request_to_verified_off(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=0), plug(), "realtime")
    took = []
    for _ in range(100):
        done = fencer.run("off")
        assert done["outcome"] == "off"
        took.append(done["took_us"])
        assert fencer.run("on")["outcome"] == "on"
    took.sort()
    print("request to verified off, settle_ms = 0: median %d us, p95 %d us, "
          "max %d us" % (statistics.median(took), took[94], took[99]))
    # a machine under load is slow; one that polls or retries would be slower
    assert statistics.median(took) < 20000


def test_no_terminal_ends_or_stops_the_fencer(one):
    """Ctrl-C, Ctrl-\\ and Ctrl-Z in the middle of a fence."""
    switch, fencer = one
    fencer.run("read")  # it has begun to work
    switch.tell("fault slow 100")
    number = fencer.ask("off")
    for sent in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP,
                 signal.SIGTTIN, signal.SIGTTOU, signal.SIGHUP):
        os.kill(fencer.pid, sent)
    assert fencer.wait(number)["outcome"] == "off"
