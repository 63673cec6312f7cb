# SPDX-License-Identifier: GPL-3.0-or-later
"""Notify programs: their order, and what hangs, fails or floods."""
import contextlib
import os
import re
import shutil
import signal
import time

from lab import children_of
from test_daemon import BUILD, hook, wait_for


def test_hooks_run_in_order_with_the_event(daemon):
    out = daemon.dir + "/out"
    hook(daemon, 'sleep 0.1; env | grep TWINBEAT_ | sort >>%s; '
         'echo end >>%s\n' % (out, out))
    daemon.serve()
    assert daemon.stop() == 0

    def runs():
        if not os.path.exists(out):
            return []
        with open(out, encoding="ascii") as f:
            return [dict(line.split("=", 1) for line in run.splitlines())
                    for run in f.read().split("end\n") if run]
    # also those of the end are told
    wait_for("the last hook", lambda: [
        run["TWINBEAT_EVENT"] for run in runs()
        if run.get("TWINBEAT_INSTANCE")][-2:] == ["master", "backup"])
    numbers = [int(run["TWINBEAT_SEQUENCE"]) for run in runs()]
    assert numbers == list(range(1, len(numbers) + 1))
    master = [run for run in runs() if run["TWINBEAT_EVENT"] == "master"][0]
    assert master["TWINBEAT_NODE"] == "lb01"
    assert master["TWINBEAT_PEER"] == "lb02"
    assert master["TWINBEAT_STATE"] == "MASTER"
    assert master["TWINBEAT_PROOF"] == "operator"
    assert "-> MASTER" in master["TWINBEAT_TEXT"]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", master["TWINBEAT_AT"])


def test_hook_that_hangs_is_killed_and_the_next_one_runs(daemon):
    out = daemon.dir + "/out"
    hook(daemon, 'test $TWINBEAT_SEQUENCE = 1 && sleep 60; '
         'echo $TWINBEAT_SEQUENCE >>%s\n' % out)
    daemon.serve()
    daemon.wait_log("has not ended after 10 s: killed", 14)
    wait_for("the next one", lambda: os.path.exists(out) and
             os.path.getsize(out) > 1)
    with open(out, encoding="ascii") as f:
        assert f.readline() == "2\n"


def is_hanging(pid):
    with contextlib.suppress(OSError), \
            open("/proc/%d/cmdline" % pid, encoding="ascii") as f:
        return f.read().startswith("sleep\0" "1000")
    return False


