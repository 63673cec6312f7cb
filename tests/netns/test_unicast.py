# SPDX-License-Identifier: GPL-3.0-or-later
"""From where to where adverts go. Unicast (instances[].unicast): between two twinbeat nodes where the
switch carries no multicast, and beside a real keepalived, over IPv4 and IPv6."""
import os
import shutil

import pytest

from lab import VIP, run, wait_for
from test_interop import forge

needs_keepalived = pytest.mark.skipif(not shutil.which("keepalived"),
                                      reason="needs keepalived")
V6 = ("fd00:99::11", "fd00:99::12")
VIP6 = "fd00:99::100"
KEEPALIVED = """vrrp_instance other {{
    state BACKUP
    interface eth0
    virtual_router_id 55
    priority {priority}
    version 3
    advert_int 0.1
    unicast_src_ip {own}
    {ttl}
    unicast_peer {{ {peer} }}
    virtual_ipaddress {{ {vips} }}
}}
"""


def no_multicast(lab):
    """The switch swallows what goes to the two groups."""
    run("ip", "netns", "exec", lab.switch_ns, "nft",
        "add table bridge u; add chain bridge u f { type filter hook forward "
        "priority 0; }; add rule bridge u f ip daddr 224.0.0.18 drop; "
        "add rule bridge u f ip6 daddr ff02::12 drop")


def test_unicast_needs_no_multicast_between_twins(make_lab):
    lab = make_lab(boot=False, auth="unicast = true;")
    no_multicast(lab)
    for node in lab.nodes:
        node.power_on()
    lab.settle()
    a, b = lab.nodes
    wait_for("adverts arrive",
             lambda: b.link("vrrp:VI_1")["state"] == "up")
    # the owner resigns by unicast as well: all that is left is VRRP
    assert b.twinbeat("handover").returncode == 0
    b.wait_state("MASTER")
    wait_for("adverts arrive there",
             lambda: a.link("vrrp:VI_1")["state"] == "up")
    assert not b.alerts() & {"firewall", "foreign-vrrp", "config-mismatch"}


def test_unicast_an_advert_to_the_group_is_dropped(make_lab):
    """As from a peer whose file says multicast."""
    lab = make_lab(auth="unicast = true;")
    lab.settle()
    b = lab.nodes[1]
    forge(lab, "10.99.0.11", 200)
    wait_for("counted", lambda: b.link("vrrp:VI_1")["drops"].get(
        "destination", 0) > 0)
    assert b.state() == "BACKUP"


def plain_pair(lab, is_v6):
    """lb01 has keepalived, lb02 twinbeat; the latter's file."""
    path = os.path.join(lab.dir, "plain.conf")
    values = {"port1": 'kind = "vrrp";', "auth": "unicast = true;"}
    if is_v6:
        values["auth"] += " unicast_min_ttl = 64;"
        values.update(address1='( "10.99.0.11", "%s" )' % V6[0],
                      address2='( "10.99.0.12", "%s" )' % V6[1],
                      addresses='{ ip = "fe80::55/128"; }, '
                      '{ ip = "%s/128"; }' % VIP6)
    lab.write_config(path, **values)
    for k, node in enumerate(lab.nodes):
        node.power_on(daemon=False)
        node.config = path
        if is_v6:
            run("ip", "-n", node.ns, "addr", "add", V6[k] + "/64", "dev",
                "eth0", "nodad")
    return VIP6 if is_v6 else VIP


def keepalived(lab, is_v6, priority):
    a, b = lab.nodes
    base = os.path.join(a.dir, "keepalived")
    own, peer = V6 if is_v6 else (a.address, b.address)
    with open(base + ".conf", "w", encoding="ascii") as f:
        f.write(KEEPALIVED.format(
            own=own, peer=peer, priority=priority,
            # over IPv6 it sends with 64, of which twinbeat's file knows
            ttl="" if is_v6 else "unicast_ttl 255",
            vips="fe80::55/128\n%s/128" % VIP6 if is_v6 else VIP + "/32"))
    return a.spawn("keepalived", "-n", "-l", "-D", "-P", "-f",
                   base + ".conf", "-p", base + ".pid", "-r", base + ".vrrp",
                   log=base + ".log")


