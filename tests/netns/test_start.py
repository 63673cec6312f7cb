# SPDX-License-Identifier: GPL-3.0-or-later
"""Who am I, and what may end me: a daemon at boot, and signals from people
with habits of other programs."""
import os
import resource
import signal
import subprocess
import time

import pytest

from test_daemon import BUILD, Daemon, wait_for


class Host(Daemon):
    """A daemon that is not told its node's name: the host has one, or not."""
    host = "localhost"

    def words(self, *more):
        return ["nsenter", "-t", str(self.holder.pid), "-n",
                "unshare", "-u", "sh", "-c", "hostname \"$0\"; exec \"$@\"",
                self.host, BUILD + "/twinbeatd", "-c", self.config,
                "--run-dir", self.run_dir, "--state-dir", self.state_dir,
                *more]

    def end(self):
        """Start it and say how it ends."""
        done = subprocess.run(self.words("--foreground"), check=False,
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30)
        return done.returncode, done.stdout


@pytest.fixture
def host(tmp_path):
    made = Host(tmp_path)
    try:
        yield made
    finally:
        print(made.text() if os.path.exists(made.log) else "")
        made.close()


# ---- B14: the host name is not there yet ----

@pytest.mark.parametrize("name", ["localhost", "ip-10-98-0-11", "(none)"])
def test_B14_the_node_knows_itself_by_its_address(host, name):
    host.host = name
    host.start()
    assert host.status()["node"] == "lb01"
    assert "taken for \"lb01\" by its address 10.98.0.11 on eth0" in host.text()
    assert host.stop() == 0


@pytest.mark.parametrize("name", ["LB01", "lb01.example.org", "Lb01.novalocal"])
def test_B14_capitals_and_a_domain_are_the_same_name(host, name):
    host.host = name
    host.inside("ip", "addr", "flush", "dev", "eth0")
    assert "no node's name" not in host.start().text()
    assert host.status()["node"] == "lb01"


def test_B14_neither_name_nor_address_is_tried_again(host):
    host.inside("ip", "addr", "flush", "dev", "eth0")
    code, text = host.end()
    assert code == 1, text
    assert "this host is called \"localhost\"" in text
    assert "systemd tries again" in text
    # the address comes, and the next start is one
    host.inside("ip", "addr", "add", "10.98.0.12/24", "dev", "eth0")
    host.start()
    assert host.status()["node"] == "lb02"


def test_B14_a_short_name_of_both_nodes_is_none_of_them(host):
    host.write()
    with open(host.config, encoding="ascii") as file:
        text = file.read().replace('"lb01"', '"lb.east"')
    with open(host.config, "w", encoding="ascii") as file:
        file.write(text.replace('"lb02"', '"lb.west"'))
    host.host = "lb"
    host.inside("ip", "addr", "flush", "dev", "eth0")
    host.inside("ip", "addr", "add", "10.98.0.12/24", "dev", "eth0")
    host.start()
    assert host.status()["node"] == "lb.west"


def test_B14_the_addresses_of_both_nodes_need_a_person(host):
    host.inside("ip", "addr", "add", "10.98.0.12/24", "dev", "eth0")
    code, text = host.end()
    assert code == 3 and "the addresses of both" in text


def test_B14_a_bad_file_is_not_tried_again(host):
    host.inside("ip", "addr", "flush", "dev", "eth0")
    host.write(extra="nonsense = 1;")
    code, text = host.end()
    assert code == 3 and "systemd tries again" not in text


def test_B14_the_unit_tries_again_what_may_be_cured(host):
    with open(os.path.join(os.path.dirname(BUILD), "etc/twinbeat.service"),
              encoding="ascii") as file:
        lines = file.read().splitlines()
    prevented = [line for line in lines
                 if line.startswith("RestartPreventExitStatus=")]
    assert prevented == ["RestartPreventExitStatus=2 3"]
    assert "Restart=on-failure" in lines and "StartLimitIntervalSec=0" in lines
    host.inside("ip", "addr", "flush", "dev", "eth0")
    assert str(host.end()[0]) not in prevented[0].split("=")[1].split()