def test_a_hook_that_hangs_silences_no_other_and_is_told(daemon):
    """Once it is not waited for, the other one has each event at once; what
    waits for it for 15 s is an alert, and the doctor says so."""
    out = daemon.dir + "/out"
    for name, body in (("hangs", "exec sleep 1000\n"),
                       ("fine", "echo $TWINBEAT_SEQUENCE >>%s\n" % out)):
        with open(daemon.dir + "/" + name, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n" + body)
        os.chmod(f.name, 0o755)
    hangs = daemon.dir + "/hangs"
    daemon.write(extra='notify = ( { command = "%s"; timeout_ms = 3600000; }, '
                 '{ command = "%s/fine"; } );' % (hangs, daemon.dir))

    def had():
        if not os.path.exists(out):
            return []
        with open(out, encoding="ascii") as f:
            return [int(line) for line in f]
    daemon.serve()
    for command in ("standby", "online"):
        assert daemon.ask('{"command":"%s"}\n' % command)[-1]["ok"]
    wait_for("the other one has all events in order", lambda: len(had()) > 4
             and had() == list(range(1, len(had()) + 1)))
    first, second = daemon.status()["notify"]
    assert first["to"] == "program:" + hangs and first["waiting"] > 3
    assert second["state"] == "fine"
    wait_for("the alert", lambda: "notify-failed" in daemon.alerts(), 25)
    text = [one["text"] for one in daemon.status()["alerts"]
            if one["name"] == "notify-failed"][0]
    assert text == "program:%s is not told: it has run for over 15 s, and " \
        "other events wait" % hangs
    doctor = daemon.inside(
        BUILD + "/twinbeat", "-c", daemon.config, "--node", "lb01",
        "--run-dir", daemon.run_dir, "doctor").stdout
    assert "notify-failed: program:" + hangs in " ".join(doctor.split())
    # a reload without it ends the alert, and what runs is still ended
    daemon.write(extra='notify = "%s/fine";' % daemon.dir)
    assert daemon.ask('{"command":"reload"}\n', 10)[-1]["ok"]
    wait_for("no alert", lambda: "notify-failed" not in daemon.alerts())
    runner = daemon.helpers()["runner"]
    hook_pid, = [pid for pid in children_of(runner) if is_hanging(pid)]
    daemon.stop()
    wait_for("nobody looks at its time any more: its end", lambda:
             not is_hanging(hook_pid), 45)


def test_a_hook_that_keeps_failing_is_an_alert_until_it_succeeds(daemon):
    hook(daemon, "test -e %s/good\n" % daemon.dir)
    daemon.serve()
    for command in ("standby", "online", "standby"):
        assert daemon.ask('{"command":"%s"}\n' % command)[-1]["ok"]
    wait_for("the alert", lambda: "notify-failed" in daemon.alerts())
    assert daemon.status()["notify"][0]["text"] == \
        "it exited with status 1, after others that failed, too"
    with open(daemon.dir + "/good", "w", encoding="ascii"):
        pass
    assert daemon.ask('{"command":"online"}\n')[-1]["ok"]
    wait_for("no alert", lambda: "notify-failed" not in daemon.alerts())
    assert daemon.status()["notify"][0]["state"] == "fine"


def test_hook_that_floods_is_told_once(daemon):
    hook(daemon, 'i=0; while [ $i -lt 3000 ]; do echo line $i; '
         'i=$((i+1)); done; sleep 1.2; echo last\n')
    daemon.serve()
    daemon.wait_log("notify: [0-9]+ lines were dropped")
    assert daemon.text().count("notify: line") < 200


def cpu_s(pid):
    """What a process has taken of the processors."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_a_flood_takes_no_processor_and_no_other_hook_s_words(daemon):
    out = daemon.dir + "/out"
    for name, body in (("floods", "exec yes this is a flood >&2\n"),
                       ("fine", "for i in 1 2 3; do echo a word >&2; done; "
                        "echo $TWINBEAT_SEQUENCE >>%s\n" % out)):
        with open(daemon.dir + "/" + name, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n" + body)
        os.chmod(f.name, 0o755)
    daemon.write(extra='notify = ( { command = "%s/floods"; timeout_ms = '
                 '60000; }, { command = "%s/fine"; } );' % (daemon.dir,
                                                            daemon.dir))
    daemon.serve()
    daemon.wait_log("notify: [0-9]+ lines were dropped")
    begun_s, cpu = time.monotonic(), cpu_s(daemon.helpers()["runner"])
    for command in ("standby", "online"):
        assert daemon.ask('{"command":"%s"}\n' % command)[-1]["ok"]

    def had():
        if not os.path.exists(out):
            return []
        with open(out, encoding="ascii") as f:
            return [int(line) for line in f]
    wait_for("the other one has all events in order", lambda: len(had()) > 4
             and had() == list(range(1, len(had()) + 1)), 25)
    time.sleep(2)
    took_s = time.monotonic() - begun_s
    assert cpu_s(daemon.helpers()["runner"]) - cpu < took_s / 10


def test_missing_hook_is_told(daemon):
    hook(daemon, "exit 3\n")
    daemon.serve()
    daemon.wait_log("exited with status 3")
    os.unlink(daemon.dir + "/hook")
    assert daemon.stop() == 0
    daemon.wait_log("cannot be run")


def test_hook_that_forks_holds_up_nothing_and_is_killed_whole(daemon):
    """Children that hold its output; with them if it hangs, without if not."""
    out, child = daemon.dir + "/out", daemon.dir + "/child"
    shutil.copy(shutil.which("sleep"), child)
    hook(daemon, 'for i in 1 2 3 4 5 6 7 8 9 10; do %s 600 & done; '
         'echo $TWINBEAT_SEQUENCE >>%s; test $TWINBEAT_SEQUENCE != 1 || wait\n'
         % (child, out))
    daemon.write(extra='notify = ( { command = "%s/hook"; timeout_ms = 2000; '
                 '} );' % daemon.dir)

    def children():
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink("/proc/%s/exe" % pid) == child:
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def had():
        if not os.path.exists(out):
            return []
        with open(out, encoding="ascii") as f:
            return [int(line) for line in f]
    try:
        daemon.serve()
        wait_for("ten children of the first", lambda: len(children()) == 10)
        first = children()
        daemon.wait_log("has not ended after 2 s: killed", 14)
        wait_for("they go with it", lambda: not set(first) & set(children()))
        # those that end leave theirs, and the next one runs at once
        for command in ("standby", "online"):
            assert daemon.ask('{"command":"%s"}\n' % command)[-1]["ok"]
        wait_for("all events in order", lambda: len(had()) > 4 and
                 had() == list(range(1, len(had()) + 1)))
        assert len(children()) >= 10
        assert "notify-failed" not in daemon.alerts()
        assert daemon.stop() == 0
    finally:
        for pid in children():
            os.kill(pid, signal.SIGKILL)


def running(path):
    """Those that execute it, by process."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink("/proc/%s/exe" % pid) == path:
                found.append(int(pid))
    return found


def kill_all(path):
    for pid in running(path):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def test_hook_that_hangs_goes_with_other_groups_of_its_session(daemon):
    """timeout(1) and job control make groups of their own. A daemon that it
    has started stays, be it in time or not."""
    work, kept = daemon.dir + "/work", daemon.dir + "/kept"
    for path in work, kept:
        shutil.copy(shutil.which("sleep"), path)
    hook(daemon, 'test $TWINBEAT_SEQUENCE = 1 || exit 0\n'
         'setsid {kept} 600 &\n'
         'set -m; {work} 600 & nohup {work} 600 & set +m\n'
         'timeout 500 sh -c "{work} 600; true"\n'.format(
             work=work, kept=kept))
    daemon.write(extra='notify = ( { command = "%s/hook"; timeout_ms = 2000; '
                 '} );' % daemon.dir)
    try:
        daemon.serve()
        wait_for("all that it starts", lambda: len(running(work)) == 3 and
                 len(running(kept)) == 1)
        daemon.wait_log("has not ended after 2 s: killed", 14)
        wait_for("its session is gone", lambda: not running(work))
        assert len(running(kept)) == 1
        assert daemon.stop() == 0
        assert len(running(kept)) == 1
    finally:
        kill_all(work)
        kill_all(kept)


def test_hook_that_ends_leaves_running_what_it_started(daemon):
    """In the manner of keepalived's scripts: nohup ... &"""
    kept = daemon.dir + "/kept"
    shutil.copy(shutil.which("sleep"), kept)
    hook(daemon, 'test $TWINBEAT_SEQUENCE = 1 && nohup {0} 600 &\n'
         'test $TWINBEAT_SEQUENCE = 1 && {0} 600 &\n'.format(kept))
    daemon.write(extra='notify = ( { command = "%s/hook"; timeout_ms = 1000; '
                 '} );' % daemon.dir)
    try:
        daemon.serve()
        wait_for("both", lambda: len(running(kept)) == 2)
        time.sleep(2)   # longer than its time-out
        assert len(running(kept)) == 2
        assert daemon.stop() == 0
        assert len(running(kept)) == 2
    finally:
        kill_all(kept)
