# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat(8): exit codes, words, confirmations, a fake and no daemon."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from fake_daemon import ALERT, STATUS, FakeDaemon, plugs, status_with
from fence_lab import Switch

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
BUILD = os.environ.get("BUILD", "build")
TWINBEAT = os.path.abspath(os.path.join(BUILD, "twinbeat"))
COMMANDS = ["status", "fence", "confirm", "handover", "standby", "online",
            "maintenance", "answer", "director", "reload", "push", "check",
            "import", "keygen", "history", "timeline", "watch", "doctor", "metrics"]

CONF = """
pair = "web";
key_file = "KEY";
nodes = (
  { name = "lb01"; priority = 150; address = "192.0.2.11";
    serial = "/dev/twinbeat0";
    fence = ( { level = 1; device = "pdu"; plug = 1; } ); },
  { name = "lb02"; priority = 100; address = "192.0.2.12";
    serial = "/dev/twinbeat0";
    fence = ( { level = 1; device = "pdu"; plug = 2; } ); }
);
links = { serial = { baud = 115200; interval_ms = 100; dead_ms = 400; }; };
instances = (
  { name = "VI_1"; interface = "eth0"; vrid = 55; version = 3; advert_ms = 100;
    addresses = ( { ip = "192.0.2.100/32"; } ); }
);
devices = (
  { name = "pdu"; driver = "modbus"; transport = "tcp"; host = "127.0.0.1";
    port = PORT; unit = 1; profile = "generic-coil"; base = 0;
    connect_ms = 300; response_ms = 300; settle_ms = 20;
    power_wait_ms = 200; }
);
fence = { off_ms = 300; };
realtime = false;
"""


def run(*words, cwd=None, timeout=30, env=None):
    return subprocess.run([TWINBEAT, *map(str, words)], cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, env=env, check=False)