# ---- N17: signals ----

HABITS = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT,
          signal.SIGALRM, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU,
          signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR,
          signal.SIGXCPU, signal.SIGXFSZ, signal.SIGRTMIN,
          signal.SIGRTMIN + 7, signal.SIGRTMAX]


def name_of(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return "signal %d" % number


def test_N17_a_signal_of_another_programs_habit_changes_nothing(daemon):
    daemon.write_patient()
    daemon.serve()
    pid = daemon.process.pid
    for number in HABITS:
        os.kill(pid, number)
        daemon.wait_log("(%s|signal %d) changes nothing" % (
            name_of(number).replace("SIGIO", "SIG(IO|POLL)"), number))
    assert daemon.process.poll() is None and daemon.has_vip()
    assert daemon.status()["instances"][0]["state"] == "MASTER"
    # and what is silent stays so
    for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGCONT,
                   signal.SIGWINCH, signal.SIGURG):
        os.kill(pid, number)
    assert daemon.status() and daemon.stop() == 0
    assert not daemon.has_vip()


def test_N17_hangup_reads_the_settings_again(daemon):
    daemon.start()
    os.kill(daemon.process.pid, signal.SIGHUP)
    daemon.wait_log("reload: nothing in .* has changed")
    assert daemon.status()


def test_N17_a_flood_of_signals_leaves_the_loop_alive(daemon):
    daemon.write_patient()
    daemon.serve()
    for _ in range(3000):
        os.kill(daemon.process.pid, signal.SIGRTMIN + 1)
        os.kill(daemon.process.pid, signal.SIGUSR1)
    assert daemon.status()["instances"][0]["state"] == "MASTER"
    assert daemon.text().count("SIGUSR1 changes nothing") < 20


def test_N17_helpers_bear_them_too(daemon):
    daemon.write_patient()
    daemon.serve()
    lasting = ("keeper", "fencer", "runner")    # an opener comes and goes
    before = {name: pid for name, pid in daemon.helpers().items()
              if name in lasting}
    assert set(before) == set(lasting)
    for pid in before.values():
        for number in HABITS + [signal.SIGTERM, signal.SIGINT,
                                signal.SIGHUP]:
            os.kill(pid, number)
    time.sleep(0.2)
    assert before.items() <= daemon.helpers().items() and daemon.has_vip()


def test_N17_hold_during_the_start_as_well(daemon):
    """Sent before it is ready, it does not end the start."""
    daemon.start(wait=False)
    wait_for("the daemon itself", lambda: b"twinbeatd" in open(
        "/proc/%d/cmdline" % daemon.process.pid, "rb").read().split(b"\0")[0])
    wait_for("its run directory", lambda: os.path.exists(
        daemon.run_dir + "/pid"))
    os.kill(daemon.process.pid, signal.SIGUSR1)
    wait_for("status", daemon.status)
    daemon.wait_log("SIGUSR1 changes nothing")


# ---- N08: what the kernel refuses ----

