# SPDX-License-Identifier: GPL-3.0-or-later
"""The keeper and IPv6: addresses, announcements, removal, the last will."""
import json
import os
import socket
import struct
import subprocess
import time

import pytest

from keeper_lab import Capture, in_namespace, Lab, Notices, TAG

LINK_LOCAL, VIP = "fe80::64", "2001:db8::100"
ONE = ("instance name=VI_6 interface=eth0 vrid=55 version=3 advert_ms=100",
       "address ip=%s dev=eth0" % LINK_LOCAL,
       "address ip=%s dev=eth0" % VIP)


@pytest.fixture(name="lab")
def make_lab():
    lab = Lab()
    for end, mac in ((lab.node, "11"), (lab.peer, "12")):
        end.ip("addr", "add", "fe80::%s/64" % mac, "dev", "eth0", "nodad")
    yield lab
    lab.remove()


def shown(lab):
    """{ip: what "ip address" says of it}, the node's own left out."""
    said = json.loads(subprocess.check_output(
        ["ip", "-n", lab.node.name, "-6", "-j", "-d", "address", "show", "dev",
         "eth0"], text=True))
    return {a["local"]: a for link in said for a in link.get("addr_info", [])
            if a["local"] != "fe80::11"}


class NotedV6(Notices):
    """The kernel's notices of IPv6 addresses."""

    def __init__(self, namespace):
        super().__init__(namespace)
        self.socket = namespace.netlink(1 << 8)  # RTNLGRP_IPV6_IFADDR

    def drain(self):
        while True:
            try:
                data = self.socket.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return self.seen
            size, kind = struct.unpack_from("=IH", data)
            ip = socket.inet_ntop(socket.AF_INET6, data[28:44])
            assert size >= 44
            self.seen.append((kind, type("A", (), {"ip": ip})()))


def advertisements(lab):
    return Capture(lab.peer, "eth0", 0x86dd)


def next_packet(capture, next_header, timeout=5):
    while True:
        got = capture.next(timeout)
        assert got is not None, "no packet of next header %d" % next_header
        if got[0][20] == next_header:
            return got[0]


def checksum(frame):
    """Of what is behind the IPv6 header, pseudo header included: 0 = good."""
    size, = struct.unpack_from("!H", frame, 18)
    data = frame[22:54 + size] + struct.pack("!II", size, frame[20])
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def test_a_claim_answers_at_once_and_is_no_source(lab):
    keeper = lab.ready(*ONE)
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (2, 0)
    for ip in (LINK_LOCAL, VIP):
        address = shown(lab)[ip]
        assert address["prefixlen"] == 128
        assert address.get("nodad") and not address.get("tentative")
        # RFC 4862 5.5.4: no connection of the machine's own starts from it
        assert address.get("deprecated")
        assert 1 <= address["valid_life_time"] <= 3
        assert address["preferred_life_time"] == 0
        assert int(str(address.get("protocol", TAG)), 0) == TAG
    # a neighbour on the link is answered, no detection of duplicates goes on
    index = in_namespace(lab.peer.name, lambda: socket.if_nametoindex("eth0"))
    with in_namespace(lab.peer.name, lambda: socket.socket(
            socket.AF_INET6, socket.SOCK_STREAM)) as client:
        client.settimeout(5)
        with pytest.raises(ConnectionRefusedError):
            client.connect((LINK_LOCAL, 9, 0, index))


def set_forwarding(lab, forwarding):
    subprocess.run(["ip", "netns", "exec", lab.node.name, "sh", "-c",
                    "echo %d >/proc/sys/net/ipv6/conf/all/forwarding"
                    % forwarding], check=True)