def stop(lab, process):
    lab.nodes[0].inside("sh", "-c", "kill $(cat %s/keepalived.pid)" %
                        lab.nodes[0].dir)
    process.wait(timeout=20)


@needs_keepalived
@pytest.mark.parametrize("is_v6", [False, True], ids=["ipv4", "ipv6"])
def test_unicast_beside_keepalived_in_both_roles(lab_without_judge, is_v6):
    lab = lab_without_judge
    vip = plain_pair(lab, is_v6)
    a, b = lab.nodes
    # keepalived owns, twinbeat stands by
    process = keepalived(lab, is_v6, 150)
    wait_for("keepalived serves", lambda: vip in a.addresses(), 20)
    b.start()
    b.wait_state("BACKUP")
    wait_for("it is heard", lambda: b.link("vrrp:VI_1")["rx"] > 10)
    assert b.state() == "BACKUP" and vip not in b.addresses()
    assert b.link("vrrp:VI_1")["drops"] == {}
    assert "foreign-vrrp" not in b.alerts()
    # it stops, twinbeat serves
    stop(lab, process)
    wait_for("twinbeat serves", lambda: vip in b.addresses())
    assert b.proof() == "silence"
    # a lower keepalived hears it and stands by
    process = keepalived(lab, is_v6, 50)
    sent = b.link("vrrp:VI_1")["tx"]
    wait_for("two seconds of adverts",
             lambda: b.link("vrrp:VI_1")["tx"] > sent + 30)
    assert vip not in a.addresses()
    assert b.state() == "MASTER"
    # and takes over when twinbeat stops
    b.stop()
    wait_for("keepalived serves again", lambda: vip in a.addresses())
    stop(lab, process)


@pytest.fixture
def lab_without_judge():
    from lab import Lab, without_judge
    with without_judge(Lab()) as lab:
        yield lab


SOURCES4 = ("10.99.0.211", "10.99.0.212")
SOURCES6 = ("fe80::211", "fe80::212")


@pytest.mark.parametrize("is_v6", [False, True])
def test_adverts_leave_from_source_addresses(make_lab, is_v6):
    """mcast_src_ip: not the node's first address; the last will, too."""
    sources = SOURCES6 if is_v6 else SOURCES4
    more = dict(addresses='{ ip = "fe80::55"; }') if is_v6 else {}
    auth = 'source_addresses = ( "%s", "%s" );' % sources
    if is_v6:
        auth += ' excluded = ( { ip = "%s/32"; } );' % VIP
    lab = make_lab(boot=False, auth=auth, **more)
    for node, source in zip(lab.nodes, sources):
        node.power_on(daemon=False)
        run("ip", "-n", node.ns, "addr", "add",
            source + ("/64" if is_v6 else "/24"), "dev", "eth0", *(
                ["nodad"] if is_v6 else []))
        node.start(wait=False)
    lab.settle(seconds=30)
    a, b = lab.nodes
    expression = ("ip6 dst ff02::12" if is_v6 else "dst 224.0.0.18") + \
        " and proto 112"
    path = os.path.join(b.dir, "heard")
    heard = b.spawn("timeout", "40", "tcpdump", "-n", "-l", "-i", "eth0",
                    "-Q", "in", expression, log=path)

    def lines():
        with open(path) as file:
            return [line for line in file if "vrrp" in line.lower()]
    wait_for("adverts are seen", lambda: len(lines()) > 10, 15)
    a.kill()
    b.wait_state("MASTER")
    wait_for("its last will is seen",
             lambda: any("prio 0" in line for line in lines()))
    assert all(sources[0] + " > " in line for line in lines()), lines()
    assert not b.alerts() & {"foreign-vrrp", "split-brain"}
    heard.terminate()
    heard.wait()
