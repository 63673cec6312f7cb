# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain peer (R16) of another make: FRR's vrrpd, version 3 over IPv4 and IPv6,
and version 2, in both roles. It wants a macvlan with the virtual MAC that carries the addresses,
and zebra beside it; it never adds an address, it sets protodown. Over IPv6 its
adverts come from the macvlan's own link-local address."""
import os
import shutil
import subprocess

import pytest

from lab import VIP, run, wait_for

FRR = "/usr/lib/frr"
pytestmark = pytest.mark.skipif(not shutil.which(FRR + "/vrrpd"),
                                reason="needs frr")
CONF = """interface eth0
 vrrp 55 version {version}
 vrrp 55 priority {priority}
 vrrp 55 advertisement-interval {interval_ms}
{vips}
"""
# by the virtual MAC: RFC 9568 7.3, RFC 4291 appendix A
MAC = {False: "00:00:5e:00:01:37", True: "00:00:5e:00:02:37"}
SOURCE6 = "fe80::200:5eff:fe00:237"
INTERVAL_MS = {2: 1000, 3: 100}
VIPS = {False: [VIP], True: ["fe80::55", "2001:db8::100"]}


class Frr:
    """zebra and vrrpd on lb01 of the lab, which twinbeat does not run on."""

    def __init__(self, lab, version, is_v6):
        self.lab, self.node = lab, lab.nodes[0]
        self.version = version
        self.vips = VIPS[is_v6]
        self.device = "vrrp%d-55" % (6 if is_v6 else 4)
        self.dir = os.path.join(lab.dir, "frr")
        os.makedirs(self.dir)
        os.chmod(lab.dir, 0o755)
        shutil.chown(self.dir, "frr", "frr")
        self.processes = []
        ns = self.node.ns
        run("ip", "-n", ns, "link", "add", self.device, "link", "eth0",
            "type", "macvlan", "mode", "bridge")
        run("ip", "-n", ns, "link", "set", self.device, "address", MAC[is_v6])
        # the other router has the same addresses at times
        run("ip", "netns", "exec", ns, "sysctl", "-qw",
            "net.ipv6.conf.%s.accept_dad=0" % self.device)
        for vip in self.vips:
            run("ip", "-n", ns, "addr", "add",
                vip + ("/64" if is_v6 else "/24"), "dev", self.device,
                *(["nodad"] if is_v6 else []))
        run("ip", "-n", ns, "link", "set", self.device, "up")

    def _run(self, name, *words):
        self.processes.append(subprocess.Popen(
            ["ip", "netns", "exec", self.node.ns, FRR + "/" + name, "-u",
             "frr", "-g", "frr", "-i", "%s/%s.pid" % (self.dir, name), "-z",
             self.dir + "/zserv", "--vty_socket", self.dir, "--log",
             "file:%s/%s.log" % (self.dir, name)] + list(words),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL))

    def start(self, priority):
        conf = os.path.join(self.dir, "vrrpd.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(CONF.format(
                priority=priority, version=self.version,
                interval_ms=INTERVAL_MS[self.version], vips="\n".join(
                    " vrrp 55 %s %s" % ("ipv6" if ":" in vip else "ip", vip)
                    for vip in self.vips)))
        self._run("zebra")
        wait_for("zebra listens",
                 lambda: os.path.exists(self.dir + "/zserv"))
        self._run("vrrpd", "-f", conf)

    def is_master(self):
        """It lets its macvlan be up only while it serves."""
        shown = run("ip", "-n", self.node.ns, "-d", "link", "show",
                    self.device).stdout
        return "protodown on" not in shown and "LOWER_UP" in shown

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=20)
        self.processes = []


@pytest.fixture(name="kind", params=[(3, False), (3, True), (2, False)],
                ids=["ipv4", "ipv6", "version2"])
def version_and_family(request):
    return request.param


@pytest.fixture
def lab_with_plain_peer(kind):
    from lab import Lab, without_judge
    version, is_v6 = kind
    options = dict(address1='( "10.99.0.11", "%s" )' % SOURCE6,
                   addresses=", ".join('{ ip = "%s"; }' % vip
                                       for vip in VIPS[True])) if is_v6 else {}
    lab = Lab(port1='kind = "vrrp";', serial1="", version=version,
              advert_ms=INTERVAL_MS[version], tie_ms=6000, **options)
    with without_judge(lab):
        for node in lab.nodes:
            node.power_on(daemon=False)
        yield lab


def test_R16_beside_frr_in_both_roles(lab_with_plain_peer, kind):
    lab = lab_with_plain_peer
    b = lab.nodes[1]
    version, is_v6 = kind
    frr, vip = Frr(lab, version, is_v6), VIPS[is_v6][-1]
    # seconds of adverts that show who stays: more than a Master_Down_Interval
    enough = 3 if version == 3 else 5
    enough_adverts = enough * 1000 // INTERVAL_MS[version]
    try:
        frr.start(150)
        wait_for("frr serves", frr.is_master)
        b.start()
        b.wait_state("BACKUP")
        wait_for("twinbeat hears it",
                 lambda: b.link("vrrp:VI_1")["rx"] > enough_adverts)
        assert b.state() == "BACKUP" and vip not in b.addresses()
        assert b.link("vrrp:VI_1")["drops"] == {}
        assert "foreign-vrrp" not in b.alerts()
        frr.stop()
        wait_for("twinbeat serves", lambda: vip in b.addresses())
        assert b.proof() == "silence"
        # a lower one hears twinbeat, and stands by
        frr.start(50)
        sent = b.link("vrrp:VI_1")["tx"]
        wait_for("%d seconds of adverts" % enough,
                 lambda: b.link("vrrp:VI_1")["tx"] > sent + enough_adverts)
        assert b.state() == "MASTER"
        wait_for("frr stands by", lambda: not frr.is_master())
        b.stop()
        wait_for("frr serves again", frr.is_master)
    finally:
        frr.stop()
