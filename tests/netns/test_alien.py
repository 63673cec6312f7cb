# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of real daemons, and what another hand does to their addresses
(R17.1): added on the standby, there before the start, held by a keepalived
that was left running; the machine's own address; interfaces by other names."""
import json
import os
import signal
import subprocess
import time

import pytest

from lab import BUILD, VIP, Lab, run, wait_for

QUICK = dict(serial_ms=50, serial_dead_ms=300)


def forms(node, ip=VIP):
    """["10.99.0.100/32 on eth0", ...] that the node's kernel has."""
    shown = json.loads(run("ip", "-n", node.ns, "-j", "addr").stdout)
    return ["%s/%d on %s" % (a["local"], a["prefixlen"], link["ifname"])
            for link in shown for a in link["addr_info"]
            if a.get("local") == ip]


def alert(node, name):
    for found in node.status()["alerts"]:
        if found["name"] == name:
            return found["text"]
    return None


def served_by(lab, node):
    wait_for("%s serves" % node.name,
             lambda: node.state() == "MASTER" and forms(node), 30)
    other = lab.nodes[1 - node.index]
    if other.is_powered():
        wait_for("%s has nothing" % other.name, lambda: not forms(other))


def hand_over(node):
    wait_for("%s hands over" % node.name,
             lambda: node.twinbeat("handover").returncode == 0, 20, 0.2)


@pytest.mark.parametrize("form", [
    "/32 dev eth0", "/24 dev eth0", "/32 dev eth1", "/24 dev eth1",
    "/32 dev lo", "/28 dev eth0 label eth0:x"])
def test_N01_address_of_another_hand_on_the_standby(form):
    """Gone at once, told, and not ALL WELL; the owner's is not touched."""
    with Lab(**QUICK) as lab:
        lab.settle()
        owner, standby = lab.nodes
        standby.inside("ip", "addr", "add", *(VIP + form).split())
        wait_for("it is gone", lambda: not forms(standby), 5)
        standby.wait_alert("duplicate-vip")
        text = alert(standby, "duplicate-vip")
        assert VIP + form.split()[0] + " on " + form.split()[2] in text
        assert "ALL WELL" not in standby.twinbeat("status").stdout
        assert owner.state() == "MASTER" and forms(owner)
        assert lab.pdu_events() == [] or not any(
            "off" in str(event) for event in lab.pdu_events())


def test_N01_real_server_of_direct_routing_keeps_its_address_on_lo():
    """arp_ignore keeps it silent: not counted, not touched, shown."""
    with Lab(**QUICK) as lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        for node in lab.nodes:
            node.inside("sh", "-c",
                        "echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_ignore")
            node.inside("ip", "addr", "add", VIP + "/32", "dev", "lo")
        on_lo = VIP + "/32 on lo"
        for node in lab.nodes:
            wait_for("status shows it", lambda node=node: on_lo in
                     node.status()["instances"][0]["silent_on_lo"])
            assert on_lo in node.twinbeat("status").stdout
            assert "duplicate-vip" not in node.alerts()
        for giver, taker in (lb01, lb02), (lb02, lb01):
            hand_over(giver)
            wait_for("%s serves" % taker.name, lambda taker=taker:
                     taker.state() == "MASTER" and
                     VIP + "/32 on eth0" in forms(taker))
            wait_for("given", lambda giver=giver: forms(giver) == [on_lo])
        assert lb01.stop() == 0
        assert forms(lb01) == [on_lo]


@pytest.mark.parametrize("form", ["/32 dev eth0", "/24 dev eth0",
                                  "/32 dev eth1"])
def test_N01_address_of_before_the_start_is_gone_after_a_handover(form):
    """It was there before the owner's daemon: nothing stays behind."""
    lab = Lab(**QUICK)
    with lab:
        lab.settle()
        owner, standby = lab.nodes
        assert owner.stop() == 0
        owner.inside("ip", "addr", "add", *(VIP + form).split())
        owner.start()
        wait_for("not both", lambda: not forms(owner))
        served_by(lab, standby)
        hand_over(standby)
        served_by(lab, owner)
        assert "vip-failed" not in owner.alerts()
        hand_over(owner)
        served_by(lab, standby)
        assert forms(owner) == []
        assert standby.stop() == 0
        assert forms(standby) == []


def test_N01_every_form_goes_with_the_owners_stop():
    """Added beside the owner's while it serves; "all released" is true."""
    with Lab(**QUICK) as lab:
        lab.settle()
        owner = lab.nodes[0]
        owner.kill(signal.SIGSTOP)      # it would be removed at once
        os.kill(owner.helper("keeper"), signal.SIGSTOP)
        for form in "/24 dev eth0", "/32 dev eth1", "/32 dev lo":
            owner.inside("ip", "addr", "add", *(VIP + form).split())
        os.kill(owner.helper("keeper"), signal.SIGCONT)
        owner.kill(signal.SIGCONT)
        assert owner.stop() == 0
        assert forms(owner) == []


