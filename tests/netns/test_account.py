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
