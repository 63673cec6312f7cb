# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent driver: fence agents that work, hang, lie, fork and spew.

The stand-in agent keeps its plug in a file and writes down what it was given;
its faults are shell text that it runs first. Then real ones of Debian's
fence-agents. As for every driver: off is only what a status read said.
"""
import os
import signal
import statistics
import subprocess
import time

import pytest

from bmc_lab import Sim
from fence_lab import BUILD, Fencer, Switch, boottime_us, free_port, plug
from lab import PDU

STUB = """#!/bin/sh
input=$(cat)
cd "${0%/*}" || exit 9
printf '%s\\n--\\n' "$input" >>calls
env >environment
action=${input%%"
"*}
action=${action#action=}
[ -f fault ] && . ./fault
case $action in
status)
	[ "$(cat plug)" = off ] && exit 2
	exit 0 ;;
on | off)
	echo "$action" >plug
	echo "Success: Powered $action" ;;
monitor) ;;
*)
	echo "unrecognised action" >&2
	exit 1 ;;
esac
"""


class Stub:
    """fence_stub in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "fence_stub")
        self.write("fence_stub", STUB)
        self.write("plug", "on\n")
        os.chmod(self.path, 0o755)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w",
                  encoding="ascii") as out:
            out.write(text)

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name),
                      encoding="ascii") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def fault(self, text):
        """What it does before anything else; $action is known."""
        self.write("fault", text + "\n")

    def calls(self):
        return [call.strip().split("\n")
                for call in self.read("calls").split("--\n") if call.strip()]

    def actions(self):
        return [call[0] for call in self.calls()]

    def off(self):
        return self.read("plug").strip() == "off"


@pytest.fixture(name="stub")
def make_stub(tmp_path):
    return Stub(str(tmp_path))


@pytest.fixture(name="fencer")
def make_fencer():
    """Starts fencers and ends them."""
    made = []

    def make(*settings):
        made.append(Fencer(*settings))
        return made[-1]
    yield make
    for one in made:
        one.stop()


def agent(path, *options, **fields):
    """Settings lines of an agent device and its plug."""
    words = dict(name="pdu", driver="agent", agent=path, agent_ms=1500,
                 settle_ms=0, power_wait_ms=0)
    words.update(fields)
    number = words.pop("plug", 3)
    line = "device " + " ".join("%s=%s" % item for item in words.items())
    return [line] + ["option " + option for option in options] + [
        plug(number=number)]


def assert_not_off(done):
    assert done["outcome"] in ("failed", "unknown"), done
    assert "fence_stub" in done["text"], done


