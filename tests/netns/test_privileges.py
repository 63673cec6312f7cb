# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may command a daemon, and what its programs may do themselves."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from test_daemon import BUILD, Daemon, wait_for

GROUP = 64123
STRANGER = 65534
CHANGES = (["maintenance", "on"], ["standby"], ["handover"], ["reload"],
           ["answer", "K7QM42XR", "1"], ["confirm", "lb02", "--yes"])


@pytest.mark.parametrize("name", ["director", "checker", "checker-tls",
                                  "opener", "runner", "notifier", "watchdog"])
def test_who_reads_what_others_have_found_whole_knows_no_keys(name):
    """Their rows are 0.1 MB that each program would have for itself."""
    names = subprocess.run(["nm", "%s/twinbeat-%s" % (BUILD, name)],
                           stdout=subprocess.PIPE, text=True, check=True)
    assert " main\n" in names.stdout
    assert "settings_rows\n" not in names.stdout


class Grouped(Daemon):
    """A daemon on a machine that has the group, in its own view of /etc."""

    def __init__(self, path):
        super().__init__(path)
        self.run_dir = os.path.join(self.dir, "run")
        with open("/etc/group", encoding="utf-8") as f:
            lines = [line for line in f if not line.startswith("twinbeat:")]
        with open(self.dir + "/group", "w", encoding="utf-8") as f:
            f.write("".join(lines) + "twinbeat:x:%d:\n" % GROUP)
        shutil.copy("/etc/passwd", self.dir + "/passwd")
        shutil.copy(BUILD + "/twinbeat", self.dir)

    def words(self, *more):
        words = super().words(*more)
        place = words.index(BUILD + "/twinbeatd")
        return words[:place] + [
            "unshare", "--mount", "sh", "-c",
            'mount --bind "$0/group" /etc/group && '
            'mount --bind "$0/passwd" /etc/passwd && exec "$@"',
            self.dir] + words[place:]

    def command(self, *words, groups=()):
        return subprocess.run(
            [self.dir + "/twinbeat", "--run-dir", self.run_dir,
             "--state-dir", self.state_dir, "-c", self.config,
             "--node", "lb01", *words],
            user=STRANGER, group=STRANGER, extra_groups=list(groups),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=20, check=False)


def edit(path, old, new):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert old in text
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def track(daemon, scripts):
    edit(daemon.config, "advert_ms = 100;",
         "advert_ms = 100; track = { scripts = ( %s ); };" % scripts)


@pytest.fixture
def grouped():
    path = tempfile.mkdtemp(prefix="twinbeat-group-", dir="/tmp")
    os.chmod(path, 0o711)
    made = Grouped(path)
    try:
        made.start()
        yield made
    finally:
        print(made.text())
        made.close()
        shutil.rmtree(path, ignore_errors=True)


def modes(path):
    seen = os.stat(path)
    return seen.st_mode & 0o777, seen.st_gid


def test_only_root_and_the_group_command(grouped):
    sock = grouped.run_dir + "/control.sock"
    assert modes(sock) == (0o660, GROUP)
    assert modes(grouped.run_dir) == (0o750, GROUP)
    assert modes(grouped.state_dir)[0] == 0o700
    # a stranger does not even come to the socket
    assert grouped.command("status").returncode == 3
    # a member does what root does, and asks for the state
    for words in ["maintenance", "on"], ["maintenance", "off"], ["status"]:
        done = grouped.command(*words, groups=[GROUP])
        assert "refused" not in done.stdout, done.stdout
    assert "maintenance off" in grouped.text() or \
        '"on":false' in grouped.text().replace(" ", "")
    # an administrator lets everybody look: a stranger commands nothing
    os.chmod(grouped.run_dir, 0o755)
    os.chmod(sock, 0o666)
    assert grouped.command("status", "--json").returncode == 0
    for words in CHANGES:
        done = grouped.command(*words)
        assert done.returncode == 1, (words, done.stdout)
        assert "needs root or a member of group twinbeat" in done.stdout
        assert "user %d" % STRANGER in done.stdout
    status = grouped.status()
    assert not status["maintenance"] and status["fit"]
    assert "asked for a change: refused" in grouped.text()


