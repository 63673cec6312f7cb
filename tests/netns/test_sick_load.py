# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that is ill by load: processors, memory, packets; and what others do
to the machine beside it. Roles stay, nobody is shot."""
import contextlib
import os
import shutil
import struct
import subprocess
import sys
import time

import pytest

from forge import Advert, checksum, packed
from lab import BUILD, Lab, VIP, run, udp_link, wait_for
from test_sick import cpu_us, no_shot

MEMORY = "/sys/fs/cgroup/memory"

# Frames from files of hex lines, so many a second, for so long.
STORM = """
import socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((sys.argv[1], 0))
frames = [bytes.fromhex(line) for line in open(sys.argv[2])]
rate, seconds, sent = int(sys.argv[3]), float(sys.argv[4]), 0
begin = time.monotonic()
while time.monotonic() - begin < seconds:
    while sent < min(seconds, time.monotonic() - begin) * rate and \
            time.monotonic() - begin < seconds:
        for frame in frames:
            wire.send(frame)
        sent += len(frames)
    time.sleep(0.002)
print(sent, flush=True)
"""


def roles_kept(lab, since=0):
    """since: so much of the other one's log is of before."""
    a, b = lab.nodes
    assert a.state() == "MASTER" and b.state() == "BACKUP"
    assert VIP in a.addresses() and VIP not in b.addresses()
    assert "BACKUP -> MASTER" not in b.read_log()[since:] and no_shot(lab)


def major_faults(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return int(f.read().rsplit(")", 1)[1].split()[9])


@pytest.mark.parametrize("advert_ms,dead_ms", [(100, 400), (10, 1000)])
def test_busy_loops_move_nothing(advert_ms, dead_ms):
    with Lab(advert_ms=advert_ms, serial_dead_ms=dead_ms) as lab:
        lab.settle()
        loops = [lab.nodes[k % 2].spawn("sh", "-c", "while :; do :; done")
                 for k in range(8)]
        try:
            time.sleep(7)
            roles_kept(lab)
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()


@contextlib.contextmanager
def little_memory(node, megabytes):
    """The node's programs live in so much; yields the group's folder."""
    folder = os.path.join(MEMORY, "twinbeat-%d" % os.getpid())
    try:
        os.mkdir(folder)
        with open(folder + "/memory.limit_in_bytes", "w",
                  encoding="ascii") as f:
            f.write(str(megabytes << 20))
    except OSError:
        pytest.skip("no memory groups can be made here")
    entered = node.entered      # from outside: /sys is another one inside
    node.entered = lambda: [
        "sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', folder
    ] + entered()
    try:
        yield folder
    finally:
        node.entered = entered
        if node.init:
            node.die()
        wait_for("the group is empty", lambda: not open(
            folder + "/cgroup.procs", encoding="ascii").read())
        os.rmdir(folder)


def mapped(pid, field):
    """Of all files that are mapped and never written, in kB: how much of them
    is so ("Size" is all). Relocated parts come after all others."""
    files, name = {}, ""
    with open("/proc/%d/smaps" % pid, encoding="ascii") as f:
        for line in f:
            first, *rest = line.split()
            if first == field + ":" and name.startswith("/"):
                files[name] = files.get(name, 0) + int(rest[0])
            elif "-" in first and not first.endswith(":"):
                name = rest[-1] if rest[0] in ("r-xp", "r--p") else ""
    return {os.path.basename(name): kb for name, kb in files.items()}


def not_whole(pid):
    size, there = mapped(pid, "Size"), mapped(pid, "Rss")
    return {name for name in size if there[name] < size[name]}


def libraries_of_its_own(lab, node):
    """Its programs share no page of them with anybody else on the machine."""
    folder = os.path.join(lab.dir, "libraries")
    os.mkdir(folder)
    used = run("ldd", *("%s/twinbeat%s" % (BUILD, program)
                        for program in ("d", "-keeper", "-fencer"))).stdout
    for line in used.splitlines():
        if " => /" in line:
            name, _, path, _ = line.split()
            shutil.copy(path, os.path.join(folder, name))
    node.environment["LD_LIBRARY_PATH"] = folder


def test_R12_what_the_main_process_gave_back_the_keeper_has_locked():
    with Lab() as lab:
        a = lab.nodes[0]
        lab.settle()
        time.sleep(8)       # the start is over for all programs
        given_back = not_whole(a.daemon)
        print("given back: %s; %s" % (given_back, mapped(a.daemon, "Rss")))
        assert "libc.so.6" in given_back
        # it reads the file, and does nothing afterwards
        kept = {n for n in given_back if not n.startswith("libconfig.")}
        keeper = a.helper("keeper")
        assert kept <= set(mapped(keeper, "Size"))
        assert not not_whole(keeper)
        assert min(mapped(keeper, "Locked").values()) > 0


def test_R12_no_memory_left_beside_a_locked_daemon():
    with Lab() as lab:
        a = lab.nodes[0]
        libraries_of_its_own(lab, a)
        with little_memory(a, 64) as folder:
            a.die()
            a.power_on()
            lab.settle()
            time.sleep(8)       # what the start alone has used has left
            programs = [a.daemon, a.helper("keeper"), a.helper("fencer")]
            for pid in programs:
                with open("/proc/%d/maps" % pid, encoding="ascii") as f:
                    assert a.environment["LD_LIBRARY_PATH"] in f.read()
            before = [major_faults(pid) for pid in programs]
            end, killed = time.monotonic() + 6, 0
            while time.monotonic() < end:
                # the kernel may read its pages again and again instead
                hog = a.spawn("timeout", "-s", "KILL", "4",
                              "python3", "-c", "b = []\n"
                              "while 1: b.append(b'x' * 1000000)")
                killed += hog.wait(timeout=20) != 0
            # the group was full all the time, and the hogs paid for it
            assert killed >= 2
            with open(folder + "/memory.failcnt", encoding="ascii") as f:
                assert int(f.read()) > 0
            roles_kept(lab)
            assert a.status()       # uses more of them than a turn at rest
            assert [a.daemon, a.helper("keeper"), a.helper("fencer")] == \
                programs
            # nothing of it had to be read from disk again
            assert [major_faults(pid) for pid in programs] == before


def bad_beat(mac, source, to):
    """A datagram as the udp link's, of which nothing is right."""
    data = struct.pack("!HHHH", 1694, 1694, 8 + 33, 0) + bytes(33)
    header = bytearray(struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(data), 1, 0, 255, 17, 0,
        packed(source), packed(to)))
    header[10:12] = struct.pack("!H", checksum(header))
    return mac + bytes.fromhex("0200000000ab0800") + bytes(header) + data


