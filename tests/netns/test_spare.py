# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that stands ready for a fence: where none is left on the machine
none can be made, and a node that cannot cut serves nobody."""
import contextlib
import errno
import os
import signal
import time

import pytest

from fence_lab import Fencer, Switch, device, plug
from lab import Lab, VIP, udp_link, wait_for
from test_reload import reload_both, write

# A fresh one is made a second after the one before had its attempt.
MADE_S = 5


@pytest.fixture(name="lab")
def make_lab(tmp_path):
    made = []

    def switch(name="pdu", **options):
        made.append(Switch(str(tmp_path), name, **options))
        return made[-1]

    def fencer(*settings):
        made.append(Fencer(*settings))
        wait_spare(made[-1])
        return made[-1]
    yield switch, fencer
    for thing in reversed(made):
        thing.stop()


def wait_spare(fencer, unlike=()):
    """The only child; another one than these."""
    return wait_for("a process stands ready", lambda: len(
        fencer.children()) == 1 and not set(fencer.children()) & set(unlike)
        and fencer.children(), MADE_S)[0]


def state(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return f.read().rsplit(")", 1)[1].split()[0]


def waits(pid):
    return state(pid) == "S"


def pids_folder():
    """Of the kernel's hierarchy that limits processes; None: there is none."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for words in map(str.split, mounts):
            if words[2] == "cgroup" and "pids" in words[3].split(","):
                return words[1]
            if words[2] == "cgroup2":
                with open(words[1] + "/cgroup.subtree_control",
                          encoding="ascii") as f:
                    if "pids" in f.read().split():
                        return words[1]
    return None


@contextlib.contextmanager
def no_more_processes(pids):
    """These may stay; no process of theirs can make another one."""
    root = pids_folder()
    if root is None:
        pytest.skip("nothing limits processes here")
    group = os.path.join(root, "twinbeat-test-%d" % os.getpid())

    def write(name, text):
        with open(os.path.join(group, name), "w", encoding="ascii") as f:
            f.write(text)
    os.mkdir(group)
    try:
        for pid in pids:
            write("cgroup.procs", str(pid))
        write("pids.max", str(len(pids)))
        yield lambda: write("pids.max", "max")
    finally:
        def let_go():
            """Each time: one of them may have made another one meanwhile."""
            with open(group + "/cgroup.procs", encoding="ascii") as f:
                left = f.read().split()
            for pid in left:
                with contextlib.suppress(OSError), open(
                        root + "/cgroup.procs", "w", encoding="ascii") as all_:
                    all_.write(pid)

        def is_removed():
            let_go()
            try:
                os.rmdir(group)
            except OSError as error:
                assert error.errno == errno.EBUSY
                return False
            return True
        wait_for("the group is empty", is_removed)


