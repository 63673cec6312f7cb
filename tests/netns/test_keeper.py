# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat-keeper: VIPs live only by permit and tick, and go before it is said.
"""
import os
import pty
import select
import signal
import statistics
import subprocess
import time
import tty

import pytest

from keeper_lab import DELADDR, FOREVER, TAG, Lab, Notices, boottime_us
from lab import wait_for

VIP, LABELLED = "192.0.2.100", "192.0.2.101"
ONE = ("instance name=VI_1 interface=eth0 vrid=55",
       "address ip=%s dev=eth0" % VIP)
TWO = ONE + ("address ip=%s prefix=24 dev=eth0 label=eth0:1" % LABELLED,)
OBITUARY = bytes(range(1, 38)) + b"\0"  # any frame: the keeper cannot read it


@pytest.fixture(name="lab")
def make_lab():
    lab = Lab()
    yield lab
    lab.remove()


class Line:
    """A pty: the keeper gets the one end, we hear the other."""

    def __init__(self):
        self.near, self.far = pty.openpty()
        tty.setraw(self.near)
        tty.setraw(self.far)
        self.path = os.ttyname(self.far)

    def read(self, timeout=5):
        if not select.select([self.near], [], [], timeout)[0]:
            return b""
        return os.read(self.near, 4096)

    def close(self):
        os.close(self.near)
        os.close(self.far)


@pytest.fixture(name="line")
def make_line():
    line = Line()
    yield line
    line.close()


# ---- claims ----

def test_claim_sets_prefix_label_lease_and_tag(lab):
    keeper = lab.ready(*TWO)
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"], claimed["text"]) == (2, 0, "")
    assert claimed["asked_us"] < claimed["at_us"] <= claimed["now_us"]
    plain, labelled = lab.node.address(VIP), lab.node.address(LABELLED)
    assert (plain.prefix, plain.label, plain.scope) == (32, "eth0", 0)
    assert (labelled.prefix, labelled.label) == (24, "eth0:1")
    for address in plain, labelled:
        assert address.tag == TAG
        assert 2 <= address.valid_s <= 3 and 2 <= address.preferred_s <= 3


def test_claim_without_lease_lasts(lab):
    keeper = lab.ready(*ONE, "vip lease_s=0")
    keeper.claim()
    assert lab.node.address(VIP).valid_s == FOREVER


@pytest.mark.parametrize("words", [{"proof": 0}, {"proof": 8}, {"proof": 99},
                                   {"age_ms": 1500}, {"age_ms": -1500}])
def test_R1_claim_without_a_fresh_proof_is_refused(lab, words):
    keeper = lab.ready(*ONE)
    claimed = keeper.claim(**words)
    assert (claimed["added"], claimed["failed"]) == (0, 1)
    assert "claim refused: the permit" in claimed["text"]
    keeper.tick()
    assert VIP not in lab.node.ips()


def test_refused_addresses_do_not_stop_the_rest(lab):
    keeper = lab.ready(ONE[0], "address ip=192.0.2.90 prefix=33 dev=eth0",
                       ONE[1], "address ip=192.0.2.91 dev=eth9",
                       "address ip=%s dev=eth0" % LABELLED)
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (2, 2)
    for words in ("192.0.2.90/33 on eth0: Invalid argument",
                  "192.0.2.91/32 on eth9: No such device"):
        assert words in claimed["text"]
    assert lab.node.ips() == {"192.0.2.11", VIP, LABELLED}


def test_an_interface_that_comes_late_gets_its_address(lab):
    keeper = lab.ready(*ONE, "address ip=198.51.100.9 dev=eth1")
    assert keeper.wait("carrier", interface="eth1")["up"] is False
    assert keeper.claim()["failed"] == 1
    lab.cable("eth1")
    restored = keeper.wait("restored")
    assert restored["added"] == 1
    assert "198.51.100.9/32 on eth1 could be added now" in restored["text"]
    assert "198.51.100.9" in lab.node.ips()


def test_a_claim_that_failed_altogether_is_over(lab):
    keeper = lab.ready(ONE[0], "address ip=198.51.100.9 dev=eth1")
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (0, 1)
    lab.cable("eth1")
    keeper.wait("carrier", interface="eth1", up=True)
    keeper.tick()
    keeper.tick()
    assert lab.node.ips() == {"192.0.2.11"}
    assert keeper.claim()["added"] == 1


# ---- leases and ticks ----

def test_R12_lease_runs_out_without_ticks(lab):
    keeper = lab.ready(*ONE, "vip lease_s=3")
    notices = Notices(lab.node)
    keeper.send("ticking ms=300")
    keeper.claim()
    for _ in range(22):  # more than two leases
        keeper.wait("alive")
    assert notices.gone() == []
    keeper.send("ticking ms=0")
    last_us = boottime_us()
    gone_us = notices.wait_gone(VIP, 10)
    assert gone_us - last_us <= 5000000


def test_R12_closed_socket_is_no_death_but_ends_the_ticks(lab, line):
    keeper = lab.ready(*ONE, "vip lease_s=1")
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.claim()
    notices = Notices(lab.node)
    keeper.send("close")
    closed_us = boottime_us()
    assert notices.wait_gone(VIP, 10) - closed_us <= 3000000
    assert line.read(0) == b""
    os.kill(keeper.pid, 0)
    keeper.kill_main()
    assert keeper.wait("exited")["status"] == 0
    assert line.read() == (b"\0" + OBITUARY) * 3  # said again


def test_R11_frozen_keeper_does_not_resurrect(lab):
    keeper = lab.ready(*ONE, "vip lease_s=1")
    notices = Notices(lab.node)
    keeper.claim()
    os.kill(keeper.pid, signal.SIGSTOP)
    keeper.send("ticking ms=200")  # main goes on: a backlog of old ticks
    notices.wait_gone(VIP)
    keeper.send("ticking ms=0")
    notices.forget()
    time.sleep(1)  # the last tick that was sent is too old, too
    os.kill(keeper.pid, signal.SIGCONT)
    for _ in range(3):
        keeper.wait("alive")  # answered, but too old to count
    assert not select.select([notices.socket], [], [], 0.7)[0]
    keeper.tick()
    restored = keeper.wait("restored")
    assert "outlived its lease of 1 s" in restored["text"]
    assert VIP in lab.node.ips()


def test_R11_claim_that_waited_in_a_frozen_keeper_is_refused(lab):
    keeper = lab.ready(*ONE)
    os.kill(keeper.pid, signal.SIGSTOP)
    keeper.send("claim instance=0 age_ms=900")
    keeper.wait("asked")
    time.sleep(0.3)  # the age of the permit is what is tested
    os.kill(keeper.pid, signal.SIGCONT)
    assert keeper.wait("claimed")["added"] == 0
    assert VIP not in lab.node.ips()


# ---- somebody takes a VIP away ----

def test_R12_deleted_vip_is_put_back_and_announced(lab):
    keeper = lab.ready(*TWO, "vip garp_repeat=1 garp_refresh_s=0")
    keeper.claim()
    arp = lab.arp()
    lab.node.ip("address", "del", VIP + "/32", "dev", "eth0")
    restored = keeper.wait("restored")
    assert restored["added"] == 1
    assert VIP + "/32 on eth0 was taken away by process " in restored["text"]
    assert arp.garps(1)[0][0] == VIP
    address = lab.node.address(VIP)
    assert address.tag == TAG and address.valid_s <= 3


def test_R12_flushed_vips_come_back(lab):
    keeper = lab.ready(ONE[0], "address ip=192.0.2.100 dev=eth0 count=40")
    keeper.send("ticking ms=300")
    keeper.claim()
    for _ in range(3):
        # ip gives up after ten rounds when they come back as fast as it goes
        subprocess.run(["ip", "-n", lab.node.name, "address", "flush", "dev",
                        "eth0", "to", "192.0.2.100/28"], check=False)
    limit = time.monotonic() + 5
    while len(lab.node.ips()) != 41 and time.monotonic() < limit:
        keeper.wait("alive")
    assert len(lab.node.ips()) == 41


def test_released_vip_that_somebody_adds_and_deletes_stays_away(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    keeper.release()
    notices = Notices(lab.node)
    lab.node.add_tagged(VIP, 32, "eth0", tag=0)
    notices.wait_gone(VIP)
    keeper.tick()
    assert VIP not in lab.node.ips()


def test_no_put_back_while_main_is_silent(lab):
    keeper = lab.ready(*ONE, "vip lease_s=2")
    notices = Notices(lab.node)
    keeper.claim()
    time.sleep(1.2)  # more than half a lease without a tick
    lab.node.ip("address", "del", VIP + "/32", "dev", "eth0")
    notices.wait_gone(VIP)
    notices.forget()
    assert not select.select([notices.socket], [], [], 0.3)[0]
    keeper.tick()
    keeper.wait("restored")
    assert VIP in lab.node.ips()


def test_interface_that_is_made_anew_gets_its_vips_back(lab):
    lab.cable("eth1")
    keeper = lab.ready(*ONE, "address ip=198.51.100.9 dev=eth1")
    keeper.send("ticking ms=300")
    assert keeper.claim()["added"] == 2
    lab.node.ip("link", "del", "eth1")
    keeper.wait("carrier", interface="eth1", up=False)
    lab.cable("eth1")
    keeper.wait("carrier", interface="eth1", up=True)
    limit = time.monotonic() + 5
    while "198.51.100.9" not in lab.node.ips() and time.monotonic() < limit:
        keeper.wait("alive")
    assert lab.node.address("198.51.100.9").tag == TAG


# ---- release ----

def test_R10_release_checks_addresses_are_gone(lab):
    keeper = lab.ready(*TWO)
    keeper.claim()
    notices = Notices(lab.node)
    released = keeper.release()
    assert (released["failed"], released["text"]) == (0, "")
    assert sorted(notices.gone()) == [VIP, LABELLED]
    assert lab.node.ips() == {"192.0.2.11"}


def test_R12_what_the_kernel_answers_for_is_not_released(lab):
    """No dump of addresses shows a local route, and the kernel answers."""
    keeper = lab.ready(*TWO)
    keeper.claim()
    lab.node.ip("route", "append", "local", VIP + "/32", "dev", "eth0",
                "table", "local", "proto", "static")
    released = keeper.release()
    assert released["failed"] > 0
    assert VIP + "/32 on eth0: the kernel answers for it still" \
        in released["text"]
    assert lab.node.ips() == {"192.0.2.11"}
    lab.node.ip("route", "del", "local", VIP + "/32", "dev", "eth0",
                "table", "local", "proto", "static")
    assert keeper.release()["failed"] == 0


@pytest.mark.parametrize("kind", ["blackhole", "unreachable", "prohibit",
                                  "throw"])
def test_R12_a_black_hole_is_no_address(lab, kind):
    """A router announces the VIPs' network by such a route."""
    lab.node.ip("route", "add", kind, "192.0.2.96/28")
    keeper = lab.ready(*TWO)
    assert keeper.claim()["added"] == 2
    assert keeper.release()["failed"] == 0


