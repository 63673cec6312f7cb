# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a null-modem cable, with the real daemons at its ends.

The adverts on Ethernet go on (unless a test says otherwise): so nothing that
a serial line does may move a role or cost anybody's power.
"""
import time

from lab import VIP, wait_for


def unmoved(lab, seconds=2):
    """lb01 serves, lb02 stands by, nobody was shot."""
    lb01, lb02 = lab.nodes
    end = time.monotonic() + seconds
    lab.outage_ms()
    while time.monotonic() < end:
        assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")
        assert VIP not in lb02.addresses()
        time.sleep(0.1)
    outage, by = lab.outage_ms()
    assert by == "lb01" and outage < 1000
    assert not [e for e in lab.pdu_events()
                if e["event"] == "power" and not e["on"]]


def wait_link(node, state, name="serial"):
    wait_for("%s of %s is %s" % (name, node.name, state),
             lambda: node.link(name)["state"] == state)


def errors(node, kind):
    return node.link("serial")["errors"][kind]


def test_S15_R2_flapping_links(lab):
    for turn in range(6):
        lab.cable("join" if turn % 2 else "cut")
        lab.block_vrrp(turn % 2 == 1)
        # longer than the dead times, shorter than disagree_ms
        unmoved(lab, 0.6)
    lab.block_vrrp(False)
    lab.cable("join")
    lab.settle()
    unmoved(lab, 0.5)


def test_S16_R2_one_way_serial_owner_unheard(lab):
    lb01, lb02 = lab.nodes
    lab.cable("cut-a")
    wait_link(lb02, "down")
    wait_link(lb01, "half")
    lb01.wait_alert("link-half")
    lb02.wait_alert("link-down")
    unmoved(lab)
    lab.cable("join")
    lab.settle()


def test_S16_R4_one_way_serial_still_says_that_the_owner_lives(lab):
    lb01, lb02 = lab.nodes
    lab.cable("cut-b")
    wait_link(lb02, "half")
    wait_link(lb01, "down")
    lb02.wait_alert("link-half")
    unmoved(lab, 1)
    # half and silent adverts: the peer is alive, nothing
    lab.block_vrrp()
    wait_link(lb02, "down", "vrrp:VI_1")
    unmoved(lab, 4)
    lab.block_vrrp(False)
    lab.cable("join")
    lab.settle()


def test_S20_R2_serial_adapter_unplugged_and_back(lab):
    lb01, lb02 = lab.nodes
    for _ in range(2):
        lab.cable("unplug-b")
        lb02.wait_alert("serial-broken")
        wait_link(lb02, "broken")
        wait_link(lb01, "down")
        unmoved(lab, 1)
        lab.cable("plug-b")
        lab.settle()
        assert "serial-broken" not in lb02.alerts()
    assert lb02.read_log().count("alert serial-broken raised") == 2


def test_S20_R4_both_adapters_lost_and_adverts_blocked(lab):
    """Its own side broken says nothing of the peer: it waits lone_link_ms."""
    _, lb02 = lab.nodes
    lab.cable("unplug-b")
    wait_link(lb02, "broken")
    lab.block_vrrp()
    lb02.wait_state("MASTER", 20)
    assert lb02.proof() == "fenced"
    lab.judge_fenced_claim(lb02)


def test_R2_tty_hangs_up(lab):
    lb01, lb02 = lab.nodes
    for command in ("hangup-a", "hangup-b"):
        before = [n.link("serial")["rx"] for n in lab.nodes]
        lab.cable(command)
        wait_for("beats pass again", lambda b=before: all(
            n.link("serial")["rx"] > b[n.index] + 5 for n in (lb01, lb02)))
        lab.settle()
    unmoved(lab, 0.5)


def test_S18_R2_bytes_lost_and_bits_turned(lab):
    lb01, lb02 = lab.nodes
    for command in ("drop 10", "corrupt 10"):
        before = [errors(n, "framing") + errors(n, "auth") for n in lab.nodes]
        lab.cable(command)
        wait_for("damaged frames are counted", lambda b=before: all(
            errors(n, "framing") + errors(n, "auth") > b[n.index]
            for n in (lb01, lb02)))
        unmoved(lab)
        lab.cable("join")
    lab.settle()


def test_R17_replayed_beats_are_recognised(lab):
    """Beats of a time in which lb01 stood by say nothing today."""
    lb01, lb02 = lab.nodes
    assert lb01.twinbeat("handover").returncode == 0
    lab.settle(owner=1)
    lab.cable("record")
    time.sleep(1)
    assert lb02.twinbeat("handover").returncode == 0
    lab.settle()
    for command in ("replay-a", "replay-b"):
        lab.cable(command)
    for node in lab.nodes:
        wait_for("replays are counted", lambda n=node:
                 errors(n, "replay") > 5)
        assert errors(node, "auth") == 0
    unmoved(lab)
    # nor do they keep a dead peer alive
    lab.cable("record")
    time.sleep(0.5)
    lb01.die()
    end = time.monotonic() + 15
    while lb02.state() != "MASTER" and time.monotonic() < end:
        lab.cable("replay-a")
        time.sleep(0.1)
    assert lb02.state() == "MASTER" and lb02.proof() == "fenced"
    lab.judge_fenced_claim(lb02)


def test_R2_a_slow_line(lab):
    """9600 baud: a beat takes 40 ms, and everything works."""
    lab.cable("pace 9600")
    unmoved(lab)
    lb01, lb02 = lab.nodes
    wait_for("the round trip shows it", lambda:
             lb01.link("serial")["rtt_ms"] >= 40)
    assert lb01.twinbeat("handover").returncode == 0
    lab.settle(owner=1)
    assert lb02.proof() == "released"
