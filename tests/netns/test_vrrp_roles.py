# SPDX-License-Identifier: GPL-3.0-or-later
"""Who owns what: active/active with preemption, more addresses than an advert can
name, and a real keepalived over IPv6 multicast in both roles."""
import json
import os
import shutil

import pytest

from lab import run, wait_for
from test_injector import record

COUNT = 300
MANY = ["10.99.%d.%d" % (4 + n // 200, 1 + n % 200) for n in range(COUNT)]
SECOND = """}, { name = "VI_2"; interface = "eth0"; vrid = 56; advert_ms = 100;
  preempt = true; preempt_delay_ms = %d;
  priorities = ( { node = "lb02"; priority = 180; } );
  addresses = ( %s );"""
DELAY_MS = 2000


def owns(node):
    status = node.status()
    return [one["name"] for one in status["instances"]
            if one["state"] == "MASTER"] if status else None


def test_R9_active_active_with_more_addresses_than_an_advert_names(make_lab):
    """Each node owns one instance; who stops gives both, who returns takes its
    own again after preempt_delay_ms, and only that."""
    lab = make_lab(track=SECOND % (DELAY_MS, ", ".join(
        '{ ip = "%s/32"; }' % ip for ip in MANY)))
    lb01, lb02 = lab.nodes
    wait_for("each owns its own", lambda: owns(lb01) == ["VI_1"] and
             owns(lb02) == ["VI_2"], 20)
    wait_for("all addresses", lambda: set(MANY) <= lb02.addresses())
    assert not set(MANY) & lb01.addresses()
    # RFC 9568 5.2.4: the count is one byte; the rest is held all the same
    frame = next(f for f in record(lab, 40) if f[35] == 56)
    assert frame[37] == 255 and len(frame) == 14 + 20 + 8 + 4 * 255 + 28
    # it goes by the word, in both directions
    assert lb02.stop() == 0
    wait_for("lb01 owns both", lambda: owns(lb01) == ["VI_1", "VI_2"])
    wait_for("all addresses", lambda: set(MANY) <= lb01.addresses())
    assert not set(MANY) & lb02.addresses()
    assert lb01.proof(1) in ("released", "obituary")
    lb02.start()
    wait_for("lb02 has its own again", lambda: owns(lb02) == ["VI_2"], 20)
    assert lb02.proof(1) == "released" and owns(lb01) == ["VI_1"]
    wait_for("all addresses", lambda: set(MANY) <= lb02.addresses())
    done = lb02.twinbeat("history", "--json", "-n", "1000")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    taken = [line for line in lines if line["instance"] == "VI_2" and
             line["to"] == "MASTER"][-1]["boottime_ms"]
    began = [line for line in lines if line["instance"] == "VI_2" and
             line["to"] == "BACKUP"][-1]["boottime_ms"]
    assert taken - began >= DELAY_MS, (began, taken)
    for node in lab.nodes:
        assert not set(node.alerts()) & {"config-mismatch", "foreign-vrrp",
                                         "vip-failed", "split-brain"}


VIP6 = "2001:db8::100"
KEEPALIVED = """vrrp_instance other {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority %d
  version 3
  advert_int 0.1
  virtual_ipaddress {
    fe80::55/128
    2001:db8::100/128
  }
}
"""


def link_local(node):
    """Its own, once the kernel has found no duplicate of it."""
    shown = json.loads(run("ip", "-n", node.ns, "-6", "-j", "address", "show",
                           "dev", "eth0", "scope", "link").stdout)
    return next((a["local"] for link in shown
                 for a in link.get("addr_info", [])
                 if not a.get("tentative")), None)


@pytest.fixture(name="plain_lab")
def lab_with_plain_peer():
    from lab import Lab, without_judge
    with without_judge(Lab()) as lab:
        for node in lab.nodes:
            node.power_on(daemon=False)
        yield lab


@pytest.mark.skipif(not shutil.which("keepalived"), reason="needs keepalived")
def test_R16_beside_keepalived_over_ipv6_multicast_in_both_roles(plain_lab):
    lab = plain_lab
    a, b = lab.nodes
    source = wait_for("link-local addresses", lambda: link_local(b) and
                      link_local(a))
    b.config = os.path.join(lab.dir, "plain.conf")
    lab.write_config(b.config, port1='kind = "vrrp";',
                     address1='( "10.99.0.11", "%s" )' % source,
                     addresses='{ ip = "fe80::55"; }, { ip = "%s"; }' % VIP6)
    base = os.path.join(a.dir, "keepalived")

    def keepalived(priority):
        with open(base + ".conf", "w", encoding="ascii") as f:
            f.write(KEEPALIVED % priority)
        return a.spawn("keepalived", "-n", "-l", "-D", "-P", "-f",
                       base + ".conf", "-p", base + ".pid", "-r",
                       base + ".vrrp", log=base + ".log")

    def stop(process):
        a.inside("sh", "-c", "kill $(cat %s.pid)" % base)
        process.wait(timeout=20)
    process = keepalived(150)
    wait_for("keepalived serves", lambda: VIP6 in a.addresses(), 20)
    b.start()
    b.wait_state("BACKUP")
    wait_for("it is heard", lambda: b.link("vrrp:VI_1")["rx"] > 10)
    assert b.state() == "BACKUP" and VIP6 not in b.addresses()
    assert b.link("vrrp:VI_1")["drops"] == {}
    assert "foreign-vrrp" not in b.alerts()
    stop(process)
    wait_for("twinbeat serves", lambda: VIP6 in b.addresses())
    assert b.proof() == "silence"
    process = keepalived(50)
    sent = b.link("vrrp:VI_1")["tx"]
    wait_for("two seconds of adverts",
             lambda: b.link("vrrp:VI_1")["tx"] > sent + 20)
    assert VIP6 not in a.addresses() and b.state() == "MASTER"
    b.stop()
    wait_for("keepalived serves again", lambda: VIP6 in a.addresses())
    stop(process)
