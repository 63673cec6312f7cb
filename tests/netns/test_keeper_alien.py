# SPDX-License-Identifier: GPL-3.0-or-later
"""R17.1: own is what the kernel holds. twinbeat-keeper and the addresses that
another hand puts on the machine, or takes along with a VIP.
"""
import subprocess
import threading
import time

import pytest

from keeper_lab import Capture, FOREVER, TAG, Lab, Notices
from lab import wait_for

VIP, OTHER = "192.0.2.100", "192.0.2.101"
ONE = ("instance name=VI_1 interface=eth0 vrid=55",
       "address ip=%s dev=eth0" % VIP)
TWO = ONE + ("address ip=%s prefix=24 dev=eth0 label=eth0:1" % OTHER,)


@pytest.fixture(name="lab")
def make_lab():
    lab = Lab()
    lab.cable("eth1")
    yield lab
    lab.remove()


def add(lab, *form):
    lab.node.ip("address", "add", *form)


FORMS = [("192.0.2.100/32", "dev", "eth0"), ("192.0.2.100/24", "dev", "eth0"),
         ("192.0.2.100/32", "dev", "eth1"), ("192.0.2.100/24", "dev", "eth1"),
         ("192.0.2.100/32", "dev", "lo"),
         ("192.0.2.100/25", "dev", "eth0", "label", "eth0:web")]


# ---- a node that does not own it ----

@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(form[::2]))
def test_R17_address_of_another_hand_goes_at_once(lab, form):
    """In whatever form: interface, prefix, label. It is told which."""
    keeper = lab.ready(*ONE)
    notices = Notices(lab.node)
    add(lab, *form)
    notices.wait_gone(VIP)
    told = keeper.wait("alien")
    assert told["failed"] == 0 and told["instance"] == 0
    assert "%s on %s" % (form[0], form[2]) in told["text"]
    assert "put here by" in told["text"] and "removed" in told["text"]
    assert lab.node.ips() == {"192.0.2.11"}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(form[::2]))
def test_R17_address_of_before_the_start_goes(lab, form):
    add(lab, *form)
    keeper = lab.keeper(*ONE)
    told = keeper.wait("alien")
    assert told["failed"] == 0
    assert "%s on %s" % (form[0], form[2]) in told["text"]
    keeper.wait("ready")
    assert lab.node.ips() == {"192.0.2.11"}


def test_R17_many_forms_and_addresses_at_once(lab):
    """Each form for itself: none of them has come back."""
    keeper = lab.ready(*TWO, "address ip=198.51.100.9 count=40 dev=eth1")
    for form in FORMS:
        add(lab, *form)
    add(lab, OTHER + "/32", "dev", "eth1")
    for n in range(9, 49):
        add(lab, "198.51.100.%d/24" % n, "dev", "eth0")
    wait_for("all are gone", lambda: lab.node.ips() == {"192.0.2.11"})
    keeper.tick()
    assert all(got["failed"] == 0 for got in keeper.skipped
               if got["event"] == "alien")


def test_R17_who_did_it_is_told_while_it_lives(lab):
    """The netlink port is the pid of most programs."""
    keeper = lab.ready(*ONE)
    holder = subprocess.Popen(
        ["ip", "netns", "exec", lab.node.name, "ip", "-batch", "-"],
        stdin=subprocess.PIPE, text=True)
    try:
        holder.stdin.write("address add %s/24 dev eth0\n" % VIP)
        holder.stdin.flush()
        text = keeper.wait("alien")["text"]
        assert "process %d (ip)" % holder.pid in text
    finally:
        holder.stdin.close()
        holder.wait(10)


def test_R17_a_neighbours_address_is_not_touched(lab):
    keeper = lab.ready(*ONE)
    notices = Notices(lab.node)
    add(lab, "192.0.2.99/32", "dev", "eth0")
    add(lab, "192.0.2.200/24", "dev", "eth0")
    keeper.tick()
    keeper.tick()
    assert notices.gone() == []


# ---- what stays ----

def test_R17_what_cannot_be_removed_is_told_and_told_again_when_gone(lab):
    keeper = lab.ready(*ONE, stuck=VIP)
    add(lab, VIP + "/24", "dev", "eth1")
    told = keeper.wait("alien")
    assert told["failed"] == 1
    assert VIP + "/24 on eth1" in told["text"]
    assert "cannot be removed" in told["text"]
    keeper.free()
    told = keeper.wait("alien")
    assert told["failed"] == 0
    assert lab.node.ips() == {"192.0.2.11"}


def test_R17_left_over_that_cannot_be_removed_is_told_before_ready(lab):
    add(lab, VIP + "/32", "dev", "eth0")
    keeper = lab.keeper(*ONE, stuck=VIP)
    assert keeper.wait("alien")["failed"] == 1
    keeper.wait("ready")


