# SPDX-License-Identifier: GPL-3.0-or-later
"""R3: scripts, processes, witnesses and files of `track`, with real daemons."""
import contextlib
import os
import signal
import time

from lab import Lab, VIP, wait_for

SCRIPT = ('{{ command = "{command}"; interval_ms = {interval_ms}; '
          'timeout_ms = {timeout_ms}; fall = {fall}; rise = {rise};{more} }}')


def script(command, interval_ms=200, timeout_ms=150, fall=2, rise=2, more=""):
    return SCRIPT.format(command=command, interval_ms=interval_ms,
                         timeout_ms=timeout_ms, fall=fall, rise=rise,
                         more=more)


def track(**keys):
    words = {"scripts": "scripts = ( %s );", "processes": "processes = ( %s );",
             "witnesses": "witnesses = ( %s );", "file": "file = %s;"}
    return "track = { %s };" % " ".join(
        words[key] % value for key, value in keys.items())


class Checked(Lab):
    """A lab with a folder of scripts, of one text for both nodes. A node's own
    switch: {dir}/lbNN.WORD, which `text` may look at as $0.$TWINBEAT_NODE."""

    def __init__(self, text="", keys=None, **options):
        super().__init__(**options)
        os.chmod(self.dir, 0o755)   # whoever runs them must get there
        self.script = self.write("check", text)
        keys = keys or {"scripts": script(self.script)}
        self.options["track"] = track(**{
            key: value.replace("CHECK", self.script).replace("DIR", self.dir)
            for key, value in keys.items()})

    def write(self, name, text, mode=0o755):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, mode)
        return path

    def say(self, node, text):
        """What the script of this node reads in $SAID."""
        path = "%s.%s" % (self.script, node.name)
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(text + "\n")
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)


# it does what its node's file says: an exit code, or a command
OBEY = """f=$0.$TWINBEAT_NODE
[ -e "$f" ] || exit 0
read -r word rest < "$f"
case $word in
exit) echo "told to"; exit "$rest" ;;
hang) sleep 1000 & exec sleep 1000 ;;
leave)
	setsid sh -c "echo x >> $f.left; exec sleep 1000" &
	sleep 0.05 ;;
flood) exec yes ;;
esac"""


def reasons(node):
    return node.status()["unfit_reasons"]


def wait_reason(node, text, seconds=10):
    wait_for("%s is unfit: %s" % (node.name, text), lambda: any(
        text in why for why in reasons(node)), seconds)


def wait_fit(node, seconds=15):
    wait_for("%s is fit" % node.name, lambda: node.status()["fit"], seconds)


def sleepers(node):
    """Processes of this node, `sleep 1000` or `yes`, that run."""
    shown = node.inside("ps", "-eo", "stat=,args=").stdout.splitlines()
    return [line for line in shown if not line.startswith("Z")
            and line.split(None, 1)[1].startswith(("sleep 1000", "yes"))]


def no_shot(lab):
    return not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]


def test_R3_an_owner_whose_script_fails_hands_over_and_says_why():
    with Checked(OBEY) as lab:
        a, b = lab.nodes
        lab.settle()
        lab.say(a, "exit 3")
        b.wait_state("MASTER")
        wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
        assert b.proof() == "released" and VIP in b.addresses()
        wait_reason(a, "script %s: exit code 3 after " % lab.script)
        assert "told to" in reasons(a)[0]
        a.wait_log("alert unfit raised")
        # both unfit: the owner stays, by whatever the other one is
        lab.say(b, "exit 1")
        wait_reason(b, "exit code 1")
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert b.state() == "MASTER" and VIP in b.addresses()
            time.sleep(0.1)
        # until a fit one is there
        lab.say(a, "exit 0")
        wait_fit(a)
        a.wait_state("MASTER")
        assert VIP in a.addresses()
        lab.say(b, "exit 0")
        wait_fit(b)
        wait_for("no alert", lambda: not a.alerts() | b.alerts())
        assert no_shot(lab)


