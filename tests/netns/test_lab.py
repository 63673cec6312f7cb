# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: its referee sees what is wrong, and it leaves nothing."""
import os
import signal
import subprocess
import sys
import time

import pytest

from lab import VIP, run, wait_for

VICTIM = """
import sys, time
sys.path.insert(0, %r)
from lab import Lab
with Lab() as lab:
    lab.settle()
    print(lab.prefix, lab.dir, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM,
                                    signal.SIGINT])
def test_lab_leaves_nothing_whatever_ends_it(signum):
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM % os.path.dirname(__file__)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    prefix, directory = victim.stdout.readline().split()

    def left():
        names = [ns for ns in os.listdir("/run/netns")
                 if ns.startswith(prefix)]
        # a shell that looks for the directory is not what was left
        mine = run("pgrep", "-f", directory, check=False).stdout.split()
        return names + mine + [directory] * os.path.exists(directory)
    assert len(left()) > 10
    victim.send_signal(signum)
    victim.stdout.read()
    victim.wait()
    wait_for("nothing is left", lambda: not left(), 10)


def put(node, address, word="add"):
    run("ip", "-n", node.ns, "addr", word, address + "/32", "dev", "eth0")


@pytest.fixture
def bare(make_lab):
    """Powered nodes without daemons: the test plays theirs."""
    lab = make_lab(boot=False)
    lab.vip = "10.99.0.200"  # what is done wrong here must not fail the end
    for node in lab.nodes:
        node.power_on(daemon=False)
    yield lab
    lab.vip = VIP


def seen(lab, event, node):
    wait_for("the referee saw %s on %s" % (event, node.name), lambda: any(
        e["event"] == event and e["node"] == node.name and e["ip"] == lab.vip
        for e in lab.referee_events()))


def test_referee_sees_two_holders(bare):
    lb01, lb02 = bare.nodes
    put(lb01, bare.vip)
    put(lb02, bare.vip)
    put(lb01, bare.vip, "del")
    put(lb02, bare.vip, "del")
    seen(bare, "del", lb02)
    with pytest.raises(AssertionError, match="two powered nodes"):
        bare.judge()


def test_referee_allows_one_after_the_other(bare):
    lb01, lb02 = bare.nodes
    for _ in range(50):
        for node in (lb01, lb02):
            put(node, bare.vip)
            put(node, bare.vip, "del")
    wait_for("all are seen", lambda: len(bare.holdings(bare.vip)) == 100)
    bare.judge()


def test_referee_sees_a_claim_before_the_power_cut(bare):
    lb01, lb02 = bare.nodes
    put(lb01, bare.vip)
    put(lb02, bare.vip)
    lb01.die()
    with pytest.raises(AssertionError, match="two powered nodes"):
        bare.judge()


def test_referee_sees_a_claim_without_a_read(bare):
    lb01, lb02 = bare.nodes
    put(lb01, bare.vip)
    seen(bare, "add", lb01)
    bare.pdu("off 1")
    put(lb02, bare.vip)
    seen(bare, "add", lb02)
    with pytest.raises(AssertionError, match="without reading lb01 off"):
        bare.judge()


def test_power_cut_takes_processes_and_cables(bare):
    lb01 = bare.nodes[0]
    put(lb01, VIP)
    bare.wait_client("lb01")
    inside = lb01.responder.pid
    bare.pdu("off 1")
    # the switch has answered: it is so already
    assert not lb01.is_powered()
    bare.outage_ms()
    time.sleep(0.05)
    assert bare.outage_ms()[1] == ""
    for port in lb01.ports:
        assert "state DOWN" in run("ip", "-n", bare.switch_ns, "link", "show",
                                   port).stdout
    os.waitpid(inside, 0)
    put(lb01, VIP, "del")


STALLS = '''
import os
from judge import Violation

def once(name):
    """True the first time."""
    if os.path.exists(name):
        return False
    open(name, "w").close()
    return True

def test_stalls():
    assert not once("%(dir)s/stalled"), "a stall of the machine"

def test_always():
    assert False, "a fault of ours"

def test_two_owners():
    if once("%(dir)s/seen"):
        raise Violation("two powered nodes held 192.0.2.1")
'''


def test_what_failed_runs_once_more_alone_but_two_owners_count(tmp_path):
    tests = tmp_path / "test_made_up.py"
    tests.write_text(STALLS % {"dir": tmp_path})
    here = os.path.dirname(os.path.abspath(__file__))
    run = subprocess.run(
        ["/usr/bin/python3", os.path.join(here, "run.py"), str(tmp_path),
         str(tests)], env={**os.environ, "PYTHONPATH": here}, text=True,
        capture_output=True, check=False)
    last = run.stdout.splitlines()[-3:]
    assert run.returncode == 1
    assert last[0].startswith("failed: test_always: ") and \
        last[1].startswith("failed: test_two_owners: ") and \
        last[2] == "pytest: 1 passed, 2 failed", run.stdout
    assert "passed alone, failed beside others: test_stalls: " \
        "AssertionError: a stall of the machine" in run.stdout