class Manager(threading.Thread):
    """Another program that wants the address there, and looks often."""

    def __init__(self, lab, *form):
        super().__init__()
        self.lab, self.form, self.over = lab, form, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.1):
            subprocess.run(
                ["ip", "-n", self.lab.node.name, "address", "add",
                 *self.form], check=False, stderr=subprocess.DEVNULL)

    def stop(self):
        self.over.set()
        self.join()


def test_R17_what_comes_back_three_times_is_not_fought_for_ever(lab):
    keeper = lab.ready(*ONE)
    notices = Notices(lab.node)
    manager = Manager(lab, VIP + "/32", "dev", "eth0")
    try:
        told = keeper.wait("alien", failed=1)
        assert "came back 3 times in 10 s" in told["text"]
        before = len(notices.gone())
        assert before == 3
        time.sleep(2)  # it is left alone
        assert len(notices.gone()) == before
        assert VIP in lab.node.ips()
    finally:
        manager.stop()
    # ... and once more tried, gently, when it must have come to rest
    told = keeper.wait("alien", timeout=40, failed=0)
    assert lab.node.ips() == {"192.0.2.11"}


def test_R12_no_obituary_while_another_hand_holds_a_vip(lab):
    """It would come back behind the last word."""
    keeper = lab.ready(*ONE, "instance name=VI_2 interface=eth0 vrid=56",
                       "address ip=%s dev=eth0" % OTHER)
    keeper.claim(1)
    manager = Manager(lab, VIP + "/32", "dev", "eth0")
    try:
        keeper.wait("alien", failed=1)
        keeper.kill_main()
        assert keeper.wait("exited")["status"] == 1
    finally:
        manager.stop()


# ---- the owner ----

@pytest.mark.parametrize("prefix", [32, 24])
def test_R17_claim_adopts_what_cannot_go(lab, prefix):
    """EEXIST is no failure: it gets our tag and our lease."""
    keeper = lab.ready(
        ONE[0], "address ip=%s prefix=%d dev=eth0" % (VIP, prefix),
        stuck=VIP)
    add(lab, "%s/%d" % (VIP, prefix), "dev", "eth0")
    keeper.wait("alien", failed=1)
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (1, 0), claimed
    address = lab.node.address(VIP)
    assert address.tag == TAG and address.valid_s <= 3
    keeper.free()
    assert keeper.release()["failed"] == 0
    assert VIP not in lab.node.ips()


@pytest.mark.parametrize("form", FORMS[1:], ids=lambda form: "-".join(form[::2]))
def test_R17_release_removes_every_form(lab, form):
    keeper = lab.ready(*ONE, stuck=VIP)
    keeper.claim()
    add(lab, *form)  # on the owner, and it stays there for now
    keeper.wait("alien", failed=1)
    keeper.free()
    assert keeper.release()["failed"] == 0
    assert lab.node.ips() == {"192.0.2.11"}


