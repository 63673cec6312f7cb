# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine is left as found: what make deps, check, demo, install and
uninstall do to a Debian besides what they are asked for. apt-get, dpkg-query,
systemctl and update-rc.d are fakes that work in a folder."""
import os
import re
import signal
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build")

# A package starts its service when policy-rc.d lets it, and enables it, as
# Debian's postinst scripts do. "slow" waits until somebody lets it go on.
APT = """#!/bin/sh
echo "apt-get $*" >>"$FAKE/calls"
case "$*" in *" install "*|install*) ;; *) exit 0 ;; esac
for word in "$@"; do
	case $word in -*|install|Dpkg*) continue ;; esac
	if [ "$word" = slow ]; then
		: >"$FAKE/waiting"
		trap '' INT # as while dpkg works
		while [ ! -e "$FAKE/go" ]; do sleep 0.02; done
	fi
	echo "$word" >>"$FAKE/installed"
	"$DEPS_ROOT/usr/sbin/policy-rc.d" "$word" start
	[ $? = 101 ] || echo "$word" >>"$FAKE/started"
	etc=$DEPS_ROOT/etc
	case $word in
	openipmi|logd)
		ln -sf "../init.d/$word" "$etc/rc3.d/S01$word" ;;
	esac
	case $word in openipmi) continue ;; esac
	ln -sf "/lib/systemd/system/$word.service" \\
		"$etc/systemd/system/multi-user.target.wants/$word.service"
	[ "$word" != keepalived ] ||
		ln -sf /lib/systemd/system/keepalived.service \\
			"$etc/systemd/system/vrrp.service"
done
[ ! -e "$FAKE/fails" ] || exit 100
"""
DPKG_QUERY = """#!/bin/sh
case $1 in
-W)	while read -r name; do
		case "$*" in
		*" $name"|*'\\n') ;;
		*) continue ;;
		esac
		printf 'install ok installed\\t%s\\n' "$name"
	done <"$FAKE/installed" ;;
-S)	name=${2##*/}; name=${name%.service}
	grep -qx "$name" "$FAKE/installed" && echo "$name: /lib/$name" ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"$FAKE/calls"
case "$*" in
*disable*)
	for unit in "$@"; do :; done
	rm -f "$DEPS_ROOT/etc/systemd/system/multi-user.target.wants/$unit" ;;
esac
"""
UPDATE_RC = """#!/bin/sh
echo "update-rc.d $*" >>"$FAKE/calls"
mv "$DEPS_ROOT/etc/rc3.d/S01$1" "$DEPS_ROOT/etc/rc3.d/K01$1"
"""


def heed_signals():
    """A shell cannot trap what nohup, or a job in the background, ignores."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Machine:
    """A folder with the parts of Debian that a package's scripts touch."""

    def __init__(self, path):
        self.root = os.path.join(str(path), "root")
        self.fake = os.path.join(str(path), "fake")
        self.wants = os.path.join(
            self.root, "etc/systemd/system/multi-user.target.wants")
        self.rc = os.path.join(self.root, "etc/rc3.d")
        for folder in (self.wants, self.rc, self.fake + "/bin",
                       self.root + "/usr/sbin"):
            os.makedirs(folder)
        for name, text in (("apt-get", APT), ("dpkg-query", DPKG_QUERY),
                           ("systemctl", SYSTEMCTL),
                           ("update-rc.d", UPDATE_RC)):
            self.write(self.fake + "/bin/" + name, text, 0o755)
        self.write(self.fake + "/installed", "sshd\nnginx\n")
        self.policy = self.root + "/usr/sbin/policy-rc.d"
        os.symlink("/lib/systemd/system/nginx.service",
                   self.wants + "/nginx.service")
        self.before = self.enabled()

    @staticmethod
    def write(path, text, mode=0o644):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)

    def read(self, name):
        try:
            with open(self.fake + "/" + name, encoding="ascii") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def enabled(self):
        found = []
        for folder, _, names in os.walk(self.root + "/etc"):
            found += [os.path.join(folder, name) for name in names
                      if "systemd" in folder or name.startswith("S")]
        return sorted(found)

    def start(self, *packages, group=True):
        return subprocess.Popen(
            ["make", "-s", "install-packages",
             "PACKAGES=" + " ".join(packages)], cwd=ROOT,
            env=dict(os.environ, DEPS_ROOT=self.root, FAKE=self.fake,
                     MAKEFLAGS="",
                     PATH=self.fake + "/bin:" + os.environ["PATH"]),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=group, preexec_fn=heed_signals)

    def install(self, *packages):
        make = self.start(*packages)
        text = make.communicate(timeout=60)[0]
        return make.returncode, text

    def wait_for(self, name):
        end = time.monotonic() + 30
        while not os.path.exists(self.fake + "/" + name):
            assert time.monotonic() < end, "no " + name
            time.sleep(0.01)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_N12_no_service_is_started_or_left_enabled(machine):
    code, text = machine.install("keepalived", "logd", "openipmi", "spin")
    assert code == 0, text
    assert machine.read("installed").split()[2:] == [
        "keepalived", "logd", "openipmi", "spin"]
    assert machine.read("started") == ""
    assert machine.enabled() == machine.before
    assert not os.path.exists(machine.policy)


