# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's HAProxy on both nodes of a pair, bound to the virtual address."""
import os
import shutil
import subprocess

import pytest

from lab import Lab, VIP, wait_for

HAPROXY = "/usr/sbin/haproxy"
CONFIG = """defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind %s:8080
  http-request return status 200 content-type text/plain string "%s"
"""

pytestmark = pytest.mark.skipif(not os.path.exists(HAPROXY),
                                reason="haproxy is not installed")


def start(node):
    path = os.path.join(node.dir, "haproxy")
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    with open(path + "/conf", "w", encoding="ascii") as f:
        f.write(CONFIG % (VIP, node.name))
    return node.spawn(HAPROXY, "-f", path + "/conf", "-db",
                      log=path + "/log")


def settle_with_both(lab):
    """The standby's is bound to an address that it does not hold."""
    for node in lab.nodes:
        node.inside("sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1")
        node.haproxy = start(node)
    lab.settle()


def end(node):
    """Of its PID namespace: nobody else's."""
    pids = node.inside("pgrep", "-x", "haproxy").stdout.split()
    node.inside("kill", "-KILL", *pids)
    node.haproxy.wait()


ASK = ("import urllib.request as u; print(u.urlopen('http://%s:8080/', "
       "timeout=1).read().decode())" % VIP)


def served_by(lab, name):
    """A client gets the answer of that node's HAProxy."""
    def answers():
        return subprocess.run(
            lab.within(lab.client_ns, "/usr/bin/python3", "-c", ASK),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            check=False).stdout.strip() == name
    wait_for("%s answers the client" % name, answers, 15, 0.05)


def text_of(node):
    with open(os.path.join(node.dir, "haproxy", "log"),
              encoding="utf-8") as f:
        return f.read()


def test_R17_haproxy_bound_to_the_address_on_both_nodes():
    """With ip_nonlocal_bind the standby's runs, too; an address that can be
    bound is none that is held: the release is seen all the same (R12)."""
    with Lab(track='track = { processes = ( "haproxy" ); };') as lab:
        a, b = lab.nodes
        settle_with_both(lab)
        served_by(lab, "lb01")
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")
        assert b.proof() == "released"
        assert VIP not in a.addresses()
        served_by(lab, "lb02")
        # it dies: the other one serves, and nobody is cut
        end(b)
        a.wait_state("MASTER")
        assert a.proof() == "released"
        served_by(lab, "lb01")
        lab.judge()


def test_R3_haproxy_that_cannot_bind_makes_no_standby():
    """Without ip_nonlocal_bind HAProxy ends on the standby, which is unfit
    then and says so: the owner does not hand over to it."""
    with Lab(track='track = { processes = ( "haproxy" ); };') as lab:
        a, b = lab.nodes
        settle_with_both(lab)
        end(b)
        b.inside("sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=0")
        b.haproxy = start(b)
        assert b.haproxy.wait(10) != 0
        assert "annot bind" in text_of(b)
        b.wait_state("FAULT")
        assert any("haproxy" in why for why in b.status()["unfit_reasons"])
        assert a.twinbeat("handover").returncode == 1
        served_by(lab, "lb01")
        lab.judge()