def processes_named(word):
    """Pids whose command line has this word."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as line:
                words = line.read()
            with open("/proc/%s/stat" % pid, encoding="ascii") as stat:
                state = stat.read().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if word.encode() in words and state != "Z":
            found.append(int(pid))
    return found


def gone_within(word, seconds):
    until = time.monotonic() + seconds
    while processes_named(word):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_agent_off_is_status_off_status(stub, fencer):
    done = fencer(*agent(stub.path, "ip=192.0.2.40",
                         "community=private")).run("off")
    assert done["outcome"] == "off" and stub.off()
    assert stub.actions() == ["action=status", "action=off", "action=status",
                              "action=monitor"]
    # the action first, the plug, the options, each on a line of its own; and
    # the action again, since of two the last one counts
    for call in stub.calls():
        assert call[1:-1] == ["plug=3", "ip=192.0.2.40", "community=private"]
        assert call[-1] == call[0]
    assert done["at_us"] <= boottime_us()


def test_agent_environment_is_clean(stub, fencer):
    os.environ["PCMK_service"] = "pacemaker-fenced"
    try:
        fencer(*agent(stub.path)).run("read")
    finally:
        del os.environ["PCMK_service"]
    names = {line.split("=")[0]
             for line in stub.read("environment").splitlines()}
    assert "PCMK_service" not in names
    assert names - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "LANG",
                                                     "LC_ALL"}


def test_agent_on_and_read(stub, fencer):
    one = fencer(*agent(stub.path))
    assert one.run("read")["plugs"][0] == "on"
    assert one.run("off")["outcome"] == "off"
    assert one.run("read")["plugs"][0] == "off"
    assert one.run("off")["outcome"] == "already-off"
    assert one.run("on")["outcome"] == "on"
    assert "action=reboot" not in stub.actions()


def test_agent_plug_key_and_no_plug(stub, fencer):
    fencer(*agent(stub.path, plug_key="port", plug="blade7")).run("read")
    assert stub.calls()[-1][1] == "port=blade7"
    lines = agent(stub.path)
    lines[-1] = "plug node=1 level=1 device=0"
    fencer(*lines).run("read")
    assert stub.calls()[-1] == ["action=status"] * 2


@pytest.mark.parametrize("fault, word", [
    ("exit 1", "exit code 1"),
    ("exit 3", "exit code 3"),
    ("exit 127", "exit code 127"),
    ("echo 'Connection timed out' >&2; exit 1", "Connection timed out"),
    ("kill -9 $$", "signal 9"),
    ("kill -SEGV $$", "signal 11"),
    ("exec sleep 60", "timed out: not finished within"),
    ("trap '' TERM; sleep 60 & wait; sleep 60", "timed out"),
])
def test_agent_that_fails_is_unknown(stub, fencer, fault, word):
    stub.write("plug", "off\n")    # a right answer would be off
    stub.fault(fault)
    one = fencer(*agent(stub.path,
                        agent_ms=600 if "sleep" in fault else 8000))
    done = one.run("read")
    assert done["plugs"][0] == "unknown" and done["ok"] == 0
    assert word in done["text"], done["text"]
    assert_not_off(one.run("off"))


USAGE = """import argparse
argparse.ArgumentParser(prog="fence_stub").parse_args(["--action"])
"""


@pytest.mark.parametrize("fault, word", [
    # 2 without a word to everything: the agent's interpreter, or a wrapper
    ("exit 2", "its monitor failed: exit code 2"),
    ('[ "$action" = monitor ] && exit 1', "monitor failed: exit code 1"),
    ('[ "$action" = monitor ] && { echo "no session left" >&2; exit 1; }',
     "no session left"),
    ('[ "$action" = monitor ] && kill -9 $$', "monitor failed: died of"),
    ('[ "$action" = monitor ] && exec sleep 60', "monitor failed: timed out"),
    # it does not know the word: the API demands it
    ('[ "$action" = monitor ] && action=x', "unrecognised action"),
    # 2 by who breaks down; a monitor that happens to work does not mend it
    ('[ "$action" = status ] && { echo "Usage: x" >&2; exit 2; }',
     "it said: Usage: x"),
    ('[ "$action" = status ] && { echo "usage: x"; exit 2; }',
     "it said: usage: x"),
    ('[ "$action" = status ] && { echo "read error" >&2; echo bye >&2; '
     'exit 2; }', "it said: read error"),
    ('[ "$action" = status ] && { printf "Traceback (most" >&2; exit 2; }',
     "it said: Traceback"),
    ("[ $action = status ] && exec python3 -c '%s'" % USAGE, "usage: "),
    ("[ $action = status ] && exec sh -c 'if'", "rror"),
])
def test_agent_exit_2_is_off_only_of_one_that_works(stub, fencer, fault,
                                                    word):
    stub.fault(fault)
    one = fencer(*agent(stub.path,
                        agent_ms=1500 if "sleep" in fault else 8000))
    done = one.run("read")
    if not stub.off() and "monitor" in fault:
        assert done["plugs"][0] == "on", "an on needs no second question"
        assert stub.actions() == ["action=status"]
        stub.write("plug", "off\n")
        done = one.run("read")
    assert done["plugs"][0] == "unknown" and done["ok"] == 0
    assert "is not taken for off" in done["text"], done
    assert word in done["text"], done
    assert_not_off(one.run("off"))


def test_agent_that_warns_may_still_say_off(stub, fencer):
    """The library's word for an option that is not this agent's."""
    stub.write("plug", "off\n")
    stub.fault("echo \"WARNING:root:Parse error: Ignoring unknown option "
               "'note=1'\" >&2; echo 'InsecureRequestWarning' >&2")
    assert fencer(*agent(stub.path)).run("read")["plugs"][0] == "off"


def test_agent_monitor_has_time_of_its_own(stub, fencer):
    """Two runs, each within agent_ms: the time of a question counts both."""
    stub.fault('[ "$action" = off ] || sleep 1.5')
    one = fencer(*agent(stub.path, agent_ms=2800))
    done = one.run("off")
    assert done["outcome"] == "off", done
    assert one.run("read")["plugs"][0] == "off"
    assert one.run("off")["outcome"] == "already-off"


def test_agent_success_without_effect_is_not_off(stub, fencer):
    """Exit code 0 of off proves nothing: the status still says on."""
    stub.fault('[ "$action" = off ] && exit 0')
    done = fencer(*agent(stub.path)).run("off")
    assert done["outcome"] == "failed" and "still reads on" in done["text"]


def test_agent_exit_2_on_off_is_a_failure(stub, fencer):
    """2 means off as an answer to status only."""
    stub.fault('[ "$action" = off ] && exit 2')
    done = fencer(*agent(stub.path)).run("off")
    assert done["outcome"] == "failed"
    assert not stub.off()


def test_agent_failure_with_effect_is_settled_by_status(stub, fencer):
    """The switch went off, only the agent's word got lost."""
    stub.fault('[ "$action" = off ] && { echo off >plug; exit 1; }')
    assert fencer(*agent(stub.path)).run("off")["outcome"] == "off"


