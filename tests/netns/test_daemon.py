# SPDX-License-Identifier: GPL-3.0-or-later
"""One real daemon in a network namespace of its own: start, end, helpers,
operators. There is no peer: it serves by the operator's word."""
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

import spaces

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
VIP = "10.98.0.100"

CONFIG = """pair = "web";
key_file = "%(dir)s/key";
nodes = ( { name = "lb01"; priority = 150; address = "10.98.0.11";
            serial = "%(serial)s"; },
          { name = "lb02"; priority = 100; address = "10.98.0.12";
            serial = "/dev/nowhere"; } );
links = { serial = { interval_ms = 100; dead_ms = %(dead_ms)d; }; };
instances = ( { name = "VI_1"; interface = "eth0"; vrid = 55;
                advert_ms = 100; addresses = ( { ip = "%(vip)s/32"; } ); } );
fence = { required = false; timeout_ms = 1000; };
startup_ms = 300; unclean_startup_ms = 300;
vip = { lease_s = %(lease_s)d; };
%(extra)s
"""
SET_UP = ("ip link set lo up; ip link add eth0 type veth peer name peer0; "
          "ip link set peer0 up; ip addr add 10.98.0.11/24 dev eth0; "
          "ip link set eth0 up; exec \"$@\"")


def wait_for(what, condition, seconds=10.0):
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        value = condition()
        if value:
            return value
        asked = time.monotonic()
        assert asked < end, "not within %g s: %s" % (seconds, what)
        # longer after what takes long to ask: a process, say
        time.sleep(max(0.01, min(3 * (asked - began), 0.1)))


class Daemon:
    """A daemon, its folders and its namespace; every start a fresh one."""

    def __init__(self, path):
        self.dir = str(path)
        self.run_dir = os.path.join(self.dir, "run")
        self.state_dir = os.path.join(self.dir, "state")
        self.config = os.path.join(self.dir, "twinbeat.conf")
        self.log = os.path.join(self.dir, "log")
        # the keeper of the last daemon may outlive it: one namespace
        self.process = None
        self.started = []
        self.master, self.slave = os.openpty()
        self.tty = os.ttyname(self.slave)
        subprocess.run([BUILD + "/twinbeat", "keygen", self.dir + "/key"],
                       check=True, stdout=subprocess.DEVNULL)
        self.write()
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", SET_UP, "sh", "sleep", "3600"])
        wait_for("the namespace", lambda: VIP[:6] in self.inside(
            "ip", "-4", "addr", "show", "dev", "eth0").stdout)

    def write(self, serial=None, extra="", lease_s=1, dead_ms=400):
        with open(self.config, "w", encoding="ascii") as f:
            f.write(CONFIG % {"dir": self.dir, "serial": serial or self.tty,
                              "vip": VIP, "extra": extra,
                              "lease_s": lease_s, "dead_ms": dead_ms})

    def write_patient(self):
        """Nobody confirms a second time: a slow machine must not cost it
        its VIP."""
        self.write(lease_s=5, dead_ms=2000)

    def inside(self, *words, input=None, timeout=None):
        return spaces.run(
            ["nsenter", "-t", str(self.holder.pid), "-n"] + list(words),
            input, timeout, stderr=subprocess.STDOUT)

    def words(self, *more):
        return ["nsenter", "-t", str(self.holder.pid), "-n",
                BUILD + "/twinbeatd", "-c", self.config, "--node", "lb01",
                "--run-dir", self.run_dir, "--state-dir", self.state_dir,
                *more]

    def start(self, wait=True, **environment):
        with open(self.log, "ab") as log:
            self.process = spaces.begin(
                self.words("--foreground"), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=dict(os.environ, **environment))
        self.started.append(self.process)
        if wait:
            wait_for("ready", lambda: "ready after" in self.text() and
                     self.status())
        return self

    def text(self):
        with open(self.log, encoding="ascii", errors="replace") as f:
            return f.read()

    def wait_log(self, pattern, seconds=10.0):
        return wait_for(pattern, lambda: re.search(pattern, self.text()),
                        seconds)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def ask(self, line, timeout=5):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(self.run_dir + "/control.sock")
            s.sendall(line if isinstance(line, bytes) else line.encode())
            got = b""
            while True:
                more = s.recv(65536)
                if not more:
                    return [json.loads(one) for one in got.splitlines()]
                got += more

    def status(self):
        try:
            return self.ask('{"command":"status"}\n')[-1]["status"]
        except OSError:
            return None

    def alerts(self):
        return {alert["name"] for alert in self.status()["alerts"]}

    def has_vip(self):
        return VIP + "/" in self.inside("ip", "-4", "addr", "show", "dev",
                                        "eth0").stdout

    def wait_master(self):
        wait_for("MASTER", lambda: self.status()["instances"][0]["state"] ==
                 "MASTER")
        wait_for("the VIP", self.has_vip)

    def serve(self):
        """Start, and take the VIP."""
        if not self.process or self.process.poll() is not None:
            self.start()
        wait_for("standby", lambda: self.status()["instances"][0]["state"] in
                 ("BACKUP", "MASTER"))
        # it listens for a peer before it takes a person's word
        wait_for("the confirm", lambda: self.confirm()["ok"])
        self.wait_master()
        return self

    def confirm(self):
        answer = self.ask('{"command":"confirm","node":"lb02"}\n')[-1]
        assert answer["ok"] or "ask again in" in answer["text"], answer
        return answer

    def helpers(self):
        pids = {}
        with open("/proc/%d/task/%d/children" %
                  (self.process.pid, self.process.pid), encoding="ascii") as f:
            for pid in f.read().split():
                try:
                    with open("/proc/%s/cmdline" % pid, encoding="ascii",
                              errors="replace") as line:
                        name = line.read().split("\0")[0]
                except OSError:     # it has just ended
                    continue
                if name.startswith("twinbeat-"):
                    pids[name[9:]] = int(pid)
        return pids

    def state(self):
        with open(self.state_dir + "/state", encoding="ascii") as f:
            return dict(line.strip().split(" = ") for line in f)

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.holder.kill()
        self.holder.wait()
        os.close(self.master)
        os.close(self.slave)