class Poor(Daemon):
    """A daemon without the capabilities that real time needs: limits count."""
    limits = ["--memlock=65536:", "--rtprio=0:"] # the hard ones stay
    drop = "-sys_nice,-ipc_lock,-sys_resource"

    def words(self, *more):
        words = super().words(*more)
        at = words.index(BUILD + "/twinbeatd")
        drop = self.drop
        return (words[:at] + ["prlimit"] + self.limits +
                ["setpriv", "--bounding-set", drop, "--inh-caps", drop, "--"] +
                words[at:])

    def allow_priority(self):
        """As a root with CAP_SYS_NICE may, whatever the limits are."""
        subprocess.run(["chrt", "-r", "-p", "20", str(self.process.pid)],
                       check=True)

    def allow_memory(self):
        """Up to the hard limit; beyond it where we may. Is it enough?"""
        pid, kind = self.process.pid, resource.RLIMIT_MEMLOCK
        hard = resource.prlimit(pid, kind)[1]
        resource.prlimit(pid, kind, (hard, hard))
        try:
            resource.prlimit(pid, kind, (64 << 20, 64 << 20))
        except PermissionError:
            print("the hard limit of locked memory is %d" % hard)
        return (resource.prlimit(pid, kind)[0] >
                1024 * self.kilobytes("VmSize"))

    def kilobytes(self, what):
        with open("/proc/%d/status" % self.process.pid,
                  encoding="ascii") as file:
            return [int(line.split()[1]) for line in file
                    if line.startswith(what + ":")][0]

    def said(self):
        return [alert["text"] for alert in self.status()["alerts"]
                if alert["name"] == "unprivileged"]


@pytest.fixture
def poor(tmp_path):
    made = Poor(tmp_path)
    try:
        yield made
    finally:
        print(made.text() if os.path.exists(made.log) else "")
        made.close()


def test_N08_refused_priority_and_memory_are_an_alert(poor):
    poor.start()
    said = poor.said()
    assert len(said) == 1
    assert "real-time priority and locked memory refused" in said[0]
    assert "realtime = false" in said[0]
    # the limits are raised, one after the other
    poor.allow_priority()
    wait_for("the rest", lambda: poor.said() and
             poor.said()[0].startswith("locked memory refused"))
    if not poor.allow_memory():
        # this machine grants nobody enough: nothing else may be said
        time.sleep(3)
        assert poor.said()[0].startswith("locked memory refused")
        assert poor.kilobytes("VmLck") == 0
        return
    wait_for("no alert", lambda: not poor.said())
    poor.wait_log("alert unprivileged cleared")
    assert poor.kilobytes("VmLck") > 1000


def test_N08_refused_priority_alone_is_said_alone(poor):
    poor.limits, poor.drop = ["--rtprio=0:"], "-sys_nice,-sys_resource"
    poor.start()
    assert poor.said()[0].startswith("real-time priority refused")
    poor.allow_priority()
    wait_for("no alert", lambda: not poor.said())


def test_N08_who_does_not_want_it_is_not_told(poor):
    poor.write(extra="realtime = false;")
    poor.start()
    assert not poor.said()


def test_N08_a_daemon_that_has_it_is_not_told(daemon):
    assert "unprivileged" not in daemon.start().alerts()


def test_a_child_that_cannot_be_watched_is_not_left_there(daemon):
    """Nobody would see its end, nor start another: it is ended, and tried
    again."""
    blind = daemon.dir + "/blind"
    daemon.start(LD_PRELOAD=os.path.abspath(BUILD + "/tests/blind_epoll.so"),
                 TWINBEAT_BLIND=blind)
    daemon.wait_master()
    with open(blind, "w", encoding="ascii"):
        pass
    for name in ("keeper", "fencer"):
        os.kill(daemon.helpers()[name], signal.SIGKILL)
        daemon.wait_log("twinbeat-%s cannot be watched" % name)
    answer = daemon.ask('{"command":"reload"}\n')[-1]
    assert not answer["ok"] and "cannot be watched" in answer["text"], answer
    # the port is lost, and opened by a child
    subprocess.run(["stty", "-F", daemon.tty, "sane"], check=True)
    wait_for("no opener", lambda: "twinbeat-opener cannot be watched" in
             str(daemon.status()["alerts"]))
    os.unlink(blind)
    for name in ("keeper", "fencer"):
        daemon.wait_log("twinbeat-%s started again" % name)
    wait_for("fit", lambda: daemon.status()["fit"])
    answer = daemon.ask('{"command":"reload"}\n')[-1]
    assert answer["ok"], answer
    wait_for("the port", lambda: daemon.status()["links"][0]["state"] !=
             "broken")
