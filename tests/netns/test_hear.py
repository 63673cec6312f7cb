# SPDX-License-Identifier: GPL-3.0-or-later
"""R3: who cannot be heard, and who cannot hear, is no judge of the other one.

A healthy owner is never cut for what its own node knows, nor by a standby that
is deaf, nor for a filter that takes only the adverts.
"""
import subprocess
import sys
import time

import pytest

from lab import GATEWAY, run, wait_for


@pytest.fixture
def lab(make_lab):
    lab = make_lab()
    lab.settle()
    yield lab
    assert not [e for e in lab.pdu_events()
                if e["event"] == "power" and not e["on"]] or lab.may_shoot


def nft(ns, rules):
    run("ip", "netns", "exec", ns, "nft", rules)


def alert(node, name):
    return next((a["text"] for a in node.status()["alerts"]
                 if a["name"] == name), "")


def handed_over(lab, why):
    """lb01 is unfit for why, lb02 serves by its word; nobody is cut."""
    lb01, lb02 = lab.nodes
    lb02.wait_state("MASTER")
    assert lb02.proof() == "released" and lb01.is_powered()
    wait_for("the reason is told", lambda: why in alert(lb01, "unfit"))
    assert "alert unfit raised" in lb01.read_log()
    assert lb01.state() == "FAULT" and not lb01.status()["fit"]
    lab.wait_client("lb02")


def fit_again(lab):
    lb01, _ = lab.nodes
    lb01.wait_state("BACKUP")
    wait_for("no alert", lambda: "unfit" not in lb01.alerts())
    lab.settle(owner=1)


def test_A03_a_rule_at_output_hands_over(lab):
    lb01, _ = lab.nodes
    nft(lb01.ns, "add table ip t; add chain ip t o { type filter hook output "
        "priority 0; }; add rule ip t o ip protocol 112 drop")
    handed_over(lab, "OUTPUT")
    nft(lb01.ns, "delete table ip t")
    fit_again(lab)


def test_R3_what_does_not_leave_by_another_cable_is_told_anew(lab):
    """Its carrier was away: it may be another cable. It served by that, though
    nothing left by it either, and nobody was told."""
    lb01, lb02 = lab.nodes
    nft(lb01.ns, "add table ip t; add chain ip t o { type filter hook output "
        "priority 0; }; add rule ip t o ip protocol 112 drop")
    handed_over(lab, "OUTPUT")
    for state in "down", "up":
        run("ip", "-n", lb01.ns, "link", "set", "eth0", state)
    wait_for("it is given a chance", lambda: lb01.status()["fit"])
    lb02.twinbeat("handover")
    wait_for("it is unfit again", lambda: "unfit" in lb01.alerts())
    lb02.wait_state("MASTER")
    nft(lb01.ns, "delete table ip t")
    fit_again(lab)


def test_A03_a_rule_for_the_group_alone_hands_over(lab):
    lb01, _ = lab.nodes
    nft(lb01.ns, "add table ip t; add chain ip t o { type filter hook "
        "postrouting priority 0; }; add rule ip t o ip daddr 224.0.0.18 drop")
    handed_over(lab, "do not leave")
    nft(lb01.ns, "delete table ip t")
    fit_again(lab)


def test_A03_a_queue_that_swallows_them_hands_over(lab):
    """The kernel says that they were sent; nothing leaves the card."""
    lb01, _ = lab.nodes
    run("tc", "-n", lb01.ns, "qdisc", "add", "dev", "eth0", "root",
        "blackhole")
    handed_over(lab, "never seen to leave eth0")
    run("tc", "-n", lb01.ns, "qdisc", "del", "dev", "eth0", "root")
    fit_again(lab)


def test_A03_a_rule_at_egress_that_takes_them_elsewhere_hands_over(lab):
    lb01, _ = lab.nodes
    nft(lb01.ns, "add table netdev t; add chain netdev t e { type filter hook "
        "egress device eth0 priority 0; }; "
        "add rule netdev t e ip protocol 112 fwd to lo")
    # lb02 hears that lb01's network works: it holds; lb01 finds it out
    handed_over(lab, "never seen to leave eth0")
    nft(lb01.ns, "delete table netdev t")
    fit_again(lab)


def test_B01_own_address_deleted_hands_over(lab):
    lb01, _ = lab.nodes
    run("ip", "-n", lb01.ns, "addr", "del", "10.99.0.11/24", "dev", "eth0")
    handed_over(lab, "10.99.0.11")
    run("ip", "-n", lb01.ns, "addr", "add", "10.99.0.11/24", "dev", "eth0")
    fit_again(lab)


def test_B01_own_address_replaced_by_another_hands_over(lab):
    lb01, _ = lab.nodes
    run("ip", "-n", lb01.ns, "addr", "add", "10.99.0.77/24", "dev", "eth0")
    run("ip", "netns", "exec", lb01.ns, "sysctl", "-qw",
        "net.ipv4.conf.eth0.promote_secondaries=1")
    run("ip", "-n", lb01.ns, "addr", "del", "10.99.0.11/24", "dev", "eth0")
    handed_over(lab, "10.99.0.11")
    run("ip", "-n", lb01.ns, "addr", "add", "10.99.0.11/24", "dev", "eth0")
    fit_again(lab)