def run(daemon, *more, **options):
    return subprocess.run(daemon.words(*more), check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=30, **options)


# ---- the command line ----

def test_version_and_usage(daemon):
    done = run(daemon, "--version")
    assert done.returncode == 0 and done.stdout.startswith("twinbeatd ")
    assert run(daemon, "--nonsense").returncode == 2
    done = run(daemon, "word")
    assert done.returncode == 2 and "word" in done.stderr


def test_check_tells_all_and_exits_3(daemon):
    assert run(daemon, "--check").returncode == 0
    daemon.write(extra="nonsense = 1;\nstartup_s = 4;\n")
    done = run(daemon, "--check")
    assert done.returncode == 3
    assert "nonsense" in done.stdout and "startup_s" in done.stdout
    assert "2 errors" in done.stdout
    assert not os.path.exists(daemon.run_dir)


# ---- what is refused before anything is touched ----

def test_bad_settings_exit_3(daemon):
    daemon.write(extra="nonsense = 1;")
    done = run(daemon, "--foreground")
    assert done.returncode == 3 and "nonsense" in done.stderr
    assert not os.path.exists(daemon.run_dir)


def test_readable_key_exits_3(daemon):
    os.chmod(daemon.dir + "/key", 0o644)
    done = run(daemon, "--foreground")
    assert done.returncode == 3 and "0644" in done.stderr


@pytest.mark.parametrize("port, why", [
    ("/dev/null", "not a terminal device"), ("/etc/passwd", "not a terminal"),
    ("/dev/tty", "terminal of this machine"), ("/dev/console", "console")])
def test_port_that_is_no_serial_line_exits_3(daemon, port, why):
    daemon.write(serial=port)
    done = run(daemon, "--foreground")
    assert done.returncode == 3, done.stderr
    assert why in done.stderr


