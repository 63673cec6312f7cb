# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel did not say is not known: a dump that it broke off shows
nothing, and nothing may be taken for gone, or for another hand's, by it."""
import os
import signal
import time

import pytest

import lab as pairs
from lab import VIP
from keeper_lab import Lab, ShortDumps
from test_keeper_routes import ONE, ROUTES, counts, routes, rules, wait_counts

GETLINK, GETADDR, GETROUTE, GETRULE = 18, 22, 26, 34


@pytest.fixture(name="lab")
def make_keeper_lab():
    lab = Lab()
    yield lab
    lab.remove()


@pytest.fixture(name="dumps")
def make_dumps():
    dumps = ShortDumps()
    yield dumps
    dumps.remove()


def wait_log(keeper, words, seconds=5):
    end = time.monotonic() + seconds
    while not any(words in line for line in keeper.log):
        assert time.monotonic() < end, keeper.log
        time.sleep(0.02)


def test_C04_the_machines_own_address_waits_until_the_kernel_names_it(
        lab, dumps):
    dumps.cut(GETADDR)
    keeper = lab.keeper("node address=192.0.2.12", ONE[0],
                        "address ip=192.0.2.11 prefix=24 dev=eth0", ONE[1],
                        dumps=dumps)
    wait_log(keeper, "did not say which addresses are left")
    assert "192.0.2.11" in lab.node.ips()
    dumps.whole()
    keeper.wait("ready")
    assert "192.0.2.11" in lab.node.ips()
    claimed = keeper.claim()
    assert (claimed["added"], claimed["failed"]) == (1, 1)
    assert "192.0.2.11/24 on eth0: is a node's own address" in claimed["text"]
    assert keeper.release()["failed"] == 0
    assert lab.node.ips() == {"192.0.2.11"}


def test_C04_one_of_hundreds_of_own_addresses_is_seen(lab):
    """The list of them grows."""
    lab.cable("eth1")
    for n in range(300):
        lab.node.ip("address", "add", "10.0.%d.%d/32" % (n // 250, n % 250),
                    "dev", "eth0")
    lab.node.ip("address", "add", "198.51.100.7/24", "dev", "eth1")
    lab.ready(ONE[0], "address ip=198.51.100.7 dev=eth1", ONE[1])
    assert "198.51.100.7" in lab.node.ips()


@pytest.mark.parametrize("kind", [GETROUTE, GETRULE])
def test_R8_left_routes_are_asked_for_until_the_kernel_says(lab, dumps, kind):
    keeper = lab.ready(*ONE, *ROUTES)
    keeper.claim()
    wait_counts(lab, (4, 1, 0, 0), keeper)
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.kill_main()
    keeper.stop()
    dumps.cut(kind)
    keeper = lab.ready(*ONE, dumps=dumps)
    wait_log(keeper, "routes and rules of an earlier run are left")
    left = routes(lab) if kind == GETROUTE else rules(lab)
    assert left and len(left) == sum(counts(lab))
    dumps.whole()
    wait_counts(lab, (0, 0, 0, 0), keeper)


def test_R8_what_is_held_is_not_taken_for_an_earlier_runs(lab, dumps):
    dumps.cut(GETROUTE)
    keeper = lab.ready(*ONE, *ROUTES, dumps=dumps)
    keeper.claim()
    wait_counts(lab, (4, 1, 0, 0), keeper)
    dumps.whole()
    for _ in range(5):
        time.sleep(0.5)
        keeper.tick()
    assert counts(lab) == (4, 1, 0, 0)
    assert not any("removed" in line or "put back" in line
                   for line in keeper.log), keeper.log


# ---- a pair, and new settings ----

def add_address(lab, more):
    lab.write_config()
    with open(lab.config, encoding="ascii") as file:
        text = file.read()
    vip = '{ ip = "%s/32"; }' % VIP
    assert text.count(vip) == 1
    with open(lab.config, "w", encoding="ascii") as file:
        file.write(text.replace(vip, vip + ", " + more))


def reload_with(lab, node, more):
    add_address(lab, more)
    done = node.twinbeat("reload")
    assert done.returncode == 0, done.stdout + done.stderr


def settled(make_lab, dumps):
    lab = make_lab(boot=False)
    for node in lab.nodes:
        node.environment = dumps.environment
        node.power_on()
    lab.settle()
    return lab


def test_R3_an_interface_that_was_not_seen_is_not_called_gone(
        make_lab, dumps):
    """At a reload that names it first."""
    lab = settled(make_lab, dumps)
    b = lab.nodes[1]
    dumps.cut(GETLINK)
    reload_with(lab, b, '{ ip = "10.99.0.101/32"; dev = "eth1"; }')
    time.sleep(1)
    assert b.state() == "BACKUP" and "unfit" not in b.alerts()
    assert not b.status()["fit"], "nobody knows yet"
    dumps.whole()
    pairs.wait_for("lb02 is fit", lambda: b.status()["fit"])
    assert "eth1 does not exist" not in b.read_log()
    b.inside("ip", "link", "set", "eth1", "down")
    b.wait_log("eth1, which carries 10.99.0.101, has no carrier")


def test_R17_another_hands_vip_that_was_not_seen_goes_later(make_lab, dumps):
    """It was there before the reload by which it is a VIP."""
    lab = settled(make_lab, dumps)
    b = lab.nodes[1]
    b.inside("ip", "address", "add", "10.99.0.101/32", "dev", "eth0")
    dumps.cut(GETADDR)
    reload_with(lab, b, '{ ip = "10.99.0.101/32"; }')
    assert "10.99.0.101" in b.addresses()
    dumps.whole()
    pairs.wait_for("it is gone",
                   lambda: "10.99.0.101" not in b.addresses())
    b.wait_log("10.99.0.101/32 on eth0 was put here by another hand")