@pytest.mark.parametrize("forwarding", [0, 1])
def test_neighbour_advertisements(lab, forwarding):
    set_forwarding(lab, forwarding)
    capture = advertisements(lab)
    keeper = lab.ready(*ONE)
    keeper.claim()
    found = {}
    while len(found) < 2:
        frame = next_packet(capture, 58)
        if frame[54] != 136:
            continue
        target = socket.inet_ntop(socket.AF_INET6, frame[62:78])
        found[target] = frame
    assert set(found) == {LINK_LOCAL, VIP}
    for target, frame in found.items():
        assert frame[:6] == b"\x33\x33\0\0\0\1"
        assert frame[21] == 255, "hop limit, RFC 4861 7.1.2"
        assert socket.inet_ntop(socket.AF_INET6, frame[22:38]) == target
        assert socket.inet_ntop(socket.AF_INET6, frame[38:54]) == "ff02::1"
        # R by forwarding, S = 0, O = 1
        assert frame[58] == (0xa0 if forwarding else 0x20)
        assert frame[78:80] == b"\2\1" and frame[80:86] == frame[6:12]
        assert checksum(frame) == 0


def test_who_becomes_a_router_says_so_with_the_next_advertisement(lab):
    """RFC 4861 4.4: who hears R = 0 drops its default route by this address."""
    def flags():
        while True:
            frame = next_packet(capture, 58)
            if frame[54] == 136:
                return frame[58]
    set_forwarding(lab, 0)
    keeper = lab.ready(*ONE, "vip lease_s=0 garp_repeat=1 garp_refresh_s=0")
    set_forwarding(lab, 1)
    capture = advertisements(lab)
    keeper.claim()
    assert flags() == flags() == 0xa0
    set_forwarding(lab, 0)
    capture = advertisements(lab)
    keeper.send("announce instance=0")
    assert flags() == flags() == 0x20


def test_B07_new_mac_is_advertised_at_once(lab):
    """RFC 4861 7.2.6: all nodes are told, without a change of carrier."""
    mac = "02:00:00:00:00:99"
    keeper = lab.ready(*ONE, "vip lease_s=0 garp_repeat=2 garp_refresh_s=60")
    keeper.claim()
    capture = advertisements(lab)
    lab.node.ip("link", "set", "eth0", "address", mac)
    found = set()
    while found != {LINK_LOCAL, VIP}:
        frame = next_packet(capture, 58)
        if frame[54] == 136 and frame[80:86].hex(":") == mac:
            assert frame[58] & 0x20 and checksum(frame) == 0
            found.add(socket.inet_ntop(socket.AF_INET6, frame[62:78]))


def test_a_neighbour_follows(lab):
    """RFC 4861 7.2.5: the override flag replaces what it knows."""
    lab.peer.ip("addr", "add", "2001:db8::12/64", "dev", "eth0", "nodad")
    lab.peer.ip("neigh", "add", VIP, "lladdr", "02:00:00:00:00:01", "dev",
                "eth0", "nud", "reachable")
    mac = json.loads(subprocess.check_output(
        ["ip", "-n", lab.node.name, "-j", "link", "show", "eth0"]))[0]["address"]
    keeper = lab.ready(*ONE)
    keeper.claim()
    for _ in range(50):
        entry = json.loads(subprocess.check_output(
            ["ip", "-n", lab.peer.name, "-6", "-j", "neigh", "show", VIP]))
        if entry[0]["lladdr"] == mac:
            return
        keeper.tick()
    raise AssertionError(entry)


