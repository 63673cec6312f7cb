# SPDX-License-Identifier: GPL-3.0-or-later
"""R21, instances[].sync: two instances that move together."""
from lab import wait_for

SECOND = "10.99.0.150"
MORE = """sync = "G1";
  }, { name = "VI_2"; interface = "eth0"; vrid = 56; advert_ms = 100;
    sync = "G1"; track = { interfaces = ( "servers" ); };
    addresses = ( { ip = "%s/32"; } );""" % SECOND


def states(node):
    status = node.status()
    return [one["state"] for one in status["instances"]] if status else []


def has_both(node):
    return states(node) == ["MASTER"] * 2 and SECOND in node.addresses() \
        and "10.99.0.100" in node.addresses()


def test_R21_unfit_for_one_hands_over_both(make_lab):
    """The interface towards the servers of the second one loses its carrier;
    the first one, which does not look at it, moves along."""
    lab = make_lab(boot=False, track=MORE)
    for node in lab.nodes:
        node.power_on(daemon=False)
        node.inside("ip", "link", "add", "servers", "type", "veth", "peer",
                    "name", "far")
        for interface in ("far", "servers"):
            node.inside("ip", "link", "set", interface, "up")
        node.start()
    a, b = lab.nodes
    lab.settle()
    wait_for("lb01 has both", lambda: has_both(a))
    a.inside("ip", "link", "set", "far", "down")
    wait_for("lb02 has both", lambda: has_both(b))
    assert [one["proof"] for one in b.status()["instances"]] == [
        "released"] * 2
    wait_for("lb01 is unfit for both",
             lambda: states(a) == ["FAULT"] * 2)
    text = {alert["text"] for alert in a.status()["alerts"]
            if alert["name"] == "unfit"}
    assert any(one.startswith("VI_1: lb01 cannot serve: VI_2 of its sync "
                              "group cannot: tracked servers ")
               for one in text), text
    a.inside("ip", "link", "set", "far", "up")
    wait_for("lb01 stands by for both",
             lambda: states(a) == ["BACKUP"] * 2)
    assert has_both(b)
    # a daemon that ends hands over both
    b.kill()
    wait_for("lb01 has both", lambda: has_both(a))
    assert [one["proof"] for one in a.status()["instances"]] == [
        "obituary"] * 2
    assert not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]
    lab.judge()