def test_N12_a_service_that_was_enabled_before_stays_so(machine):
    machine.write(machine.fake + "/installed", "sshd\nnginx\nkeepalived\n")
    os.symlink("/lib/systemd/system/keepalived.service",
               machine.wants + "/keepalived.service")
    # an upgrade of it comes along, and somebody enables what he has already
    code, text = machine.install("keepalived", "sshd", "corosync")
    assert code == 0, text
    wants = sorted(os.listdir(machine.wants))
    assert wants == ["keepalived.service", "nginx.service", "sshd.service"]
    assert "disable --now keepalived" not in machine.read("calls")


def test_N12_without_systemctl_the_links_go_all_the_same(machine):
    for name in ("systemctl", "update-rc.d"):
        machine.write(machine.fake + "/bin/" + name, "#!/bin/sh\nexit 1\n",
                      0o755)
    code, text = machine.install("pacemaker", "logd", "openipmi")
    assert code == 0, text
    assert machine.enabled() == machine.before


def test_N12_what_comes_is_said_before_it_is_done(machine):
    machine.write(machine.fake + "/bin/apt-get",
                  "#!/bin/sh\necho APT; exit 100\n", 0o755)
    code, text = machine.install("keepalived", "spin")
    assert code != 0
    said, _, _ = text.partition("APT")
    assert "keepalived" in said and "spin" in said and "apt-get" in said
    assert os.uname().nodename in said
    assert "neither started nor enabled" in said
    assert not os.path.exists(machine.policy)
    assert machine.enabled() == machine.before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP, signal.SIGQUIT])
def test_N11_a_signal_during_apt_leaves_nothing(machine, number):
    make = machine.start("keepalived", "slow")
    machine.wait_for("waiting")
    assert os.access(machine.policy, os.X_OK)
    os.killpg(make.pid, number)  # what a terminal does
    time.sleep(0.1)
    machine.write(machine.fake + "/go", "")
    text = make.communicate(timeout=60)[0]
    assert make.returncode != 0
    if number == signal.SIGINT:  # the others end the fake at once
        assert "interrupted" in text
    end = time.monotonic() + 30
    while os.path.exists(machine.policy):
        assert time.monotonic() < end, "policy-rc.d stays: " + text
        time.sleep(0.01)
    assert machine.enabled() == machine.before
    assert machine.read("started") == ""


def test_N11_a_policy_that_was_there_stays(machine):
    own = "#!/bin/sh\n# ours\nexit 101\n"
    machine.write(machine.policy, own, 0o755)
    code, text = machine.install("keepalived")
    assert code == 0 and "is there already and stays" in text
    with open(machine.policy, encoding="ascii") as file:
        assert file.read() == own
    make = machine.start("slow")
    machine.wait_for("waiting")
    os.killpg(make.pid, signal.SIGINT)
    machine.write(machine.fake + "/go", "")
    make.communicate(timeout=60)
    assert os.path.exists(machine.policy)
    assert machine.enabled() == machine.before