@pytest.fixture
def run_dir(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    return str(path)


@pytest.fixture
def switch(tmp_path):
    switch = Switch(str(tmp_path))
    yield switch
    switch.stop()


@pytest.fixture
def conf(tmp_path, switch):
    path = tmp_path / "twinbeat.conf"
    path.write_text(CONF.replace("PORT", str(switch.port))
                    .replace("KEY", str(tmp_path / "key")))
    return str(path)


class Terminal:
    """A command on a pty, as a person sees it."""

    def __init__(self, *words, term="dumb", **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(environment, TERM=term)
            os.execv(TWINBEAT, [TWINBEAT, *map(str, words)])
        self.seen = ""

    def expect(self, text, timeout=10):
        limit = time.monotonic() + timeout
        while text not in self.seen:
            left = limit - time.monotonic()
            assert left > 0, self.seen
            if select.select([self.fd], [], [], left)[0]:
                try:
                    self.seen += os.read(self.fd, 4096).decode()
                except OSError:
                    assert text in self.seen, self.seen

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self, timeout=60):
        limit = time.monotonic() + timeout
        while True:
            left = max(0, limit - time.monotonic())
            if not select.select([self.fd], [], [], left)[0]:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise AssertionError("it does not end: " + self.seen)
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


# ---- the command line ----

def differ(where, listed):
    """What to write where, for who adds a command."""
    return "%s has not: %s; COMMANDS of tests/netns/test_cli.py has not: %s" \
        "; or the order differs: %s" % (
            where, sorted(set(COMMANDS) - set(listed)) or "-",
            sorted(set(listed) - set(COMMANDS)) or "-", listed)


def test_help_names_every_command_and_man_page_agrees():
    text = run("--help").stdout
    listed = re.findall(r"^  ([a-z]+) ", text, re.M)
    assert listed == COMMANDS, differ(
        "the table in src/cli/twinbeat.c", listed)
    with open(os.path.join(ROOT, "src/cli/twinbeat.8"), encoding="ascii") as f:
        page = f.read().split(".Sh COMMANDS")[1].split(".Sh FILES")[0]
    # the nested list of fence actions begins with words that are no commands
    items = list(dict.fromkeys(re.findall(r"^\.It Cm (\w+)", page, re.M)))
    nested = {"off", "on", "reboot"}
    items = [w for i, w in enumerate(items) if w not in nested
             and not (w == "status" and i > 0)]
    assert items == COMMANDS, differ("COMMANDS of src/cli/twinbeat.8", items)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_in_80_columns(command):
    done = run(command, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("usage: twinbeat " + command)
    assert max(map(len, done.stdout.splitlines())) <= 80
    with open(os.path.join(ROOT, "src/cli/twinbeat.8"), encoding="ascii") as f:
        page = f.read()
    for option in re.findall(r"^  --([a-z]+)", done.stdout, re.M):
        assert "Fl Fl " + option in page or "--" + option in page, option


def history_line(number, reason="VI_1: BACKUP -> MASTER: proof fenced"):
    return json.dumps({
        "seq": number, "at": "2026-11-22T03:12:44Z", "boottime_ms": 1000,
        "kind": "instance", "instance": "VI_1", "from": "BACKUP",
        "to": "MASTER", "proof": None, "reason": reason}) + "\n"


def test_history_reads_the_journal_newest_last(tmp_path):
    none = run("--state-dir", tmp_path, "history")
    assert none.returncode == 1 and "no history in" in none.stderr
    (tmp_path / "journal.1").write_text(
        "".join(history_line(n) for n in range(1, 41)))
    (tmp_path / "journal").write_text(
        "".join(history_line(n) for n in range(41, 51)) +
        '{"seq":51,"at":"20\n' + "\x1b[2J\n" +
        history_line(52, "a \x1b[2J word") + history_line(53)[:30])
    done = run("--state-dir", tmp_path, "history", "--json", "-n", "15")
    numbers = [json.loads(line)["seq"] for line in done.stdout.splitlines()]
    assert done.returncode == 0 and done.stderr == ""
    assert numbers == list(range(37, 51)) + [52]
    done = run("--state-dir", tmp_path, "history")
    assert done.stdout.count("2026-11-22T03:12:44Z") == 20
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_history_names_the_link_of_an_instance_once(tmp_path):
    """As timeline does."""
    line = json.loads(history_line(1, "vrrp:VI_1: up -> down: no advert"))
    (tmp_path / "journal").write_text(
        json.dumps(dict(line, kind="link")) + "\n")
    assert run("--state-dir", tmp_path, "history").stdout.endswith(
        "  link vrrp:VI_1: up -> down: no advert\n")


def test_full_disk_is_not_success():
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([TWINBEAT, "--help"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"stdout" in done.stderr


# ---- talking to the daemon ----

@pytest.mark.parametrize("words", [
    ["status"], ["status", "--json"], ["handover"], ["standby"], ["online"],
    ["maintenance", "on"], ["confirm", "lb01", "--yes"]], ids=" ".join)
def test_no_daemon_is_exit_3(run_dir, words):
    done = run("--run-dir", run_dir, *words)
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "cannot reach twinbeatd at " + run_dir in done.stderr


def test_a_path_too_long_for_a_socket_is_said(tmp_path):
    done = run("--run-dir", tmp_path / ("x" * 120), "status")
    assert done.returncode == 3 and "too long for a socket" in done.stderr


def test_a_daemon_that_hangs_is_exit_3(run_dir):
    with FakeDaemon(run_dir, {("status", None): [20]}):
        start = time.monotonic()
        done = run("--run-dir", run_dir, "status")
    assert done.returncode == 3 and "has said nothing for 5 s" in done.stderr
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("answer,code,words", [
    ([], 3, "closed the connection"),
    ([b"not json\n"], 1, "not understood"),
    ([b"[1]\n"], 1, "not understood"),
    ([b'{"done":true,"ok":true'], 3, "closed the connection"),
    ([b"{" * 100000 + b"\n"], 1, "not understood"),
    ([{"done": True, "ok": True, "text": "nothing"}], 1, "gave no status"),
    ([b"x" * (9 << 20)], 3, "closed the connection"),
], ids=["nothing", "words", "array", "half", "deep", "no-status", "huge"])
def test_a_broken_answer_is_never_success(run_dir, answer, code, words):
    with FakeDaemon(run_dir, {("status", None): answer}):
        done = run("--run-dir", run_dir, "status")
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("words,request_", [
    (["handover"], {"command": "handover"}),
    (["standby"], {"command": "standby"}),
    (["online"], {"command": "online"}),
    (["maintenance", "on"], {"command": "maintenance", "on": True}),
    (["maintenance", "off"], {"command": "maintenance", "on": False}),
    (["answer", "k7qm42xr", "1"],
     {"command": "answer", "code": "K7QM42XR", "answer": 1}),
    (["confirm", "lb01", "--yes"],
     {"command": "confirm", "node": "lb01", "force": False}),
    (["confirm", "--force", "--yes", "lb01"],
     {"command": "confirm", "node": "lb01", "force": True}),
], ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_R13_commands_say_what_the_daemon_says(run_dir, words, request_):
    key = (request_["command"], None)
    for ok in (True, False):
        answer = [{"step": "a step", "elapsed_ms": 7},
                  {"done": True, "ok": ok, "text": "so it is"}]
        with FakeDaemon(run_dir, {key: answer}) as daemon:
            done = run("--run-dir", run_dir, *words)
        assert daemon.requests == [request_]
        assert "0.007 s  a step\n" in done.stdout
        assert done.returncode == (0 if ok else 1)
        assert "so it is" in (done.stdout if ok else done.stderr)


def test_a_long_wait_is_said_without_a_terminal(run_dir):
    answer = [3.2, {"done": True, "ok": True, "text": "lb01 owns the VIPs"}]
    with FakeDaemon(run_dir, {("handover", None): answer}):
        done = run("--run-dir", run_dir, "handover")
    assert done.returncode == 0
    assert "s  still waiting: the addresses to move" in done.stdout
    assert "\033" not in done.stdout and "\r" not in done.stdout


# ---- status ----

def status_text(run_dir, status, *words):
    with FakeDaemon(run_dir, status=status):
        done = run("--run-dir", run_dir, "status", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_status_json_is_the_daemons_object(run_dir):
    assert json.loads(status_text(run_dir, STATUS, "--json")) == STATUS


@pytest.mark.parametrize("changes,verdict", [
    ({}, "ALL WELL: lb01 serves VI_1"),
    ({"alerts": [ALERT]}, "SERVED, WITH 1 ALERT: lb01 serves VI_1"),
    ({"peer__fit": False}, "SERVED, BUT NO STANDBY CAN TAKE OVER"),
    ({"fit": False}, "SERVED, BUT NO STANDBY CAN TAKE OVER"),
    ({"peer__owns": []}, "NOBODY IS KNOWN TO SERVE VI_1"),
    ({"peer__state": "silent"}, "NOBODY IS KNOWN TO SERVE VI_1"),
    ({"instances": [dict(STATUS["instances"][0], state="MASTER")]},
     "BOTH NODES CLAIM VI_1"),
    ({"instances": [dict(STATUS["instances"][0], state="MASTER")],
      "peer__owns": [], "peer__state": "off"},
     "SERVED, BUT NO STANDBY CAN TAKE OVER: lb02 serves VI_1"),
], ids=lambda x: x if isinstance(x, str) else "")
def test_status_begins_with_the_verdict(run_dir, changes, verdict):
    text = status_text(run_dir, status_with(**changes))
    assert text.startswith(verdict), text


def test_status_says_how_old_a_word_is_and_what_was_never_read(run_dir):
    def words(**changes):
        return " ".join(status_text(run_dir, status_with(**changes)).split())

    # a plug that this daemon has not read since its start is no bad plug
    unread = [{"node": "lb02", "device": "pdu", "plug": "2", "state": "unknown",
               "proven": False, "read_ms": None}]
    text = words(fence__plugs=unread)
    assert "pdu plug 2: not read yet" in text and "not yet proven" not in text
    text = words(fence__plugs=[dict(unread[0], read_ms=40)])
    assert "plug 2: unknown, read 40 ms ago, not yet proven" in text
    # who says that it is not fit says why; of one not heard it is unknown
    text = words(peer__fit=False, peer__statement_ms=90)
    assert "NOT FIT, its own status says why" in text and "by its word" not in text
    for age in ({}, {"peer__statement_ms": 95000}):
        text = words(peer__fit=False, **age)
        assert "not known as fit" in text and "NOT FIT" not in text
    assert "hears us by serial, by its word of 1 m 35 s ago" in text


def test_status_is_ascii_in_80_columns_whatever_is_said(run_dir):
    nasty = "192.0.2.77 \x1b[2J\x07\u00e9vil " + "word " * 60
    status = status_with(
        alerts=[{"name": "foreign-vrrp", "text": nasty, "since_ms": 5},
                {"name": "unheard-of", "text": "x", "since_ms": None}],
        fit=False, unfit_reasons=[nasty, nasty], peer__owns=["VI_1"] * 30)
    status["links"][0]["errors"] = {"auth": 123456, "framing": 234567,
                                    "replay": 345678, "loop": 456789}
    status["links"][0]["drops"] = {"checksum": 12345, "vip-list": 99}
    status["instances"][0]["addresses"] = ["192.0.2.%d/32" % i
                                           for i in range(200)]
    status["instances"][0]["waiting_for"] = nasty
    text = status_text(run_dir, status)
    assert text.isascii() and "\x1b" not in text and "\x07" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "and 188 more" in text
    assert "another daemon uses our VRID" in text


def test_status_survives_an_object_with_nothing_in_it(run_dir):
    text = status_text(run_dir, {})
    assert "ALL WELL" not in text
    text = status_text(run_dir, {"links": 3, "alerts": {}, "peer": [],
                                 "instances": [1, {}], "fence": "x"})
    assert "ALL WELL" not in text


def test_status_has_colours_only_on_a_terminal(run_dir):
    with FakeDaemon(run_dir):
        plain = run("--run-dir", run_dir, "status").stdout
        terminal = Terminal("--run-dir", run_dir, "status", term="xterm")
        assert terminal.end() == 0
        dumb = Terminal("--run-dir", run_dir, "status")
        assert dumb.end() == 0
    assert "\033[" not in plain and "\033[" in terminal.seen
    assert dumb.seen.replace("\r\n", "\n") == plain
    assert re.sub(r"\033\[[0-9;]*m", "",
                  terminal.seen).replace("\r\n", "\n") == plain


def test_every_alert_has_advice_and_a_place_in_readme():
    with open(os.path.join(ROOT, "src/core/names.c"), encoding="ascii") as f:
        names = re.findall(r'\[ALERT_[A-Z_]+\]\s*=\s*"([a-z-]+)"', f.read())
    with open(os.path.join(ROOT, "src/core/state.h"), encoding="ascii") as f:
        known = re.findall(r"^\tALERT_[A-Z_]+,", f.read(), re.M)
    assert len(names) == len(known) >= 25
    with open(os.path.join(ROOT, "src/status/advice.c"), encoding="ascii") as f:
        advice = re.findall(r'\{"([a-z-]+)", ADVICE', f.read())
    assert sorted(advice) == sorted(names)
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        rows = re.findall(r"^\| `([a-z-]+)` \|", f.read(), re.M)
    assert sorted(set(names) - set(rows)) == []


# ---- fence through the daemon ----

STEPS = [{"step": "pdu plug 1 reads on", "elapsed_ms": 3},
         {"step": "pdu plug 1: switched off", "elapsed_ms": 9}]


def fence_answers(action, ok, result, state):
    return {("fence", action): STEPS + [
        {"done": True, "ok": ok, "text": "lb01: read back " + state,
         "result": result, "plugs": plugs(state)}]}


def test_R13_fence_shows_steps_and_exits_0_when_read_back(run_dir):
    with FakeDaemon(run_dir, fence_answers("off", True, "off", "off")) as d:
        done = run("--run-dir", run_dir, "fence", "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    asked = [r for r in d.requests if r["command"] != "status"]
    assert asked == [{"command": "fence", "node": "lb01", "action": "off"}]
    assert "0.009 s  pdu plug 1: switched off" in done.stdout
    assert done.stdout.endswith("lb01: read back off; now lb01 serves VI_1\n")


@pytest.mark.parametrize("action,ok,result,state", [
    ("off", True, "unknown", "unknown"), ("off", True, "on", "on"),
    ("off", True, None, "off"), ("off", False, "off", "off"),
    ("on", True, "off", "off"), ("reboot", True, "failed", "on"),
    ("status", True, "unknown", "unknown"), ("off", False, "failed", "on")])
def test_R13_fence_not_read_back_is_exit_1(run_dir, action, ok, result, state):
    answers = fence_answers(action, ok, result, state)
    with FakeDaemon(run_dir, answers):
        done = run("--run-dir", run_dir, "fence", "lb01", "--yes", "--action",
                   action)
    assert done.returncode == 1 and "lb01: read back" in done.stderr


def test_R13_fence_cut_off_in_the_middle_is_exit_1(run_dir):
    with FakeDaemon(run_dir, {("fence", "off"): STEPS}):
        done = run("--run-dir", run_dir, "fence", "lb01", "--yes")
    assert done.returncode == 1 and "result is not known" in done.stderr


def test_R13_fence_json_is_one_object(run_dir):
    with FakeDaemon(run_dir, fence_answers("off", True, "off", "off")):
        done = run("--run-dir", run_dir, "fence", "lb01", "--yes", "--json",
                   "--device", "pdu")
    said = json.loads(done.stdout)
    assert done.returncode == 0 and done.stderr == ""
    assert (said["ok"], said["result"], said["via"]) == (True, "off", "daemon")
    assert said["steps"] == STEPS and said["plugs"] == plugs("off")


def test_R13_fence_refuses_the_own_node_and_strangers(run_dir):
    with FakeDaemon(run_dir) as daemon:
        own = run("--run-dir", run_dir, "fence", "lb02", "--yes")
        other = run("--run-dir", run_dir, "fence", "lb03", "--yes")
    assert own.returncode == 1 and "no node fences itself" in own.stderr
    assert other.returncode == 1 and 'only "lb02" and "lb01"' in other.stderr
    assert {r["command"] for r in daemon.requests} == {"status"}


def test_R13_fence_asks_for_the_name_at_a_terminal(run_dir):
    answers = fence_answers("off", True, "off", "off")
    answers.update(fence_answers("status", True, "on", "on"))
    with FakeDaemon(run_dir, answers) as daemon:
        terminal = Terminal("--run-dir", run_dir, "fence", "lb01")
        terminal.expect("Type the name lb01")
        assert "it says that it owns: VI_1" in terminal.seen
        assert "serial: up, last heard 85 ms ago" in terminal.seen
        assert "fed by pdu plug 1: on" in terminal.seen
        assert ("fence", "off") not in [(r["command"], r.get("action"))
                                        for r in daemon.requests]
        terminal.type("lb01\n")
        assert terminal.end() == 0
        assert "it hears us by: serial" in terminal.seen
        assert "served now: lb01 serves VI_1" in terminal.seen
    assert [r["action"] for r in daemon.requests
            if r["command"] == "fence"] == ["status", "off"]


@pytest.mark.parametrize("typed", ["\n", "y\n", "yes\n", "lb02\n", "lb01 \n",
                                   "LB01\n", "\x04", "\x03"])
def test_R13_fence_takes_nothing_but_the_name(run_dir, typed):
    answers = fence_answers("status", True, "on", "on")
    with FakeDaemon(run_dir, answers) as daemon:
        terminal = Terminal("--run-dir", run_dir, "fence", "lb01")
        terminal.expect("anything else to leave it: ")
        terminal.type(typed)
        assert terminal.end() == 1
    assert "nothing was switched" in terminal.seen
    assert "off" not in [r.get("action") for r in daemon.requests]


def test_R13_an_interrupt_in_the_last_moment_counts(run_dir):
    """Between the question and the kernel's wait for the answer."""
    answers = fence_answers("status", True, "on", "on")
    with FakeDaemon(run_dir, answers) as daemon:
        terminal = Terminal(
            "--run-dir", run_dir, "fence", "lb01",
            LD_PRELOAD=os.path.abspath(BUILD + "/tests/late_interrupt.so"))
        terminal.expect("anything else to leave it: ")
        assert terminal.end(timeout=10) == 1
    assert "nothing was switched" in terminal.seen
    assert "off" not in [r.get("action") for r in daemon.requests]


def test_R13_confirm_asks_for_the_name_at_a_terminal(run_dir):
    said = {("confirm", None): [{"done": True, "ok": True, "text": "done"}]}
    with FakeDaemon(run_dir, said) as daemon:
        terminal = Terminal("--run-dir", run_dir, "confirm", "lb01")
        terminal.expect("If it does run, both nodes")
        terminal.expect("Type the name lb01")
        terminal.type("lb01\n")
        assert terminal.end() == 0
        terminal = Terminal("--run-dir", run_dir, "confirm", "lb01")
        terminal.expect("Type the name lb01")
        terminal.type("yes\n")
        assert terminal.end() == 1
    assert [r["command"] for r in daemon.requests].count("confirm") == 1


def test_a_moving_line_on_a_terminal(run_dir):
    answers = {("fence", "off"): [STEPS[0], 2.6] +
               fence_answers("off", True, "off", "off")[("fence", "off")][1:]}
    with FakeDaemon(run_dir, answers):
        terminal = Terminal("--run-dir", run_dir, "fence", "lb01", "--yes",
                            term="xterm")
        assert terminal.end() == 0
    # the last step is not what is waited for
    assert "waiting, the last was: pdu plug 1 reads on" in terminal.seen
    assert "\r\033[K" in terminal.seen


def test_interrupt_says_that_the_daemon_goes_on(run_dir):
    with FakeDaemon(run_dir, {("fence", "off"): STEPS + [20]}):
        tool = subprocess.Popen(
            [TWINBEAT, "--run-dir", run_dir, "fence", "lb01", "--yes"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while "switched off" not in tool.stdout.readline():
            pass
        tool.send_signal(signal.SIGINT)
        _, error = tool.communicate(timeout=5)
    assert tool.returncode == 1 and "it finishes" in error


# ---- fence without a daemon ----

def direct(run_dir, conf, *words, node="lb02"):
    return run("--run-dir", run_dir, "-c", conf, "--node", node, "fence",
               *words)


def test_R13_fence_works_without_a_daemon(run_dir, conf, switch):
    done = direct(run_dir, conf, "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    assert "working directly" in done.stdout
    assert "lb01 is off: " in done.stdout
    plug = switch.plug(1)
    assert not plug["power"] and switch.plug(2)["power"]
    done = direct(run_dir, conf, "lb01", "--yes")
    assert done.returncode == 0 and "read off before" in done.stdout
    done = direct(run_dir, conf, "lb01", "--action", "status")
    assert done.returncode == 0 and "0 of 1 plugs of lb01" in done.stdout
    done = direct(run_dir, conf, "lb01", "--action", "on", "--yes")
    assert done.returncode == 0 and switch.plug(1)["power"]
    assert "lb01 has power: every plug was read back on" in done.stdout


def test_R13_fence_reboot_without_a_daemon(run_dir, conf, switch):
    start = time.monotonic()
    done = direct(run_dir, conf, "lb01", "--action", "reboot", "--yes",
                  "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0 and said["result"] == "on", done.stderr
    assert said["via"] == "direct" and switch.plug(1)["power"]
    assert time.monotonic() - start > 0.5  # power_wait_ms and off_ms
    assert [r["function"] for r in switch.requests(5)] == [5, 5]


@pytest.mark.parametrize("command", ["weld 1", "refuse on", "fault silent"])
def test_R13_fence_without_read_back_is_exit_1(run_dir, conf, switch, command):
    switch.tell(command)
    done = direct(run_dir, conf, "lb01", "--yes")
    assert done.returncode == 1, done.stdout
    assert "NOT known to be off" in done.stderr


def test_R13_fence_without_a_daemon_refuses_and_asks(run_dir, conf, switch):
    own = direct(run_dir, conf, "lb02", "--yes")
    assert own.returncode == 1 and "no node fences itself" in own.stderr
    assert direct(run_dir, conf, "lb01").returncode == 2
    wrong = direct(run_dir, conf, "lb01", "--yes", "--device", "ups")
    assert wrong.returncode == 1 and \
        'no device "ups"; lb01 is fed by "pdu"' in wrong.stderr
    terminal = Terminal("--run-dir", run_dir, "-c", conf, "--node", "lb02",
                        "fence", "lb01")
    terminal.expect("fed by pdu plug 1: on")
    terminal.expect("Type the name lb01")
    assert switch.plug(1)["power"]
    terminal.type("lb01\n")
    assert terminal.end() == 0
    assert not switch.plug(1)["power"]


def test_R13_fence_bad_file_without_a_daemon_is_exit_1(run_dir, tmp_path):
    bad = tmp_path / "bad.conf"
    bad.write_text("pair = 3;\n")
    done = direct(run_dir, bad, "lb01", "--yes")
    assert done.returncode == 1 and "cannot be used" in done.stderr


def test_R13_fence_lock_held_but_nobody_answers_is_exit_3(run_dir, conf,
                                                         switch):
    with open(os.path.join(run_dir, "pid"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        done = direct(run_dir, conf, "lb01", "--yes")
    assert done.returncode == 3 and "pid 4711" in done.stderr
    assert switch.requests() == []


def test_R13_fence_waits_for_the_last_daemons_helpers(run_dir, conf, switch):
    with open(os.path.join(run_dir, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tool = subprocess.Popen(
            [TWINBEAT, "--run-dir", run_dir, "-c", conf, "--node", "lb02",
             "fence", "lb01", "--yes"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        assert "waiting for the keeper" in tool.stderr.readline()
        assert switch.requests() == []
    out, error = tool.communicate(timeout=10)
    assert tool.returncode == 0, out + error


def test_R13_fence_holds_the_run_lock_while_it_works(run_dir, conf, switch):
    switch.tell("fault slow 250")
    tool = subprocess.Popen(
        [TWINBEAT, "--run-dir", run_dir, "-c", conf, "--node", "lb02",
         "fence", "lb01", "--yes"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    assert "working directly" in tool.stdout.readline()
    for name in ("pid", "lock"):
        with open(os.path.join(run_dir, name), encoding="ascii") as lock:
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert tool.wait(timeout=20) == 0
    tool.stdout.close()
    tool.stderr.close()


def test_the_fencer_that_stops_is_unknown(tmp_path, run_dir, conf):
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(TWINBEAT, folder)
    fencer = folder / "twinbeat-fencer"
    fencer.write_text("#!/bin/sh\nexit 1\n")
    fencer.chmod(0o755)
    done = subprocess.run(
        [str(folder / "twinbeat"), "--run-dir", run_dir, "-c", conf, "--node",
         "lb02", "fence", "lb01", "--yes"], text=True, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=10, check=False)
    assert done.returncode == 1 and "not known" in done.stderr


# ---- the drill, seen from the terminal ----

DRILL = {"node": "lb01", "at": "2026-11-22T03:12:44Z", "result": "passed",
         "off_ms": 412, "back_ms": 61234,
         "passed_at": "2026-11-22T03:12:44Z", "running": ""}


def drill_answers(ok=True, wait=0):
    return {("drill", None): [
        {"step": "maintenance is on, on both nodes", "elapsed_ms": 5}, wait,
        {"done": True, "ok": ok, "text": "the drill of lb01 ended",
         "drill": DRILL}]}


def test_R13_drill_asks_for_the_name(run_dir):
    for typed, code in (("lb01\n", 0), ("lb02\n", 1), ("y\n", 1)):
        with FakeDaemon(run_dir, drill_answers()) as daemon:
            terminal = Terminal("--run-dir", run_dir, "fence", "--drill",
                                "lb01", "--wait", "9")
            terminal.expect("Type the name lb01")
            assert "boots by itself when power" in terminal.seen
            assert "drill" not in [r["command"] for r in daemon.requests]
            terminal.type(typed)
            assert terminal.end() == code, terminal.seen
        asked = [r for r in daemon.requests if r["command"] == "drill"]
        assert asked == ([{"command": "drill", "node": "lb01", "wait_s": 9}]
                         if code == 0 else [])


def test_R13_drill_json_is_one_object(run_dir):
    for ok in (True, False):
        with FakeDaemon(run_dir, drill_answers(ok)):
            done = run("--run-dir", run_dir, "fence", "--drill", "lb01",
                       "--yes", "--json")
        said = json.loads(done.stdout)
        assert done.returncode == (0 if ok else 1)
        assert said["ok"] is ok and said["drill"] == DRILL
        assert said["steps"][0]["step"].startswith("maintenance is on")


def test_R13_interrupted_drill_is_ended_at_the_daemon(run_dir):
    answers = drill_answers(wait=20)
    answers[("maintenance", None)] = [
        {"done": True, "ok": True, "text": "maintenance is off again"}]
    with FakeDaemon(run_dir, answers) as daemon:
        terminal = Terminal("--run-dir", run_dir, "fence", "--drill", "lb01",
                            "--yes")
        terminal.expect("maintenance is on, on both nodes")
        terminal.type("\x03")
        assert terminal.end() == 1
    assert daemon.requests[-1] == {"command": "maintenance", "on": False}
    assert "maintenance is off again" in terminal.seen


@pytest.mark.parametrize("words", [
    ["--device", "pdu"], ["--dry-run"], ["--action", "on"], ["--wait", "x"],
    ["--wait", "3601"], ["--wait", ""]], ids=" ".join)
def test_R13_drill_goes_with_little_else(run_dir, words):
    done = run("--run-dir", run_dir, "fence", "--drill", "lb01", "--yes",
               *words)
    assert done.returncode == 2 and done.stdout == ""
    assert run("--run-dir", run_dir, "fence", "lb01", "--yes", "--wait",
               "5").returncode == 2


@pytest.mark.parametrize("drill,words", [
    (None, "drill: none yet"),
    (DRILL, "verified off in 412 ms, heard again after 1 m 1 s"),
    (dict(DRILL, result="failed"), "the last one failed"),
    (dict(DRILL, result="", at="", passed_at="", running="cut"),
     "UNDER WAY (cut)"),
    (dict(DRILL, at="rubbish", passed_at="\x1b[2J"), "the last one passed")])
def test_status_tells_the_last_drill(run_dir, drill, words):
    text = status_text(run_dir, status_with(fence__drill=drill))
    assert words in " ".join(text.split()) and "\x1b" not in text


# ---- dry run without a daemon ----

def test_R13_dry_run_without_a_daemon(run_dir, conf, switch):
    done = direct(run_dir, conf, "lb01", "--dry-run")
    text = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "level 1: pdu plug 1 (reads on): would be switched off" in text
    assert "NO PROOF here: without a daemon nobody takes over" in text
    switch.tell("fault silent")
    done = direct(run_dir, conf, "lb01", "--dry-run", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1 and said["dry_run"] and not said["proof"]
    assert not switch.requests(5) and switch.plug(1)["power"]


# ---- check, keygen ----

def test_check_counts_errors_and_warnings(tmp_path, conf):
    assert run("keygen", tmp_path / "key").returncode == 0
    good = run("--node", "lb01", "check", conf)
    assert re.search(r"^%s: 0 errors, \d+ warnings?$" % re.escape(conf),
                     good.stdout.splitlines()[-1])
    assert good.returncode == 0 and good.stderr == "", good.stdout
    bad = tmp_path / "bad.conf"
    with open(conf, encoding="ascii") as file:
        bad.write_text(file.read().replace("vrid = 55", "vrid = 555")
                       .replace("pair", "pear"))
    done = run("--node", "lb01", "-c", bad, "check")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and done.stderr == ""
    for line in lines[:-1]:
        assert re.match(r"%s:\d+: (error|warning): " % re.escape(str(bad)),
                        line), line
    errors = sum(": error: " in line for line in lines)
    assert errors >= 2
    assert lines[-1].startswith("%s: %d errors, " % (bad, errors))


def test_check_of_a_missing_file_is_an_error():
    done = run("check", "/nonexistent/twinbeat.conf")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == \
        "/nonexistent/twinbeat.conf: 1 error, 0 warnings"


def test_keygen_never_overwrites(tmp_path):
    key = tmp_path / "key"
    done = run("keygen", key)
    assert done.returncode == 0 and key.stat().st_mode & 0o777 == 0o600
    text = key.read_text()
    assert re.fullmatch(r"[0-9a-f]{64}\n", text)
    done = run("keygen", key)
    assert done.returncode == 1 and key.read_text() == text
    assert done.stderr.startswith("twinbeat: keygen: ")


# ---- pages and unit ----

@pytest.mark.parametrize("page", ["twinbeat.8", "twinbeatd.8",
                                  "twinbeat-director.8", "twinbeat.conf.5",
                                  "fence_twinbeat.8"])
def test_man_pages_lint(page):
    path = os.path.join(os.path.abspath(BUILD), "man", page)
    if not os.path.exists(path):
        pytest.fail(path + " is missing: make")
    done = subprocess.run(["mandoc", "-Tlint", path], text=True,
                          capture_output=True, check=False)
    found = [line for line in done.stdout.splitlines()
             if "referenced manual not found" not in line
             and "mandoc.db" not in line]
    assert not found
