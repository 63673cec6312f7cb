# SPDX-License-Identifier: GPL-3.0-or-later
"""The Modbus driver: functions, second evidence, devices that are not who
they seem.

Which test holds which row of the list of hostile devices:

  silent, slow, half frame             test_fencer: hostile_answers[silent,
                                       slow 400, half]
  exceptions 1 to 6 and 11             test_fencer: hostile_answers[exception]
  exception of another function        test_fencer: [wrong-exception]
  garbage, zeros, wrong id, function   test_fencer: [garbage, zeros, wrong-*]
  wrong protocol, length, unit         test_fencer: [wrong-protocol, ...]
  echo with wrong address or value     test_fencer: lost_confirmation
  half frame then close, RST, FIN      test_fencer: [half-close, rst, fin]
  a byte each 80 ms                    test_fencer: [drip 80]
  trailing bytes, the answer twice     test_fencer: [trailing, twice]
  answer after the time-out            here: late_answer_poisons_nothing
  says ok, stays on                    test_fencer: welded_relay_is_not_off
  nobody there, SYN dropped            test_fencer: refused, connect_timeout
  restarted between two requests       here: reboot_in_the_middle
  descriptor of 1024 and more          here: descriptors_of_an_attempt
  the right answer for another plug    here: wrong_plug
  two devices, addresses swapped       here: swapped_addresses
"""
import os
import time

import pytest

from fence_lab import Fencer, Switch, device, plug


@pytest.fixture(name="lab")
def make_lab(tmp_path):
    """Makes switches and fencers, and removes them."""
    class Lab:
        def __init__(self):
            self.made = []

        def switch(self, name="pdu", **options):
            self.made.append(Switch(str(tmp_path), name, **options))
            return self.made[-1]

        def fencer(self, *settings):
            self.made.append(Fencer(*settings))
            return self.made[-1]
    lab = Lab()
    yield lab
    for thing in reversed(lab.made):
        thing.stop()


def assert_not_off(done):
    assert done["outcome"] in ("failed", "unknown"), done
    assert done["text"], "no sentence"


# ---- functions ----

@pytest.mark.parametrize("kind,function", [(0, 15), (1, 16)])
def test_functions_15_and_16(lab, kind, function):
    switch = lab.switch(register_on=256, register_off=512)
    values = {"write_on": 256, "write_off": 512} if kind else {}
    fencer = lab.fencer(device(switch, write_kind=kind, write_multiple=1,
                               read_kind=kind, **values), plug(1, 0, 3))
    assert fencer.run("off")["outcome"] == "off"
    assert not switch.plug(3)["power"] and switch.plug(2)["power"]
    assert fencer.run("on")["outcome"] == "on"
    assert [r["plug"] for r in switch.requests(function)] == [3, 3]
    assert not switch.requests(5) and not switch.requests(6)


# ---- current as second evidence ----

@pytest.fixture(name="sensed")
def make_sensed(lab):
    switch = lab.switch()
    return switch, lab.fencer(
        device(switch, current_off_below_ma=50), plug())


def test_R6_off_needs_the_current_gone(sensed):
    switch, fencer = sensed
    done = fencer.run("off")
    assert done["outcome"] == "off"
    # on is on, whatever flows; only an off is doubted
    assert [r["function"] for r in switch.requests()] == [1, 5, 1, 4]


def test_R6_welded_contact_that_reads_off(sensed):
    """The relay's command is read back; the contact is not."""
    switch, fencer = sensed
    switch.tell("lie 1")
    done = fencer.run("off")
    assert_not_off(done)
    assert done["plugs"][0] == "unknown"
    assert "70000 mA flow" in done["text"]
    assert "welded contact or wrong outlet" in done["text"]
    assert fencer.run("read")["plugs"][0] == "unknown"
    switch.tell("mend 1")
    assert fencer.run("off")["outcome"] == "off"


@pytest.mark.parametrize("leak,want", [(49, "off"), (50, "unknown"),
                                       (65536, "unknown")])
def test_R6_current_threshold(sensed, leak, want):
    """65536 mA: both words count."""
    switch, fencer = sensed
    switch.tell("off 1")
    switch.tell("leak 1 %d" % leak)
    assert fencer.run("read")["plugs"][0] == want


@pytest.mark.parametrize("fault", ["silent", "exception 2", "garbage", "rst",
                                   "wrong-unit", "half", "trailing"])
