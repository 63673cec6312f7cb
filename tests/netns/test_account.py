# SPDX-License-Identifier: GPL-3.0-or-later
"""Root's files and the daemon's user: who may read what the installation and our
commands make. Each test has its own view of /etc/passwd and /etc/group."""
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from lab import BUILD

USER = GROUP = 64123
GIVE = os.path.join(os.path.dirname(BUILD), "etc/twinbeat-give-files")
VIEW = ('mount --bind "$0/passwd" /etc/passwd && '
        'mount --bind "$0/group" /etc/group && exec "$@"')


class Place:
    """A machine's /etc/twinbeat and /var/lib/twinbeat, anywhere."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="twinbeat-account-", dir="/tmp")
        os.chmod(self.dir, 0o711)
        for name, line in (("passwd", "twinbeat:x:%d:%d::/:/bin/false\n" %
                            (USER, GROUP)),
                           ("group", "twinbeat:x:%d:\nops:x:64200:\n" % GROUP)):
            with open("/etc/" + name, encoding="utf-8") as f:
                lines = [one for one in f if not one.startswith("twinbeat:")]
            with open("%s/%s" % (self.dir, name), "w", encoding="utf-8") as f:
                f.write("".join(lines) + line)
        self.conf, self.state = self.dir + "/conf", self.dir + "/state"
        os.mkdir(self.conf, 0o755)
        os.mkdir(self.state, 0o700)

    def run(self, *words, check=True, **more):
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", VIEW, self.dir, *words],
            capture_output=True, text=True, check=False, umask=0o022, **more)
        assert not check or done.returncode == 0, done.stderr
        return done

    def give(self):
        return self.run(GIVE, self.conf, self.state).stdout

    def write(self, name, mode, gid=0, uid=0):
        path = "%s/%s" % (self.conf, name)
        with open(path, "w", encoding="ascii") as f:
            f.write("text\n")
        os.chown(path, uid, gid)
        os.chmod(path, mode)
        return path

    def close(self):
        shutil.rmtree(self.dir)


@pytest.fixture(name="place")
def make_place():
    place = Place()
    yield place
    place.close()


def look(path):
    seen = os.lstat(path)
    return seen.st_uid, seen.st_gid, seen.st_mode & 0o7777


def test_an_installation_gives_the_files_to_the_group(place):
    """What is there already, too; twice is as once."""
    os.mkdir(place.conf + "/conf.d", 0o755)
    files = {place.write("key", 0o600): 0o640,
             place.write("twinbeat.conf", 0o644): 0o640,
             place.write("state", 0o755): 0o750,
             place.write("conf.d/more.conf", 0o600): 0o640}
    for _ in range(2):
        assert place.give() == ""
        for path, mode in files.items():
            assert look(path) == (0, GROUP, mode), path
        for path in place.conf, place.conf + "/conf.d":
            assert look(path) == (0, GROUP, 0o2750), path
        assert look(place.state) == (USER, GROUP, 0o700)
    # what root puts there later is the group's by itself
    assert look(place.write("later", 0o640, gid=-1))[1] == GROUP
    # but for one that only its maker can read
    late = place.write("late", 0o600, gid=GROUP)
    place.give()
    assert look(late) == (0, GROUP, 0o640)


def test_what_an_administrator_has_decided_stays(place):
    place.give()
    os.chmod(place.conf, 0o2755)
    open_to_all = place.write("state", 0o755, gid=GROUP)
    others = place.write("ops.pw", 0o640, gid=64200)
    assert "ops.pw is of the group ops" in place.give()
    assert look(place.conf) == (0, GROUP, 0o2755)
    assert look(open_to_all) == (0, GROUP, 0o755)
    assert look(others) == (0, 64200, 0o640)
    with open(place.state + "/journal", "w", encoding="ascii"):
        pass
    os.chown(place.state, 0, 0)    # a daemon that is root has it
    place.give()
    assert look(place.state) == (0, 0, 0o700)


@pytest.mark.parametrize("how", ["link", "second name", "folder"])
def test_no_file_elsewhere_is_opened_by_a_name_in_the_folder(place, how):
    """Such as /etc/shadow, by whoever may write there."""
    secret = place.dir + "/shadow"
    with open(secret, "w", encoding="ascii"):
        os.chmod(secret, 0o600)
    if how == "link":
        os.symlink(secret, place.conf + "/key")
    elif how == "second name":
        os.link(secret, place.conf + "/key")
    else:
        os.rename(secret, place.conf + "/shadow")
        secret = place.conf + "/shadow"
        os.chown(place.conf, USER, GROUP)
    place.give()
    assert look(secret) == (0, 0, 0o600)
    if how == "folder":
        assert look(place.conf) == (USER, GROUP, 0o755)


def test_a_key_is_made_for_the_group_where_the_folder_is_its(place):
    place.give()
    for folder, mode, group in ((place.conf, 0o640, GROUP),
                                (place.dir, 0o600, 0)):
        done = place.run(BUILD + "/twinbeat", "keygen", folder + "/key")
        assert look(folder + "/key") == (0, group, mode)
        assert "mode %04o" % mode in done.stdout, done.stdout
    # and the user reads it
    place.run("setpriv", "--reuid", str(USER), "--regid", str(GROUP),
              "--clear-groups", "cat", place.conf + "/key")


def test_the_udev_rules_name_the_group_that_is_made():
    rules = os.path.join(os.path.dirname(BUILD), "udev")
    for name in sorted(os.listdir(rules)):
        with open(os.path.join(rules, name), encoding="ascii") as f:
            text = f.read()
        assert set(re.findall(r'GROUP="(\w+)"', text)) == {"twinbeat"}, name
        assert set(re.findall(r'MODE="(\d+)"', text)) == {"0660"}, name


# ---- root asks, the daemon's user does ----

CONFIG = """pair = "web"; key_file = "%(conf)s/key";
nodes = ( { name = "lb01"; priority = 150; address = "192.0.2.11";
            serial = "%(tty)s";
            fence = ( { level = 1; device = "x"; plug = "1"; } ); },
          { name = "lb02"; priority = 100; address = "192.0.2.12";
            serial = "%(tty)s";
            fence = ( { level = 1; device = "x"; plug = "2"; } ); } );