def mac_of(node, interface):
    shown = run("ip", "-n", node.ns, "-o", "link", "show", interface).stdout
    return bytes.fromhex(shown.split("link/ether ")[1].split()[0]
                         .replace(":", ""))


def storm(lab, interface, frames, name):
    path = os.path.join(lab.dir, name)
    with open(path, "w", encoding="ascii") as f:
        f.write("".join(frame.hex() + "\n" for frame in frames))
    return subprocess.Popen(
        lab.within(lab.switch_ns, sys.executable, "-c", STORM, interface, path,
                   "20000", "6"), stdout=subprocess.PIPE)


def test_storms_of_adverts_and_of_beats():
    with Lab(cards=3, udp=udp_link(dead_ms=1000), serial_dead_ms=1000) as lab:
        a, b = lab.nodes
        lab.settle()
        good = Advert(3, 55, "10.99.0.77", [VIP])
        adverts = [good.frame(), good.but(sum_mode="bad").frame(),
                   good.but(ttl=3).frame(), good.but(vrid=56).frame()]
        beats = [bad_beat(mac_of(b, "eth2"), "10.99.2.11", "10.99.2.12"),
                 bad_beat(mac_of(a, "eth2"), "10.99.2.12", "10.99.2.11")]
        used = [cpu_us(node.daemon) for node in lab.nodes]
        begin = time.monotonic()
        senders = [storm(lab, "br0", adverts, "adverts"),
                   storm(lab, "br2", beats, "beats")]
        sent = [int(sender.communicate(timeout=60)[0]) for sender in senders]
        took = time.monotonic() - begin
        roles_kept(lab)
        shares = [(cpu_us(node.daemon) - was) / 1e6 / took
                  for node, was in zip(lab.nodes, used)]
        print("sent %s in %.1f s, share of a processor %s" % (
            sent, took, shares))
        assert min(sent) > 20000 and max(shares) < 0.9, (sent, shares)
        # what was bad is counted where it came in, and nowhere else
        for node in lab.nodes:
            assert sum(node.link("direct")["errors"].values()) > 0
            assert sum(node.link("serial")["errors"].values()) == 0
        # and all is well at once
        wait_for("links up", lambda: all(
            node.link(name)["state"] == "up" for node in lab.nodes
            for name in ("direct", "serial")), 10)
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")