@pytest.mark.parametrize("prefix", [32, 24])
def test_B03_address_of_another_hand_and_then_a_fence(prefix):
    """It is no obstacle to the takeover: somebody serves."""
    with Lab(**QUICK, addresses='{ ip = "%s/24"; }' % VIP) as lab:
        lab.settle()
        owner, standby = lab.nodes
        # so that it is there at the claim: the keeper does not see it go
        os.kill(standby.helper("keeper"), signal.SIGSTOP)
        standby.inside("ip", "addr", "add", "%s/%d" % (VIP, prefix), "dev",
                       "eth0")
        os.kill(standby.helper("keeper"), signal.SIGCONT)
        owner.die()
        served_by(lab, standby)
        assert forms(standby) == [VIP + "/24 on eth0"]
        assert "vip-failed" not in standby.alerts()


KEEPALIVED = """global_defs {{ router_id other }}
vrrp_instance VI_1 {{
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority 200
  advert_int 0.1
  version 3
  virtual_ipaddress {{ {vip}/32 }}
}}
"""


def test_N01_keepalived_left_running_on_the_peer():
    """Named on the owner, and on the node itself; it ends with one owner."""
    with Lab(**QUICK) as lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        hand_over(lb01)
        served_by(lab, lb02)
        conf = os.path.join(lab.dir, "keepalived.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(KEEPALIVED.format(vip=VIP))
        other = lb01.spawn("keepalived", "-n", "-l", "-f", conf, "-p",
                           lab.dir + "/ka.pid", "-r", lab.dir + "/ka2.pid",
                           log=lab.dir + "/ka.log")
        # its adverts bear no signature; else as a daemon that contradicts
        named = wait_for("it is named", lambda: alert(
            lb02, "config-mismatch") or alert(lb02, "foreign-vrrp"), 20)
        assert ("stop the other VRRP daemon on it" in named or
                "another VRRP daemon runs on lb01" in named), named
        wait_for("the address that it puts here is told", lambda:
                 alert(lb01, "duplicate-vip") or not lb01.is_powered(), 20)
        assert lb02.state() == "MASTER"
        checked = lb01.twinbeat("check", lab.config)
        # (where nothing was cut yet) check names it, too
        if lb01.is_powered() and checked.returncode in (0, 1):
            assert "keepalived runs here" in checked.stdout
        other.kill()
        wait_for("one holder", lambda: not lb01.is_powered() or
                 not forms(lb01), 40)
        assert lb02.state() == "MASTER" and forms(lb02)


@pytest.mark.parametrize("priority", [254, 150])
def test_N01_keepalived_left_running_on_the_owner(priority):
    """It sends from the owner's own address, on which no socket hears it."""
    with Lab(**QUICK) as lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        conf = os.path.join(lab.dir, "keepalived.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(KEEPALIVED.format(vip=VIP).replace(
                "priority 200", "priority %d" % priority).replace(
                    "state BACKUP", "state MASTER"))
        other = lb01.spawn("keepalived", "-n", "-l", "-f", conf, "-p",
                           lab.dir + "/ka.pid", "-r", lab.dir + "/ka2.pid",
                           log=lab.dir + "/ka.log")
        text = wait_for("it is named", lambda: alert(lb01, "foreign-vrrp"),
                        60)
        assert "on this very machine" in text and "vrid 55" in text, text
        assert "priority %d, from 10.99.0.11" % priority in text, text
        assert lb01.state() == "MASTER" and lb02.state() == "BACKUP"
        assert lb01.is_powered() and lb02.is_powered()
        other.kill()
        other.wait()


def test_N01_our_own_adverts_are_no_other_daemons():
    """Over looks at what leaves, handovers and restarts."""
    with Lab(**QUICK) as lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        for giver, taker in ((lb01, lb02), (lb02, lb01)):
            hand_over(giver)
            served_by(lab, taker)
            time.sleep(6)
        time.sleep(15)
        for node in lab.nodes:
            assert "alert foreign-vrrp raised" not in node.read_log()


def test_C04_the_machines_own_address_is_refused():
    """lb01's address in the management network, as a VIP."""
    lab = Lab(**QUICK)
    with lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        path = os.path.join(lab.dir, "wrong.conf")
        for ip in lb01.management, "10.99.0.11":
            lab.write_config(path, addresses='{ ip = "%s/24"; }' % ip)
            checked = lb01.twinbeat("check", path)
            assert checked.returncode == 1
            assert ip in checked.stdout and "error: " in checked.stdout
            assert lb01.stop() == 0 if lb01.daemon else True
            lb01.config, kept = path, lb01.config
            lb01.start(wait=False)
            assert lb01.starter.wait(timeout=20) == 3
            lb01.daemon, lb01.config = None, kept
            assert ip in lb01.addresses()
        served_by(lab, lb02)


