# SPDX-License-Identifier: GPL-3.0-or-later
"""R16: from a keepalived pair to a twinbeat pair and back, node by node, with
the two files of a widespread guide (tests/import/guide-vi1*.conf: password 1111,
label eth0:1) and the real keepalived. The referee says who held the address."""
import os
import shutil

import pytest

from lab import ROOT, Lab, wait_for, without_judge

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"),
                                reason="needs keepalived")

GUIDE_VIP = "10.0.0.12"
GUIDE = ("guide-vi1.conf", "guide-vi1.peer.conf")
# RFC 3768 6.1, one second: an owner that is lost is missed after 3 intervals
# and the skew of priority 100; one that resigns after the skew. A rival hears
# the next advert within an interval. A busy machine may add to each.
SKEW_MS = 1000 * (256 - 100) / 256
INTERVAL_MS = 1000
BUSY_MS = 400


class Keepalived:
    """The guide's own file on one node of the lab."""

    def __init__(self, node):
        self.node = node
        self.base = os.path.join(node.dir, "keepalived")
        self.process = None

    def start(self):
        path = os.path.join(ROOT, "tests", "import", GUIDE[self.node.index])
        self.log = self.base + ".log"
        self.process = self.node.spawn(
            "keepalived", "-n", "-l", "-D", "-P", "-f", path, "-p",
            self.base + ".pid", "-r", self.base + ".vrrp", log=self.log)
        wait_for("keepalived of %s runs" % self.node.name,
                 lambda: "Entering" in self.read_log())

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        self.node.inside("sh", "-c", "kill $(cat %s.pid)" % self.base)
        self.process.wait(timeout=20)


class Migration:
    def __init__(self, lab):
        self.lab = lab
        self.final = lab.config
        self.plain = []     # for each node: the other one is plain
        for other in ("2", "1"):
            path = os.path.join(lab.dir, "plain%s.conf" % other)
            lab.write_config(path, **{"port" + other: 'kind = "vrrp";'})
            self.plain.append(path)
        self.keepalived = [Keepalived(node) for node in lab.nodes]

    def holders(self):
        return [node.name for node in self.lab.nodes
                if GUIDE_VIP in node.addresses()]

    def wait_holder(self, node, seconds=10):
        wait_for("%s alone holds the address" % node.name,
                 lambda: self.holders() == [node.name], seconds)

    def start(self, node, config):
        node.config = config
        node.start()

    def spans_ms(self):
        """Overlaps and gaps since the first holding, each with its place."""
        spans = self.lab.holdings(GUIDE_VIP)
        overlaps, gaps, until = [], [], None
        for start, end, name in spans:
            if until is not None:
                (overlaps if start < until else gaps).append(
                    (abs(start - until) / 1000.0, name))
            until = max(end, until or 0)
        return overlaps, gaps


@pytest.fixture
def migration():
    lab = Lab(version=2, advert_ms=1000, auth='auth_pass = "1111";',
              tie_ms=6000, addresses='{ ip = "%s/24"; dev = "eth0"; '
              'label = "eth0:1"; }' % GUIDE_VIP)
    with without_judge(lab):
        for node in lab.nodes:
            node.power_on(daemon=False)
        yield Migration(lab)


