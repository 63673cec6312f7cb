# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat push: one node's file to both, by the heartbeat's own links."""
import os
import re
import shutil
import signal
import subprocess
import time

from lab import BUILD, Lab, VIP, run, udp_link, wait_for
from test_account import (GROUP, USER, VIEW,  # noqa: F401
                          make_place)
from test_reload import (SECOND, THIRD, addresses, alerts_raised, instance,
                         lines, lost, reload, write)

# nobody is meant to die here, also where the machine stops for a second
FOURTH = "10.99.0.103"
PATIENT = dict(serial_dead_ms=2000, advert_ms=500, tie_ms=9000)
# as much of it as makes the file have some 10 kB
MUCH = "# what a file of some size has in comments\n" * 205


class TwoFiles(Lab):
    """A pair whose nodes have a file each, as on two machines."""

    def build(self, boot=True):
        super().build(boot=False)
        for node in self.nodes:
            node.config = os.path.join(self.dir, node.name, "twinbeat.conf")
            os.makedirs(os.path.dirname(node.config), exist_ok=True)
            shutil.copyfile(self.config, node.config)
            os.chmod(node.config, 0o640)
        for node in self.nodes:
            node.power_on()

    def write_of(self, node, much="", **options):
        write(self, **options)
        with open(node.config, "w", encoding="ascii") as f:
            f.write(text_of(self.config) + much)


def text_of(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def push(node, ok=True):
    done = node.twinbeat("push")
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode == 0) == ok, said
    return said