def test_R3_a_script_that_hangs_or_floods_or_leaves_children_is_ended():
    with Checked(OBEY) as lab:
        a, b = lab.nodes
        lab.settle()
        lab.say(b, "hang")
        wait_reason(b, "not done after 150 ms, killed")
        lab.say(b, "exit 0")
        wait_fit(b)
        wait_for("nothing is left", lambda: not sleepers(b))
        lab.say(b, "flood")
        wait_reason(b, "not done after 150 ms, killed: y")
        lab.say(b, "exit 0")
        wait_fit(b)
        wait_for("nothing is left", lambda: not sleepers(b))
        left = "%s.lb02.left" % lab.script
        with open(left, "w", encoding="ascii"):
            os.chmod(left, 0o666)
        lab.say(b, "leave")
        wait_for("some were left behind", lambda: count_lines(left) > 2)
        assert b.status()["fit"]
        lab.say(b, "exit 0")
        wait_for("it is ended", lambda: not sleepers(b))
        assert a.state() == "MASTER"


def test_R3_a_script_that_cannot_be_run_is_no_success():
    with Checked(OBEY) as lab:
        a, b = lab.nodes
        lab.settle()
        os.rename(lab.script, lab.script + ".away")
        wait_reason(a, "script %s cannot be run: " % lab.script)
        wait_reason(b, "No such file or directory")
        # one of them knew it first, and the other may have been fit still
        wait_for("one of two unfit ones serves", lambda: sorted(
            (node.state() == "MASTER", VIP in node.addresses())
            for node in lab.nodes) == [(False, False), (True, True)])
        os.rename(lab.script + ".away", lab.script)
        wait_fit(a)
        wait_fit(b)
        # others may change it meanwhile
        os.chmod(lab.script, 0o757)
        wait_reason(b, "has mode 0757")
        os.chmod(lab.script, 0o755)
        wait_fit(b)
        # no program
        lab.write("check", "")
        with open(lab.script, "w", encoding="ascii") as f:
            f.write("neither a script nor a program\n")
        wait_reason(b, "cannot be run: ")


def test_R3_scripts_run_as_nobody_and_with_nothing_of_ours():
    with Checked('{ id -un; id -G; echo "$#:$1"; cat; ls /proc/self/fd; '
                 'grep -E "^(SigBlk|CapEff)" /proc/self/status; '
                 'env; echo end; } > "$0.$TWINBEAT_NODE" 2>&1; exit 9',
                 {"scripts": script("CHECK 'two words'", 1000, 900)}) as lab:
        a, _ = lab.nodes
        said = lab.script + ".lb01"
        with open(said, "w", encoding="ascii"):
            os.chmod(said, 0o666)
        wait_reason(a, "exit code 9", 15)
        lines = []

        def has_run():      # a later run writes the file anew
            with open(said, encoding="ascii") as f:
                lines[:] = f.read().splitlines()
            return lines[-1:] == ["end"]
        wait_for("it has run", has_run)
        assert lines[:3] == ["nobody", "65534", "1:two words"], lines
        assert lines[3:7] == ["0", "1", "2", "3"], lines  # 3 is of ls
        assert "CapEff:\t0000000000000000" in lines
        assert "SigBlk:\t0000000000000000" in lines
        assert "TWINBEAT_NODE=lb01" in lines
        assert len([line for line in lines if "=" in line]) <= 4, lines


def test_R15_a_reload_brings_other_scripts_and_no_flap():
    with Checked(OBEY) as lab:
        a, b = lab.nodes
        lab.settle()
        counted = lab.write("counted", "exit 0")
        lab.write_config(track=track(scripts=script(lab.script) + ", "
                                     + script(counted)))
        for node in lab.nodes:
            assert node.twinbeat("reload").returncode == 0
        lab.write("counted", '[ "$TWINBEAT_NODE" = lb01 ] && exit 0; '
                  "sleep 1000 & exit 5")
        wait_reason(b, "script %s: exit code 5" % counted)
        # the first runs after the reload fail, fewer than fall
        lab.write_config(track=track(scripts=script(lab.script, fall=5)))
        for node in lab.nodes:
            assert node.twinbeat("reload").returncode == 0
        wait_fit(b)
        assert a.state() == "MASTER" and VIP in a.addresses()
        assert "alert unfit" not in a.read_log()
        wait_for("nothing of the old one runs", lambda: not sleepers(b))
        assert counted not in a.read_log()


