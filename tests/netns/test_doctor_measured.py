# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat doctor: what it measures in a few seconds, of real pairs."""
import json
import os
import subprocess
import sys

from lab import VIP, run, wait_for
from test_cli import TWINBEAT, run_dir  # noqa: F401 (a fixture)
from test_doctor import ETH0, doctor, of  # noqa: F401 (a fixture)


def measured(node):
    return json.loads(node.twinbeat("doctor", "--json").stdout)


def test_a_bad_cable_is_measured(lab):
    """One byte in a hundred is lost: a beat of 40 bytes seldom comes whole."""
    lb01 = lab.nodes[0]
    lab.cable("drop 10")
    wait_for("beats are damaged", lambda: lb01.link("serial")["errors"][
        "framing"] + lb01.link("serial")["errors"]["auth"] > 3)
    found = of("cable", (0, measured(lb01)))
    # down all the time: that is a finding of its own
    assert found == [] or found[0][0] in ("warn", "bad"), found
    assert found == [] or " 0 damaged" not in found[0][1]
    lab.cable("drop 0")


def stranger(lab, *commands):
    """Another host at the service switch."""
    ns = lab.prefix + "x"
    run("ip", "netns", "add", ns)
    run("ip", "-n", lab.switch_ns, "link", "add", "x0", "type", "veth",
        "peer", "name", "eth0", "netns", ns)
    run("ip", "-n", lab.switch_ns, "link", "set", "x0", "master", "br0", "up")
    run("ip", "-n", ns, "link", "set", "eth0", "up")
    for words in commands:
        run("ip", "-n", ns, *words)
    return ns


def test_a_stranger_with_our_address_is_found(lab):
    lb01, lb02 = lab.nodes
    stranger(lab, ["addr", "add", VIP + "/32", "dev", "eth0"])
    for node, what in ((lb01, "this node owns it"),
                       (lb02, "only one of them is the peer")):
        found = of("address", (0, measured(node)))
        assert found[0][0] == "bad" and what in found[0][1], found
        assert found[0][1].startswith(VIP + " is answered by ")


def test_an_ipv6_address_is_asked_for_too(doctor):  # noqa: F811
    """By neighbour solicitation; the daemon says that the peer owns VI_1."""
    six = {"words": (), "conf_": lambda text: text.replace(
        '{ ip = "192.0.2.100/32"; }',
        '{ ip = "fe80::55/64"; }, { ip = "2001:db8::1/64"; }')}
    other = ETH0 + "unshare --net sleep 20 & while [ /proc/$!/ns/net -ef " \
        "/proc/self/ns/net ]; do sleep 0.02; done; " \
        "ip link set far netns $!; far() { nsenter -t $! -n ip $*; }; " \
        "far link set far up; far addr add fe80::55/64 dev far nodad; "
    holds = "far addr add 2001:db8::1/64 dev far nodad; "
    until = "until ip -6 addr show dev eth0 | grep -q 'fe80.*link *$'; " \
        "do sleep 0.05; done; "
    assert of("address", doctor(other + holds + until, **six))[0][0] == "ok"
    found = of("address", doctor(other + holds + until, peer__owns=[], **six))
    assert len(found) == 2 and all(
        verdict == "bad" and "no node of the pair owns it" in text
        for verdict, text in found), found


def test_somebody_at_a_terminal_sees_that_it_takes_time(lab):
    master, slave = os.openpty()
    node = lab.nodes[0]
    asked = subprocess.Popen(
        node.entered() + [
            TWINBEAT, "--run-dir", node.run_dir, "-c", node.config, "--node",
            node.name, "doctor"], stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    assert b"listening to cables and network for 3 s" in os.read(master, 500)
    asked.wait(timeout=20)
    os.close(master)


def test_a_stranger_with_our_vrid_is_found(lab):
    """keepalived's advert, by the forge of the other tests."""
    lb02 = lab.nodes[1]
    ns = stranger(lab, ["addr", "add", "10.99.0.77/24", "dev", "eth0"])
    forger = subprocess.Popen(
        ["ip", "netns", "exec", ns, sys.executable, "-c", FORGE, "10.99.0.77",
         "55"])
    try:
        found = of("vrid", (0, measured(lb02)))
    finally:
        forger.kill()
        forger.wait()
    assert found == [("bad", "VRID 55 on eth0 is used by a stranger: "
                      "10.99.0.77")]


# an advert of priority 1 four times a second: it takes nothing over
FORGE = """
import socket, struct, sys, time
source = socket.inet_aton(sys.argv[1])
group = socket.inet_aton("224.0.0.18")
body = struct.pack("!BBBBHH4s", 0x31, int(sys.argv[2]), 1, 1, 100, 0,
                   socket.inet_aton("10.99.0.200"))
pseudo = source + group + struct.pack("!BBH", 0, 112, len(body))
total = sum(struct.unpack("!%dH" % (len(pseudo + body) // 2), pseudo + body))
total = (total & 0xffff) + (total >> 16)
total = ~((total & 0xffff) + (total >> 16)) & 0xffff
body = body[:6] + struct.pack("!H", total) + body[8:]
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, source)
while True:
    out.sendto(body, ("224.0.0.18", 0))
    time.sleep(0.25)
"""