def test_B01_nobody_to_take_it_and_it_serves_on(lab):
    lb01, lb02 = lab.nodes
    lb02.stop()
    run("ip", "-n", lb01.ns, "addr", "del", "10.99.0.11/24", "dev", "eth0")
    lb01.wait_alert("unfit")
    assert "10.99.0.11" in alert(lb01, "unfit")
    assert lb01.link("vrrp:VI_1")["state"] == "broken"
    time.sleep(2)
    assert lb01.state() == "MASTER"
    run("ip", "-n", lb01.ns, "addr", "add", "10.99.0.11/24", "dev", "eth0")
    wait_for("sending", lambda: lb01.link("vrrp:VI_1")["state"] == "sending")


def test_A04_ingress_rule_on_the_standby_is_seen_through(lab):
    lb01, lb02 = lab.nodes
    nft(lb02.ns, "add table netdev t; add chain netdev t i { type filter hook "
        "ingress device eth0 priority 0; }; "
        "add rule netdev t i ip protocol 112 drop")
    lb02.wait_alert("firewall")
    time.sleep(2)
    assert "disagree" not in lb02.alerts()
    assert lb02.link("vrrp:VI_1")["state"] == "up" and lb01.is_powered()


def test_A04_a_deaf_standby_holds(lab):
    lb01, lb02 = lab.nodes
    lab.deafen(lb02)
    lb02.wait_alert("unfit")
    assert "eth0 hears nobody" in alert(lb02, "unfit")
    time.sleep(2)
    assert lb01.state() == "MASTER" and lb01.is_powered()
    lab.undeafen()
    lb02.wait_state("BACKUP")
    lab.settle()


def test_R3_only_the_adverts_are_filtered_and_nobody_is_cut(lab):
    lb01, lb02 = lab.nodes
    lab.block_vrrp()
    lb02.wait_alert("disagree")
    wait_for("the filter is named", lambda: "a filter drops VRRP" in
             alert(lb02, "disagree"))
    # N03: the owner is told, too
    lb01.wait_alert("disagree")
    assert "lb02 hears our beats but no adverts" in alert(lb01, "disagree")
    time.sleep(3)
    assert lb01.state() == "MASTER" and lb01.is_powered()
    lab.block_vrrp(False)
    lab.settle()


V6 = dict(address1='( "10.99.0.11", "2001:db8::11" )',
          address2='( "10.99.0.12", "2001:db8::12" )')


def test_R3_the_peer_is_asked_by_neighbour_discovery_too(make_lab):
    """Adverts and ARP are lost between the nodes: lb01's IPv6 answers."""
    lab = make_lab(boot=False, **V6)
    for node, ip in zip(lab.nodes, ("2001:db8::11/64", "2001:db8::12/64")):
        node.power_on(daemon=False)
        run("ip", "-n", node.ns, "addr", "add", ip, "dev", "eth0", "nodad")
    for node in lab.nodes:
        node.start()
    lab.settle()
    lb01, lb02 = lab.nodes
    # till then nobody can be asked (RFC 4862 5.4)
    wait_for("the link-local addresses are no more tentative", lambda: not any(
        subprocess.run(["ip", "-n", node.ns, "-6", "addr", "show", "tentative"],
                       stdout=subprocess.PIPE, check=True).stdout
        for node in lab.nodes))
    nft(lab.switch_ns, "add table bridge t; add chain bridge t f { type filter "
        "hook forward priority 0; }; "
        'add rule bridge t f iifname "%s" oifname "%s" ether type arp drop; '
        'add rule bridge t f iifname "%s" oifname "%s" ether type arp drop; '
        "add rule bridge t f ip protocol 112 drop" %
        (lb01.ports[0], lb02.ports[0], lb02.ports[0], lb01.ports[0]))
    lb02.wait_alert("disagree")
    wait_for("the filter is named", lambda: "a filter drops VRRP" in
             alert(lb02, "disagree"))
    time.sleep(3)
    assert lb01.state() == "MASTER" and lb01.is_powered()
    assert lb02.state() == "BACKUP"


def test_R3_an_isolated_owner_hands_over(lab):
    lb01, lb02 = lab.nodes
    lab.deafen(lb01, mute=True)
    lb02.wait_state("MASTER")
    assert lb02.proof() == "released" and lb01.is_powered()
    assert "eth0 hears nobody" in alert(lb01, "unfit")


def test_R3_path_broken_and_the_gateway_heard_is_cut(lab):
    lab.may_shoot = True
    lb01, lb02 = lab.nodes
    lab.break_path()
    lb02.wait_state("MASTER")
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    lab.judge_fenced_claim(lb02)


def test_R3_without_the_hearing_test_lost_adverts_are_enough(make_lab):
    lab = make_lab(yield_ms="500; disagree_probe = false")
    lab.settle()
    lb01, lb02 = lab.nodes
    lab.block_vrrp()
    lb02.wait_state("MASTER")
    assert lb02.proof() == "fenced" and not lb01.is_powered()


