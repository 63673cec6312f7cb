# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that is ill: other hands, floods, nothing left to open."""
import os
import resource
import time

from lab import BUILD, Lab, VIP, run, wait_for


def no_shot(lab):
    return not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]


def delete_vip(node):
    run("ip", "-n", node.ns, "addr", "del", VIP + "/32", "dev", "eth0",
        check=False)


def wait_vip(node):
    wait_for("%s has the address" % node.name, lambda: VIP in
             node.addresses(), 5)


def test_R12_another_manager_that_removes_the_address_again_and_again():
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        for _ in range(12):
            delete_vip(a)
            wait_vip(a)
            assert b.state() == "BACKUP" and VIP not in b.addresses()
            time.sleep(0.25)
        assert a.state() == "MASTER" and no_shot(lab)
        # and it can be had to let go afterwards, by a clean word
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")
        wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
        assert no_shot(lab)


def test_R12_a_flood_of_foreign_addresses_blinds_nobody():
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        batch = os.path.join(lab.dir, "batch")
        with open(batch, "w", encoding="ascii") as f:
            for turn in range(8):
                for k in range(1000):
                    f.write("addr add 10.123.%d.%d/32 dev lo\n" % (
                        k // 250, k % 250 + 1))
                for k in range(1000):
                    f.write("addr del 10.123.%d.%d/32 dev lo\n" % (
                        k // 250, k % 250 + 1))
        keeper = a.helper("keeper")
        # 16,000 of them, faster than they can be looked at
        run("ip", "-n", a.ns, "-batch", batch)
        assert a.state() == "MASTER" and b.state() == "BACKUP"
        # it still hears of its own
        delete_vip(a)
        wait_vip(a)
        assert a.helper("keeper") == keeper, "it was started again"
        assert "10.123." not in a.read_log()
        assert no_shot(lab)


def test_a_daemon_without_a_descriptor_left_keeps_its_role():
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        used = {int(fd) for fd in os.listdir("/proc/%d/fd" % a.daemon)}
        first_free = min(set(range(len(used) + 1)) - used)
        old = resource.prlimit(a.daemon, resource.RLIMIT_NOFILE)
        resource.prlimit(a.daemon, resource.RLIMIT_NOFILE,
                         (first_free, old[1]))
        begin_us = cpu_us(a.daemon)
        begin = time.monotonic()
        # whoever asks is not answered, now or until there is room
        asks = [a.spawn("timeout", "3", "sh", "-c", 'exec "$@"', "sh",
                        *cli(a)) for _ in range(4)]
        for ask in asks:
            ask.wait(timeout=20)
        share = (cpu_us(a.daemon) - begin_us) / 1e6 / (
            time.monotonic() - begin)
        assert VIP in a.addresses() and b.state() == "BACKUP"
        assert share < 0.5, "it spins: %.2f of a processor" % share
        resource.prlimit(a.daemon, resource.RLIMIT_NOFILE, old)
        wait_for("it answers", a.status, 15, 0.1)
        assert a.state() == "MASTER" and no_shot(lab)


def cli(node):
    return [BUILD + "/twinbeat", "--run-dir", node.run_dir, "status"]


def cpu_us(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) * 1000000 // os.sysconf(
        "SC_CLK_TCK")