def test_R12_last_word_waits_for_the_kernels_answer(lab, line):
    """No obituary while the kernel answers for a VIP."""
    keeper = lab.ready(*ONE)
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.claim()
    lab.node.ip("route", "append", "local", VIP + "/32", "dev", "eth0",
                "table", "local", "proto", "static")
    keeper.kill_main()
    assert line.read(1) == b""
    lab.node.ip("route", "del", "local", VIP + "/32", "dev", "eth0",
                "table", "local", "proto", "static")
    assert OBITUARY in line.read(5)


def test_R10_release_tells_what_is_still_there(lab):
    keeper = lab.ready(*TWO, stuck=VIP)
    keeper.claim()
    released = keeper.release()
    assert released["failed"] == 1
    assert VIP + "/32 on eth0" in released["text"]
    keeper.free()
    assert keeper.release()["failed"] == 0
    assert lab.node.ips() == {"192.0.2.11"}


def test_R10_admin_who_made_a_vip_his_own_does_not_keep_it(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    lab.node.ip("address", "replace", VIP + "/32", "dev", "eth0")
    assert lab.node.address(VIP).valid_s == FOREVER
    assert keeper.release()["failed"] == 0
    assert VIP not in lab.node.ips()


def test_instances_are_apart(lab):
    keeper = lab.ready(*ONE, "instance name=VI_2 interface=eth0 vrid=56",
                       "address ip=%s dev=eth0" % LABELLED)
    keeper.claim(0)
    keeper.claim(1)
    keeper.release(0)
    assert lab.node.ips() == {"192.0.2.11", LABELLED}


def test_quit_releases_and_says_nothing(lab, line):
    keeper = lab.ready(*TWO)
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.claim()
    vrrp = lab.vrrp()
    keeper.send("quit")
    assert keeper.wait("released")["failed"] == 0
    assert keeper.wait("exited")["status"] == 0
    assert lab.node.ips() == {"192.0.2.11"}
    assert line.read(0) == b"" and vrrp.next_vrrp(0) is None


# ---- start ----

def test_R8_left_overs_go_before_ready(lab):
    lab.cable("eth1")
    lab.node.add_tagged(VIP, 32, "eth0")
    lab.node.add_tagged(LABELLED, 24, "eth1")  # the settings changed since
    lab.node.add_tagged("192.0.2.99", 32, "eth0")  # tagged, another pair's
    lab.node.ip("address", "add", "192.0.2.98/32", "dev", "eth0")
    lab.node.ip("address", "add", "192.0.2.102/32", "dev", "eth0")
    keeper = lab.keeper(*TWO, "address ip=192.0.2.102 dev=eth0",
                        "address ip=192.0.2.103 dev=eth0")
    keeper.wait("ready")
    assert lab.node.ips() == {"192.0.2.11", "192.0.2.99", "192.0.2.98"}


def test_R8_left_over_of_a_kernel_without_tags(lab):
    for ip, prefix, life in (VIP, 32, "3"), (LABELLED, 24, "300"):
        lab.node.ip("address", "add", "%s/%d" % (ip, prefix), "dev", "eth0",
                    "valid_lft", life, "preferred_lft", life)
    lab.ready(*TWO)
    assert lab.node.ips() == {"192.0.2.11"}


def test_carrier_is_told_at_start_and_at_each_change(lab):
    lab.cable("eth2")
    keeper = lab.ready("instance name=VI_1 interface=eth0 vrid=55 track=eth2",
                       ONE[1], "address ip=192.0.2.7 dev=eth3")
    told = [keeper.wait("carrier") for _ in range(3)]
    assert [(e["interface"], e["up"]) for e in told] == [
        ("eth0", True), ("eth2", True), ("eth3", False)]
    assert "eth3 does not exist" in told[2]["text"]
    lab.peer.ip("link", "set", "eth2", "down")
    assert keeper.wait("carrier")["up"] is False
    lab.peer.ip("link", "set", "eth2", "up")
    assert keeper.wait("carrier", interface="eth2")["up"] is True
    lab.node.ip("link", "set", "eth0", "down")
    assert keeper.wait("carrier", interface="eth0")["up"] is False


def test_nonsense_is_ignored(lab):
    keeper = lab.ready(*ONE)
    for words in ("raw 1", "raw 7", "raw 1000", "type 0", "type 77",
                  "release instance=1", "claim instance=4000000000",
                  "announce instance=64", "obituary link=9 frame=00",
                  "obituary link=0 frame=00"):
        keeper.send(words)
    keeper.tick()
    assert keeper.claim()["added"] == 1
    assert not [e for e in keeper.skipped if e["event"] == "released"]
    # the log comes by another pipe than the answers
    for words in ("ignored a message of 7 bytes",
                  "claim for instance 4000000000"):
        wait_for(words, lambda w=words: any(w in line for line in keeper.log))


def test_signals_do_not_end_it(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                   signal.SIGTERM, signal.SIGTSTP, signal.SIGPIPE):
        os.kill(keeper.pid, number)
    keeper.tick()
    assert VIP in lab.node.ips()


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as lines:
        return dict(line.rstrip().split(":\t", 1) for line in lines
                    if ":\t" in line.rstrip())


def test_real_time_locked_and_few_capabilities(lab):
    keeper = lab.ready(*ONE, "realtime")
    status = status_of(keeper.pid)
    # NET_ADMIN 12, NET_RAW 13, IPC_LOCK 14, SYS_NICE 23
    assert int(status["CapEff"], 16) == 0x807000
    assert int(status["CapPrm"], 16) == 0x807000
    assert os.sched_getscheduler(keeper.pid) & 0xff == os.SCHED_RR
    locked = int(status["VmLck"].split()[0])
    resident = int(status["VmRSS"].split()[0])
    print("keeper: %d kB resident, %d kB locked" % (resident, locked))
    # what it needs once at its start is given back
    assert locked > 0 and resident <= 4 * 1024


# ---- gratuitous ARP ----

def test_garp_is_sent_at_once_and_repeated(lab):
    keeper = lab.ready(*ONE, "vip garp_repeat=4 garp_refresh_s=1 lease_s=30")
    arp = lab.arp()
    for _ in range(3):  # one of them without a stall of the machine
        asked_us = keeper.claim()["asked_us"]
        after_ms = [(at_us - asked_us) / 1000 for _, at_us in arp.garps(5)]
        print("announcements after ms: %s" % after_ms)
        late_ms = [got - planned for got, planned in
                   zip(after_ms, (0, 5, 50, 500, 1500))]
        assert min(late_ms) >= -1, after_ms
        keeper.release()
        if max(late_ms) <= 100:
            break
    assert max(late_ms) <= 100, after_ms
    assert arp.next(1.2) is None, "announced what is released"


def test_garp_of_an_instance_has_a_second_round_and_several_as_refresh(lab):
    own = " garp_repeat=2 garp_delay_ms=300 garp_refresh_s=1 " \
          "garp_refresh_repeat=2"
    keeper = lab.ready(ONE[0] + own, *ONE[1:], "vip garp_repeat=9 lease_s=30")
    arp = lab.arp()
    for _ in range(3):  # one of them without a stall of the machine
        asked_us = keeper.claim()["asked_us"]
        after_ms = [(at_us - asked_us) / 1000 for _, at_us in arp.garps(7)]
        print("announcements after ms: %s" % after_ms)
        late_ms = [got - planned for got, planned in
                   zip(after_ms, (0, 5, 305, 310, 1310, 1315, 2315))]
        assert min(late_ms) >= -1, after_ms
        keeper.release()
        if max(late_ms) <= 100:
            break
    assert max(late_ms) <= 100, after_ms


def test_announce_says_it_again(lab):
    keeper = lab.ready(*TWO, "vip garp_repeat=1 garp_refresh_s=0")
    keeper.claim()
    arp = lab.arp()
    keeper.send("announce instance=0")
    assert [ip for ip, _ in arp.garps(2)] == [VIP, LABELLED]
    keeper.release()
    keeper.send("announce instance=0")
    keeper.tick()
    assert arp.next(0.1) is None


# ---- the last will ----

def vrrp_of(frame):
    """TTL and the VRRP message; the IP header has no options."""
    return frame[22], frame[34:14 + int.from_bytes(frame[16:18], "big")]


def watch_will(lab, keeper, line, vips):
    """Kills main; what came in which order, and when the last VIP went."""
    notices, vrrp, order = Notices(lab.node), lab.vrrp(), []
    killed_us = keeper.kill_main()
    while len(order) < 6:  # three times, by two ways
        ready, _, _ = select.select([vrrp.socket, line.near], [], [], 5)
        assert ready, order
        # What was said after the removal finds the notice queued already.
        assert set(vips) <= set(notices.gone()), "said before it was so"
        if vrrp.socket in ready:
            order.append(("advert", vrrp_of(vrrp.next_vrrp()[0])))
        if line.near in ready:
            order.append(("obituary", line.read()))
    exited_us = keeper.wait("exited")["at_us"]
    return order, (exited_us - killed_us) / 1000


@pytest.mark.parametrize("version,extra", [(3, ""), (2, " auth_pass=1111")])
def test_R12_last_will_removes_then_says_so(lab, line, version, extra):
    keeper = lab.ready("instance name=VI_1 interface=eth0 vrid=55 version=%d "
                       "advert_ms=1000%s" % (version, extra), *TWO[1:])
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.claim()
    order, took_ms = watch_will(lab, keeper, line, (VIP, LABELLED))
    print("last will: %.1f ms with its repetition" % took_ms)
    adverts = [what for kind, what in order if kind == "advert"]
    assert [what for kind, what in order if kind == "obituary"] == [
        b"\0" + OBITUARY] * 3
    for ttl, message in adverts:
        assert ttl == 255
        assert message[:4] == bytes((version << 4 | 1, 55, 0, 2))
        assert message[8:16] == bytes((192, 0, 2, 100, 192, 0, 2, 101))
        assert version == 3 or message[16:] == b"1111\0\0\0\0"
    assert lab.node.ips() == {"192.0.2.11"}


def test_R12_vip_is_gone_50_ms_after_the_kill(lab):
    samples = []
    for _ in range(5):
        keeper = lab.ready(*ONE)
        keeper.claim()
        notices = Notices(lab.node)
        killed_us = keeper.kill_main()
        samples.append((notices.wait_gone(VIP) - killed_us) / 1000)
        keeper.wait("exited")
    print("VIP gone after the kill, ms: %s" % samples)
    assert statistics.median(samples) <= 50


def test_R12_last_will_speaks_only_for_what_was_held(lab, line):
    keeper = lab.ready(*ONE, "instance name=VI_2 interface=eth0 vrid=56",
                       "address ip=%s dev=eth0" % LABELLED)
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.claim(1)
    order, _ = watch_will(lab, keeper, line, (LABELLED,))
    assert {what[1][1] for kind, what in order if kind == "advert"} == {56}


def test_R12_no_obituary_while_a_vip_stays(lab, line):
    keeper = lab.ready(*ONE, stuck=VIP)
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.claim()
    vrrp = lab.vrrp()
    keeper.kill_main()
    wait_for("it says so", lambda: any(
        "are not gone" in text and VIP in text for text in keeper.log))
    assert line.read(0) == b"" and vrrp.next_vrrp(0) is None
    keeper.free()
    assert keeper.wait("exited")["status"] == 0
    assert line.read() != b""  # gone, and so it is said


def test_R12_forgotten_link_gets_no_obituary(lab, line):
    keeper = lab.ready(*ONE)
    words = "obituary link=0 path=%s frame=%s" % (line.path, OBITUARY.hex())
    keeper.send(words)
    keeper.send("obituary link=0 frame=")
    keeper.claim()
    keeper.kill_main()
    assert keeper.wait("exited")["status"] == 0
    assert line.read(0) == b""


def test_R12_newest_obituary_counts_even_if_it_was_not_read_yet(lab, line):
    keeper = lab.ready(*ONE)
    keeper.claim()
    os.kill(keeper.pid, signal.SIGSTOP)
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.send("claim instance=0")
    keeper.kill_main()
    os.kill(keeper.pid, signal.SIGCONT)
    assert keeper.wait("exited")["status"] == 0
    assert line.read() == (b"\0" + OBITUARY) * 3  # said again
    assert lab.node.ips() == {"192.0.2.11"}


def test_R12_last_words_of_one_that_left_something_unread_count(lab, line):
    """The kernel tells that first, as an error, and then what was sent."""
    keeper = lab.ready(*ONE)
    keeper.claim()
    keeper.send("deaf")
    keeper.wait("deaf")
    os.kill(keeper.pid, signal.SIGSTOP)
    keeper.send("obituary link=0 path=%s frame=%s" % (line.path,
                                                      OBITUARY.hex()))
    keeper.send("close")
    keeper.kill_main()
    os.kill(keeper.pid, signal.SIGCONT)
    assert keeper.wait("exited")["status"] == 0
    assert line.read() == (b"\0" + OBITUARY) * 3
    assert lab.node.ips() == {"192.0.2.11"}


# ---- many ----

@pytest.mark.parametrize("count", [1, 100, 1000])
def test_speed_of_claim_and_release(lab, count):
    """Prints what a handover costs on this side; the bound is generous, for
    machines that are busy with other tests."""
    keeper = lab.ready("instance name=VI_1 interface=eth0 vrid=55",
                       "address ip=10.1.0.1 dev=eth0 count=%d" % count,
                       "realtime", "vip garp_repeat=1 garp_refresh_s=0")
    keeper.send("ticking ms=900")
    arp = lab.arp()
    first, last, gone = [], [], []
    for _ in range(5):
        claimed = keeper.claim()
        assert claimed["added"] == count, claimed
        times = [at_us for _, at_us in arp.garps(count)]
        first.append((times[0] - claimed["asked_us"]) / 1000)
        last.append((times[-1] - claimed["asked_us"]) / 1000)
        begun_us = boottime_us()
        released = keeper.release()
        assert released["failed"] == 0
        gone.append((released["at_us"] - begun_us) / 1000)
        assert lab.node.ips() == {"192.0.2.11"}
    print("%d VIPs, median ms: first announcement %.2f, last %.2f, "
          "released and checked %.2f" % ((count,) + tuple(
              statistics.median(s) for s in (first, last, gone))))
    assert statistics.median(last) < 20 + 0.2 * count


def test_R12_thousand_vips_live_by_ticks_and_die_by_the_will(lab):
    keeper = lab.ready("instance name=VI_1 interface=eth0 vrid=55",
                       "address ip=10.1.0.1 dev=eth0 count=1000",
                       "vip lease_s=2")
    keeper.send("ticking ms=500")
    keeper.claim()
    notices = Notices(lab.node)
    for _ in range(6):  # more than a lease
        keeper.wait("alive")
    assert notices.gone() == []
    notices.forget()
    killed_us = keeper.kill_main()
    gone_us = notices.wait_gone("10.1.3.232")
    print("1000 VIPs gone %.1f ms after the kill" %
          ((gone_us - killed_us) / 1000))
    keeper.wait("exited")
    assert [kind for kind, _ in notices.drain()].count(DELADDR) == 1000
    assert lab.node.ips() == {"192.0.2.11"}