def test_R17_another_form_on_the_owner_goes_and_ours_stays(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    add(lab, VIP + "/24", "dev", "eth0")
    told = keeper.wait("alien")
    assert told["failed"] == 0 and VIP + "/24 on eth0" in told["text"]
    assert lab.node.address(VIP).tag == TAG


def test_R17_owner_whose_vip_was_replaced_by_hand_keeps_its_lease(lab):
    keeper = lab.ready(*ONE, "vip lease_s=2")
    keeper.send("ticking ms=200")
    keeper.claim()
    lab.node.ip("address", "replace", VIP + "/32", "dev", "eth0")
    wait_for("tag and lease are back", lambda: (
        lab.node.address(VIP).valid_s <= 2 and
        lab.node.address(VIP).tag == TAG))
    assert not [got for got in keeper.skipped if got["event"] == "alien"]


def test_R17_quit_leaves_no_form(lab):
    keeper = lab.ready(*TWO)
    keeper.claim()
    lab.node.ip("address", "add", OTHER + "/32", "dev", "eth1")
    keeper.send("quit")
    assert keeper.wait("exited")["status"] == 0
    assert lab.node.ips() == {"192.0.2.11"}


# ---- a DR real server ----

@pytest.mark.parametrize("where", ["eth0", "all"])
def test_R17_address_on_lo_that_arp_ignore_silences_stays(lab, where):
    lab.node.sysctl("conf/%s/arp_ignore" % where, 1)
    add(lab, VIP + "/32", "dev", "lo")
    keeper = lab.ready(*ONE)
    assert VIP + "/32 on lo" in [
        got for got in keeper.skipped if got["event"] == "silent"][0]["text"]
    assert keeper.claim()["added"] == 1
    assert keeper.release()["failed"] == 0
    assert [a.index for a in lab.node.addresses() if a.ip == VIP] == [1]
    # it answers ARP again: now it counts
    lab.node.sysctl("conf/%s/arp_ignore" % where, 0)
    keeper.wait("silent", timeout=20)
    wait_for("it is gone", lambda: VIP not in lab.node.ips())


def test_R17_address_on_lo_that_comes_later_stays(lab):
    lab.node.sysctl("conf/eth0/arp_ignore", 2)
    keeper = lab.ready(*ONE)
    add(lab, VIP + "/32", "dev", "lo")
    assert VIP in keeper.wait("silent")["text"]
    assert VIP in lab.node.ips()


# ---- C04: the machine's own ----

def test_C04_a_nodes_own_address_is_never_added_nor_removed(lab):
    keeper = lab.ready("node address=192.0.2.11", ONE[0],
                       "address ip=192.0.2.11 dev=eth0", ONE[1])
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (1, 1)
    assert "192.0.2.11/32 on eth0: is a node's own address" in \
        claimed["text"]
    assert keeper.release()["failed"] == 0
    address = lab.node.address("192.0.2.11")
    assert (address.tag, address.prefix) == (0, 24)


def test_C04_the_machines_first_address_is_its_own(lab):
    """Not in nodes[].address, but how the machine is in that network."""
    add(lab, "198.51.100.7/24", "dev", "eth1")
    add(lab, "198.51.100.8/24", "dev", "eth1")
    notices = Notices(lab.node)
    keeper = lab.ready(ONE[0], "address ip=192.0.2.11 prefix=24 dev=eth0",
                       "address ip=198.51.100.7 dev=eth1",
                       "address ip=198.51.100.8 dev=eth1", ONE[1])
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (2, 2)
    keeper.release()
    # the second one of eth1 stood beside its own: another hand's
    assert sorted(set(notices.gone())) == ["192.0.2.100", "198.51.100.8"]


# ---- B12: what the kernel would take along ----

def routes(lab, table="main"):
    return sorted(subprocess.run(
        ["ip", "-n", lab.node.name, "route", "show", "table", table],
        check=True, capture_output=True, text=True).stdout.splitlines())


ROUTES = {
    "default-and-static": [
        ("default", "via", "192.0.2.1"),
        ("203.0.113.0/24", "via", "192.0.2.7")],
    "metrics": [
        ("default", "via", "192.0.2.1", "metric", "100"),
        ("default", "via", "192.0.2.2", "metric", "200")],
    "source-hint": [
        ("default", "via", "192.0.2.1", "src", "192.0.2.11"),
        ("203.0.113.0/24", "dev", "eth0", "src", "192.0.2.11")],
    "other-table": [
        ("default", "via", "192.0.2.1", "table", "77")],
}


@pytest.mark.parametrize("end", ["release", "quit", "kill", "alien"])
@pytest.mark.parametrize("kind", sorted(ROUTES))
def test_B12_routes_are_as_before_the_release(lab, kind, end):
    """The own address was away for a moment: the VIP is the primary one."""
    for where in "all", "default", "eth0":
        lab.node.sysctl("conf/%s/promote_secondaries" % where, 0)
    keeper = lab.ready(ONE[0], "address ip=%s prefix=24 dev=eth0" % VIP)
    if end == "alien":
        lab.node.ip("address", "del", "192.0.2.11/24", "dev", "eth0")
        keeper.claim()
    else:
        keeper.claim()
        lab.node.ip("address", "del", "192.0.2.11/24", "dev", "eth0")
    add(lab, "192.0.2.11/24", "dev", "eth0")
    for route in ROUTES[kind]:
        lab.node.ip("route", "add", *route)
    connected = "192.0.2.0/24 dev eth0 proto kernel scope link src "
    before = {table: [line.rstrip() for line in routes(lab, table)]
              for table in ("main", "77") if table == "main" or
              kind == "other-table"}
    assert any(line.startswith(connected + VIP) for line in before["main"])
    if end == "release" or end == "alien":
        assert keeper.release()["failed"] == 0
    elif end == "quit":
        keeper.send("quit")
        assert keeper.wait("exited")["status"] == 0
    else:
        keeper.kill_main()
        assert keeper.wait("exited")["status"] == 0
    assert VIP not in lab.node.ips()
    before["main"] = sorted(line.replace(connected + VIP,
                                         connected + "192.0.2.11")
                            for line in before["main"])
    after = {table: [line.rstrip() for line in routes(lab, table)]
             for table in before}
    assert after == before
    address = lab.node.address("192.0.2.11")
    assert (address.prefix, address.valid_s) == (24, FOREVER)


def test_B12_the_machines_setting_is_put_back(lab):
    """promote_secondaries is the machine's: 1 while VIPs are here."""
    path = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"

    def setting():
        return subprocess.run(
            ["ip", "netns", "exec", lab.node.name, "cat", path], check=True,
            capture_output=True, text=True).stdout.strip()
    lab.node.sysctl("conf/eth0/promote_secondaries", 0)
    keeper = lab.ready(*ONE)
    keeper.claim()
    assert setting() == "1"
    keeper.send("quit")
    assert keeper.wait("exited")["status"] == 0
    assert setting() == "0"


def test_a_primary_vip_does_not_take_others_with_it(lab):
    """Nor the other instance's, nor for a moment."""
    lab.node.sysctl("conf/eth0/promote_secondaries", 0)
    lab.node.sysctl("conf/all/promote_secondaries", 0)
    keeper = lab.ready(
        "instance name=VI_1 interface=eth0 vrid=55",
        "address ip=203.0.113.1 prefix=24 dev=eth0",
        "instance name=VI_2 interface=eth0 vrid=56",
        "address ip=203.0.113.2 prefix=24 dev=eth0")
    keeper.claim(0)
    keeper.claim(1)
    add(lab, "203.0.113.3/24", "dev", "eth0", "label", "eth0:9")
    notices = Notices(lab.node)
    keeper.release(0)
    assert lab.node.ips() == {"192.0.2.11", "203.0.113.2", "203.0.113.3"}
    assert notices.gone() == ["203.0.113.1"]
    address = lab.node.address("203.0.113.3")
    assert (address.tag, address.valid_s, address.label) == (0, FOREVER,
                                                            "eth0:9")


# ---- B07: another MAC ----

def garp_macs(capture, count):
    """Sender MACs of the next announcements of the VIP."""
    found = []
    while len(found) < count:
        got = capture.next(15)
        assert got is not None, found
        frame = got[0]
        if frame[28:32] == frame[38:42] == bytes((192, 0, 2, 100)):
            found.append(frame[22:28].hex(":"))
    return found


@pytest.mark.parametrize("garp", [(5, 60), (3, 0)])
def test_B07_new_mac_is_announced_at_once_and_repeated(lab, garp):
    """No carrier change: a bond's other slave has another MAC."""
    mac = "02:00:00:00:00:99"
    keeper = lab.ready(*ONE, "vip lease_s=0 garp_repeat=%d "
                       "garp_refresh_s=%d" % garp)
    arp = lab.arp()
    keeper.claim()
    garp_macs(arp, garp[0])
    lab.node.ip("link", "set", "eth0", "address", mac)
    assert garp_macs(arp, garp[0]) == [mac] * garp[0]


def test_B07_two_macs_in_a_row_the_last_one_is_announced(lab):
    """As a bond does that goes to its other slave and back, on each of two
    interfaces that carry the instance's addresses."""
    lab.node.ip("link", "add", "eth8", "type", "veth", "peer", "name", "end8")
    lab.node.ip("link", "set", "end8", "up")
    lab.node.ip("link", "set", "eth8", "up")
    keeper = lab.ready(*ONE, "address ip=203.0.113.1 dev=eth8",
                       "vip lease_s=0 garp_repeat=2 garp_refresh_s=60")
    arp = lab.arp()
    keeper.claim()
    garp_macs(arp, 1)
    other = Capture(lab.node, "end8", 0x0806)
    for mac in "02:00:00:00:00:98", "02:00:00:00:00:99":
        for name in "eth0", "eth8":
            lab.node.ip("link", "set", name, "address", mac)
    seen = []
    while seen[-2:] != [mac] * 2:
        seen += garp_macs(arp, 1)
    found = None
    while found != mac:
        got = other.next(15)
        assert got is not None, "nothing is said of it on eth8"
        frame = got[0]
        if frame[28:32] == frame[38:42] == bytes((203, 0, 113, 1)):
            found = frame[22:28].hex(":")


# ---- an interface that is another one ----

def test_renamed_interface_takes_the_vip_from_nobody(lab):
    """Renamed under a held VIP: told, the VIP can be released, and comes
    back with the name."""
    keeper = lab.ready(*ONE)
    keeper.send("ticking ms=300")
    keeper.claim()
    lab.node.ip("link", "set", "eth0", "down")
    lab.node.ip("link", "set", "eth0", "name", "lan9", "up")
    keeper.wait("carrier", interface="eth0", up=False)
    assert keeper.release()["failed"] == 0
    assert VIP not in lab.node.ips()
    lab.node.ip("link", "set", "lan9", "down")
    lab.node.ip("link", "set", "lan9", "name", "eth0", "up")
    keeper.wait("carrier", interface="eth0", up=True)
    assert keeper.claim()["added"] == 1
