# SPDX-License-Identifier: GPL-3.0-or-later
"""What plugs prove, with the real daemons, their state file and the commands:
after a restart, after a lie, by hand. The rest is in tests/sim/cases.
"""
import json
import os
import time

from lab import wait_for
from test_pair import serve


def peer_plug(node, other):
    return [plug for plug in node.status()["fence"]["plugs"]
            if plug["node"] == other.name][0]


def text_of(done):
    return " ".join((done.stdout + done.stderr).split())


def test_R8_A06_a_lone_survivor_serves_again_in_seconds(make_lab):
    lab = make_lab(unclean_startup_ms=120000, startup_ms=3000)
    lb01, lb02 = lab.nodes
    lab.settle()
    lb01.die()
    serve(lab, lb02)
    assert lb02.proof() == "fenced"
    assert peer_plug(lb02, lb01)["state"] == "off"
    lb02.kill()
    time.sleep(0.5)
    began = time.monotonic()
    lb02.start()
    serve(lab, lb02, 30)
    assert lb02.proof() == "already-off"
    assert time.monotonic() - began < 30
    assert not [e for e in lab.pdu_events() if e["event"] == "power" and
                not e["on"] and e.get("plug") == 2]


def test_R8_A06_switched_on_meanwhile_is_the_long_wait(make_lab):
    lab = make_lab(unclean_startup_ms=120000, startup_ms=3000)
    lb01, lb02 = lab.nodes
    lab.settle()
    lb01.die()
    serve(lab, lb02)
    lb02.kill()
    lab.pdu("on 1")
    time.sleep(0.5)
    lb02.start()
    time.sleep(6)
    assert lb02.state() != "MASTER"
    # its daemon has said so to the disk: off again by hand changes nothing
    lab.pdu("off 1")
    time.sleep(3)
    assert lb02.state() != "MASTER"


def test_R1_N02_a_plug_that_lied_is_remembered(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("lie 1")
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 1
    assert "lb01 may still be on" in text_of(done)
    lb02.wait_alert("fence-contradicted")
    assert lb02.twinbeat("fence", "lb01", "--action", "on",
                         "--yes").returncode == 0
    wait_for("its plug reads on", lambda: lb02.twinbeat(
        "fence", "lb01", "--action", "status").returncode == 0 and
        peer_plug(lb02, lb01)["state"] == "on")
    assert peer_plug(lb02, lb01)["contradicted"]
    assert not peer_plug(lb02, lb01)["proven"]
    assert "HAS LIED" in text_of(lb02.twinbeat("status"))
    lb02.stop()
    lb02.start()
    lb02.wait_state("BACKUP")
    lb02.wait_alert("fence-contradicted")
    assert not peer_plug(lb02, lb01)["proven"]
    lab.block_vrrp()
    lab.cable("cut")
    wait_for("held", lambda: lb02.status()["fence"]["state"] == "held")
    time.sleep(2)
    assert lb02.state() == "BACKUP" and lb01.state() == "MASTER"


def test_R6_N04_what_is_left_is_in_the_status(make_lab):
    lab = make_lab(max_per_window=2)
    lb01, lb02 = lab.nodes
    lab.settle()
    assert lb02.status()["fence"]["budget"] == {
        "max": 2, "left": 2, "window_s": 600}
    assert "2 of 2 left" in text_of(lb02.twinbeat("status"))
    done = lb01.twinbeat("fence", "lb02", "--yes")
    assert done.returncode == 0, done.stderr
    assert lb01.status()["fence"]["budget"]["left"] == 2
    assert lb01.twinbeat("fence", "lb02", "--action", "on",
                         "--yes").returncode == 0
    lb02.power_on()
    lab.settle()
    lb01.die()
    serve(lab, lb02)
    assert lb02.status()["fence"]["budget"]["left"] == 1


def test_R13_N07_the_last_sentence_says_who_serves(lab):
    lb01, lb02 = lab.nodes
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    assert "lb01 is off" in text_of(done)
    assert "now VI_1 " in text_of(done) or "lb02" in text_of(done)
    assert "twinbeat confirm" not in text_of(done)
    serve(lab, lb02)


def test_R13_C03_N07_a_plug_never_seen_on_proves_nothing(make_lab):
    """Exit 0, for it was read back, and the sentence says what that is worth
    and what to do; confirm then says who serves."""
    lab = make_lab()
    lb01, lb02 = lab.nodes
    lab.settle()
    lb02.stop()
    os.unlink(os.path.join(lb02.state_dir, "state"))
    lab.pdu("fault silent")
    lb02.start()
    lb02.wait_state("BACKUP")
    lb02.wait_alert("fence-device")
    lab.pdu("fault none")
    lb01.die()
    done = lb02.twinbeat("fence", "lb01", "--yes", "--json")
    answer = json.loads(done.stdout)
    assert answer["ok"] and "proves nothing" in answer["text"]
    assert "twinbeat confirm lb01" in answer["text"]
    assert lb02.state() == "BACKUP"
    done = lb02.twinbeat("confirm", "lb01", "--yes")
    assert "lb02 takes over now" in text_of(done)
    serve(lab, lb02)


def test_R13_C03_without_a_daemon_it_is_said_too(make_lab):
    lab = make_lab()
    lb01, lb02 = lab.nodes
    lab.settle()
    lb02.stop()
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    assert "proves nothing" not in text_of(done)
    os.unlink(os.path.join(lb02.state_dir, "state"))
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    assert "proves nothing: make sure that it is off" in text_of(done)


def test_R1_C03_check_says_it_beforehand(make_lab):
    lab = make_lab()
    lb01, lb02 = lab.nodes
    lab.settle()
    warning = "plug 1 of pdu was never read on while lb01 was heard"
    assert warning not in text_of(lb02.twinbeat("check"))
    lb02.stop()
    os.unlink(os.path.join(lb02.state_dir, "state"))
    lab.pdu("fault silent")
    lb02.start()
    lb02.wait_state("BACKUP")
    wait_for("it is told", lambda: warning in
             text_of(lb02.twinbeat("check")))
    assert lb02.twinbeat("check").returncode == 0
