# SPDX-License-Identifier: GPL-3.0-or-later
"""R18: what the modem lines of the serial port show: in status, in each alert
of the link, and as the evidence that hastens.

The ports are ptys: modem_lines.py."""
import json
import os
import signal
import time

from lab import SERIAL, wait_for
from modem_lines import (BRIDGED, CTS, DCD, DSR, PROBED, SENSE, show, wire)


def lab_with(make_lab, lines, **options):
    lab = make_lab(boot=False, **options)
    for node in lab.nodes:
        wire(node, lines)
        node.power_on()
    lab.settle()
    return lab


def wait_line(node, line, seconds=25):
    wait_for("the line of %s is %s" % (node.name, line), lambda: node.link(
        "serial").get("line") == line, seconds)


def alert_text(node, name):
    return next((a["text"] for a in node.status()["alerts"]
                 if a["name"] == name), "")


def wait_alert_text(node, name, part):
    wait_for("%s of %s says %r" % (name, node.name, part),
             lambda: part in alert_text(node, name), 15)


def test_R18_sense_cable_tells_a_pulled_plug_from_a_dark_peer(make_lab):
    lab = lab_with(make_lab, DSR | DCD | SENSE)
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        wait_line(node, "ok")
    assert "modem lines: ok" in lb02.twinbeat("status").stdout
    # a second probe has shown that RTS comes back: the end is dark
    wait_for("its RTS has come back twice", lambda: show(lb02, SENSE) or
             lb02.link("serial")["line"] == "peer-dark", 25, 0.5)
    lab.cable("cut")
    wait_alert_text(lb02, "link-down", "the other end is dark")
    assert "peer-dark" in lb02.twinbeat("status").stdout
    # the plug is pulled at lb02: its CTS follows nothing any more
    show(lb02, 0)
    wait_line(lb02, "unplugged-here")
    wait_alert_text(lb02, "link-down", "the plug is out at this node")
    # lb01's own plug is in, and both ends of the wires are up
    assert lb01.link("serial")["line"] == "ok"
    wait_alert_text(lb01, "link-down", "its modem lines are up")
    lab.cable("join")
    show(lb02, DSR | DCD | SENSE)
    wait_line(lb02, "ok")
    lab.settle()


def test_R18_three_wires_a_loop_and_lines_that_fell(make_lab):
    lab = lab_with(make_lab, 0)
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        wait_line(node, "three-wire")
    assert "three-wire" in lb01.twinbeat("status").stdout
    # full handshake: CTS is the other end's RTS, and says nothing of a plug
    show(lb02, DSR | DCD | CTS)
    wait_line(lb02, "ok")
    show(lb02, 0)
    lab.cable("cut")
    wait_alert_text(lb02, "link-down", "its modem lines fell")
    assert lb02.link("serial")["line"] == "unknown"
    # the generic words stay where the wires say nothing
    wait_alert_text(lb01, "link-down", "check the cable and the other end")
    lab.cable("loop")
    wait_line(lb01, "looped")
    assert "our own beats come back" in alert_text(lb01, "link-looped")
    lab.cable("join")
    lab.settle()


def finding(node, text):
    return [(f["verdict"], f["text"]) for f in json.loads(node.twinbeat(
        "doctor", "--json").stdout) if text in f["text"]]


def test_R18_lines_that_are_bridged_within_the_plug_are_three_wires(make_lab):
    """DSR and DCD are our own DTR: high for ever, whatever becomes of the peer. It
    is lowered to find that out. The other node has a cable with all wires."""
    lab = lab_with(make_lab, BRIDGED, udp=" hurry_ms = 50;")
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        wait_line(node, "three-wire")
    assert finding(lb01, "get here")[0][0] == "warn"
    # of another cable: nothing is remembered of the one before
    show(lb02, DSR | DCD)
    wait_line(lb02, "ok")
    assert finding(lb02, "get here")[0][0] == "ok"
    # what fell there was never the peer's
    assert "its modem lines fell" not in lb01.read_log()
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")