def test_R12_a_renewal_keeps_it_and_creates_none(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    noted = NotedV6(lab.node)
    for _ in range(5):
        keeper.tick()
        assert set(shown(lab)) == {LINK_LOCAL, VIP}
    assert noted.gone() == []
    assert shown(lab)[VIP].get("nodad") and shown(lab)[VIP].get("deprecated")


def test_R10_release_removes_and_looks(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    released = keeper.release()
    assert released["failed"] == 0, released
    assert shown(lab) == {}


def test_R8_left_overs_and_other_forms_go_first(lab):
    lab.node.ip("addr", "add", VIP + "/64", "dev", "eth0", "nodad")
    lab.ready(*ONE)
    assert shown(lab) == {}


def test_R17_another_hand_is_removed(lab):
    keeper = lab.ready(*ONE)
    lab.node.ip("addr", "add", VIP + "/128", "dev", "eth0", "nodad")
    alien = keeper.wait("alien")
    assert VIP in alien["text"] and "removed" in alien["text"]
    assert shown(lab) == {}


def test_R17_one_on_lo_is_a_real_servers(lab):
    """IPv6 answers on eth0 for no address of lo."""
    lab.node.ip("addr", "add", VIP + "/128", "dev", "lo", "nodad")
    keeper = lab.ready(*ONE)
    silent, = [e for e in keeper.skipped if e["event"] == "silent"]
    assert VIP in silent["text"]
    assert keeper.release()["failed"] == 0
    said = subprocess.check_output(["ip", "-n", lab.node.name, "-6", "addr",
                                    "show", "dev", "lo"], text=True)
    assert VIP in said


def test_what_is_deleted_is_put_back(lab):
    keeper = lab.ready(*ONE)
    keeper.claim()
    lab.node.ip("addr", "del", VIP + "/128", "dev", "eth0")
    assert VIP in keeper.wait("restored")["text"]
    assert set(shown(lab)) == {LINK_LOCAL, VIP}


def test_R12_last_will(lab):
    """All gone, and then priority 0 from our link-local to ff02::12."""
    capture = advertisements(lab)
    noted = NotedV6(lab.node)
    keeper = lab.ready(*ONE)
    keeper.claim()
    keeper.kill_main()
    frame = next_packet(capture, 112)
    assert set(noted.gone()) >= {LINK_LOCAL, VIP}
    assert frame[:6] == b"\x33\x33\0\0\0\x12" and frame[21] == 255
    assert socket.inet_ntop(socket.AF_INET6, frame[22:38]) == "fe80::11"
    assert socket.inet_ntop(socket.AF_INET6, frame[38:54]) == "ff02::12"
    assert frame[54:58] == b"\x31\x37\0\2"
    assert checksum(frame) == 0
    assert shown(lab) == {}


def test_R12_frozen_keeper_and_dead_lease(lab):
    """R12a: without renewals the kernel ends them by itself."""
    keeper = lab.ready(*ONE)
    keeper.claim()
    noted = NotedV6(lab.node)
    os.kill(keeper.pid, 19)
    noted.wait_gone(VIP, timeout=12)
    os.kill(keeper.pid, 18)


def test_R12_beyond_50_there_is_no_lease(lab):
    keeper = lab.ready(ONE[0], ONE[1],
                       "address ip=2001:db8::200 dev=eth0 count=60",
                       "address ip=192.0.2.100 dev=eth0 excluded=1")
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (62, 0)
    assert shown(lab)[LINK_LOCAL]["valid_life_time"] == 0xffffffff
    assert lab.node.address("192.0.2.100").valid_s <= 3
    keeper.tick()
    noted = NotedV6(lab.node)
    keeper.kill_main()
    noted.wait_gone("2001:db8::23b")


def test_an_interface_without_ipv6_is_said_so(lab):
    subprocess.run(["ip", "netns", "exec", lab.node.name, "sh", "-c",
                    "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6"],
                   check=True)
    keeper = lab.ready(*ONE)
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (0, 2)
    assert "IPv6 is off on this interface" in claimed["text"]


@pytest.mark.parametrize("off, on", [
    (("echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6",),
     ("echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6",)),
    # below 1280 the kernel switches IPv6 off
    (("ip link set eth0 mtu 1200",), ("ip link set eth0 mtu 1500",))])
@pytest.mark.parametrize("seconds", [0, 0.5, 2.5])
def test_R17_ipv6_off_and_on_again_puts_the_addresses_back(
        lab, off, on, seconds):
    def shell(words):
        subprocess.run(["ip", "netns", "exec", lab.node.name, "sh", "-c",
                        "; ".join(words)], check=True)

    keeper = lab.ready(*ONE)
    keeper.claim()
    assert VIP in shown(lab)
    shell(off)
    time.sleep(seconds)
    shell(on)
    end = time.monotonic() + 15
    while VIP not in shown(lab) or LINK_LOCAL not in shown(lab):
        assert time.monotonic() < end, shown(lab)
        keeper.tick()
        time.sleep(0.2)
