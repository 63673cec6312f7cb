# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair whose instance is IPv6: adverts, roles, addresses, the last will.

The addresses of the adverts are IPv6; the lab's own IPv4 one is excluded from
them and moves along, so that client and referee see who serves.
"""
import json
import subprocess
import time

import pytest

from lab import VIP, run, wait_for

ADDRESSES = '{ ip = "fe80::55"; }, { ip = "2001:db8::100"; }'
EXCLUDED = 'excluded = ( { ip = "%s/32"; } );' % VIP


@pytest.fixture(name="lab")
def make_pair(make_lab):
    """lb01 owns. Who may speak from its link-local address first does at first:
    the kernel looks for a duplicate of it after the carrier came."""
    lab = make_lab(addresses=ADDRESSES, auth=EXCLUDED)
    wait_for("both fit, one owner", lambda: sorted(
        n.state() for n in lab.nodes) == ["BACKUP", "MASTER"] and all(
            n.status()["fit"] for n in lab.nodes), 20)
    if lab.nodes[1].state() == "MASTER":
        lab.nodes[1].twinbeat("handover", "--to", "lb01")
    lab.settle()
    return lab


def held(node):
    shown = json.loads(subprocess.check_output(
        ["ip", "-n", node.ns, "-6", "-j", "address", "show", "dev", "eth0"],
        text=True))
    return {a["local"] for link in shown for a in link.get("addr_info", [])
            } & {"fe80::55", "2001:db8::100"}


def test_adverts_are_heard_and_their_sender_is_known(lab):
    """R7: by its signature; no link-local address stands in the settings."""
    lb01, lb02 = lab.nodes
    assert held(lb01) == {"fe80::55", "2001:db8::100"} and not held(lb02)
    before = lb02.link("vrrp:VI_1")["rx"]
    wait_for("adverts", lambda: lb02.link("vrrp:VI_1")["rx"] > before + 10)
    assert lb02.link("vrrp:VI_1")["state"] == "up"
    for node in lab.nodes:
        assert not set(node.alerts()) & {"foreign-vrrp", "config-mismatch",
                                         "firewall", "unfit"}
    # where IPv6 is off the IP layer drops them, and no firewall does
    lb02.inside("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
    before = lb02.link("vrrp:VI_1")["rx"]
    wait_for("they are heard", lambda: lb02.link("vrrp:VI_1")["rx"] >
             before + 30, 20)
    assert "firewall" not in lb02.alerts()


def test_without_ipv6_it_is_said_once(make_lab):
    """Not "no address" and "open again" in turn, at each try."""
    lab = make_lab(boot=False, addresses=ADDRESSES, auth=EXCLUDED)
    off = "net.ipv6.conf.eth0.disable_ipv6="
    said = "no IPv6 link-local address"
    for node in lab.nodes:
        node.power_on(daemon=False)
        node.inside("sysctl", "-qw", off + "1")
        node.start()
    for node in lab.nodes:
        wait_for("said", lambda node=node: said in node.read_log(), 20)
    time.sleep(8)
    for node in lab.nodes:
        # by the first advert that is not sent, and by the socket
        assert node.read_log().count(said) <= 2
        assert "open again" not in node.read_log()
        node.inside("sysctl", "-qw", off + "0")
    for node in lab.nodes:
        wait_for("that it is over", lambda node=node:
                 "open again" in node.read_log(), 20)


def test_handover(lab):
    lb01, lb02 = lab.nodes
    assert lb01.twinbeat("handover").returncode == 0
    lb02.wait_state("MASTER")
    assert held(lb02) == {"fe80::55", "2001:db8::100"} and not held(lb01)


def test_R12_main_killed_with_the_cable_out(lab):
    """Its last word is by VRRP alone: signed beforehand, said by the keeper."""
    lb01, lb02 = lab.nodes
    lab.cable("cut")
    lb02.wait_alert("link-down")
    lb01.kill()
    lb02.wait_state("MASTER")
    assert lb02.status()["instances"][0]["proof"] == "resigned"
    assert held(lb02) == {"fe80::55", "2001:db8::100"}


def test_adverts_on_the_wire(lab):
    """RFC 9568 5.1.2: link-local source, ff02::12, hop limit 255."""
    lb01, _ = lab.nodes
    said = run("ip", "netns", "exec", lab.client_ns, "timeout", "20",
               "tshark", "-i", "eth0", "-c", "5", "-f", "ip6 proto 112",
               "-T", "json", "-e", "ipv6.src", "-e", "ipv6.dst", "-e",
               "ipv6.hlim", "-e", "vrrp.version", "-e", "vrrp.prio", "-e",
               "vrrp.checksum.status").stdout
    packets = [p["_source"]["layers"] for p in json.loads(said)]
    assert len(packets) == 5
    for packet in packets:
        assert packet["ipv6.src"][0].startswith("fe80:")
        assert packet["ipv6.dst"] == ["ff02::12"]
        assert packet["ipv6.hlim"] == ["255"]
        assert packet["vrrp.version"] == ["3"]
        assert packet["vrrp.prio"] == ["150"]
        # over IPv6 the kernel's sum covers the signature, too
        assert packet["vrrp.checksum.status"][0] in ("1", "Good")


def test_R1_forged_ones_change_nothing(lab):
    """Priority 0 from the owner's own address, without its signature."""
    lb01, lb02 = lab.nodes
    lab.cable("cut")
    lb02.wait_alert("link-down")
    source = [a["local"] for link in json.loads(subprocess.check_output(
        ["ip", "-n", lb01.ns, "-6", "-j", "address", "show", "dev", "eth0"],
        text=True)) for a in link.get("addr_info", [])
        if a["local"].startswith("fe80") and a["local"] != "fe80::55"][0]
    mac = "3333000000120200000000aa86dd"
    script = (
        "import socket,struct\n"
        "def s(d):\n"
        "  t=sum(struct.unpack('!%dH'%(len(d)//2),d))\n"
        "  while t>>16:t=(t&65535)+(t>>16)\n"
        "  return t^65535\n"
        "src=socket.inet_pton(10,'" + source + "')\n"
        "dst=socket.inet_pton(10,'ff02::12')\n"
        "m=bytes.fromhex('31370002000a0000')+socket.inet_pton(10,'fe80::55')"
        "+socket.inet_pton(10,'2001:db8::100')\n"
        "c=s(src+dst+struct.pack('!II',len(m),112)+m)\n"
        "m=m[:6]+struct.pack('!H',c)+m[8:]\n"
        "p=bytes.fromhex('" + mac + "')+struct.pack('!IHBB',6<<28,len(m),112,"
        "255)+src+dst+m\n"
        "k=socket.socket(17,3)\nk.bind(('eth0',0))\n"
        "for i in range(20):k.send(p)\n")
    run("ip", "netns", "exec", lab.client_ns, "python3", "-c", script)
    # not signed, and from an address that is not the settings': a stranger
    lb02.wait_alert("foreign-vrrp")
    time.sleep(1)
    assert lb01.state() == "MASTER" and lb02.state() == "BACKUP"


