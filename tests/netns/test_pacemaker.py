# SPDX-License-Identifier: GPL-3.0-or-later
"""Pacemaker uses our fence agent: its fencer alone, then a whole pair.

Debian's pacemaker, corosync and fence-agents; every daemon lives in namespaces
with a /run, /dev/shm and /var of its own.
"""
import os
import re
import shlex
import subprocess
import xml.etree.ElementTree as tree

import pytest

from fence_lab import BUILD, TOOLS, Switch
from pacemaker_lab import AGENT, Machine, wait_for

FENCED = "/usr/lib/pacemaker/pacemaker-fenced"
MAP = "pcmk_host_map=lb01:1;lb02:2;lb03:3,4"

pytestmark = pytest.mark.skipif(
    not os.path.exists(FENCED), reason="Debian's pacemaker is not installed")


class InsideSwitch(Switch):
    """A power switch in a machine's network. It kills by pids of outside."""

    # pylint: disable=super-init-not-called
    def __init__(self, machine, folder, host):
        self.name, self.host, self.port = "pdu", host, 502
        self.control = os.path.join(folder, "pdu.control")
        self.log = os.path.join(folder, "pdu.log")
        self.process = subprocess.Popen(
            ["nsenter", "-t", str(machine.pid), "-n",
             os.path.abspath(os.path.join(TOOLS, "power_switch")),
             "--listen", host + ":502", "--kill-dir", folder,
             "--control", self.control, "--log", self.log],
            stdout=subprocess.PIPE)
        assert b"ready" in self.process.stdout.readline()


@pytest.fixture(name="made")
def make_list():
    """Things to close, the last one first."""
    made = []
    yield made
    for thing in reversed(made):
        if isinstance(thing, Machine):
            print(thing.logs())
            thing.close()
        else:
            thing.stop()


# ---- the fencer alone ----

@pytest.fixture(name="alone")
def make_alone(tmp_path, made):
    """A machine with pacemaker-fenced and a power switch."""
    machine = Machine("lb09", str(tmp_path))
    made.append(machine)
    switch = InsideSwitch(machine, str(tmp_path), "127.0.0.1")
    made.append(switch)
    machine.start(FENCED, "--stand-alone", "-l", "/dev/stderr",
                  PCMK_logfile="none", PCMK_ipc_type="socket")
    wait_for("pacemaker-fenced", 15, lambda: machine.run(
        "stonith_admin", "--list-registered", check=False,
        timeout=20).returncode == 0)
    return machine, switch


def admin(machine, *words, check=True):
    return machine.run("stonith_admin", *words, check=check, timeout=40)


def test_pacemaker_fencer_uses_the_agent(alone):
    machine, switch = alone
    assert AGENT in admin(machine, "--list-installed").stdout
    said = admin(machine, "--metadata", "-a", AGENT).stdout
    assert '<parameter name="stonith_status_sleep"' in said
    said = admin(machine, "--validate", "-a", AGENT, "-o", "ip=127.0.0.1",
                 "-o", "plug=1", "--output-as=xml").stdout
    assert 'valid="true"' in said
    said = admin(machine, "--validate", "-a", AGENT, "-o", "ip=127.0.0.1",
                 "-o", "unit=300", "--output-as=xml", check=False).stdout
    assert 'valid="false"' in said and "must be 0 to 255" in said
    assert not switch.requests()

    admin(machine, "-R", "pdu", "-a", AGENT, "-o", "ip=127.0.0.1",
          "-o", "power_wait=0.1", "-o", MAP)
    assert "pdu" in admin(machine, "--list", "lb02").stdout
    admin(machine, "--query", "pdu")     # monitor: reads, writes nothing
    assert switch.requests() and not switch.requests(5)

    admin(machine, "--fence", "lb02")
    assert not switch.plug(2)["power"] and switch.plug(1)["power"]
    admin(machine, "--unfence", "lb02")
    assert switch.plug(2)["power"]
    admin(machine, "--reboot", "lb01")
    assert [(r["plug"], r["value"]) for r in switch.requests(5)] == [
        (2, 0), (2, 65280), (1, 0), (1, 65280)]
    # two power supplies: both off, then both on
    admin(machine, "--reboot", "lb03")
    assert [(r["plug"], r["value"]) for r in switch.requests(5)[4:]] == [
        (3, 0), (4, 0), (3, 65280), (4, 65280)]
    # a device of one node: its plug stands in its options
    admin(machine, "-R", "lone", "-a", AGENT, "-o", "ip=127.0.0.1",
          "-o", "power_wait=0.1", "-o", "plug=5",
          "-o", "pcmk_host_list=lb05")
    admin(machine, "--fence", "lb05")
    assert not switch.plug(5)["power"]
    switch.tell("weld 1")
    done = admin(machine, "--fence", "lb01", "-t", "5", check=False)
    assert done.returncode != 0, "a welded relay is no fence"