def test_missing_port_is_an_alert_and_retried(daemon):
    port = daemon.dir + "/tty"
    daemon.write(serial=port)
    daemon.start()
    wait_for("serial-broken", lambda: "serial-broken" in daemon.alerts())
    os.symlink(daemon.tty, port)
    wait_for("no alert", lambda: "serial-broken" not in daemon.alerts())
    assert daemon.status()["links"][0]["state"] == "never"
    # one line about it, however often it was tried
    assert daemon.text().count("cannot be found") == 2  # raised, cleared


def test_lost_port_is_opened_again(daemon):
    port = daemon.dir + "/tty"
    os.symlink(daemon.tty, port)
    daemon.write(serial=port)
    daemon.start()
    wait_for("open", lambda: daemon.status()["links"][0]["state"] == "never")
    os.unlink(port)
    os.close(daemon.slave)
    os.close(daemon.master)     # hangs the pty up
    wait_for("broken", lambda: daemon.status()["links"][0]["state"] ==
             "broken")
    daemon.master, daemon.slave = os.openpty()
    os.symlink(os.ttyname(daemon.slave), port)
    wait_for("open", lambda: daemon.status()["links"][0]["state"] == "never")


def test_interface_that_goes_down_and_comes_back(daemon):
    daemon.serve()
    daemon.inside("ip", "link", "set", "eth0", "down")
    wait_for("unfit", lambda: not daemon.status()["fit"])
    time.sleep(2)
    assert daemon.text().count("vrrp on eth0") <= 2
    daemon.inside("ip", "link", "set", "eth0", "up")
    wait_for("fit", lambda: daemon.status()["fit"])
    daemon.serve()
    sent = daemon.status()["links"][1]["tx"]
    wait_for("adverts", lambda: daemon.status()["links"][1]["tx"] > sent + 3)
    assert daemon.text().count("vrrp on eth0") <= 4


def test_interface_that_is_deleted_and_made_again(daemon):
    daemon.serve()
    daemon.inside("ip", "link", "del", "eth0")
    wait_for("unfit", lambda: not daemon.status()["fit"])
    time.sleep(1)
    daemon.inside("sh", "-c", SET_UP, "sh", "true")
    wait_for("fit", lambda: daemon.status()["fit"])
    daemon.serve()
    sent = daemon.status()["links"][1]["tx"]
    wait_for("adverts", lambda: daemon.status()["links"][1]["tx"] > sent + 3)
    assert daemon.text().count("vrrp on eth0") <= 4


# ---- start and end ----

def test_clean_life(daemon):
    daemon.serve()
    assert daemon.status()["pid"] == daemon.process.pid
    assert os.stat(daemon.run_dir + "/control.sock").st_mode & 0o777 == 0o600
    assert os.stat(daemon.run_dir).st_mode & 0o777 == 0o750
    assert daemon.state()["clean_end"] == "0"
    assert daemon.stop() == 0
    assert not daemon.has_vip()
    assert daemon.state()["clean_end"] == "1"
    assert not os.path.exists(daemon.run_dir + "/control.sock")
    daemon.wait_log("stopped, all released")


def test_background_daemon_reports_when_ready(daemon):
    done = run(daemon)
    assert done.returncode == 0, done.stderr
    with open(daemon.run_dir + "/pid", encoding="ascii") as f:
        pid = int(f.read())
    try:
        assert daemon.status()["pid"] == pid
        assert os.getsid(pid) != os.getsid(0)
        assert os.readlink("/proc/%d/fd/2" % pid) == "/dev/null"
        assert os.readlink("/proc/%d/cwd" % pid) == "/"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for("the end", lambda: not os.path.exists("/proc/%d" % pid))
    with open(daemon.run_dir + "/pid", encoding="ascii") as f:
        assert f.read() == ""


def test_background_start_that_fails_says_so(daemon):
    daemon.write(extra="nonsense = 1;")
    assert run(daemon).returncode == 3
    daemon.write()
    daemon.run_dir = daemon.dir + "/a/b"    # no parent
    done = run(daemon)
    assert done.returncode == 1 and "cannot be made" in done.stderr


def test_second_daemon_is_refused_by_pid(daemon):
    daemon.start()
    done = run(daemon, "--foreground")
    assert done.returncode == 1
    assert "pid %d" % daemon.process.pid in done.stderr
    assert daemon.status()