def test_R6_a_node_is_cut_and_read_back_where_no_process_is_left(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    with no_more_processes([fencer.pid, spare]) as end_it:
        # and the plugs are read once more when the supplies are empty, and
        # the next attempt comes; the process is not given back to others
        for _ in range(2):
            done = fencer.run("off")
            assert done["outcome"] == "off" and not switch.plug(1)["power"]
            assert fencer.run("read")["plugs"][0] == "off"
            assert fencer.run("on")["outcome"] == "on"
            time.sleep(1.2)     # a fresh one is tried, in vain
            assert fencer.children() == [spare]
        end_it()
        fresh = wait_spare(fencer, [spare])
        assert fencer.run("off")["outcome"] == "off"
        assert fresh not in (spare, fencer.pid)


def test_R6_without_it_no_process_left_is_no_false_off(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    with no_more_processes([fencer.pid]) as end_it:
        os.kill(spare, signal.SIGKILL)
        wait_for("it is reaped", lambda: not fencer.children())
        done = fencer.run("off")
        assert done["outcome"] == "unknown"
        assert "no process for an attempt" in done["text"]
        assert switch.plug(1)["power"]
        end_it()
        wait_spare(fencer)
        assert fencer.run("off")["outcome"] == "off"


def test_R14_a_read_leaves_the_one_that_stands_ready(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    for _ in range(3):
        assert fencer.run("read")["outcome"] == "read"
    assert wait_spare(fencer) == spare


def test_it_holds_nothing_but_the_way_to_its_parent(lab):
    """No socket of the daemon's, no run lock, no device."""
    switch = lab[0]()
    fencer = lab[1](device(switch), plug(), "realtime")
    spare = wait_spare(fencer)
    wait_for("it waits", lambda: waits(spare))
    assert sorted(map(int, os.listdir("/proc/%d/fd" % spare))) == [0, 1, 2, 3]
    assert os.readlink("/proc/%d/fd/3" % spare).startswith("socket:")
    assert os.getpgid(spare) == spare
    assert not switch.requests(), "a device was asked"
    # the connection of a read goes to it with its order, and comes back
    assert fencer.run("read")["outcome"] == "read"
    assert fencer.run("off")["outcome"] == "off"
    wait_spare(fencer, [spare])


def test_it_costs_little(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug(), "realtime")
    fencer.run("read")
    time.sleep(1.5)
    memory = []
    for pid in (fencer.pid, wait_spare(fencer)):
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
            memory.append(dict(line.split(":", 1) for line in f if ":" in line))
    resident, private = (
        [sum(int(m[key].split()[0]) for key in keys) for m in memory]
        for keys in (["Rss"], ["Private_Dirty", "Private_Clean"]))
    print("resident %s kB, alone %s kB" % (resident, private))
    # what it holds alone: a stack and what its start wrote
    assert resident[1] < 700 and private[1] < 100


def resident_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("Rss:"))


def test_R18_it_gets_ready_in_a_hurry_and_asks_no_device(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug(), "realtime")
    spare = wait_spare(fencer)
    wait_for("it waits", lambda: waits(spare))
    before_kb = resident_kb(spare)
    fencer.ask("ready")
    # the pages of its program and libraries are there before they are used
    wait_for("it is ready", lambda: resident_kb(spare) > before_kb + 500)
    wait_for("it waits again", lambda: waits(spare))
    assert not switch.requests(), "the device was asked"
    assert sorted(map(int, os.listdir("/proc/%d/fd" % spare))) == [0, 1, 2, 3]
    # it is the one that does it, if it is wanted; twice is no harm
    fencer.ask("ready")
    done = fencer.run("off")
    assert done["outcome"] == "off" and not switch.plug(1)["power"]
    assert len(switch.requests()) == 3, "read, write, read-back"
    # and for what was not wanted after all there is a small one again
    small = wait_spare(fencer, [spare])
    fencer.ask("ready")
    smaller = wait_spare(fencer, [small])
    wait_for("it waits", lambda: waits(smaller))
    assert resident_kb(smaller) < before_kb + 100


def test_R18_ready_in_the_middle_of_an_attempt_changes_nothing(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch, settle_ms=200), plug())
    number = fencer.ask("off")
    fencer.wait_event("writing")
    fencer.ask("ready")
    assert fencer.wait(number)["outcome"] == "off"
    assert fencer.run("read")["plugs"][0] == "off"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_was_killed_is_reaped_and_replaced(lab, number):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    wait_for("it waits", lambda: waits(spare))
    os.kill(spare, number)
    wait_for("it is reaped", lambda: not os.path.exists("/proc/%d" % spare))
    wait_spare(fencer, [spare])
    assert fencer.run("off")["outcome"] == "off"


def test_R6_one_that_died_unseen_costs_no_attempt(lab):
    """Its end and the order for it come in one moment."""
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    os.kill(fencer.pid, signal.SIGSTOP)
    os.kill(spare, signal.SIGKILL)
    wait_for("it is dead", lambda: state(spare) == "Z")
    number = fencer.ask("off")
    os.kill(fencer.pid, signal.SIGCONT)
    assert fencer.wait(number)["outcome"] == "off"


def test_R6_one_that_hangs_costs_one_attempt(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug(), "fence timeout_ms=1500")
    os.kill(wait_spare(fencer), signal.SIGSTOP)
    done = fencer.run("off")
    assert done["outcome"] == "unknown" and "killed" in done["text"]
    assert fencer.run("off")["outcome"] == "off"


def test_killed_fencer_takes_it_along(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    os.kill(fencer.pid, signal.SIGKILL)
    wait_for("it is gone", lambda: not os.path.exists(
        "/proc/%d/fd/3" % spare), 1)


def test_it_ends_with_the_daemon(lab):
    switch = lab[0]()
    fencer = lab[1](device(switch), plug())
    spare = wait_spare(fencer)
    fencer.kill_parent()
    assert fencer.gone_within(2)
    wait_for("it is gone", lambda: not os.path.exists(
        "/proc/%d/fd/3" % spare), 1)


def spares(node):
    path = "/proc/{0}/task/{0}/children".format(node.helper("fencer"))
    with open(path, encoding="ascii") as f:
        return [int(pid) for pid in f.read().split()]


def test_R15_after_a_reload_another_one_knows_the_other_plugs():
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        before = wait_for("one stands ready", lambda: spares(b))
        fencer = b.helper("fencer")
        write(lab, plugs1='{ level = 1; device = "pdu"; plug = 3; }')
        reload_both(lab)
        wait_for("another one", lambda: spares(b) and
                 not set(spares(b)) & set(before), MADE_S)
        assert b.helper("fencer") == fencer, "it was started again"
        assert not [pid for pid in before if os.path.exists("/proc/%d" % pid)]
        b.twinbeat("fence", a.name, "--yes")
        cut = [e["plug"] for e in lab.pdu_events()
               if e["event"] == "power" and not e["on"]]
        assert cut == [3], cut


def test_R18_a_hurry_wakes_the_one_that_stands_ready():
    """The direct cable is pulled: the peer answers by adverts, and nothing
    follows but a fresh one."""
    with Lab(cards=3, udp=udp_link() + " hurry_ms = 50;") as lab:
        a, b = lab.nodes
        lab.settle()
        before = wait_for("one stands ready", lambda: spares(b))
        time.sleep(1.2)
        assert spares(b) == before
        lab.direct(False)
        wait_for("it hurried", lambda: "is asked to answer" in b.read_log())
        wait_for("another one", lambda: spares(b) and
                 not set(spares(b)) & set(before), MADE_S)
        assert b.state() == "BACKUP" and a.state() == "MASTER"
        assert not [e for e in lab.pdu_events() if e["event"] == "power"
                    and not e["on"]]


def test_R6_no_process_left_and_the_standby_takes_over():
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        wait_for("one stands ready", lambda: len(spares(b)) == 1)
        with no_more_processes(family(b.daemon)):
            a.die()
            b.wait_state("MASTER", 20)
            assert b.proof() == "fenced" and VIP in b.addresses()


def family(pid):
    with open("/proc/{0}/task/{0}/children".format(pid),
              encoding="ascii") as f:
        return [pid] + [p for child in f.read().split()
                        for p in family(int(child))]