def test_pacemaker_levels_try_the_next_device(alone):
    machine, switch = alone
    for name, port in (("dead", 1), ("pdu", 502)):
        admin(machine, "-R", name, "-a", AGENT, "-o", "ip=127.0.0.1", "-o",
              "ipport=%d" % port, "-o", "power_wait=0", "-o", MAP)
    admin(machine, "-r", "lb02", "-i", "1", "-v", "dead")
    admin(machine, "-r", "lb02", "-i", "2", "-v", "pdu")
    admin(machine, "--fence", "lb02", "-t", "60")
    assert not switch.plug(2)["power"]


def test_pacemaker_asks_the_agent_which_plugs_there_are(alone):
    """dynamic-list: plugs named in list are what it can fence."""
    machine, switch = alone
    admin(machine, "-R", "pdu", "-a", AGENT, "-o", "ip=127.0.0.1",
          "-o", "pcmk_host_check=dynamic-list", "-o", "plugs=3",
          "-o", "power_wait=0")
    admin(machine, "--fence", "3", "-t", "60")
    assert not switch.plug(3)["power"]
    done = admin(machine, "--fence", "4", "-t", "5", check=False)
    assert done.returncode != 0 and switch.plug(4)["power"]


# ---- a whole pair ----

COROSYNC = """
totem {
	version: 2
	cluster_name: twinbeat
	transport: udpu
	token: 1000
	crypto_cipher: none
	crypto_hash: none
}
nodelist {
	node {
		ring0_addr: 198.51.100.1
		name: lb01
		nodeid: 1
	}
	node {
		ring0_addr: 198.51.100.2
		name: lb02
		nodeid: 2
	}
}
quorum {
	provider: corosync_votequorum
	two_node: 1
}
logging {
	to_logfile: yes
	logfile: /var/log/corosync/corosync.log
	to_stderr: yes
	to_syslog: no
}
"""


def primitives(path):
    """What crm and pcs are told in a text: options of the fence device."""
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("\\e\n", " ").replace("\\\n", " ")
    found = re.findall(r"^(?:# )?(?:crm configure primitive pdu stonith:|pcs "
                       r"stonith create pdu )(.*)$", text, re.M)
    assert len(found) == 2, path
    for line in found:
        words = shlex.split(line.replace(" params ", " "))
        assert words[-3:] == ["op", "monitor", "interval=60s"]
        yield words[0], dict(w.split("=", 1) for w in words[1:-3])


def test_pacemaker_lines_that_we_show_are_right():
    """README and manual, crmsh and pcs: one agent, one set of options."""
    shown = list(primitives("README.md")) + list(
        primitives("fence/agent/fence_twinbeat.8"))
    assert shown == [shown[0]] * 4
    agent, options = shown[0]
    assert agent == AGENT
    said = subprocess.run(
        [os.path.join(BUILD, "fence_twinbeat"), "--driver=modbus", "-o",
         "metadata"], stdout=subprocess.PIPE, check=True).stdout
    known = {p.get("name")
             for p in tree.fromstring(said).find("parameters")}
    for name in options:
        assert name in known or name.startswith("pcmk_"), name