links = { serial = { baud = 115200; interval_ms = 100; dead_ms = 400; }; };
instances = ( { name = "VI_1"; interface = "eth0"; vrid = 55;
                addresses = ( { ip = "192.0.2.100/32"; } ); %(track)s } );
devices = ( { name = "x"; driver = "agent"; agent = "%(dir)s/fence_known";
              options = { ip = "203.0.113.9"; }; } );
fence = { tie_ms = 60000; timeout_ms = 60000; };
%(more)s
"""
AGENT = """#!/bin/sh
{ id -u; id -g; grep CapEff /proc/self/status; cat; } >%(dir)s/new
cat %(dir)s/new >>%(dir)s/told
grep -q action=metadata %(dir)s/new || exit 0
cat <<X
<resource-agent name="fence_known"><parameters>
<parameter name="action" unique="0" required="1">
<content type="string" default="reboot" /></parameter>
<parameter name="ip" unique="0" required="1"><content type="string" />
</parameter>
<parameter name="plug" unique="0" required="1"><content type="string" />
</parameter>
</parameters></resource-agent>
X
"""
NOT_ROOT = "twinbeatd runs as user twinbeat"


@pytest.fixture(name="pair")
def make_pair(place):
    """A configuration with a fence agent that writes down who it is."""
    place.give()
    ends = os.openpty()
    place.tty = os.ttyname(ends[1])
    os.chown(place.tty, 0, GROUP)
    os.chmod(place.tty, 0o660)
    for name in "told", "new":
        with open("%s/%s" % (place.dir, name), "w", encoding="ascii"):
            os.chmod("%s/%s" % (place.dir, name), 0o666)
    with open(place.dir + "/fence_known", "w", encoding="ascii") as f:
        f.write(AGENT % vars(place))
    os.chmod(place.dir + "/fence_known", 0o755)
    place.run(BUILD + "/twinbeat", "keygen", place.conf + "/key")
    os.mkdir(place.dir + "/run", 0o750)
    os.chown(place.dir + "/run", USER, GROUP)

    def write(track="", more=""):
        path = place.write("twinbeat.conf", 0o640, gid=GROUP)
        with open(path, "w", encoding="ascii") as f:
            f.write(CONFIG % dict(vars(place), track=track, more=more))
    place.set_up = write
    write()
    yield place
    for end in ends:
        os.close(end)


def twinbeat(place, *words):
    done = place.run(
        BUILD + "/twinbeat", "--run-dir", place.dir + "/run", "--state-dir",
        place.state, "-c", place.conf + "/twinbeat.conf", "--node", "lb02",
        *words, check=False, timeout=60)
    return " ".join((done.stdout + done.stderr).split())


def told(place):
    with open(place.dir + "/told", encoding="ascii") as f:
        return f.read().split("\n")


@pytest.mark.parametrize("words,action", [
    (["check"], "action=metadata"), (["doctor", "--quick"], "action=metadata"),
    (["fence", "lb01", "--action", "status"], "action=status")])
@pytest.mark.parametrize("as_root", [False, True], ids=["user", "root"])
def test_an_agent_that_root_starts_is_the_daemons_user(pair, words, action,
                                                       as_root):
    """Its name stands in a file that the account may be allowed to write; and a
    rehearsal shows what the daemon could not do."""
    if as_root:
        os.chown(pair.state, 0, 0)
    said = twinbeat(pair, *words)
    lines = told(pair)
    assert action in lines, (said, lines)
    assert lines[:2] == (["0", "0"] if as_root else [str(USER), str(GROUP)])
    if not as_root:
        assert int(lines[2].split()[1], 16) & ~0x3400 == 0, lines
    if words[0] == "fence":
        assert ("as user twinbeat" in said) == (not as_root), said
        assert "1 of 1 plugs" in said, said
        # a daemon of that user opens them next
        for name in "pid", "lock":
            assert look(pair.dir + "/run/" + name)[0] == USER


def test_a_daemon_that_root_starts_takes_over_what_the_user_left(pair):
    """Root without the right to files of others could not go on with it."""
    with open(pair.state + "/journal", "w", encoding="ascii") as f:
        os.chmod(f.name, 0o600)
        os.chown(f.name, USER, GROUP)
    other = pair.write("other", 0o640, uid=USER)
    os.symlink(other, pair.state + "/link")
    # it ends, for the addresses of lb02 are not here; that is later
    place = ["timeout", "-s", "KILL", "10", "unshare", "--net", BUILD +
             "/twinbeatd", "--foreground", "--node", "lb02", "--run-dir",
             pair.dir + "/run", "--state-dir", pair.state, "-c",
             pair.conf + "/twinbeat.conf"]
    done = pair.run(*place, check=False)
    print(done.stdout, done.stderr)
    for path in pair.state, pair.state + "/journal", pair.dir + "/run":
        assert look(path)[0] == 0, path
    assert look(other)[0] == USER


def test_check_names_what_the_daemons_user_may_not(pair):
    assert NOT_ROOT not in twinbeat(pair, "check")
    dog, program = pair.dir + "/dog", pair.conf + "/tell"
    os.mknod(dog, 0o600 | 0o020000, os.makedev(1, 3))
    pair.write("tell", 0o700)
    pair.set_up('track = { scripts = ( { command = "/bin/true"; user = "root"; '
                "} ); };", 'notify = "%s"; watchdog = { device = "%s"; };' %
                (program, dog))
    os.chmod(pair.conf + "/key", 0o600)
    os.chmod(pair.tty, 0o600)
    said = twinbeat(pair, "check")
    for level, words in (
            ("error", "may not read %s/key: chgrp twinbeat %s/key && chmod 640"
             % (pair.conf, pair.conf)),
            ("warning", "cannot run /bin/true as root, so this node is never"),
            ("warning", "may not execute " + program),
            ("warning", "may not open %s: let a udev rule" % dog),
            ("warning", "may not open %s: let a udev rule" % pair.tty)):
        assert re.search(r"%s: [^ ]+: %s,? (which )?%s" % (
            level, NOT_ROOT, re.escape(words)), said.replace(
                "and cannot run", "cannot run")), (words, said)
    assert said.count("twinbeat-root.conf") >= 4
    os.chmod(pair.conf + "/twinbeat.conf", 0o600)
    assert "chmod 640 %s/twinbeat.conf" % pair.conf in twinbeat(pair, "check")
    # with a daemon that is root nothing of it is wrong
    os.chown(pair.state, 0, 0)
    assert NOT_ROOT not in twinbeat(pair, "check")