def test_doctor_tells_the_wires_of_a_cable_apart(make_lab):
    """DTR and RTS each by itself: the other end lowers its RTS now and then, and
    this end's driver counts what comes of it at CTS."""
    lab = lab_with(make_lab, DSR | DCD | CTS | PROBED,
                   udp=" hurry_ms = 50;")
    lb01, lb02 = lab.nodes

    def doctor_says(node, verdict, text):
        # what the wires are is found by two probes, 5 s apart
        wait_for("doctor of %s says %r" % (node.name, text), lambda: [
            True for of, said in finding(node, "get") + finding(node, "gets")
            if of == verdict and text in said], 40, 0.5)
    doctor_says(lb01, "ok", "get here: DTR as DSR and DCD, RTS as CTS")
    assert lb01.link("serial")["wires"] == {
        "dsr": True, "dcd": True, "cts": True, "bridged": False,
        "rts_returns": False, "cts_is_peers": True}
    # another cable is another open port
    show(lb02, DSR | CTS)
    lab.cable("hangup-b")
    doctor_says(lb02, "ok", "DTR as DSR, not as DCD; CTS is up, but was not "
                "seen to follow the other end's RTS")
    show(lb02, DCD | SENSE)
    doctor_says(lb02, "ok", "DTR as DCD, not as DSR; CTS is this end's own RTS")
    show(lb02, DSR | DCD)
    doctor_says(lb02, "ok", "DTR as DSR and DCD; RTS does not (no CTS)")
    show(lb01, CTS | PROBED)
    lab.cable("hangup-a")
    doctor_says(lb01, "warn", "RTS and CTS are crossed, but no DTR of the other "
                "end gets here")
    show(lb02, BRIDGED)
    lab.cable("hangup-b")
    doctor_says(lb02, "warn", "joined to this end's own DTR: no modem lines of "
                "the other end get here, so that their fall hastens nothing")
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")


def test_R18_a_reader_that_dies_or_hangs_is_no_news_of_the_peer(make_lab):
    lab = lab_with(make_lab, DSR | DCD, udp=" hurry_ms = 50;")
    lb01, lb02 = lab.nodes
    # a standby may ask: its owner sends adverts, and sees the lines, too
    wait_line(lb01, "ok")
    wait_line(lb02, "ok")
    hung = lb02.helper("lines")
    os.kill(hung, signal.SIGSTOP)
    show(lb02, 0)
    lb02.wait_log("twinbeat-lines of link serial has said nothing for 15 s", 40)
    # one that hangs holds the port open: it is ended
    wait_for("another one reads", lambda: lb02.helper("lines") not in
             (None, hung), 20)
    assert not os.path.exists("/proc/%d" % hung)
    os.kill(lb02.helper("lines"), signal.SIGKILL)
    show(lb02, DSR | DCD)
    wait_line(lb02, "ok", 20)
    assert "is asked to answer" not in lb02.read_log()
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")
    # and one that reads: the fall is seen, asked about, and answered
    show(lb02, 0)
    lb02.wait_log("its modem lines fell: lb01 is asked to answer")
    lb02.wait_log("nothing is hastened")
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")


def test_R18_a_glitch_is_seen_to_end(make_lab):
    link = SERIAL.format(serial_ms=100, serial_dead_ms=400).replace(
        "};", "debounce_ms = 300; };")
    lab = lab_with(make_lab, DSR | DCD, serial_link=link,
                   udp=" hurry_ms = 50;")
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        wait_line(node, "ok")
    time.sleep(3)
    for _ in range(3):
        show(lb02, 0)
        time.sleep(0.05)
        show(lb02, DSR | DCD)
        time.sleep(0.7)
    assert "is asked to answer" not in lb02.read_log()
    show(lb02, 0)
    lb02.wait_log("its modem lines fell: lb01 is asked to answer")
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")


def test_R18_a_power_cut_is_seen_by_the_modem_lines(make_lab):
    """Dead after five seconds of silence: what is quicker is the lines' doing. The
    takeover has its proof, a fence that was read back, as ever."""
    lab = lab_with(make_lab, DSR | DCD, advert_ms=1000, serial_ms=100,
                   serial_dead_ms=5000, tie_ms=6000, startup_ms=6000,
                   unclean_startup_ms=6000, udp=" hurry_ms = 50;")
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        wait_line(node, "ok")
    # each says in its next beats that it sees them
    lb02.wait_log("link serial: never -> up")
    time.sleep(3)
    cut_us = lab.now_us()
    lb01.die()
    show(lb02, 0)
    lb02.wait_state("MASTER", 10)
    taken_ms = (next(e["at_us"] for e in lab.referee_events()
                     if e["node"] == "lb02" and e["event"] == "add"
                     and e["at_us"] > cut_us) - cut_us) / 1000
    log = lb02.read_log()
    assert "its modem lines fell: lb01 is asked to answer" in log
    assert "every link counts as down" in log
    assert lb02.proof() == "fenced"
    # VRRP alone would wait for three adverts, the cable for five seconds
    assert taken_ms < 2000, taken_ms


def test_R18_reader_has_no_rights_and_ends_with_the_daemon(make_lab):
    lab = lab_with(make_lab, DSR)
    lb02 = lab.nodes[1]
    wait_line(lb02, "ok")
    reader = lb02.helper("lines")
    with open("/proc/%d/status" % reader, encoding="ascii") as f:
        status = dict(line.split(":", 1) for line in f if ":" in line)
    assert int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    lb02.kill()
    wait_for("the reader ends", lambda: not os.path.exists(
        "/proc/%d/fd/4" % reader), 5)
    lb02.start()
    lab.settle()
    wait_line(lb02, "ok")