def test_N11_what_a_killed_run_left_is_removed_by_the_next(machine):
    make = machine.start("slow")
    machine.wait_for("waiting")
    with open(machine.policy, encoding="ascii") as file:
        left = file.read()
    os.killpg(make.pid, signal.SIGKILL)
    make.communicate(timeout=60)
    assert os.path.exists(machine.policy), "was it written at all?"
    assert "made by twinbeat's make deps, process" in left
    code, text = machine.install("spin")
    assert code == 0 and "which was killed" in text
    assert not os.path.exists(machine.policy)


def test_N11_a_failing_apt_leaves_nothing(machine):
    machine.write(machine.fake + "/fails", "")
    code, _ = machine.install("logd", "corosync")
    assert code != 0
    assert not os.path.exists(machine.policy)
    assert machine.enabled() == machine.before


def test_N12_absent_libraries_are_a_sentence_not_a_linker_error(tmp_path):
    result = subprocess.run(
        ["make", "-s", "BUILD=" + str(tmp_path)], cwd=ROOT, check=False,
        env=dict(os.environ, PKG_CONFIG_LIBDIR="/nonexistent", MAKEFLAGS=""),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode != 0
    assert "make deps" in result.stdout and "libconfig" in result.stdout
    assert "fatal error" not in result.stdout


# ---- install, uninstall ----

def plan(*words):
    """What make would do, without building or writing anything."""
    return subprocess.run(
        ["make", "-n", "install", *words], cwd=ROOT, check=True,
        env=dict(os.environ, MAKEFLAGS=""), stdout=subprocess.PIPE,
        text=True).stdout


def test_make_without_a_word_builds_every_program(tmp_path):
    done = subprocess.run(["make", "-n", "BUILD=" + str(tmp_path)], cwd=ROOT,
                          check=True, text=True, stdout=subprocess.PIPE)
    for program in ("twinbeatd", "twinbeat", "twinbeat-keeper",
                    "twinbeat-fencer", "twinbeat-fencer-ipmi",
                    "twinbeat-runner", "twinbeat-opener", "fence_twinbeat"):
        assert " -o %s/%s " % (tmp_path, program) in done.stdout, program


@pytest.mark.parametrize("prefix,units,rules", [
    ("/usr", "/usr/lib/systemd/system", "/usr/lib/udev/rules.d"),
    ("/usr/local", "/usr/local/lib/systemd/system",
     "/usr/local/lib/udev/rules.d"),
    ("/opt/tb", "/etc/systemd/system", "/etc/udev/rules.d"),
    ("/srv/twinbeat-1", "/etc/systemd/system", "/etc/udev/rules.d")])
@pytest.mark.parametrize("destdir", ["", "/tmp/nowhere"])
def test_N15_unit_and_udev_rules_go_where_they_are_looked_for(
        prefix, units, rules, destdir):
    text = plan("PREFIX=" + prefix, "DESTDIR=" + destdir)
    assert ">%s%s/twinbeat.service" % (destdir, units) in text
    assert "udev/60-twinbeat-serial.rules %s%s" % (destdir, rules) in text
    # the unit starts what was installed, and the places are said
    assert "s|/usr/sbin/|%s/sbin/|" % prefix in text
    assert "the unit in" in text and units in text.split("installed: ")[1]


def test_N15_edited_udev_rules_below_etc_are_kept(tmp_path):
    rules = tmp_path / "etc/udev/rules.d/60-twinbeat-serial.rules"
    words = ["PREFIX=/opt/tb", "DESTDIR=" + str(tmp_path)]
    line = next(line for line in plan(*words).replace("\\\n", " ").split("\n")
                if "udev/60-twinbeat-serial.rules " in line)
    rules.parent.mkdir(parents=True)
    subprocess.run(["sh", "-c", line], cwd=ROOT, check=True)
    fresh = rules.read_text(encoding="ascii")
    rules.write_text(fresh + "# mine\n", encoding="ascii")
    subprocess.run(["sh", "-c", line], cwd=ROOT, check=True)
    assert rules.read_text(encoding="ascii").endswith("# mine\n")
    for is_left, text in ((True, None), (False, fresh)):
        if text is not None:
            rules.write_text(text, encoding="ascii")
        done = subprocess.run(
            ["make", "-s", "uninstall", *words], cwd=ROOT, check=True,
            env=dict(os.environ, MAKEFLAGS=""), stdout=subprocess.PIPE,
            text=True).stdout
        assert rules.exists() == is_left
        assert ("left, for it was edited: %s" % rules in done) == is_left


def test_N16_uninstall_tells_of_a_daemon_that_runs(tmp_path):
    sbin = tmp_path / "sbin"
    sbin.mkdir()
    subprocess.run(["cp", "/bin/sleep", str(sbin / "twinbeatd")], check=True)
    words = ["make", "-s", "uninstall", "PREFIX=" + str(tmp_path),
             "UNITDIR=" + str(tmp_path), "UDEVDIR=" + str(tmp_path)]
    daemon = subprocess.Popen([str(sbin / "twinbeatd"), "600"])
    try:
        done = subprocess.run(words, cwd=ROOT, check=True, text=True,
                              env=dict(os.environ, MAKEFLAGS=""),
                              stdout=subprocess.PIPE).stdout
        assert "twinbeatd runs still (process %d)" % daemon.pid in done
        assert "systemctl disable --now twinbeat" in done
        assert daemon.poll() is None and not (sbin / "twinbeatd").exists()
    finally:
        daemon.kill()
        daemon.wait()
    done = subprocess.run(words, cwd=ROOT, check=True, text=True,
                          env=dict(os.environ, MAKEFLAGS=""),
                          stdout=subprocess.PIPE).stdout
    assert "runs still" not in done


# ---- manuals ----

@pytest.mark.parametrize("page", ["twinbeat.conf.5", "twinbeatd.8",
                                  "twinbeat.8", "fence_twinbeat.8"])
def test_N13_no_quotation_mark_opens_inside_another(page):
    text = subprocess.run(
        ["mandoc", "-Tutf8", os.path.join(BUILD, "man", page)], cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE).stdout.decode().replace("_\b", "")
    text = "".join(c for i, c in enumerate(text)
                   if c != "\b" and text[i + 1:i + 2] != "\b")
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        for char in line:
            depth += {"\u201c": 1, "\u201d": -1}.get(char, 0)
            assert 0 <= depth <= 1, "%s:%d: %s" % (page, number, line)


def test_twinbeatd_manual_names_every_event_of_notify():
    """What the core orders, and the director tells: read from the source."""
    events = set()
    for name in os.listdir(os.path.join(ROOT, "src/core")):
        if not name.endswith(".c"):
            continue
        with open(os.path.join(ROOT, "src/core", name),
                  encoding="utf-8") as file:
            for call in re.findall(r"\border_notify\(([^;]*)\);",
                                   file.read()):
                events |= set(re.findall(r'"([a-z-]+)"', call))
    assert {"master", "backup", "fault", "drill", "peer-off"} <= events
    events |= {"alert-raised", "alert-cleared"}
    with open(os.path.join(ROOT, "src/settings/rows_notify.c"),
              encoding="utf-8") as file:
        events |= set(re.findall(r'"((?:server|quorum)-[a-z]+)"',
                                 file.read()))
    assert len(events & {"server-up", "quorum-down"}) == 2
    with open(os.path.join(ROOT, "src/daemon/twinbeatd.8"),
              encoding="ascii") as file:
        page = file.read().split(".Ss Notify program")[1].split(".Sh ")[0]
    items = re.findall(r"^\.It Cm (.*)$", page.split("The events are:")[1],
                       re.M)
    assert {e for item in items for e in item.split(" , ")} == events