def test_agent_that_hangs_is_killed_in_time(stub, fencer):
    stub.fault("sleep 7131 & sleep 7131")
    one = fencer(*agent(stub.path, agent_ms=500))
    start = time.monotonic()
    done = one.run("read")
    assert time.monotonic() - start < 8
    assert "timed out" in done["text"]
    assert gone_within("sleep\0007131", 0.5)


def test_agent_may_log_out_before_it_is_killed(stub, fencer):
    """SIGTERM first: a switch with one session wants to be told."""
    stub.fault("trap 'echo bye >farewell; exit 0' TERM\nsleep 60 &\nwait")
    done = fencer(*agent(stub.path, agent_ms=800)).run("read")
    assert done["plugs"][0] == "unknown", "late, whatever it then said"
    assert stub.read("farewell") == "bye\n"


DAEMON = """
import os, sys, time
os.setsid()
if os.fork(): os._exit(0)
os.setsid()
time.sleep(7132)
"""


@pytest.mark.parametrize("ignores", [False, True])
def test_agent_leaves_no_daemon(stub, fencer, ignores):
    """A double fork into a session of its own, with the pipes kept open."""
    stub.fault("%s python3 -c '%s' &\nsleep 0.3" %
               ("trap '' TERM HUP\n" if ignores else "",
                DAEMON.replace("7132", "7132 + 0")))
    done = fencer(*agent(stub.path)).run("read")
    assert done["plugs"][0] == "on", done
    assert gone_within("time.sleep(7132 + 0)", 0.5)


def test_agent_fork_storm_ends_with_it(stub, fencer):
    """Children that fork and exit while they are hunted."""
    stub.write("storm", "#!/bin/sh\n[ $1 -gt 0 ] || exit\n"
               "./storm $(($1 - 1)) stormword &\n"
               "sleep 0.01\n./storm $(($1 - 1)) stormword &\n")
    os.chmod(os.path.join(stub.folder, "storm"), 0o755)
    stub.fault("./storm 6 stormword &\nexit 0")
    assert fencer(*agent(stub.path)).run("read")["plugs"][0] == "on"
    assert gone_within("stormword", 0.3)


@pytest.mark.parametrize("where", ["", ">&2"])
def test_agent_that_spews_is_stopped(stub, fencer, where):
    stub.fault("exec yes 'no end of words' %s" % where)
    one = fencer(*agent(stub.path, agent_ms=3000))
    done = one.run("read")
    assert done["plugs"][0] == "unknown"
    assert "more than 1048576 bytes" in done["text"], done["text"]


def test_agent_last_line_is_clean_and_short(stub, fencer):
    stub.fault("printf 'first\\n\\033[31mred\\001 %0500d\\n\\n' 7 >&2; exit 1")
    text = fencer(*agent(stub.path)).run("read")["text"]
    assert "?[31mred? 000" in text and len(text) < 200
    assert "\033" not in text and "first" not in text