def test_B04_owner_hands_over_when_the_other_interface_is_dark():
    """No track needed: eth1 carries an address of the instance."""
    more = '{ ip = "%s/32"; }, { ip = "203.0.113.100/24"; dev = "eth1"; }'
    with Lab(**QUICK, addresses=more % VIP) as lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        run("ip", "-n", lab.switch_ns, "link", "set", lb01.ports[1], "down")
        served_by(lab, lb02)
        assert "eth1, which carries 203.0.113.100, has no carrier" in \
            alert(lb01, "unfit")
        assert forms(lb02, "203.0.113.100") and \
            not forms(lb01, "203.0.113.100")
        run("ip", "-n", lab.switch_ns, "link", "set", lb01.ports[1], "up")
        wait_for("fit again", lambda: lb01.status()["fit"])


def test_B05_last_will_comes_from_the_adverts_address():
    """Another address stands first on the interface."""
    with Lab(**QUICK) as lab:
        for node, ip in zip(lab.nodes, ("10.99.7.11/24", "10.99.7.12/24")):
            assert node.stop() == 0
            node.inside("ip", "addr", "flush", "dev", "eth0")
            node.inside("ip", "addr", "add", ip, "dev", "eth0")
            node.inside("ip", "addr", "add", node.address + "/24", "dev",
                        "eth0")
        for node in lab.nodes:
            node.start()
        lab.settle()
        lb01, lb02 = lab.nodes
        wait_for("adverts are heard", lambda: lb02.link(
            "vrrp:VI_1")["state"] == "up")
        lab.cable("cut")
        wait_for("the cable is out", lambda: lb02.link(
            "serial")["state"] == "down")
        lb01.kill()
        wait_for("lb02 serves", lambda: lb02.state() == "MASTER", 15)
        assert lb02.proof() == "resigned"
        assert "foreign-vrrp" not in lb02.alerts()
        assert lb01.is_powered()


@pytest.mark.parametrize("script", [
    "ip link set eth0 name lan0",
    "ip link set eth0 down; ip link set eth0 name lan0; ip link set lan0 up",
    "ip link set eth0 name x1; ip link set x1 name lan0"])
def test_B06_renamed_interface_is_called_so(script):
    """Not "another hand": what it was renamed to, and what to do."""
    with Lab(**QUICK) as lab:
        lab.settle()
        lb01, lb02 = lab.nodes
        lb01.inside("sh", "-ec", script)
        served_by(lab, lb02)
        wait_for("it is said", lambda: "eth0 was renamed to lan0: rename it "
                 "back, or write lan0 into the settings and restart" in
                 (alert(lb01, "unfit") or ""))
        assert lb01.state() == "FAULT"
        assert "duplicate-vip raised" not in lb01.read_log()
        # a real other hand is one there, too
        lb01.inside("ip", "addr", "add", VIP + "/32", "dev", "lan0")
        wait_for("it is told", lambda: "10.99.0.100/32 on lan0" in
                 (alert(lb01, "duplicate-vip") or ""))
        wait_for("it is gone", lambda: not forms(lb01))
        lb01.inside("sh", "-ec", "ip link set lan0 down; "
                    "ip link set lan0 name eth0; ip link set eth0 up")
        wait_for("fit again", lambda: lb01.state() == "BACKUP", 20)
        assert lb01.status()["fit"] and lb01.is_powered()
        assert lb02.state() == "MASTER"


def test_B06_renamed_and_then_deleted_interface_does_not_exist():
    with Lab(**QUICK) as lab:
        lab.settle()
        lb02 = lab.nodes[1]
        lb02.inside("ip", "link", "set", "eth0", "name", "lan0")
        wait_for("renamed", lambda: "renamed to lan0" in
                 (alert(lb02, "unfit") or ""))
        lb02.inside("ip", "link", "del", "lan0")
        wait_for("gone", lambda: "eth0 does not exist" in
                 (alert(lb02, "unfit") or ""))
        assert lab.nodes[0].state() == "MASTER"