# one more instance, in the network of eth1
SECOND = """}, { name = "VI_2"; interface = "eth1"; vrid = 56; version = 3;
  advert_ms = 100; addresses = ( { ip = "10.99.1.100/32"; } );"""
LISTED = dict(address1='( "10.99.0.11", "10.99.1.11" )',
              address2='( "10.99.0.12", "10.99.1.12" )')


@pytest.mark.parametrize("addresses", [LISTED, {}],
                         ids=["listed", "first_of_the_interface"])
def test_B11_each_instance_speaks_from_its_own_network(make_lab, addresses):
    """Strict reverse paths, and a source guard in the switch: nobody minds."""
    lab = make_lab(track=SECOND, boot=False, **addresses)
    for node in lab.nodes:
        node.power_on(daemon=False)
        for name in ("all", "eth0", "eth1"):
            run("ip", "netns", "exec", node.ns, "sysctl", "-qw",
                "net.ipv4.conf.%s.rp_filter=1" % name)
    nft(lab.switch_ns, "add table bridge guard; add chain bridge guard f { "
        "type filter hook forward priority 0; }; "
        'add rule bridge guard f iifname "%s" ip saddr 10.99.0.0/24 drop; '
        'add rule bridge guard f iifname "%s" ip saddr 10.99.0.0/24 drop' %
        tuple(node.ports[1] for node in lab.nodes))
    for node in lab.nodes:
        node.start()
    lab.settle()
    lb01, lb02 = lab.nodes
    wait_for("VI_2 is heard", lambda: lb02.link("vrrp:VI_2")["state"] == "up"
             and lb02.status()["instances"][1]["state"] == "BACKUP")
    time.sleep(2)
    for node in lab.nodes:
        assert not {"firewall", "foreign-vrrp", "disagree"} & set(
            node.alerts()), node.alerts()
        assert "alert foreign-vrrp raised" not in node.read_log()
    # R10: and what its keeper says at the end comes from there, too
    lb01.kill()
    lb02.wait_state("MASTER")
    assert "alert foreign-vrrp raised" not in lb02.read_log()


def test_B11_one_of_two_networks_loses_its_address(make_lab):
    """Only the instance whose source is gone moves."""
    lab = make_lab(track=SECOND, **LISTED)
    lab.settle()
    lb01, lb02 = lab.nodes
    wait_for("VI_2 is heard", lambda: lb02.link("vrrp:VI_2")["state"] == "up")
    run("ip", "-n", lb01.ns, "addr", "del", "10.99.1.11/24", "dev", "eth1")
    wait_for("VI_2 moves", lambda: lb02.state(1) == "MASTER")
    assert lb02.proof(1) == "released" and lb01.state() == "MASTER"
    assert "10.99.1.11" in alert(lb01, "unfit")


# nobody listens there: each datagram is answered by an ICMP error
TALK = """
import socket, sys, time
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    while True:
        s.sendto(b"x", (sys.argv[1], 9))
        time.sleep(0.2)
"""


def test_R3_without_a_gateway_a_silent_station_is_asked(make_lab):
    """There is one other station, which says nothing unless asked: the survivor
    of a power cut, who has thin evidence, is not deaf."""
    lab = make_lab(boot=False)
    lab.neighbour("st", "10.99.0.31")
    for node in lab.nodes:
        node.power_on(daemon=False)
        node.inside("ip", "route", "del", "default")
        node.start()
    lb01, lb02 = lab.nodes
    talk = subprocess.Popen(
        lab.within(lb02.ns, sys.executable, "-c", TALK, "10.99.0.31"))
    lab.background.append(talk)
    lab.settle()
    time.sleep(3)  # who is there is learned
    talk.kill()
    talk.wait()
    run("ip", "-n", lab.switch_ns, "link", "set", "cl", "down")
    lab.cable("cut")  # the adverts are all that is left: thin evidence
    lb02.wait_alert("link-down")
    time.sleep(1)
    lb01.die()
    lb02.wait_state("MASTER")
    assert lb02.proof() == "fenced" and "unfit" not in lb02.read_log()


def test_R3_a_gateway_whose_route_comes_late_is_asked(lab):
    """Somebody took the interface of a deaf standby down and up: its routes are
    gone, and come back when the listening has begun anew. Who was to be asked was
    read once, and the survivor hung in "hears nobody" for ever."""
    lb01, lb02 = lab.nodes
    lab.may_shoot = True
    lab.deafen(lb02)
    wait_for("lb02 is deaf", lambda: "hears nobody" in alert(lb02, "unfit"), 20)
    lb01.die()
    for state in "down", "up":
        run("ip", "-n", lb02.ns, "link", "set", "eth0", state)
    time.sleep(1.5)     # it listens again
    lab.undeafen()
    run("ip", "-n", lb02.ns, "route", "add", "default", "via", GATEWAY)
    lb02.wait_state("MASTER", 25)
    assert lb02.proof() in ("fenced", "already-off")