def test_R12_waits_for_the_last_family(daemon):
    os.makedirs(daemon.run_dir)
    with open(daemon.run_dir + "/lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        daemon.start(wait=False)
        daemon.wait_log("waiting for the keeper")
        began = time.monotonic()
        wait_for("a second line", lambda: len(re.findall(
            "waiting for", daemon.text())) > 1)
        assert len(re.findall("waiting for", daemon.text())) <= (
            2 + (time.monotonic() - began) / 2)
        assert "ready" not in daemon.text()
        fcntl.flock(lock, fcntl.LOCK_UN)
        daemon.wait_log("ready after")


def test_R12_family_that_never_ends_is_a_failed_start(daemon):
    os.makedirs(daemon.run_dir)
    with open(daemon.run_dir + "/lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        daemon.start(wait=False)
        assert daemon.process.wait(timeout=40) == 1
    assert "still locked" in daemon.text()


def test_R12_killed_main_leaves_no_vip(daemon):
    daemon.serve()
    daemon.process.kill()
    daemon.process.wait()
    wait_for("the VIP is gone", lambda: not daemon.has_vip(), 2)
    # measured by the keeper: this script starts processes to look
    took = daemon.wait_log(r"no VIP is left after (\d+) ms")
    assert int(took.group(1)) < 200
    assert daemon.state()["clean_end"] == "0"
    daemon.serve()
    assert "the last end was unclean" in daemon.text()


def hook(daemon, body):
    path = daemon.dir + "/hook"
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\n" + body)
    os.chmod(path, 0o755)
    daemon.write(extra='notify = "%s";' % path)


def busy_ticks(pid):
    """Its processor time in 1/100 s; None when it has ended."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            words = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else int(words[11]) + int(words[12])


@pytest.mark.parametrize("work", ["at rest", "with a hook that hangs",
                                  "with a port that never opens"])
def test_nothing_outlives_a_killed_main_nor_spins(daemon, work):
    """Its socket is gone, its parent is dead: each helper ends by itself."""
    slow = daemon.dir + "/slow"
    if "hook" in work:
        hook(daemon, "sleep 60\n")
    daemon.start(LD_PRELOAD=os.path.abspath(BUILD + "/tests/slow_open.so"),
                 TWINBEAT_SLOW_OPEN=slow)
    if "port" in work:
        with open(slow, "w", encoding="ascii") as f:
            f.write("12000")
        subprocess.run(["stty", "-F", daemon.tty, "sane"], check=True)
        wait_for("an opener", lambda: "opener" in daemon.helpers())
    pids = daemon.helpers()
    assert {"keeper", "fencer", "runner"} <= set(pids)
    daemon.process.kill()
    daemon.process.wait()
    before = {name: busy_ticks(pid) for name, pid in pids.items()}
    began = time.monotonic()
    while time.monotonic() - began < 35:
        left = {name: busy_ticks(pid) for name, pid in pids.items()}
        left = {name: ticks for name, ticks in left.items()
                if ticks is not None}
        for name, ticks in left.items():
            assert ticks - before[name] < 50, "%s spins" % name
        if not left:
            break
        time.sleep(0.1)
    assert not left, "they outlive it: %r" % left
    # what holds addresses or cuts power, and the lock, goes at once
    assert "no VIP is left" in daemon.text() or not daemon.has_vip()


def test_R8_damaged_state_is_set_aside(daemon):
    os.makedirs(daemon.state_dir)
    with open(daemon.state_dir + "/state", "w", encoding="ascii") as f:
        f.write("rubbish\n")
    daemon.start()
    daemon.wait_log("proves nothing")
    assert os.path.exists(daemon.state_dir + "/state.damaged")
    assert daemon.state()["plug_proven"] == "0"


def test_systemd_hears_of_it(daemon):
    path = daemon.dir + "/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(5)
        daemon.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="300000")
        heard = []
        wait_for("READY", lambda: heard.append(s.recv(999).decode()) or
                 "READY=1" in heard)
        wait_for("WATCHDOG", lambda: heard.append(s.recv(999).decode()) or
                 heard.count("WATCHDOG=1") >= 3)
        assert daemon.stop() == 0
        wait_for("STOPPING", lambda: heard.append(s.recv(999).decode()) or
                 "STOPPING=1" in heard)


def told_to_systemd(s, word):
    """What it says of its life, up to the first that begins with word."""
    heard = []
    wait_for(word, lambda: heard.append(s.recv(999).decode()) or
             heard[-1].startswith(word))
    return [text for text in heard
            if not text.startswith(("WATCHDOG", "STATUS"))]


@pytest.mark.parametrize("is_good", [True, False])
def test_systemd_hears_of_a_reload_and_of_its_end(daemon, is_good):
    """Type=notify-reload: it waits for a RELOADING=1 that is not older than
    its signal by the clock, then for READY=1, good file or bad."""
    path = daemon.dir + "/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(5)
        daemon.start(NOTIFY_SOCKET=path)
        assert told_to_systemd(s, "READY=1")[-1] == "READY=1"
        if not is_good:
            with open(daemon.config, "a", encoding="ascii") as f:
                f.write("nodes = ( {")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        daemon.process.send_signal(signal.SIGHUP)
        told = told_to_systemd(s, "RELOADING=1")
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert len(told) == 1, told
        found = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", told[0])
        assert before <= int(found[1]) <= after
        assert told_to_systemd(s, "READY=1") == ["READY=1"]
        daemon.wait_log("reload: nothing in " if is_good else
                        "reload refused: ")


def test_sighup_reads_the_settings_again(daemon):
    daemon.start()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log("reload: nothing in ")
    assert daemon.status()


def test_sighup_while_the_settings_are_read_ends_no_start(daemon):
    """It did: the default of that signal, until they had been read."""
    slow = daemon.dir + "/slow"
    with open(slow, "w", encoding="ascii") as f:
        f.write("500")
    daemon.start(wait=False, TWINBEAT_SLOW_OPEN=slow,
                 LD_PRELOAD=os.path.abspath(BUILD + "/tests/slow_open.so"))
    # it stands in one of the first open()s
    wait_for("it sleeps", lambda: "hrtimer" in sleeps_in(daemon.process.pid))
    os.unlink(slow)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log("reload: nothing in ")
    assert daemon.status()


def sleeps_in(pid):
    with open("/proc/%d/wchan" % pid, encoding="ascii") as f:
        return f.read()


def remove_socket(daemon):
    os.unlink(daemon.run_dir + "/control.sock")


def remove_all_files(daemon):
    for name in os.listdir(daemon.run_dir):
        os.unlink(os.path.join(daemon.run_dir, name))


def remove_folder(daemon):
    shutil.rmtree(daemon.run_dir)


def put_another_file_there(daemon):
    remove_socket(daemon)
    with open(daemon.run_dir + "/control.sock", "w", encoding="ascii"):
        pass


def put_a_folder_there(daemon):
    """As who mounts a file that is not there yet does."""
    remove_socket(daemon)
    os.mkdir(daemon.run_dir + "/control.sock")


def put_another_folder_there(daemon):
    os.rename(daemon.run_dir, daemon.run_dir + ".old")
    os.mkdir(daemon.run_dir, 0o750)


@pytest.mark.parametrize("harm", [
    remove_socket, remove_all_files, remove_folder, put_another_file_there,
    put_a_folder_there, put_another_folder_there])
def test_removed_run_directory_is_made_anew(daemon, harm):
    daemon.write_patient()
    daemon.serve()
    harm(daemon)
    # nobody fences behind its back meanwhile, nor is told to kill it
    fence = daemon.inside(
        BUILD + "/twinbeat", "-c", daemon.config, "--node", "lb01",
        "--run-dir", daemon.run_dir, "--state-dir", daemon.state_dir,
        "fence", "lb02", "--yes")
    assert fence.returncode != 0
    assert "kill -9" not in fence.stdout, fence.stdout
    daemon.wait_log("was removed by another hand: made anew", 5)
    wait_for("it answers", daemon.status, 5)
    assert daemon.has_vip()
    assert stat.S_IMODE(os.stat(
        daemon.run_dir + "/control.sock").st_mode) == 0o600
    second = run(daemon, "--foreground")
    assert second.returncode == 1
    assert "pid %d" % daemon.process.pid in second.stderr
    assert daemon.stop() == 0
    daemon.start()


@pytest.mark.parametrize("name", ["pid", "lock"])
def test_removed_lock_is_made_anew(daemon, name):
    daemon.start()
    os.unlink(os.path.join(daemon.run_dir, name))
    daemon.wait_log("a lock in .* was removed by another hand: made anew", 5)
    with open(os.path.join(daemon.run_dir, name), encoding="ascii") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    second = run(daemon, "--foreground")
    assert second.returncode == 1
    assert "pid %d" % daemon.process.pid in second.stderr
    assert daemon.status()


def test_run_directory_that_cannot_be_made_anew_is_told_once(daemon):
    daemon.start()
    shutil.rmtree(daemon.run_dir)
    with open(daemon.run_dir, "w", encoding="ascii"):
        pass
    daemon.wait_log("cannot be made anew: .*tried again each second", 5)
    time.sleep(2.5)
    assert daemon.text().count("cannot be made anew") == 1
    os.unlink(daemon.run_dir)
    wait_for("it answers", daemon.status, 5)


# ---- helpers ----

def test_R12_killed_keeper_is_replaced(daemon):
    daemon.write_patient()
    daemon.serve()
    old = daemon.helpers()["keeper"]
    os.kill(old, signal.SIGKILL)
    wait_for("a new keeper", lambda: daemon.helpers().get("keeper",
                                                          old) != old)
    daemon.wait_log(r"twinbeat-keeper \(pid %d\) died of signal 9" % old)
    assert "process-died" in daemon.alerts()
    daemon.wait_master()


def test_R12_frozen_keeper_is_ended(daemon):
    daemon.write_patient()
    daemon.serve()
    old = daemon.helpers()["keeper"]
    os.kill(old, signal.SIGSTOP)
    daemon.wait_log("does not answer", 12)
    wait_for("a new keeper", lambda: daemon.helpers().get("keeper",
                                                          old) != old)
    daemon.wait_master()
    assert daemon.process.poll() is None


@pytest.mark.parametrize("name", ["fencer", "runner"])
def test_killed_helper_is_replaced(daemon, name):
    daemon.write_patient()
    daemon.serve()
    old = daemon.helpers()[name]
    os.kill(old, signal.SIGKILL)
    wait_for("a new one", lambda: daemon.helpers().get(name, old) != old)
    daemon.wait_log("twinbeat-%s started again" % name)
    wait_for("the alert", lambda: "process-died" in daemon.alerts())
    assert daemon.has_vip()
    assert daemon.stop() == 0


@pytest.mark.parametrize("name", ["fencer", "runner"])
def test_hung_helper_is_found_at_rest_and_replaced(daemon, name):
    """Nobody needs it: it is asked all the same, and what it is asked."""
    daemon.write_patient()
    daemon.serve()
    old = daemon.helpers()[name]
    os.kill(old, signal.SIGSTOP)
    wait_for("the alert", lambda: [
        alert for alert in daemon.status()["alerts"]
        if alert["name"] == "process-died" and
        "pid %d) has not answered" % old in alert["text"] and
        "stopped it" in alert["text"] and "twinbeat-" + name in
        alert["text"]], 35)
    new = wait_for("a new one", lambda: daemon.helpers().get(name, old) != old
                   and daemon.helpers()[name])
    daemon.wait_log(r"twinbeat-%s \(pid %d\) did not answer and was ended" %
                    (name, old))
    time.sleep(1.5)
    assert daemon.helpers()[name] == new
    assert daemon.has_vip() and "stalled" not in daemon.alerts()
    assert daemon.stop() == 0


def test_helper_that_keeps_dying_is_started_with_back_off(daemon):
    daemon.start()
    for _ in range(4):
        pid = wait_for("a fencer", lambda: daemon.helpers().get("fencer"))
        os.kill(pid, signal.SIGKILL)
        wait_for("its end", lambda p=pid: daemon.helpers().get("fencer") != p)
    began = time.monotonic()
    wait_for("a fencer", lambda: daemon.helpers().get("fencer"))
    assert time.monotonic() - began > 0.2
    assert daemon.status()


def test_frozen_runner_costs_log_lines_only(daemon):
    daemon.write_patient()
    daemon.serve()
    runner = daemon.helpers()["runner"]

    def ask_while_frozen(times):
        os.kill(runner, signal.SIGSTOP)
        try:
            for _ in range(times):
                daemon.ask('{"command":"online"}\n')
            assert daemon.has_vip()
            assert "stalled" not in daemon.alerts()
        finally:
            os.kill(runner, signal.SIGCONT)
    # so many wait for it
    ask_while_frozen(600)
    wait_for("every line", lambda: daemon.text().count(
        'asks: {"command":"online"}') == 600)
    assert "were dropped" not in daemon.text()
    # and so many do not
    ask_while_frozen(8000)
    daemon.wait_log(r"[1-9]\d* log lines, \d+ lines of the history .* are "
                    "lost")
    assert daemon.helpers()["runner"] == runner


def test_R11_slow_disk_at_start_is_no_stall(daemon):
    daemon.start(LD_PRELOAD=os.path.abspath(BUILD + "/tests/slow_disk.so"),
                 TWINBEAT_SLOW_DISK_MS="700")
    took_ms = int(re.search(r"ready after (\d+) ms", daemon.text()).group(1))
    assert took_ms >= 1400      # the file, and its folder
    daemon.serve()
    assert "stalled" not in daemon.alerts()
    assert "stalled" not in daemon.text()


def test_R11_frozen_main_drops_its_vips(daemon):
    daemon.serve()
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        wait_for("the lease ends", lambda: not daemon.has_vip(), 2)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    wait_for("stalled", lambda: "stalled" in daemon.alerts())
    assert daemon.process.poll() is None
    assert not daemon.has_vip()
    daemon.serve()


# ---- operators ----

def test_bad_requests_get_one_sentence(daemon):
    daemon.start()
    for bad in (b"\n", b"nonsense\n", b"{}\n", b"\xff\xfe\n", b"[" * 4000 +
                b"\n", b"{" + b"a" * 5000, b'{"command":"dance"}\n'):
        answer = daemon.ask(bad)[-1]
        assert answer["done"] and not answer["ok"] and answer["text"]
    assert daemon.status()


def test_silent_and_slow_clients_are_cut(daemon):
    daemon.start()
    idle = []
    for _ in range(20):
        s = socket.socket(socket.AF_UNIX)
        s.connect(daemon.run_dir + "/control.sock")
        idle.append(s)
    # more than 16 at once: turned away, not waited for
    with pytest.raises((OSError, IndexError)):
        daemon.ask('{"command":"status"}\n')
    wait_for("room", daemon.status, 13)
    for s in idle:
        s.settimeout(1)
        try:
            assert s.recv(1) == b""
        except ConnectionResetError:
            pass
        s.close()


def test_commands_are_answered(daemon):
    daemon.serve()
    assert daemon.ask('{"command":"standby"}\n')[-1]["ok"]
    # R13: never to nobody
    assert daemon.status()["instances"][0]["state"] == "MASTER"
    assert daemon.ask('{"command":"online"}\n')[-1]["ok"]
    answer = daemon.ask('{"command":"handover"}\n')[-1]
    assert not answer["ok"] and "two-way" in answer["text"]
    answer = daemon.ask('{"command":"maintenance","on":true}\n', 10)[-1]
    assert not answer["ok"] and "acknowledged" in answer["text"]
    assert daemon.status()["maintenance"]
    wait_for("it is on disk", lambda: daemon.state()["maintenance"] == "1")


def test_a_pair_without_director_is_told_so(daemon):
    daemon.start()
    for words in ([], ["diff"], ["probe", "web/web1"], ["drain", "web/web1"],
                  ["flush"]):
        said = daemon.inside(BUILD + "/twinbeat", "--run-dir", daemon.run_dir,
                             "--state-dir", daemon.state_dir, "director",
                             *words)
        assert said.returncode == 1, words
        assert ("stop it first" if words == ["flush"] else
                "twinbeat.conf has no group director") in " ".join(
                    said.stdout.split()), words
