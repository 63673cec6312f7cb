# SPDX-License-Identifier: GPL-3.0-or-later
"""The wall clock is set, by years and back, at any time: no role changes for
it, and whatever is due is as soon as ever. Nothing but dates for people and
records over restarts goes by it."""
import json
import os
import struct
import time

import pytest

from lab import BUILD, wait_for
from post_server import make_certificates
from test_checker import SERVICE, WEB1, server, settings
from test_pair import nobody_was_shot, serve
from web_lab import Nginx

SHIM = os.path.abspath(BUILD + "/tests/wall_clock.so")
HOUR, YEARS = 3600, 30 * 365 * 86400


def set_clock(node, ahead_s):
    path = node.environment["TWINBEAT_WALL_CLOCK"]
    with open(path, "r+b") as f:
        f.write(struct.pack("=q", ahead_s))


def pair(make_lab, *ahead_s, before=lambda lab: None, **options):
    lab = make_lab(boot=False, **options)
    before(lab)
    for node, ahead in zip(lab.nodes, ahead_s):
        path = os.path.join(lab.dir, node.name + ".clock")
        with open(path, "wb") as f:
            f.write(bytes(8))
        os.chmod(path, 0o644)
        node.environment = {"LD_PRELOAD": SHIM, "TWINBEAT_WALL_CLOCK": path}
        set_clock(node, ahead)
        node.power_on()
    lab.settle()
    return lab


def to_1970(seconds=60):
    return seconds - int(time.time())


def dates(node):
    said = node.twinbeat("history", "--json").stdout
    return [json.loads(line)["at"] for line in said.splitlines()]


@pytest.mark.parametrize("first,second", [
    (YEARS, -HOUR), (to_1970(), 200 * 365 * 86400)])
def test_R11_clocks_that_are_apart_and_jump_move_nobody(make_lab, first,
                                                        second):
    lab = pair(make_lab, first, second)
    lb01, lb02 = lab.nodes
    for k in range(15):
        set_clock(lab.nodes[k % 2], (first, second, 0, HOUR, -HOUR)[k % 5])
        time.sleep(0.2)
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")
    assert nobody_was_shot(lab)
    assert not lb01.alerts() | lb02.alerts()

    lb01.twinbeat("handover")
    set_clock(lb01, 0)
    set_clock(lb02, first)
    serve(lab, lb02, 5)

    assert lb02.twinbeat("reload").returncode == 0
    set_clock(lb02, -HOUR)

    set_clock(lb01, second)
    lb02.kill()
    serve(lab, lb01, 5)
    assert lb01.proof() == "obituary"
    set_clock(lb02, to_1970())
    lb02.start()
    lab.settle()
    time.sleep(0.5)     # what it owned is known

    lb01.die()
    set_clock(lb02, second)
    serve(lab, lb02, 5)
    assert lb02.proof() == "fenced"
    assert lb02.fence()["last"]["result"] == "off"
    lab.pdu("on 1")
    lb01.power_on()
    lab.settle(owner=1)

    # who cut starts again, at another time
    set_clock(lb02, 0)
    lb02.stop()
    serve(lab, lb01)
    lb02.start()
    lab.settle()
    for node in lab.nodes:
        assert all(len(at) >= 20 and at.endswith("Z") for at in dates(node))
    assert any(at.startswith("20") for at in dates(lb02))


def test_D5_a_clock_that_is_behind_takes_no_server_out(make_lab, tmp_path):
    """A certificate that is not valid yet says something of this node, not of
    its server; one that has expired is as bad for clients."""
    make_certificates(str(tmp_path), "www.test", WEB1)
    os.chmod(tmp_path, 0o755)
    lab = pair(make_lab, 0, 0, extra=settings(SERVICE % (
        "web", "rr", 80, 'checks = ( { type = "http"; port = 443; path = "/up";'
        ' host = "www.test"; tls = { ca_file = "%s/ca.pem"; }; } );' % tmp_path,
        server("web1", WEB1))), before=lambda made: Nginx(
            made, "web1", WEB1, str(tmp_path)))
    lb01 = lab.nodes[0]
    lb01.wait_log("web1 (10.99.0.21) is up: https 200")
    set_clock(lb01, to_1970())
    lb01.wait_alert("director-blind")
    assert "not valid yet: is the clock of this node behind?" in next(
        alert["text"] for alert in lb01.status()["alerts"]
        if alert["name"] == "director-blind")
    assert "is down" not in lb01.read_log()
    set_clock(lb01, 0)
    wait_for("it is over", lambda: "director-blind" not in lb01.alerts())
    set_clock(lb01, YEARS)
    lb01.wait_log("web1 (10.99.0.21) is down: https port 443: its certificate "
                  "has expired")
    set_clock(lb01, 0)
    wait_for("it is up", lambda: lb01.read_log().count("is up: https 200") > 1)
    assert lb01.state() == "MASTER"