def test_R16_the_guides_pair_becomes_twinbeat_and_back(migration):
    lb01, lb02 = migration.lab.nodes
    one, two = migration.keepalived
    one.start()
    two.start()
    migration.wait_holder(lb01)

    # the standby first; it hears the other keepalived
    two.stop()
    migration.start(lb02, migration.plain[1])
    lb02.wait_state("BACKUP")
    wait_for("lb02 hears lb01", lambda: lb02.status()["peer"]["owns"])
    assert lb02.status()["peer"]["kind"] == "vrrp"
    assert "no-fencing" in lb02.alerts()
    # then the owner: its priority 0 is answered by silence
    one.stop()
    migration.wait_holder(lb02)
    assert lb02.proof() == "silence"
    # lb01 speaks by cable: lb02 knows that it is a twinbeat now
    migration.start(lb01, migration.final)
    lb02.wait_alert("config-mismatch")
    wait_for("lb01 is known as twinbeat",
             lambda: lb02.status()["peer"]["kind"] == "twinbeat")
    lb01.wait_state("BACKUP")
    # the last step: lb02 takes the file that lb01 has. Not before the cable
    # works: who stops is believed by its word there (R17)
    wait_for("the cable is up", lambda: lb01.link("serial")["state"] == "up")
    lb02.stop()
    migration.wait_holder(lb01)
    assert lb01.proof() in ("released", "obituary")
    migration.start(lb02, migration.final)
    migration.lab.settle(seconds=30)
    assert lb02.alerts() - {"no-fencing"} == set()

    # and back: the standby's file says what lb01 will be
    lb02.stop()
    migration.start(lb02, migration.plain[1])
    lb02.wait_alert("config-mismatch")
    wait_for("the cable is up", lambda: lb02.link("serial")["state"] == "up")
    lb01.stop()
    migration.wait_holder(lb02)
    assert lb02.proof() in ("released", "obituary")
    # its priority is higher: it takes the address, and lb02 lets go
    one.start()
    migration.wait_holder(lb01, 15)
    lb02.wait_state("BACKUP")
    lb02.stop()
    two.start()
    migration.wait_holder(lb01)

    overlaps, gaps = migration.spans_ms()
    print("overlaps, ms: %s; gaps, ms: %s" % (overlaps, gaps))
    # lb02 hears the advert with which keepalived takes it
    assert all(ms <= BUSY_MS for ms, _ in overlaps), overlaps
    assert len(overlaps) <= 1, overlaps
    # who leaves says so: nobody is waited for longer than the skew
    assert all(ms <= SKEW_MS + BUSY_MS for ms, _ in gaps), gaps
    assert not [e for e in migration.lab.pdu_events()
                if e["event"] == "power" and not e["on"]]


def test_S50_R16_a_keepalived_that_dies_is_missed_and_not_cut(migration):
    lb01, lb02 = migration.lab.nodes
    one = migration.keepalived[0]
    one.start()
    migration.start(lb02, migration.plain[1])
    migration.wait_holder(lb01)
    wait_for("lb02 hears lb01", lambda: lb02.status()["peer"]["owns"])
    lb01.die()
    # a dead machine's namespace keeps its addresses: nobody answers for them
    wait_for("lb02 takes over", lambda: GUIDE_VIP in lb02.addresses())
    assert lb02.proof() == "silence"
    lost, gained = migration.lab.holdings(GUIDE_VIP)[-2:]
    missed_ms = (gained[0] - lost[1]) / 1000.0
    print("missed after %.0f ms" % missed_ms)
    assert 3 * INTERVAL_MS + SKEW_MS - INTERVAL_MS <= missed_ms \
        <= 3 * INTERVAL_MS + SKEW_MS + BUSY_MS
    # its power switch, which is in the file of the pair, is left alone
    assert lb02.status()["fence"]["state"] == "idle"
    assert not [e for e in migration.lab.pdu_events()
                if e["event"] == "power" and not e["on"] and
                e["at_us"] < gained[0]]
    one.process.kill()


def test_R16_keepalived_with_another_password_does_not_make_two_owners(
        migration):
    """keepalived itself takes the address then; this node does not."""
    lb01, lb02 = migration.lab.nodes
    path = os.path.join(migration.lab.dir, "password.conf")
    migration.lab.write_config(path, port1='kind = "vrrp";',
                               auth='auth_pass = "2222";')
    migration.keepalived[0].start()
    migration.wait_holder(lb01)
    migration.start(lb02, path)
    lb02.wait_alert("config-mismatch")
    lb02.wait_state("BACKUP")
    # longer than a Master_Down_Interval
    wait_for("ten of its adverts were dropped", lambda: lb02.link(
        "vrrp:VI_1")["drops"].get("auth", 0) >= 8, 20)
    assert migration.holders() == ["lb01"]
    assert lb02.state() == "BACKUP"