def start_push(node):
    return subprocess.Popen(
        node.entered() + [BUILD + "/twinbeat", "--run-dir", node.run_dir,
                          "push"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def state_of(node):
    return (node.state(), sorted(node.addresses()), text_of(node.config),
            node.status()["instances"][0]["addresses"])


def refused(lab, node, *words):
    """A push that is refused, by these words, changes nothing anywhere."""
    before = [state_of(n) for n in lab.nodes]
    said = push(node, ok=False)
    for word in words:
        assert word in said, said
    assert "nothing was changed, on both nodes" in said or "up" in said or \
        "maintenance" in said, said
    assert [state_of(n) for n in lab.nodes] == before
    for n in lab.nodes:
        wait_for("nothing is left beside the file",
                 lambda n=n: not os.path.exists(n.config + ".pushed"))
    return said


def check_push(lab, seconds):
    a, b = lab.nodes
    lab.settle()
    wait_for("no alert", lambda: not a.alerts() | b.alerts())
    first = text_of(b.config)
    lab.write_of(a, much=MUCH, addresses=addresses(VIP, SECOND))
    said = []
    took = []

    def act():
        begun = time.monotonic()
        said.append(push(a))
        took.append(time.monotonic() - begun)
        time.sleep(1)  # lost() wants some questions, and it may be quick

    assert lost(lab, act) == 0
    assert "lb02 has checked it and is ready" in said[0]
    assert "lb02 has taken the file, too" in said[0]
    assert took[0] < seconds, "%.1f s: %s" % (took[0], said[0])
    wait_for("the new VIP", lambda: SECOND in a.addresses())
    assert text_of(b.config) == text_of(a.config)
    assert text_of(b.config + ".old") == first
    assert os.stat(b.config).st_mode & 0o777 == 0o640
    for node in lab.nodes:
        assert len(node.status()["instances"][0]["addresses"]) == 2
    # a turn of the slow facts: nobody finds that the files differ. (A machine
    # that stops between the two commits may hear it for a moment; where none
    # does, test_core_reload.c has it.)
    time.sleep(2.5)
    for node in lab.nodes:
        assert alerts_raised(node).count("config-mismatch") <= 1
        assert "config-mismatch" not in node.alerts()
    assert (a.state(), b.state()) == ("MASTER", "BACKUP")
    assert lines(b, r"push: lb01 sends its file, (1\d{4}) bytes")


def test_R15_a_new_VIP_by_push_over_the_serial_cable():
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes
        lab.cable("pace 115200")
        check_push(lab, 6)
        # the standby pushes as well, and what is included goes along
        with open(os.path.join(lab.dir, "vips"), "w", encoding="ascii") as f:
            f.write(addresses(VIP, SECOND, THIRD) + "\n")
        write(lab, old=addresses(VIP), new='\n@include "%s/vips"\n' % lab.dir)
        shutil.copyfile(lab.config, b.config)
        push(b)
        wait_for("the third VIP", lambda: THIRD in a.addresses())
        assert "@include" in text_of(b.config)
        assert "@include" not in text_of(a.config)
        assert THIRD in text_of(a.config)
        # a push of what runs on both
        assert "nothing has changed" in push(a)

        # errors of either node, with its words
        was = text_of(a.config)
        lab.write_of(a, addresses=addresses(VIP), old="vrid = 55",
                     new="vrid = 455")
        refused(lab, a, a.config + ":", "vrid")
        with open(a.config, "w", encoding="ascii") as f:
            f.write(was + "# the same\n")
        with open(b.config, "a", encoding="ascii") as f:
            f.write("startup_ms = 1501;\n")
        refused(lab, a, "lb02: " + b.config, "is not what twinbeatd runs")


def test_R15_a_new_VIP_by_push_over_a_direct_cable():
    with TwoFiles(serial=False, cards=3, udp=udp_link(dead_ms=2000),
                  **PATIENT) as lab:
        check_push(lab, 4)


def test_of_pushes_in_one_moment_one_is_done_and_all_are_answered():
    """The second comes while the first one reads its file: it took over whom
    the end is told, and the first waited for ever."""
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes
        lab.settle()
        for _ in range(3):
            asked = [start_push(a) for _ in range(3)]
            said = [" ".join(one.communicate(timeout=40)[0].split())
                    for one in asked]
            done = sorted(one.returncode for one in asked)
            assert done[0] == 0 and set(done) <= {0, 1}, said
            for one, words in zip(asked, said):
                assert "lb02 has taken the file, too" in words or \
                    "ask again when it is over" in words, said
                assert ("taken" in words) == (one.returncode == 0), said
        assert text_of(a.config) == text_of(b.config)


def test_what_a_push_does_not_do():
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes
        lab.cable("pace 115200")
        lab.settle()
        # who is who
        lab.write_of(a, plugs1='{ level = 1; device = "pdu"; plug = 3; }')
        refused(lab, a, "nodes[0].fence: other plugs than before")
        lab.write_of(a, serial1=os.path.join(lab.dir, "tty9"))
        refused(lab, a, "nodes[0].serial")
        lab.write_of(a, serial_dead_ms=2001, old="baud = 115200",
                     new="baud = 57600")
        refused(lab, a, "serial goes another way than before")
        lab.write_of(a, addresses=addresses(VIP, SECOND))
        # files that others may change
        os.chmod(b.config, 0o666)
        refused(lab, a, "lb02: " + b.config, "others may change it")
        os.chmod(b.config, 0o640)
        os.chmod(a.config, 0o622)
        refused(lab, a, a.config, "others may change it")
        os.chmod(a.config, 0o640)
        # not wanted
        was = text_of(b.config)
        with open(b.config, "a", encoding="ascii") as f:
            f.write("take_push = false;\n")
        assert b.twinbeat("reload").returncode == 0
        refused(lab, a, "take_push is false there")
        with open(b.config, "w", encoding="ascii") as f:
            f.write(was)
        assert b.twinbeat("reload").returncode == 0
        # not now
        assert b.twinbeat("maintenance", "on").returncode == 0
        wait_for("lb01 knows it", lambda: a.status()["maintenance"])
        refused(lab, a, "maintenance is on")
        assert b.twinbeat("maintenance", "off").returncode == 0
        wait_for("lb01 knows it", lambda: not a.status()["maintenance"])
        # the line dies in the middle of it
        lab.write_of(a, much=MUCH, addresses=addresses(VIP, SECOND))
        before = text_of(b.config)
        begun = len(lines(b, "push: lb01 sends"))
        asked = start_push(a)
        wait_for("it has begun", lambda: len(
            lines(b, "push: lb01 sends")) > begun)
        lab.cable("cut")
        said = " ".join(asked.communicate(timeout=40)[0].split())
        assert asked.returncode == 1
        assert "lb02 is not heard any more" in said
        assert text_of(b.config) == before
        assert SECOND not in a.addresses()
        refused(lab, a, "no two-way link")
        lab.cable("join")
        lab.settle()
        wait_for("lb02 has let it go", lambda: a.twinbeat(
            "push").returncode == 0, seconds=30)
        wait_for("the new VIP", lambda: SECOND in a.addresses())


def stop_in_between(lab):
    """A push of which the taker has the order, and cannot obey it: who asks, and
    the loader, which stands still."""
    a, b = lab.nodes
    # who is asked to prepare does not answer: the sender is not ready
    os.kill(a.helper("runner"), signal.SIGSTOP)
    begun = len(lines(b, "reload: reading"))
    asked = start_push(a)
    wait_for("lb02 reads it", lambda: len(
        lines(b, "reload: reading")) > begun)
    wait_for("lb02 is ready", lambda: "is ready" in asked.stdout.readline())
    loader = b.helper("loader")
    os.kill(loader, signal.SIGSTOP)
    os.kill(a.helper("runner"), signal.SIGCONT)
    time.sleep(0.7)  # a beat and more: COMMIT is said
    return asked, loader


def break_in_between(lab, victim):
    """The keeper of this node dies then: what the operator is told."""
    keeper = victim.helper("keeper")
    asked, loader = stop_in_between(lab)
    os.kill(keeper, signal.SIGKILL)
    said = " ".join(asked.communicate(timeout=30)[0].split())
    assert asked.returncode == 1, said
    try:
        os.kill(loader, signal.SIGCONT)
    except ProcessLookupError:
        pass
    assert "on both nodes" not in said, said
    wait_for("another keeper", lambda: victim.helper("keeper") not in (
        None, keeper))
    return said


def test_R15_a_push_that_breaks_between_the_two_commits_is_told_as_that():
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes
        lab.settle()
        # the key goes no way: lb02 would answer by one that lb01 has not
        lab.cable("pace 115200")
        lab.write_of(a, much=MUCH, addresses=addresses(VIP, SECOND))
        asked = start_push(a)
        wait_for("it has begun", lambda: lines(b, "push: lb01 sends"))
        os.rename(lab.dir + "/key", lab.dir + "/key.old")
        run(BUILD + "/twinbeat", "keygen", lab.dir + "/key")
        assert a.twinbeat("maintenance", "on").returncode == 0
        said = " ".join(asked.communicate(timeout=40)[0].split())
        assert "a push takes no key" in said, said
        assert b.status() and SECOND not in a.addresses()
        os.rename(lab.dir + "/key.old", lab.dir + "/key")
        assert a.twinbeat("maintenance", "off").returncode == 0
        wait_for("lb02 knows it", lambda: not b.status()["maintenance"])
        # the taker will not commit: whether it has the file is not known
        lab.write_of(a, addresses=addresses(VIP, SECOND))
        said = break_in_between(lab, b)
        assert "the new file may be in place" in said, said
        assert "on this node nothing was changed" in said, said
        lab.settle()
        # the sender will not: the other may, and does
        shutil.copyfile(lab.config, b.config)
        reload(b)
        reload(a)
        lab.write_of(a, addresses=addresses(VIP, THIRD))
        said = break_in_between(lab, a)
        assert "lb02 may have taken the file" in said, said
        wait_for("it has", lambda: text_of(b.config) == text_of(a.config))
        wait_for("what it served is taken up again, by the new keeper",
                 lambda: SECOND in a.addresses() | b.addresses())
        wait_for("it can be mended as it was told",
                 lambda: a.twinbeat("reload").returncode == 0)
        wait_for("the new VIP", lambda: THIRD in (
            a.addresses() | b.addresses()))


def test_R15_a_file_that_cannot_be_put_in_place_is_given_up_after_30_s():
    """As where the disk is stuck. Both serve as before, the loader is ended, so
    that it does not obey later, and the next push is taken."""
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes
        lab.settle()
        before = text_of(b.config)
        lab.write_of(a, addresses=addresses(VIP, SECOND))
        begun = time.monotonic()
        asked, loader = stop_in_between(lab)
        said = " ".join(asked.communicate(timeout=60)[0].split())
        assert asked.returncode == 1 and time.monotonic() - begun >= 30
        assert "twinbeat.conf was not replaced within 30 s: is the disk, or a " \
            "network file system, stuck?" in said, said
        assert "the new file may be in place: look, then twinbeat reload" in \
            said, said
        assert "on this node nothing was changed" in said, said
        wait_for("its loader is ended",
                 lambda: not os.path.exists("/proc/%d" % loader))
        assert text_of(b.config) == before
        assert (a.state(), b.state()) == ("MASTER", "BACKUP")
        assert VIP in a.addresses()
        assert SECOND not in a.addresses() | b.addresses()
        wait_for("the next one is taken",
                 lambda: a.twinbeat("push").returncode == 0, seconds=30)
        wait_for("the new VIP", lambda: SECOND in a.addresses())
        assert text_of(b.config) == text_of(a.config)


def test_R1_an_address_that_changes_its_instance_is_never_on_both_nodes():
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes

        def second(*vips):
            return instance("VI_2", 56, *vips).replace(
                "vrid", 'priorities = ( { node = "lb02"; priority = 180; } ); '
                'preempt = true; preempt_delay_ms = 0; vrid')

        def owners():
            return [n.name for n in lab.nodes if SECOND in n.addresses()]

        lab.settle()
        lab.write_of(a, more=second(THIRD), addresses=addresses(VIP, SECOND))
        push(a)
        wait_for("both are served", lambda: "MASTER" in (
            a.state(1), b.state(1)))
        wait_for("lb02 serves VI_2", lambda: THIRD in b.addresses())
        wait_for("lb01 serves VI_1", lambda: owners() == ["lb01"])
        old = text_of(a.config)
        lab.write_of(a, more=second(THIRD, SECOND), addresses=addresses(VIP))
        refused(lab, a, "goes from VI_1 to VI_2")
        shutil.copyfile(a.config, b.config)
        said = reload(b, ok=False)
        assert "take it out of VI_1 on both nodes first" in said, said
        assert owners() == ["lb01"]
        # nor the other way: VI_1 could come here before lb02 has the file
        reload(a, ok=False)
        assert owners() == ["lb01"]
        # by two pushes
        for node in lab.nodes:
            with open(node.config, "w", encoding="ascii") as f:
                f.write(old)
        lab.write_of(b, more=second(THIRD), addresses=addresses(VIP))
        push(b)
        assert not owners()
        lab.write_of(b, more=second(THIRD, SECOND), addresses=addresses(VIP))
        push(b)
        wait_for("lb02 serves it", lambda: owners() == ["lb02"])
        # on one node alone, out and in again: the other one serves it still
        for vips, more, ok in (((VIP,), (THIRD,), True),
                               ((VIP, SECOND), (THIRD,), False)):
            lab.write_of(a, more=second(*more), addresses=addresses(*vips))
            said = reload(a, ok)
        assert "let both nodes run one file without it first" in said, said
        lab.write_of(b, more=second(THIRD), addresses=addresses(VIP))
        reload(b)
        for node in (a, b):
            lab.write_of(node, more=second(THIRD), addresses=addresses(
                VIP, SECOND))
            reload(node)
        wait_for("lb01 serves it", lambda: owners() == ["lb01"])
        lab.vip = SECOND
        lab.judge()


def test_R1_two_files_with_one_address_in_two_instances_never_serve_it_twice():
    """Edited by hand, read at a start: lb01 has it in VI_1, lb02 in VI_2."""
    with TwoFiles(**PATIENT) as lab:
        a, b = lab.nodes

        def second(vip):
            return instance("VI_2", 56, vip).replace(
                "vrid", 'priorities = ( { node = "lb02"; priority = 180; } ); '
                'preempt = true; preempt_delay_ms = 0; vrid')

        def owners(vip):
            return [n.name for n in lab.nodes if vip in n.addresses()]

        lab.settle()
        for node in (b, a):
            node.stop()
        lab.write_of(a, more=second(SECOND), addresses=addresses(VIP))
        lab.write_of(b, more=second(VIP), addresses=addresses(SECOND))
        seen = []

        def watch(seconds):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for vip in (VIP, SECOND):
                    assert len(owners(vip)) < 2, vip
                    seen.extend(owners(vip))
                time.sleep(0.05)

        for node in lab.nodes:
            node.start()
        watch(12)
        assert seen
        for node in lab.nodes:
            wait_for("they differ",
                     lambda n=node: "config-mismatch" in n.alerts())
        for node in (a, b):
            node.twinbeat("handover")
            watch(2)
        # one file for both: each is served by who is first for it
        shutil.copyfile(a.config, b.config)
        b.stop()
        watch(1)
        b.start()
        wait_for("both know one file", lambda: not any(
            "config-mismatch" in n.alerts() for n in lab.nodes), seconds=20)
        watch(2)
        wait_for("each is served once", lambda: sorted(
            owners(VIP) + owners(SECOND)) and all(
                len(owners(vip)) == 1 for vip in (VIP, SECOND)))


def together(lab):
    a, b = lab.nodes
    return a.addresses() & b.addresses() & {VIP, SECOND, THIRD, FOURTH}


def test_R1_what_a_reload_lets_go_may_be_taken_before_the_rest_counts():
    """lb02 has an older file and takes VI_3 as soon as lb01 lets it go."""
    def third(*vips):
        return instance("VI_3", 57, *vips).replace(
            "vrid", 'priorities = ( { node = "lb02"; priority = 180; } ); '
            'preempt = false; vrid')

    with TwoFiles(cards=3, udp=udp_link(), **PATIENT) as lab:
        a, b = lab.nodes

        def file(*more):
            lab.write_of(a, more="".join(more), addresses=addresses(VIP),
                         udp=udp_link())

        lab.settle()
        file(instance("VI_2", 56, THIRD), third(SECOND, FOURTH))
        push(a)
        every = {VIP, SECOND, THIRD, FOURTH}
        wait_for("all is served",
                 lambda: every <= a.addresses() | b.addresses())
        if not every <= a.addresses():
            b.twinbeat("handover", "--to", "lb01")
        wait_for("lb01 serves all", lambda: every <= a.addresses())
        # out of VI_3 on lb01 alone, then VI_3 goes and VI_2 gets it
        file(instance("VI_2", 56, THIRD), third(FOURTH))
        reload(a)
        wait_for("lb02 is told", lambda: "config-mismatch" in b.alerts())
        time.sleep(4)
        file(instance("VI_2", 56, THIRD, SECOND))
        said = reload(a, ok=False)
        assert "let both nodes run one file without it first" in said, said
        assert not together(lab)
        assert "MASTER" == a.state(2)
        # without the address nothing is in its way
        file(instance("VI_2", 56, THIRD))
        reload(a)
        assert not together(lab)


def test_R1_a_reload_asks_again_before_it_counts():
    """It waits for a program, and an instance comes to this node meanwhile."""
    def second(*vips):
        return instance("VI_2", 56, *vips).replace(
            "vrid", 'track = { interfaces = ( "eth2" ); }; vrid')

    with TwoFiles(cards=3, **PATIENT) as lab:
        a, b = lab.nodes
        lab.settle()
        lab.write_of(a, more=second(THIRD), addresses=addresses(VIP, SECOND))
        push(a)
        wait_for("lb01 serves both",
                 lambda: {VIP, SECOND, THIRD} <= a.addresses())
        lab.write_of(b, more=second(THIRD), addresses=addresses(VIP))
        reload(b)
        time.sleep(4)
        lab.write_of(b, more=second(THIRD, SECOND), addresses=addresses(VIP))
        runner = b.helper("runner")
        os.kill(runner, signal.SIGSTOP)
        waits = subprocess.Popen(
            b.entered() + [BUILD + "/twinbeat", "--run-dir", b.run_dir,
                           "reload"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        wait_for("lb02 reads it",
                 lambda: b.read_log().count("reload: reading") > 1)
        lab.direct(False, a)
        try:
            wait_for("lb02 serves VI_2", lambda: THIRD in b.addresses())
        finally:
            os.kill(runner, signal.SIGCONT)
        said = " ".join(waits.communicate(timeout=60)[0].split())
        assert waits.returncode != 0, said
        assert "let both nodes run one file without it first" in said, said
        time.sleep(1)
        assert not together(lab)
        assert SECOND in a.addresses()


def test_R17_after_a_push_that_takes_an_instance_out_each_believes_the_other():
    """Both begin a new life at once: the owner's last word has to count, and
    nobody is cut (R12)."""
    with TwoFiles(cards=3, **PATIENT) as lab:
        a, b = lab.nodes
        lab.settle()
        lab.write_of(a, more=instance("VI_2", 56, SECOND))
        push(a)
        wait_for("both are served", lambda: SECOND in a.addresses())
        time.sleep(12)  # so many frames of the old life
        for pusher, more in ((a, ""), (b, instance("VI_3", 57, THIRD))):
            lab.write_of(pusher, more=more)
            push(pusher)
            time.sleep(2)
        a.stop()
        b.wait_state("MASTER")
        assert not [e for e in lab.pdu_events()
                    if e["event"] == "power"], b.read_log()
        assert "proof released" in b.read_log() or \
            "proof obituary" in b.read_log()


class OfAUser(TwoFiles):
    """lb02's daemon is no root: its folder is root's, and its group reads it."""

    def __init__(self, place, **options):
        super().__init__(**options)
        self.place = place

    def build(self, boot=True):
        Lab.build(self, boot=False)
        place = self.place
        a, b = self.nodes
        a.config = os.path.join(self.dir, "lb01.conf")
        b.config = place.conf + "/twinbeat.conf"
        for node in self.nodes:
            shutil.copyfile(self.config, node.config)
            os.chmod(node.config, 0o640)
        place.give()
        os.chmod(self.dir, 0o711)
        os.chown(self.dir + "/key", 0, GROUP)
        os.chmod(self.dir + "/key", 0o640)
        for path in b.dir, b.state_dir:
            os.chown(path, USER, GROUP)
        os.chmod(self.dir + "/tty2", 0o666)
        few = ",".join("+" + word for word in (
            "net_admin", "net_raw", "net_bind_service", "ipc_lock", "sys_nice"))
        for node, user in ((a, []), (b, [
                "setpriv", "--reuid", str(USER), "--regid", str(GROUP),
                "--clear-groups", "--inh-caps=-all," + few,
                "--ambient-caps=-all," + few, "--bounding-set=-all," + few])):
            node.spawn = lambda *words, log=None, spawn=node.spawn, user=user: \
                spawn("unshare", "--mount", "sh", "-c", VIEW, place.dir, *user,
                      *words, log=log)
            node.power_on()


def test_R15_a_daemon_of_a_user_takes_a_push_when_it_was_let(place):
    with OfAUser(place, **PATIENT) as lab:
        a, b = lab.nodes
        lab.settle()
        lab.write_of(a, addresses=addresses(VIP, SECOND))
        cure = "chown twinbeat %s %s" % (place.conf, b.config)
        said = refused(lab, a, "twinbeatd runs as user twinbeat", cure)
        # the folder alone will not do
        os.chown(place.conf, USER, GROUP)
        refused(lab, a, cure)
        place.run("sh", "-c", re.search(r"chown twinbeat \S+ [^ ,]+",
                                        said).group())
        push(a)
        assert text_of(b.config) == text_of(a.config)
        assert os.stat(b.config).st_mode & 0o777 == 0o640
        assert os.stat(b.config).st_gid == GROUP
        wait_for("the new VIP", lambda: SECOND in a.addresses())