def test_adverts_longer_than_the_mtu_are_never_in_pieces(make_lab):
    """Fragments are seen by no packet socket: both nodes took themselves for
    mute, and the standby cut a healthy owner when the cable was out, too."""
    addresses = ['{ ip = "fe80::55"; }'] + [
        '{ ip = "2001:db8::%x"; }' % (0x100 + n) for n in range(86)]
    lab = make_lab(addresses=", ".join(addresses), auth=EXCLUDED, boot=False)
    for node in lab.nodes:
        node.power_on(daemon=False)
        node.inside("ip", "link", "set", "eth0", "mtu", "1400")
    for node in lab.nodes:
        node.start()
    wait_for("both fit, one owner", lambda: sorted(
        n.state() for n in lab.nodes) == ["BACKUP", "MASTER"] and all(
            n.status()["fit"] for n in lab.nodes), 20)
    owner = 0 if lab.nodes[0].state() == "MASTER" else 1
    one, two = lab.nodes[owner], lab.nodes[1 - owner]
    lab.settle(owner=owner)
    # a running pair as well
    for node in lab.nodes:
        node.inside("ip", "link", "set", "eth0", "mtu", "1300")
    heard = two.link("vrrp:VI_1")["rx"]
    wait_for("ten adverts more", lambda:
             two.link("vrrp:VI_1")["rx"] > heard + 10)
    assert two.link("vrrp:VI_1")["state"] == "up"
    assert all(n.status()["fit"] for n in lab.nodes)
    lab.cable("cut")
    two.wait_alert("link-down")
    one.kill()
    two.wait_state("MASTER", 20)
    assert two.proof() == "resigned"
    assert one.is_powered()
    assert not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]


def test_R3_adverts_come_from_no_vip_of_another_instance(make_lab):
    """An owner without a link-local address of its own spoke from that of its
    other instance, which the other node may take at any time."""
    lab = make_lab(addresses=ADDRESSES, auth=EXCLUDED, track="""},
      { name = "VI_2"; interface = "eth0"; vrid = 56; advert_ms = 100;
        addresses = ( { ip = "fe80::56"; }, { ip = "2001:db8::101"; } );""")
    lb01, lb02 = lab.nodes

    def states(node):
        status = node.status()
        return [one["state"] for one in status["instances"]] if status else []

    def give_all(node, other):
        other.twinbeat("handover", "--to", node.name)
        return states(node) == ["MASTER"] * 2
    wait_for("both fit", lambda: all(
        n.status()["fit"] for n in lab.nodes), 20)
    wait_for("lb01 has both", lambda: give_all(lb01, lb02), 20, 0.5)
    own = "fe80::ff:fe00:100/64"  # by its MAC, 02:00:00:00:01:00
    lb01.inside("ip", "address", "del", own, "dev", "eth0")
    wait_for("lb02 has both", lambda: states(lb02) == ["MASTER"] * 2)
    assert {one["proof"] for one in lb02.status()["instances"]} == {"released"}
    assert states(lb01) == ["FAULT"] * 2
    lb01.inside("ip", "address", "add", own, "dev", "eth0")
    wait_for("lb01 stands by", lambda: states(lb01) == ["BACKUP"] * 2)