def test_R6_current_that_cannot_be_read(sensed, fault):
    switch, fencer = sensed
    switch.tell("off 1")
    switch.tell("fault %s current" % fault)
    done = fencer.run("read")
    assert done["plugs"][0] == "unknown" and "the current" in done["text"]
    assert_not_off(fencer.run("off"))
    switch.tell("fault none")
    assert fencer.run("off")["outcome"] == "already-off"


def test_R6_current_words_and_units(lab):
    """40 in the low word is 40 mA, taken for the high word 2621440."""
    switch = lab.switch()
    switch.tell("off 1")
    switch.tell("leak 1 40")
    words = lab.fencer(device(switch, current_off_below_ma=50,
                              current_low=1), plug())
    done = words.run("read")
    assert done["plugs"][0] == "unknown" and "2621440 mA" in done["text"]
    units = lab.fencer(device(switch, current_off_below_ma=50,
                              current_unit_ua=10000), plug())
    assert "400 mA flow" in units.run("read")["text"]


def test_impossible_current_settings(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, current_off_below_ma=50,
                               current_base=65535), plug())
    done = fencer.run("off")
    assert done["outcome"] == "unknown" and "current" in done["text"]
    assert not switch.requests()


@pytest.mark.parametrize("fields", [
    {"current_width": 3}, {"current_width": 0}, {"current_kind": 0},
    {"current_unit_ua": 0},
])
def test_current_settings_that_no_file_gives(lab, fields, capfd):
    """What no row allows, the fencer refuses whole."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, current_off_below_ma=50, **fields),
                        plug())
    fencer.wait_event("gone")
    assert "no settings" in capfd.readouterr().err
    assert not switch.requests()


# ---- not who they seem ----

def test_R6_wrong_plug_neighbour_on(lab):
    """Switches and shows the neighbour: the read-back is the neighbour's."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, current_off_below_ma=50), plug())
    switch.tell("shift 1")
    done = fencer.run("off")
    assert_not_off(done)
    assert "wrong outlet" in done["text"]
    assert switch.plug(1)["power"] and not switch.plug(2)["power"]


def test_R6_wrong_plug_reads_off_already(lab):
    switch = lab.switch()
    fencer = lab.fencer(device(switch, current_off_below_ma=50), plug())
    switch.tell("off 2")
    switch.tell("shift 1")
    assert_not_off(fencer.run("off"))
    assert switch.plug(1)["power"]


def test_R6_swapped_addresses(lab):
    """Each with a unit of its own: whoever answers is not asked."""
    a, b = lab.switch("a", unit=1), lab.switch("b", unit=2)
    fencer = lab.fencer(device(a, unit=2, port=a.port),
                        device(b, unit=1, port=b.port),
                        plug(1, 0), plug(2, 1))
    assert_not_off(fencer.run("off"))
    assert a.plug(1)["power"] and b.plug(1)["power"]
    right = lab.fencer(device(a, unit=1), device(b, unit=2), plug(1, 0),
                       plug(2, 1))
    assert right.run("off")["outcome"] == "off"
    assert not a.plug(1)["power"] and b.plug(1)["power"]


@pytest.mark.parametrize("away", [10, 150])
def test_R6_reboot_in_the_middle(lab, away):
    """It obeyed, lost its own supply and came back with every relay on."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, settle_ms=200), plug())
    number = fencer.ask("off")
    fencer.wait_event("writing")
    while not switch.requests(5):
        time.sleep(0.005)
    switch.tell("reboot %d" % away)
    done = fencer.wait(number)
    # the first command did not last; what is said is what is so
    assert (done["outcome"] == "off") == (not switch.plug(1)["power"])
    if done["outcome"] != "off":
        assert_not_off(done)


def test_late_answer_poisons_nothing(lab):
    """Later than response_ms: the next question is on a new connection."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch, response_ms=100), plug())
    switch.tell("fault slow 300 count=1")
    done = fencer.run("off")
    assert done["outcome"] == "off"
    late, *rest = switch.requests()
    assert rest and late["client"] not in {r["client"] for r in rest}


def test_descriptors_of_an_attempt_are_low(lab):
    """libmodbus ends the process at a descriptor of 1024."""
    switch = lab.switch()
    fencer = lab.fencer(device(switch), plug())
    switch.tell("fault slow 150")
    number = fencer.ask("read")
    while not switch.requests():
        time.sleep(0.005)
    child = fencer.children()[0]
    held = [int(fd) for fd in os.listdir("/proc/%d/fd" % child)]
    assert fencer.wait(number)["plugs"][0] == "on"
    assert max(held) < 8, held
