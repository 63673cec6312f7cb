# SPDX-License-Identifier: GPL-3.0-or-later
"""A director to which the worst happens: it hangs in the kernel, and so cannot
be ended (D10), it has no memory for new settings (D12), its socket is gone."""
import ctypes
import fcntl
import json
import os
import resource
import signal
import subprocess
import time

from lab import ask
from test_daemon import BUILD, VIP, wait_for

DIRECTOR = """director = { services = ( { name = "web"; instance = "VI_1";
  listen = ( { ip = "%s"; port = 80; } ); checks = ( { type = "none"; } );
  servers = ( { name = "one"; address = "10.98.0.21"; } ); } ); };""" % VIP
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17


class Stuck:
    """A process that goes on with nothing, not even at SIGCONT: traced, which
    is the nearest to a wait in the kernel that a test can have."""

    def __init__(self, pid):
        self.pid, self.pidfd = pid, os.pidfd_open(pid)
        self._trace(SEIZE)
        self._trace(INTERRUPT)
        os.waitpid(pid, 0x40000000)  # __WALL: it has stopped

    def _trace(self, what):
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.ptrace(what, self.pid, None, None) == 0, \
            os.strerror(ctypes.get_errno())

    def go_on(self):
        self._trace(DETACH)

    def end(self):
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.pidfd)


def alert(daemon, name):
    for one in daemon.status()["alerts"]:
        if one["name"] == name:
            return one["text"]
    return None


def flush(daemon):
    return subprocess.run(
        [BUILD + "/twinbeat", "--run-dir", daemon.run_dir, "--state-dir",
         daemon.state_dir, "-c", daemon.config, "--node", "lb01", "director",
         "flush"], check=False, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)


def test_D10_a_director_that_hangs_in_the_kernel_holds_up_no_next_daemon(
        daemon):
    daemon.write(extra=DIRECTOR)
    daemon.start()
    wait_for("a director", lambda: daemon.helpers().get("director"))
    old = Stuck(daemon.helpers()["director"])
    try:
        began = len(daemon.text())
        daemon.process.kill()
        daemon.process.wait()
        said = flush(daemon)  # nor is the table taken out behind its back
        assert said.returncode == 1 and str(old.pid) in said.stdout, said
        daemon.start(wait=False)
        wait_for("ready", lambda: "ready after" in daemon.text()[began:] and
                 daemon.status(), 4)
        wait_for("it is told", lambda: "(pid %d) has not ended" % old.pid in
                 (alert(daemon, "director-off") or ""))
        time.sleep(1)
        assert "director" not in daemon.helpers()
        daemon.serve()
        old.go_on()
        wait_for("its successor", lambda: daemon.helpers().get("director"))
        wait_for("nothing is said of the old one any more", lambda:
                 "has not ended" not in (alert(daemon, "director-off") or ""))
    finally:
        old.end()


def test_D10_of_two_daemons_in_turn_the_directors_never_are_two(daemon):
    daemon.write(extra=DIRECTOR)
    os.makedirs(daemon.run_dir)
    with open(daemon.run_dir + "/director.lock", "w", encoding="ascii") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        daemon.start()
        time.sleep(1.5)
        assert "director" not in daemon.helpers()
        assert "(pid 4711)" in alert(daemon, "director-off")
        # each second at most, and not for ever
        assert daemon.text().count("pid 4711") < 10
    pid = wait_for("a director", lambda: daemon.helpers().get("director"))
    with open(daemon.run_dir + "/director.lock", encoding="ascii") as lock:
        assert json.loads(lock.read()) == pid
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise AssertionError("the director has no lock")
        except BlockingIOError:
            pass
    assert daemon.stop() == 0
    with open(daemon.run_dir + "/director.lock", encoding="ascii") as lock:
        wait_for("its lock is free", lambda: is_free(lock), 5)


def is_free(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def test_D10_flush_is_refused_while_a_daemon_works_without_a_director(daemon):
    daemon.write(extra=DIRECTOR)
    daemon.start()
    wait_for("a director", lambda: daemon.helpers().get("director"))
    os.unlink(daemon.run_dir + "/director.sock")
    said = flush(daemon)
    assert said.returncode == 1, said
    assert "twinbeatd (pid %d) works" % daemon.process.pid in said.stdout


def test_a_removed_socket_of_the_director_is_made_anew(daemon):
    daemon.write(extra=DIRECTOR)
    daemon.start()
    pid = wait_for("a director", lambda: daemon.helpers().get("director"))
    path = daemon.run_dir + "/director.sock"
    wait_for("its socket", lambda: os.path.exists(path))
    os.unlink(path)
    wait_for("its socket", lambda: ask(path, "list"), 8)
    daemon.wait_log("director.sock was removed by another hand: made anew")
    assert daemon.helpers()["director"] == pid


def test_D12_new_settings_wait_for_memory(daemon):
    """All the other programs have them: they must count here, too, one day."""
    daemon.write(extra=DIRECTOR)
    daemon.start()
    pid = wait_for("a director", lambda: daemon.helpers().get("director"))
    path = daemon.run_dir + "/director.sock"
    wait_for("its socket", lambda: os.path.exists(path))
    with open("/proc/%d/statm" % pid, encoding="ascii") as pages:
        size = int(pages.read().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))
    daemon.write(extra=DIRECTOR.replace('"web"', '"new"'))
    assert daemon.ask('{"command":"reload"}\n', 10)[-1]["ok"]
    wait_for("it is told", lambda: "the new settings cannot be mapped (Cannot "
             "allocate memory)" in (alert(daemon, "director-table") or ""))
    assert "web" in json.dumps(ask(path, "list"))
    resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    wait_for("they count", lambda: '"new"' in json.dumps(ask(path, "list")), 8)
    wait_for("it is over", lambda: alert(daemon, "director-table") is None)
    assert daemon.helpers()["director"] == pid