def resource():
    """The device that README shows, in the words of the cluster itself; only
    its address and its wait are those of the test."""
    _, options = next(primitives("README.md"))
    options.update(ip="198.51.100.3", power_wait="0.5")
    pairs = "".join('<nvpair id="pdu-%s" name="%s" value="%s"/>' %
                    (name, name, value) for name, value in options.items())
    return ('<primitive id="pdu" class="stonith" type="%s">'
            '<instance_attributes id="pdu-options">%s</instance_attributes>'
            '<operations><op id="pdu-monitor" name="monitor" interval="60s"/>'
            '</operations></primitive>' % (AGENT, pairs))


def ip(machine, *words):
    machine.run("ip", *words)


class Cluster:
    """Two nodes, a switch between them, the power switch on a third port."""

    def __init__(self, folder, made):
        self.outside = Machine("switch", folder, setup=False)
        made.append(self.outside)
        ip(self.outside, "link", "add", "br0", "type", "bridge")
        ip(self.outside, "address", "add", "198.51.100.3/24", "dev", "br0")
        ip(self.outside, "link", "set", "br0", "up")
        self.nodes = [self.add_node(number, folder, made)
                      for number in (1, 2)]
        self.pdu = InsideSwitch(self.outside, folder, "198.51.100.3")
        made.append(self.pdu)
        for node in self.nodes:
            node.start("corosync", "-f")
        for node in self.nodes:
            wait_for("corosync", 15, lambda node=node: node.run(
                "corosync-cfgtool", "-s", check=False).returncode == 0)
            node.start("pacemakerd", PCMK_logfile="/var/log/pacemaker.log",
                       PCMK_ipc_type="socket", PCMK_stderr="yes")

    def add_node(self, number, folder, made):
        node = Machine("lb0%d" % number, folder)
        made.append(node)
        ip(self.outside, "link", "add", "port%d" % number, "type", "veth",
           "peer", "name", "eth0", "netns", str(node.pid))
        ip(self.outside, "link", "set", "port%d" % number, "master", "br0",
           "up")
        ip(node, "address", "add", "198.51.100.%d/24" % number, "dev", "eth0")
        ip(node, "link", "set", "eth0", "up")
        node.write("/etc/corosync/corosync.conf", COROSYNC)
        with open(os.path.join(folder, "plug%d.pids" % number), "w",
                  encoding="ascii") as pids:
            pids.write("%d\n" % node.pid)
        return node

    def state(self):
        """crm_mon's view of node 1."""
        return self.nodes[0].run("crm_mon", "-1", "--output-as=xml",
                                 check=False, timeout=20).stdout

    def online(self):
        return self.state().count('online="true"')


def test_pacemaker_pair_cuts_the_node_that_is_lost(tmp_path, made):
    """A partition: the node that is cut off lives, and would keep its
    addresses. Pacemaker cuts its power through our agent and our driver."""
    cluster = Cluster(str(tmp_path), made)
    one, two = cluster.nodes
    wait_for("both nodes online", 60, lambda: cluster.online() == 2)
    one.run("cibadmin", "--create", "-o", "resources", "-X",
            resource())
    wait_for("the fence device started", 30, lambda: 'id="pdu"' in
             cluster.state() and 'role="Started"' in cluster.state())
    assert not cluster.pdu.requests(5), "monitoring switches nothing"
    assert cluster.pdu.requests(1), "it was not even monitored"
    ip(cluster.outside, "link", "set", "port2", "nomaster")
    assert two.alive()
    took = wait_for("the plug switched off", 40,
                    lambda: cluster.pdu.requests(5))
    two.wait_until_dead(5)
    print("from the partition to the power command: %.1f s" % took)
    wait_for("the plug on again", 15, lambda: cluster.pdu.plug(2)["power"])
    assert [(r["plug"], r["value"]) for r in cluster.pdu.requests(5)] == [
        (2, 0), (2, 65280)]
    assert one.alive() and cluster.pdu.plug(1)["power"]
    wait_for("the fence in the history", 15, lambda: "status=\"success\"" in
             one.run("stonith_admin", "--history", "lb02",
                     "--output-as=xml", check=False).stdout)