@pytest.mark.parametrize("late", [False, True])
def test_B06_interface_by_an_alternative_name(late):
    """lan0 and lan1 are further names of eth0 and eth1."""
    more = '{ ip = "%s/32"; }, { ip = "203.0.113.100/24"; dev = "lan1"; }'
    lab = Lab(**QUICK, addresses=more % VIP,
              track='track = { interfaces = ( "lan1" ); };')
    lab.build(boot=False)
    try:
        with open(lab.config, encoding="ascii") as f:
            text = f.read().replace('interface = "eth0"',
                                    'interface = "lan0"')
        with open(lab.config, "w", encoding="ascii") as f:
            f.write(text)

        def name(node):
            for k in "01":
                node.inside("ip", "link", "property", "add", "dev",
                            "eth" + k, "altname", "lan" + k)
        for node in lab.nodes:
            node.power_on(daemon=False)
            if not late:
                name(node)
                checked = node.twinbeat("check", lab.config)
                assert "lan0 is another name of eth0" in checked.stdout
                assert "lan1 is another name of eth1" in checked.stdout
                assert checked.returncode == 0
            node.start()
            if late:    # by then the daemon waits for it
                wait_for("it waits", lambda node=node: node.state() in (
                    "FAULT", "INIT", "BACKUP"))
                name(node)
        wait_for("one serves", lambda: any(
            node.state() == "MASTER" and forms(node)
            for node in lab.nodes), 30)
        owner = [n for n in lab.nodes if n.state() == "MASTER"][0]
        assert forms(owner, "203.0.113.100")
        for node in lab.nodes:
            wait_for("fit", lambda node=node: node.status()["fit"])
        if not late:
            assert "lan0 is another name of eth0" in owner.read_log()
    finally:
        lab.close()


def test_B12_routes_after_sigterm():
    """The own address was away for a moment, the VIP became primary."""
    with Lab(**QUICK, addresses='{ ip = "%s/24"; }' % VIP) as lab:
        lab.settle()
        lb01 = lab.nodes[0]
        for where in "all", "eth0":
            lb01.inside("sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/%s/"
                        "promote_secondaries" % where)
        for route in ("default via 10.99.0.254", "203.0.113.0/24 via "
                      "10.99.0.10 metric 7"):
            lb01.inside("ip", "route", "replace", *route.split())
        lb01.inside("sh", "-c", "ip addr del 10.99.0.11/24 dev eth0; "
                    "ip addr add 10.99.0.11/24 dev eth0")
        for route in ("default via 10.99.0.254", "203.0.113.0/24 via "
                      "10.99.0.10 metric 7"):
            lb01.inside("ip", "route", "replace", *route.split())
        before = lb01.inside("ip", "route").stdout
        assert "default" in before and "203.0.113.0/24" in before
        assert lb01.stop() == 0
        after = lb01.inside("ip", "route").stdout
        assert sorted(line.strip() for line in after.splitlines()) == sorted(
            line.strip().replace("src " + VIP, "src 10.99.0.11")
            for line in before.splitlines())


def make_eth9(node):
    node.inside("ip", "link", "add", "eth9", "type", "veth", "peer", "name",
                "end9")
    for end in "eth9", "end9":
        node.inside("ip", "link", "set", end, "up")


def test_interface_made_anew_under_a_held_vip():
    """Deleted, and renamed: told, no crash, and served again."""
    with Lab(**QUICK, addresses='{ ip = "%s/32"; }, { ip = '
             '"203.0.113.100/24"; dev = "eth9"; }' % VIP) as lab:
        lb01 = lab.nodes[0]
        for node in lab.nodes:
            make_eth9(node)
        lab.settle()
        owner = [n for n in lab.nodes if n.state() == "MASTER"][0]
        pid = owner.daemon
        owner.inside("ip", "link", "del", "eth9")
        owner.wait_alert("unfit")
        make_eth9(owner)
        wait_for("fit again", lambda: owner.status()["fit"])
        owner.inside("ip", "link", "set", "eth9", "down")
        owner.inside("ip", "link", "set", "eth9", "name", "other9")
        owner.wait_alert("unfit")
        owner.inside("ip", "link", "set", "other9", "name", "eth9")
        owner.inside("ip", "link", "set", "eth9", "up")
        wait_for("fit again", lambda: owner.status()["fit"])
        assert owner.daemon == pid and lb01.is_powered()
        wait_for("one serves all", lambda: any(
            node.state() == "MASTER" and forms(node) and
            forms(node, "203.0.113.100") for node in lab.nodes), 30)


@pytest.mark.parametrize("kind", ["prohibit", "blackhole", "lookup 100"])
def test_A01_a_rule_of_the_routing_policy_hides_no_address(kind):
    """It stands before the local table, for what the machine itself sends: a
    route query says that the VIP is not there, and ARP is answered for it."""
    with Lab(**dict(QUICK, lease_s=0)) as lab:
        lab.settle()
        owner, standby = lab.nodes
        for words in ("add pref 5 lookup local", "add pref 1 iif lo to %s %s" %
                      (VIP, kind), "del pref 0"):
            owner.inside("ip", "rule", *words.split())
        # its keeper is gone for good, so that only the look is left
        owner.inside("mount", "--bind", "/bin/false",
                     BUILD + "/twinbeat-keeper")
        os.kill(owner.helper("keeper"), signal.SIGKILL)
        standby.wait_state("MASTER", 20)
        assert standby.proof() == "fenced"
        assert not owner.is_powered()