def test_strangers_leave_places_to_operators(grouped):
    os.chmod(grouped.run_dir, 0o755)
    os.chmod(grouped.run_dir + "/control.sock", 0o666)
    holder = subprocess.Popen(
        ["python3", "-c",
         "import socket, sys, time\n"
         "held = []\n"
         "for _ in range(24):\n"
         "    s = socket.socket(socket.AF_UNIX)\n"
         "    s.connect(sys.argv[1])\n"
         "    held.append(s)\n"
         "print('held', flush=True)\n"
         "time.sleep(60)\n", grouped.run_dir + "/control.sock"],
        user=STRANGER, group=STRANGER, extra_groups=[],
        stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        assert grouped.status()["node"] == "lb01"
        assert grouped.command("maintenance", "off",
                               groups=[GROUP]).returncode != 3
    finally:
        holder.kill()
        holder.wait()


def test_a_script_commands_nothing_though_its_user_may(grouped):
    """The account's own group is the one that may; a user may be in it, too."""
    grouped.stop()
    told = [grouped.dir + "/told-%d" % i for i in range(2)]
    for i, path in enumerate(told):
        with open(path, "w", encoding="ascii"):
            os.chmod(path, 0o666)
        with open(grouped.dir + "/check-%d" % i, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n{ id -u; id -G; %s/twinbeat --run-dir %s -c %s "
                    "--node lb01 maintenance on; echo $?; } >%s 2>&1\n" %
                    (grouped.dir, grouped.run_dir, grouped.config, path))
            os.chmod(f.name, 0o755)
    with open(grouped.dir + "/passwd", "a", encoding="utf-8") as f:
        f.write("twinbeat:x:64124:%d::/:/bin/false\n"
                "watcher:x:64125:64125::/:/bin/false\n" % GROUP)
    with open(grouped.dir + "/group", "a", encoding="utf-8") as f:
        f.write("watchers:x:64126:watcher\n")
    edit(grouped.dir + "/group", "twinbeat:x:%d:" % GROUP,
         "twinbeat:x:%d:watcher" % GROUP)
    track(grouped, '{ command = "%s/check-0"; }, '
          '{ command = "%s/check-1"; user = "watcher"; }' %
          (grouped.dir, grouped.dir))
    grouped.start()

    def read(path):
        with open(path, encoding="utf-8") as f:
            return f.read().splitlines()
    for path, user, groups in ((told[0], "64124", "65534"),
                               (told[1], "64125", "64125 64126")):
        lines = wait_for("the script has tried", lambda p=path: len(
            read(p)) > 3 and read(p), 10)
        assert lines[:2] == [user, groups], lines
        assert lines[-1] in ("1", "3"), lines
    assert not grouped.status()["maintenance"]


def test_without_the_group_root_alone_commands(daemon):
    if subprocess.run(["getent", "group", "twinbeat"], check=False,
                      stdout=subprocess.DEVNULL).returncode == 0:
        pytest.skip("this machine has the group")
    daemon.start()
    assert modes(daemon.run_dir + "/control.sock")[0] == 0o600
    assert modes(daemon.state_dir)[0] == 0o700


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f
                    if ":\t" in line)


def filtered():
    """2: by a filter; in a build that looks for leaks by ptrace, not at all."""
    with open(BUILD + "/twinbeatd", "rb") as f:
        return "0" if b"__asan_init" in f.read() else "2"


def programs(main):
    """{name: pid} of a daemon and of everything that it started."""
    found, look = {}, [main]
    while look:
        pid = look.pop()
        try:
            with open("/proc/%d/comm" % pid, encoding="ascii") as f:
                found[f.read().strip()] = pid
            with open("/proc/%d/task/%d/children" % (pid, pid),
                      encoding="ascii") as f:
                look += [int(word) for word in f.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return found


BITS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "KILL": 5,
        "SETGID": 6, "SETUID": 7, "NET_BIND_SERVICE": 10, "NET_ADMIN": 12,
        "NET_RAW": 13, "IPC_LOCK": 14, "SYS_NICE": 23, "SYS_RESOURCE": 24}
NEEDS = {
    "twinbeatd": "CHOWN NET_RAW IPC_LOCK SYS_NICE",
    "twinbeat-keeper": "NET_ADMIN NET_RAW IPC_LOCK SYS_NICE",
    "twinbeat-fencer": "DAC_OVERRIDE DAC_READ_SEARCH KILL SETGID SETUID "
                       "NET_BIND_SERVICE NET_RAW IPC_LOCK SYS_NICE "
                       "SYS_RESOURCE",
    "twinbeat-runner": "DAC_OVERRIDE DAC_READ_SEARCH KILL",
    "twinbeat-checks": "DAC_OVERRIDE DAC_READ_SEARCH KILL SETGID SETUID "
                       "NET_ADMIN NET_RAW",
    "twinbeat-direct": "NET_ADMIN NET_RAW",
    "twinbeat-checke": "",
}
# What these may hand on to whom they start: what they have. The checker, whom
# the director starts, has no right to lower that, and hands on nothing.
BOUNDS = {"twinbeat-fencer": NEEDS["twinbeat-fencer"],
          "twinbeat-direct": NEEDS["twinbeat-direct"],
          "twinbeat-checke": NEEDS["twinbeat-direct"]}
# These start programs of others, and hand on what they do not use.
HAND_ON = ("twinbeatd", "twinbeat-runner", "twinbeat-checks")


def bits(words):
    return sum(1 << BITS[word] for word in words.split())


EVERYTHING = """
director = { services = ( { name = "web"; instance = "VI_1"; method = "nat";
  listen = ( { ip = "%s"; port = 80; } ); checks = ( { type = "tcp"; } );
  servers = ( { name = "w1"; address = "10.98.0.21"; } ); } ); };
"""


def test_each_program_has_what_it_needs_and_no_more(daemon):
    with open("/proc/self/status", encoding="ascii") as f:
        mine = [line for line in f if line.startswith("CapEff")][0]
    mine = int(mine.split()[1], 16)
    track(daemon, '{ command = "/usr/bin/sleep 3600"; timeout_ms = 60000; '
          "interval_ms = 60000; }")
    with open(daemon.config, "a", encoding="ascii") as f:
        f.write(EVERYTHING % "10.98.0.100")
    daemon.start()
    wait_for("all of them", lambda: set(NEEDS) | {"sleep"} <=
             set(programs(daemon.process.pid)))
    found = programs(daemon.process.pid)
    for name, words in NEEDS.items():
        status = status_of(found[name])
        needs = bits(words) & mine
        assert int(status["CapEff"], 16) == needs, (name, status["CapEff"])
        assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
        assert status["NoNewPrivs"] == "1", name
        assert status["Seccomp"] == filtered(), name
        if name not in HAND_ON:
            assert int(status["CapPrm"], 16) == needs, name
            assert int(status["CapBnd"], 16) == bits(
                BOUNDS.get(name, "")) & mine, name
    # the script is nobody's, and stays so
    status = status_of(found["sleep"])
    assert status["Uid"].split()[0] == "65534"
    assert int(status["CapPrm"], 16) == 0 and status["NoNewPrivs"] == "1"
    # a helper that is started again is as poor
    old = found["twinbeat-keeper"]
    os.kill(old, 9)
    wait_for("another keeper", lambda: programs(daemon.process.pid).get(
        "twinbeat-keeper", old) != old)
    wait_for("poor again", lambda: int(status_of(programs(
        daemon.process.pid)["twinbeat-keeper"])["CapPrm"], 16) ==
             0x807000 & mine)
    assert int(status_of(daemon.process.pid)["CapEff"], 16) & 1 << 12 == 0


UNIT = os.path.join(os.path.dirname(BUILD), "etc/twinbeat.service")


def unit_capabilities():
    with open(UNIT, encoding="ascii") as f:
        words = [line.split("=", 1)[1].split() for line in f
                 if line.startswith("AmbientCapabilities=")][0]
    return [word[4:].lower() for word in words]


class AsUser(Grouped):
    """As the unit starts it, key and file being root's."""

    def words(self, *more):
        # what the unit's limits give, which this machine may not be able to
        few = ",".join("+" + word for word in
                       unit_capabilities() + ["ipc_lock", "sys_nice"])
        words = super().words(*more)
        place = words.index(BUILD + "/twinbeatd")
        return words[:place] + [
            "setpriv", "--reuid", str(STRANGER), "--regid", str(GROUP),
            "--groups", str(os.stat(self.tty).st_gid),
            "--inh-caps=-all," + few, "--ambient-caps=-all," + few,
            "--bounding-set=-all," + few] + words[place:]


def test_all_of_it_as_a_user_without_root():
    path = tempfile.mkdtemp(prefix="twinbeat-user-", dir="/tmp")
    os.chmod(path, 0o711)
    made = AsUser(path)
    try:
        for folder, mode in (made.run_dir, 0o750), (made.state_dir, 0o700):
            os.mkdir(folder, mode)
            os.chown(folder, STRANGER, GROUP)
        os.chmod(made.tty, 0o660)
        # what only root may read is named, with the cure
        for file in made.config, path + "/key":
            os.chmod(file, 0o600)
        for file in made.config, path + "/key":
            made.start(wait=False)
            assert made.process.wait(timeout=20) == 3
            assert re.search(
                re.escape(file) + ": Permission denied to user nobody: .*group "
                "twinbeat.*: chgrp twinbeat %s && chmod 640 %s" %
                (re.escape(file), re.escape(file)), made.text())
            os.chown(file, 0, GROUP)
            os.chmod(file, 0o640)
        made.start()
        made.serve()
        needs = {"twinbeatd": 0x806000, "twinbeat-keeper": 0x807000,
                 "twinbeat-fencer": 0x806400, "twinbeat-runner": 0}
        found = programs(made.process.pid)
        for name, caps in needs.items():
            status = status_of(found[name])
            assert set(status["Uid"].split()) == {str(STRANGER)}, name
            assert int(status["CapEff"], 16) == caps, (name, status["CapEff"])
            assert status["NoNewPrivs"] == "1", name
            assert status["Seccomp"] == filtered(), name
        assert int(status_of(found["twinbeat-keeper"])["CapAmb"], 16) == 0
        assert not [a for a in made.status()["alerts"]
                    if a["name"] == "unprivileged"]
        # a script of another user cannot be run: doctor says so
        other = shutil.copy(made.config, path + "/other.conf")
        edit(other, "advert_ms = 100;", "advert_ms = 100; track = { scripts = "
             '( { command = "/bin/true"; user = "root"; } ); };')
        findings = json.loads(made.inside(
            BUILD + "/twinbeat", "--run-dir", made.run_dir, "-c", other,
            "--node", "lb01", "doctor", "--json", "--quick").stdout)
        assert [one["text"] for one in findings
                if one["check"] == "user"] == [
                    "twinbeatd runs as user %d and cannot run /bin/true as "
                    "root" % STRANGER]
        # what cannot be read later is named as well, and nothing changes
        for file, mode in (made.config, 0o640), (path, 0o711):
            os.chmod(file, 0o600 if file != path else 0o700)
            answer = json.dumps(made.ask('{"command":"reload"}\n'))
            assert "to user nobody" in answer, answer
            assert ("chmod g+rx %s" if file == path else "chmod 640 %s") % \
                file in answer, answer
            os.chmod(file, mode)
        assert made.has_vip()
        made.ask('{"command":"reload"}\n')
        made.wait_log("has changed")
        os.kill(found["twinbeat-keeper"], 9)
        made.wait_log("twinbeat-keeper started again")
        wait_for("the address is back", made.has_vip)
        assert made.stop() == 0 and not made.has_vip()
    finally:
        print(made.text())
        made.close()
        shutil.rmtree(path, ignore_errors=True)