@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"),
                    reason="nginx is not installed")
def test_R3_a_real_nginx_that_dies_moves_the_address():
    with Lab(track='track = { processes = ( "nginx" ); };') as lab:
        a, b = lab.nodes
        for node in lab.nodes:
            path = os.path.join(node.dir, "nginx")
            os.makedirs(path)
            with open(path + "/conf", "w", encoding="ascii") as f:
                f.write("pid %s/pid; error_log %s/error; daemon off; "
                        "worker_processes 2; events {} http { access_log off; "
                        "client_body_temp_path %s/t1; proxy_temp_path %s/t2; "
                        "fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; "
                        "scgi_temp_path %s/t5; server { listen 8080; } }\n"
                        % ((path,) * 7))
            node.nginx = node.spawn("/usr/sbin/nginx", "-c", path + "/conf",
                                    "-e", path + "/error")
        wait_for("both are fit, one serves", lambda: all(
            node.status()["fit"] for node in lab.nodes) and
            "MASTER" in (a.state(), b.state()), 15)
        if b.state() == "MASTER":  # its nginx was there first
            assert b.twinbeat("handover").returncode == 0
        lab.settle()
        since = len(b.read_log())
        # a worker that ends is started again by its master: no reason to go
        with open(a.dir + "/nginx/pid", encoding="ascii") as f:
            master = f.read().strip()
        workers = a.inside("pgrep", "-P", master).stdout.split()
        a.inside("kill", "-KILL", workers[0])
        time.sleep(1)
        roles_kept(lab, since)
        workers = a.inside("pgrep", "-P", master).stdout.split()
        a.inside("kill", "-KILL", master, *workers)
        b.wait_state("MASTER")
        wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
        assert any("nginx" in why for why in a.status()["unfit_reasons"])
        assert no_shot(lab)


NETWORKD = "/lib/systemd/systemd-networkd"


@pytest.mark.skipif(not os.path.exists(NETWORKD),
                    reason="systemd-networkd is not installed")
def test_R12_networkd_that_starts_and_restarts():
    """It takes eth0 over. Where there is no udev, 252 also writes its own
    address again thousands of times a second, with or without us."""
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        keeper = a.helper("keeper")
        folder, log = os.path.join(a.dir, "network"), a.dir + "/networkd"
        os.makedirs(folder)
        with open(folder + "/eth0.network", "w", encoding="ascii") as f:
            f.write("[Match]\nName=eth0\n[Network]\nAddress=10.99.0.11/24\n"
                    "Gateway=10.99.0.1\nLinkLocalAddressing=no\n"
                    "IPv6AcceptRA=no\n")
        for turn in range(1, 3):
            networkd = a.spawn(
                "unshare", "--mount", "sh", "-c",
                "mount -t tmpfs none /run && "
                # else it waits for udev
                "mount -o remount,bind,ro /sys && "
                "mkdir -p /run/systemd/network /run/systemd/netif/links "
                "/run/systemd/netif/leases /run/systemd/netif/lldp && "
                "chown -R systemd-network: /run/systemd/netif && "
                'cp "$0"/* /run/systemd/network && exec ' + NETWORKD, folder,
                log=log)
            wait_for("it has eth0", lambda: open(
                log, encoding="utf-8").read().count(
                    "eth0: Configuring with") == turn)
            time.sleep(2)
            roles_kept(lab)
            networkd.terminate()
            networkd.wait(timeout=10)
        wait_for("lb01 has its address", lambda: VIP in a.addresses())
        roles_kept(lab)
        assert a.helper("keeper") == keeper
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")