def test_agent_secrets_are_not_told(stub, fencer, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("hunter2hunter2\n")
    secret.chmod(0o600)
    stub.fault("echo \"$input\" | tr '\\n' ' ' >&2; exit 1")
    one = fencer(*agent(stub.path, "ip=192.0.2.7", "community=sesame",
                        "snmp_priv_passwd=abc", "note=wordofnote",
                        password_file=secret))
    text = one.run("read")["text"]
    assert "password=hunter2hunter2" in stub.calls()[0]
    assert "192.0.2.7" in text
    for word in ("hunter", "sesame", "abc", "wordofnote"):
        assert word not in text, text
        assert all(word not in step["text"] for step in one.steps)


@pytest.mark.parametrize("mode, content, word", [
    (0o644, "x\n", "mode 0644"), (0o600, "", "is empty"),
    (0o600, "x\ny\n", "more than one line"), (None, "", "no such file"),
])
def test_agent_password_file_is_checked(stub, fencer, tmp_path, mode,
                                        content, word):
    secret = tmp_path / "password"
    if mode is not None:
        secret.write_text(content)
        secret.chmod(mode)
    done = fencer(*agent(stub.path, password_file=secret)).run("read")
    assert done["plugs"][0] == "unknown" and word in done["text"]
    assert not stub.calls(), "it was run without its password"


def test_agent_that_others_can_change_is_not_run(stub, fencer, tmp_path):
    one = fencer(*agent(stub.path))
    for path, mode in ((stub.path, 0o757), (stub.path, 0o644),
                       (stub.folder, 0o777)):
        old = os.stat(path).st_mode
        os.chmod(path, mode)
        assert_not_off(one.run("off"))
        os.chmod(path, old)
    os.chown(stub.path, 65534, -1)
    done = one.run("read")
    assert "others than root" in done["text"]
    os.chown(stub.path, 0, -1)
    # a link in a folder of somebody else's
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    os.symlink(stub.path, foreign / "fence_link")
    os.chown(foreign, 65534, -1)
    done = fencer(*agent(foreign / "fence_link")).run("read")
    assert "others than root" in done["text"]
    assert not stub.calls(), "it was run"
    assert one.run("read")["plugs"][0] == "on"


@pytest.mark.parametrize("path, word", [
    ("nologin", "must be called fence_*"),
    ("/usr/bin/true", "must be called fence_*"),
    ("../sbin/fence_dummy", "must be called fence_*"),
    ("fence_there_is_none", "No such file"),
    ("/etc/fence_none", "No such file"),
])
def test_agent_only_fence_agents_are_run(fencer, path, word):
    done = fencer(*agent(path)).run("read")
    assert done["plugs"][0] == "unknown" and word in done["text"]


@pytest.mark.parametrize("name, word", [
    ("fence_scsi", "takes storage away"), ("fence_crosslink", "cannot ping"),
    ("fence_sbd", "own watchdog"), ("fence_ifmib", "port of a switch")])
def test_agent_that_cuts_no_power_is_not_run(stub, fencer, name, word):
    """Nor by a link with a better name."""
    path = os.path.join(stub.folder, name)
    link = os.path.join(stub.folder, "fence_power")
    os.rename(stub.path, path)
    os.symlink(path, link)
    for asked in (path, link):
        one = fencer(*agent(asked))
        for kind in ("read", "off"):
            done = one.run(kind)
            assert done["outcome"] not in ("off", "already-off"), done
            assert name + " is not run" in done["text"], done
            assert word in done["text"], done
    assert not stub.calls()


@pytest.mark.parametrize("option", [
    "action=reboot", "ACTION=on", "plug=9", "port=9", "method=cycle",
    "missing_as_off=1", "note=a\\naction=reboot", "no te=1", "o=reboot",
    "OPTION=on", "note=1\raction=on", "missing-AS_off=1", "version=1",
    "#note=1", " action=on", "list=1", "delay=9", "nodename=lb01"])
def test_agent_options_that_would_change_the_order(stub, fencer, option):
    done = fencer(*agent(stub.path, option)).run("off")
    assert done["outcome"] == "unknown"
    assert "reserved" in done["text"] and not stub.calls()


@pytest.mark.parametrize("key", [
    "action", "ACTION", "option", "o", "method", "nodename", "delay", "ip",
    "password", "power-timeout", "missing_as_off", "snmpget_path"])
def test_agent_plug_key_that_is_none(stub, fencer, key):
    """With plug_key = "action" a plug called "off" would be cut by asking for
    its state: nothing may be started."""
    one = fencer(*agent(stub.path, plug_key=key, plug="off"))
    for kind in ("read", "off", "on"):
        done = one.run(kind)
        assert done["outcome"] == "unknown", done
        assert "\"%s\" is reserved" % key in done["text"], done
    assert not stub.calls() and not stub.off()


def test_agent_plug_key_that_is_an_option(stub, fencer):
    done = fencer(*agent(stub.path, "uuid=7", plug_key="uuid")).run("off")
    assert "it is plug_key" in done["text"] and not stub.calls()


@pytest.mark.parametrize("option", ["password=x", "passwd=x",
                                    "password_script=/bin/x"])
def test_agent_two_passwords(stub, fencer, tmp_path, option):
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    done = fencer(*agent(stub.path, option, password_file=secret)).run("off")
    assert "password_file says it already" in done["text"]
    assert not stub.calls()


def wait_for_process(word):
    until = time.monotonic() + 5
    while not processes_named(word):
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("whom", ["attempt", "fencer"])
def test_agent_dies_with_who_asked(stub, fencer, whom):
    """The agent hides in a session of its own, and would switch later."""
    stub.fault('[ "$action" = off ] && { setsid sleep 7133; }')
    one = fencer(*agent(stub.path, agent_ms=20000))
    one.ask("off")
    wait_for_process("sleep\0007133")
    os.kill(one.children()[0] if whom == "attempt" else one.pid,
            signal.SIGKILL)
    assert gone_within("sleep\0007133", 1)
    assert gone_within(stub.path, 1)
    assert not stub.off()


def test_agent_is_ordinary_but_first(stub, fencer):
    """Not real-time: it may spin. Before all else that is ordinary."""
    stub.fault("chrt -p $$ >policy; ps -o ni= -p $$ >>policy")
    done = fencer(*agent(stub.path), "realtime").run("read")
    assert done["plugs"][0] == "on"
    assert "SCHED_OTHER" in stub.read("policy")
    assert stub.read("policy").split()[-1] == "-20"


# ---- real agents ----

def test_agent_two_actions_the_last_counts(tmp_path):
    """Why the action goes last, too: the library of ClusterLabs takes the last
    of two lines, whichever of its names they have."""
    status = tmp_path / "status"
    status.write_text("on")
    given = "action=%s\nstatus_file=%s\naction=%s\n"
    for first, last, left in (("status", "off", "off"),
                              ("on", "status", "off"),
                              ("on", "on", "on")):
        done = subprocess.run(
            ["fence_dummy"], input=given % (first, status, last), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
            check=False)
        assert status.read_text() == left, done


def test_agent_fence_dummy(fencer, tmp_path):
    """Debian's fence_dummy: its status file has no newline."""
    status = tmp_path / "status"
    status.write_text("on")
    one = fencer(*agent("fence_dummy", "status_file=%s" % status,
                        agent_ms=15000))
    done = one.run("off")
    assert done["outcome"] == "off", done
    assert status.read_text() == "off"
    assert one.run("off")["outcome"] == "already-off"
    assert one.run("on")["outcome"] == "on"
    print("fence_dummy: off in %d ms" % (done["took_us"] / 1000))
    status.write_text("nonsense")
    done = one.run("read")
    assert done["plugs"][0] == "unknown"
    assert "fence_dummy" in done["text"]


def test_agent_needs_its_input(tmp_path):
    """What is guarded against: a ClusterLabs agent with nothing on stdin
    reboots. If that ever changes, the rule may be relaxed."""
    status = "/tmp/fence_dummy.status"
    if os.path.exists(status):
        pytest.skip("somebody's %s is in the way" % status)
    try:
        done = subprocess.run(["fence_dummy"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=30,
                              stderr=subprocess.PIPE, check=False)
        assert b"Rebooted" in done.stdout, done
    finally:
        if os.path.exists(status):
            os.unlink(status)


@pytest.fixture(name="sim")
def make_sim(tmp_path):
    made = Sim(str(tmp_path / "sim"), port=free_port())
    yield made
    made.stop()


def test_agent_fence_ipmilan(fencer, sim, tmp_path):
    """Debian's fence_ipmilan with a password by file, against ipmi_sim."""
    secret = tmp_path / "secret"
    secret.write_text("secret12\n")
    secret.chmod(0o600)
    options = ("ip=127.0.0.1", "ipport=%d" % sim.port, "username=fence",
               "lanplus=1", "cipher=3", "privlvl=operator", "power_wait=0")
    def start(agent_ms):
        lines = agent("fence_ipmilan", *options, password_file=secret,
                      agent_ms=agent_ms)
        lines[-1] = "plug node=1 level=1 device=0"     # a BMC has no plugs
        return fencer(*lines, "fence timeout_ms=60000")

    one = start(20000)
    assert one.run("read")["plugs"][0] == "on"
    done = one.run("off", timeout=60)
    assert done["outcome"] == "off" and not sim.power(), done
    print("fence_ipmilan: off in %d ms" % (done["took_us"] / 1000))
    assert one.run("read")["plugs"][0] == "off"
    secret.write_text("wrong\n")
    done = one.run("read")
    assert done["plugs"][0] == "unknown"
    assert "fence_ipmilan status: exit code 1" in done["text"]
    secret.write_text("secret12\n")
    sim.process.send_signal(signal.SIGSTOP)
    done = start(2000).run("read")
    assert done["plugs"][0] == "unknown", "a silent BMC was taken for off"
    sim.process.send_signal(signal.SIGCONT)
    events = sim.events()
    assert [e["on"] for e in events if e["event"] == "power"] == [False]
    assert {e["event"] for e in events} == {"asked", "power"}, "no reset"


def test_agent_ours_over_the_fencer_and_what_it_costs(fencer, tmp_path):
    """Our own agent as the agent: the price of two programs per question."""
    switch = Switch(str(tmp_path))
    path = tmp_path / "fence_twinbeat_modbus"
    os.symlink(os.path.abspath(os.path.join(BUILD, "fence_twinbeat")), path)
    try:
        one = fencer(*agent(path, "ip=127.0.0.1", "ipport=%d" % switch.port,
                            "power_wait=0", "stonith_status_sleep=0"))
        took = []
        for _ in range(10):
            done = one.run("off")
            assert done["outcome"] == "off" and not switch.plug(3)["power"]
            took.append(done["took_us"] / 1000)
            assert one.run("on")["outcome"] == "on"
        print("by an agent, request to verified off: median %.0f ms, max "
              "%.0f ms" % (statistics.median(took), max(took)))
    finally:
        switch.stop()


# ---- a pair whose power switch only an agent can speak to ----

DEVICE = """{ name = "pdu"; driver = "agent"; agent = "%s";
  options = { ip = "%s"; power_wait = 0; stonith_status_sleep = 0;
    login_timeout = "0.3"; shell_timeout = "0.3"; note = "wordofnote"; };
  agent_ms = 1000; settle_ms = 0; power_wait_ms = 0; }"""


def test_S01_R6_a_pair_takes_over_by_an_agent(make_lab, tmp_path):
    path = tmp_path / "fence_twinbeat_modbus"
    os.symlink(os.path.abspath(os.path.join(BUILD, "fence_twinbeat")), path)
    pair = make_lab(devices=DEVICE % (path, PDU))
    pair.settle()
    lb01, lb02 = pair.nodes
    lb01.die()
    lb02.wait_state("MASTER")
    pair.wait_client("lb02")
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    pair.judge_fenced_claim(lb02)
    told = lb02.read_log() + lb02.twinbeat("status").stdout + lb02.twinbeat(
        "status", "--json").stdout
    assert "wordofnote" not in told
    pair.pdu("on 1")
    lb01.power_on()
    pair.settle(owner=1)


WRAPPER = """#!/bin/sh
input=$(cat)
. "${0%%/*}/fault"
printf '%%s\\n' "$input" | %s
"""


def test_S31_R6_an_agent_that_hangs_and_the_daemon_beats_on(make_lab, stub,
                                                             tmp_path):
    """Nobody takes over while the cut is not known; nothing is left."""
    path = tmp_path / "fence_twinbeat_modbus"
    os.symlink(os.path.abspath(os.path.join(BUILD, "fence_twinbeat")), path)
    stub.write("fence_stub", WRAPPER % path)
    stub.fault("")
    pair = make_lab(devices=DEVICE % (stub.path, PDU))
    pair.settle()
    lb01, lb02 = pair.nodes
    stub.fault("sleep 7135 & sleep 7135")
    lb01.die()
    lb02.wait_alert("fence-failed")
    assert lb02.state() == "BACKUP"
    assert "timed out: not finished within 1000 ms" in lb02.read_log()
    stub.fault("")
    lb02.wait_state("MASTER")
    assert lb02.proof() == "fenced"
    pair.judge_fenced_claim(lb02)
    assert gone_within("sleep\0007135", 2)