def test_R3_a_runner_or_checks_that_die_come_again_and_nothing_moves():
    with Checked(OBEY) as lab:
        a, b = lab.nodes
        lab.settle()
        runner = a.helper("runner")
        checks = only_child(runner)
        os.kill(checks, signal.SIGKILL)
        wait_for("another one", lambda: only_child(runner) not in (
            None, checks))
        a.wait_log("the process that runs the checks")
        os.kill(runner, signal.SIGKILL)
        wait_for("another runner", lambda: a.helper("runner") not in (
            None, runner))
        wait_for("its checks", lambda: only_child(a.helper("runner")))
        lab.say(b, "exit 7")
        wait_reason(b, "exit code 7")
        assert a.state() == "MASTER" and "unfit" not in a.alerts()
        # silent for 10 s: nobody knows, and that is no success
        os.kill(only_child(a.helper("runner")), signal.SIGSTOP)
        wait_reason(a, "has said nothing for 10 s", 20)
        assert a.state() == "MASTER"
        os.kill(only_child(a.helper("runner")), signal.SIGCONT)
        wait_fit(a)
        lab.say(b, "exit 0")
        wait_fit(b)
        checks = only_child(a.helper("runner"))
        with open("/proc/%d/comm" % checks, encoding="ascii") as f:
            assert f.read() == "twinbeat-checks\n"
        a.stop()
        b.wait_state("MASTER")
        wait_for("its checks end with it",
                 lambda: not os.path.exists("/proc/%d/comm" % checks))


def only_child(runner):
    with contextlib.suppress(OSError, TypeError):
        with open("/proc/%d/task/%d/children" % (runner, runner),
                  encoding="ascii") as f:
            for word in f.read().split():
                with open("/proc/%s/comm" % word, encoding="ascii") as comm:
                    if comm.read() == "twinbeat-checks\n":
                        return int(word)
    return None


def test_R3_a_hundred_scripts_are_spread():
    with Checked('date +%s%N >> "$0.$TWINBEAT_NODE.$1"',
                 {"scripts": ", ".join(
                     script("CHECK %d" % i, 1000, 900) for i in range(100))}
                 ) as lab:
        # nobody may write there: they are unfit; that they run is enough
        a, _ = lab.nodes
        os.chmod(lab.dir, 0o1777)
        wait_for("all have run twice", lambda: all(
            count_lines("%s.lb01.%d" % (lab.script, i)) >= 2
            for i in range(100)), 20)
        first = sorted(int(open("%s.lb01.%d" % (lab.script, i),
                                encoding="ascii").readline())
                       for i in range(100))
        # no tenth of a second has more than a third of them
        assert max(sum(1 for at in first if begin <= at < begin + 100_000_000)
                   for begin in first) <= 33, first
        assert a.status() is not None


def count_lines(path):
    try:
        with open(path, encoding="ascii") as f:
            return len(f.readlines())
    except OSError:
        return 0


def test_check_refuses_scripts_that_others_may_change_and_weights():
    with Checked(OBEY) as lab:
        a, _ = lab.nodes
        path = os.path.join(lab.dir, "other.conf")
        folder = os.path.join(lab.dir, "open")
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        inside = lab.write("open/check", "exit 0")

        def check(said):
            lab.write_config(path, track=said)
            done = a.twinbeat("check", path)
            return done.returncode, done.stdout + done.stderr

        code, said = check(track(scripts=script(inside)))
        assert code != 0 and "%s has mode 0777" % folder in said, said
        code, said = check(track(scripts=script(
            lab.script, more=" weight = -20;")))
        assert code != 0 and "weight" in said and "fit" in said, said
        lab.write("check", "exit 0", 0o775)
        code, said = check(track(scripts=script(lab.script)))
        assert code != 0 and "chmod go-w" in said, said
