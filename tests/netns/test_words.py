# SPDX-License-Identifier: GPL-3.0-or-later
"""What twinbeat(8) says, to people and to programs: the verdict, the history,
the width of a terminal, and what man pages show as examples."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from fake_daemon import ALERT, STATUS, FakeDaemon, status_with
from lab import wait_for
from test_cli import ROOT, TWINBEAT, run

MASTER = [dict(STATUS["instances"][0], state="MASTER")]
VERDICTS = [
    ({}, 0, "ALL WELL"),
    ({"alerts": [ALERT]}, 4, "SERVED, WITH ALERTS"),
    ({"alerts": [ALERT, ALERT]}, 4, "SERVED, WITH ALERTS"),
    ({"peer__fit": False}, 5, "SERVED, BUT NO STANDBY CAN TAKE OVER"),
    ({"fit": False, "alerts": [ALERT]}, 5,
     "SERVED, BUT NO STANDBY CAN TAKE OVER"),
    ({"instances": MASTER, "peer__owns": [], "peer__state": "silent"}, 5,
     "SERVED, BUT NO STANDBY CAN TAKE OVER"),
    ({"peer__owns": []}, 6, "NOBODY IS KNOWN TO SERVE"),
    ({"peer__state": "off"}, 6, "NOBODY IS KNOWN TO SERVE"),
    ({"instances": MASTER}, 6, "BOTH NODES CLAIM"),
]


@pytest.fixture
def run_dir(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    return str(path)


# ---- N06 ----

@pytest.mark.parametrize("changes,code,word", VERDICTS)
def test_N06_check_tells_by_exit_status(run_dir, changes, code, word):
    with FakeDaemon(run_dir, status=status_with(**changes)):
        done = run("--run-dir", run_dir, "status", "--check")
        plain = run("--run-dir", run_dir, "status")
    assert done.returncode == code and plain.returncode == 0
    assert done.stdout.count("\n") == 1
    first = done.stdout.replace("1 ALERT:", "ALERTS:").replace("2 A", "A")
    assert first.startswith(word)
    # the line of the screen, which folds it
    assert " ".join(plain.stdout.split()).startswith(done.stdout.strip())


def test_N06_without_a_daemon_check_is_exit_3(run_dir):
    done = run("--run-dir", run_dir, "status", "--check")
    assert done.returncode == 3 and done.stdout == ""


def test_N06_a_pair_says_its_verdict_in_json(make_lab):
    lab = make_lab()
    lab.settle()
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        status = node.status()
        assert status["verdict"] == "ALL WELL", status["verdict_text"]
        assert status["verdict_text"] == "ALL WELL: lb01 serves VI_1"
        assert node.twinbeat("status", "--check").returncode == 0
    # the standby leaves cleanly: nobody could take over
    lb02.twinbeat("standby")
    wait_for("no standby", lambda: lb01.status()["verdict"] ==
             "SERVED, BUT NO STANDBY CAN TAKE OVER")
    assert lb01.twinbeat("status", "--check").returncode == 5


def test_N06_the_man_pages_jq_line_prints_something(run_dir):
    with open(os.path.join(ROOT, "src/cli/twinbeat.8"),
              encoding="ascii") as file:
        lines = re.findall(r"^\.Dl (twinbeat status --json \|.*)$",
                           file.read(), re.M)
    assert lines
    status = dict(STATUS, verdict="ALL WELL", verdict_text="ALL WELL: x")
    for line in lines:
        # the words that jq is asked for, whether it is installed or not
        asked = re.search(r"jq -r '(.*)'", line).group(1).split(",")
        assert asked[0].strip() == ".verdict"
        with FakeDaemon(run_dir, status=status):
            done = run("--run-dir", run_dir, "status", "--json")
        assert json.loads(done.stdout)[asked[0].strip()[1:]] == "ALL WELL"


# ---- N10 ----

def journal(tmp_path, *lines):
    with open(tmp_path / "journal", "w", encoding="ascii") as file:
        for number, (kind, to, reason) in enumerate(lines, 1):
            file.write(json.dumps({
                "seq": number, "at": "2026-11-22T23:12:44Z",
                "boottime_ms": 1000, "kind": kind,
                "instance": None if kind == "alert" else "VI_1",
                "from": None, "to": to, "proof": None,
                "reason": reason}) + "\n")


LONG = "link-down: serial: " + "nothing heard from lb01 " * 20
RAISED = ("alert", "raised", LONG)
CLEARED = ("alert", "cleared", LONG)
MOVED = ("instance", "MASTER", "VI_1: BACKUP -> MASTER: proof fenced")


def history(tmp_path, zone):
    return run("--state-dir", tmp_path, "history",
               env=dict(os.environ, TZ=zone)).stdout


def test_N10_raised_and_cleared_look_different(tmp_path):
    journal(tmp_path, RAISED, CLEARED, MOVED)
    raised, cleared, moved = history(tmp_path, "UTC").splitlines()
    assert "  RAISED link-down" in raised
    assert "  cleared link-down" in cleared
    # an instance is named once
    assert moved.count("VI_1") == 1 and "RAISED" not in moved


def test_N10_one_event_is_one_line_when_piped(tmp_path):
    journal(tmp_path, RAISED, MOVED)
    lines = history(tmp_path, "UTC").splitlines()
    assert len(lines) == 2 and len(lines[0]) > 400


@pytest.mark.parametrize("zone,local", [
    ("Europe/Berlin", "2026-11-23T00:12:44+01:00"),
    ("CET-1", "2026-11-23T00:12:44+01:00"),
    ("IST-5:30", "2026-11-23T04:42:44+05:30"),
    ("EST5", "2026-11-22T18:12:44-05:00")])
def test_N10_local_time_stands_beside_utc(tmp_path, zone, local):
    if "/" in zone and not os.path.exists("/usr/share/zoneinfo/" + zone):
        pytest.skip("no zone files")
    journal(tmp_path, MOVED)
    text = history(tmp_path, zone)
    assert text.startswith("2026-11-22T23:12:44Z " + local + "  ")


# ---- the width of the terminal ----

def on_terminal(columns, *words):
    main, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0,
                                                     0))
    process = subprocess.Popen([TWINBEAT, *words], stdin=end, stdout=end,
                               stderr=end, env=dict(os.environ, TERM="dumb"))
    os.close(end)
    text = b""
    while True:
        try:
            more = os.read(main, 65536)
        except OSError:
            break
        if not more:
            break
        text += more
    os.close(main)
    process.wait(timeout=10)
    return text.decode("ascii").replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [40, 60, 132])
def test_N10_lines_are_as_wide_as_the_terminal(run_dir, tmp_path, columns):
    journal(tmp_path, RAISED)
    long = status_with(alerts=[dict(ALERT, text="word " * 60)])
    with FakeDaemon(run_dir, status=long):
        text = on_terminal(columns, "--run-dir", run_dir, "status")
    widest = max(map(len, text.splitlines()))
    assert columns - 10 < widest <= columns, text
    text = on_terminal(columns, "--state-dir", str(tmp_path), "history")
    widest = max(map(len, text.splitlines()))
    assert columns - 10 < widest <= columns, text


# ---- single words ----

def test_N06_a_peer_never_heard_has_no_broken_fence_path(run_dir):
    """Neither one that is silent: it has not said so."""
    for changes in ({"peer__statement_ms": None, "peer__fence_ok": False},
                    {"peer__state": "silent", "peer__fence_ok": False},
                    {"peer__state": "unknown", "peer__fence_ok": False}):
        with FakeDaemon(run_dir, status=status_with(**changes)):
            text = run("--run-dir", run_dir, "status").stdout
        assert "FENCE PATH" not in text
    with FakeDaemon(run_dir, status=status_with(peer__fence_ok=False)):
        text = run("--run-dir", run_dir, "status").stdout
    assert "ITS FENCE PATH IS BROKEN" in " ".join(text.split())


def test_who_reaches_a_switch_alone_does_not_reach_it_too(run_dir):
    device = {"name": "pdu", "driver": "modbus", "ok": True, "checked_ms": 40,
              "error": "", "peer_ok": True}
    for changes, end in (({}, "; the peer reaches it too"),
                         ({"ok": False, "error": "silent"},
                          "silent; the peer reaches it")):
        with FakeDaemon(run_dir, status=status_with(
                fence__devices=[dict(device, **changes)])):
            text = run("--run-dir", run_dir, "status").stdout
        line = re.search(r"^  pdu .*\n(?:   .*\n)*", text, re.M)[0]
        assert " ".join(line.split()).endswith(end), text


def test_N06_handover_to_names_the_node(run_dir):
    answer = [{"done": True, "ok": True, "text": "lb01 owns the VIPs now"}]
    with FakeDaemon(run_dir, {("handover", None): answer}) as daemon:
        done = run("--run-dir", run_dir, "handover", "--to", "lb01")
    assert done.returncode == 0
    assert daemon.requests == [{"command": "handover", "node": "lb01"}]


def test_N06_keygen_makes_no_file_of_that_name(tmp_path):
    done = run("keygen", "-", cwd=tmp_path)
    assert done.returncode == 2 and "a key is a file" in done.stderr
    assert os.listdir(tmp_path) == []


def test_R15_check_against_names_the_keys(tmp_path):
    good = open("etc/twinbeat.conf", encoding="ascii").read()
    (tmp_path / "a").write_text(good.replace("tie_ms = 3000", "tie_ms = 6000"))
    (tmp_path / "b").write_text(
        good.replace("tie_ms = 3000", "tie_ms = 4000")
        .replace('key_file = "/etc', 'key_file = "/var')
        .replace("/dev/twinbeat0", "/dev/ttyS1")
        .replace("startup_ms = 60000;", "")
        .replace("unclean_startup_ms = 300000;", "unclean_startup_ms = 1;"))
    done = run("check", tmp_path / "a", "--against", tmp_path / "b")
    assert done.returncode == 1
    assert done.stdout.splitlines()[:-1] == [
        "fence.tie_ms: 6000 here, 4000 there",
        "unclean_startup_ms: 300000 here, 1 there"]
    assert done.stdout.splitlines()[-1].endswith("2 keys differ")
    done = run("check", tmp_path / "a", "--against", tmp_path / "a")
    assert done.returncode == 0
    done = run("check", tmp_path / "a", "--against", tmp_path / "none")
    assert done.returncode == 1 and "cannot open" in done.stderr


def test_check_print_is_a_file_that_reads_back(tmp_path):
    done = run("--node", "lb02", "check", "etc/twinbeat.conf", "--print")
    assert done.returncode == 0 and not done.stderr
    lines = done.stdout.splitlines()
    assert "lb02" in lines[0] and lines[0].startswith("# ")
    assert "  tie_ms = 3000; # default" in lines
    assert "    priority = 150;" in lines
    (tmp_path / "again").write_text(done.stdout)
    again = run("--node", "lb02", "check", tmp_path / "again", "--print")
    assert again.stdout == done.stdout and not again.stderr
    done = run("check", tmp_path / "again", "--against", "etc/twinbeat.conf")
    assert done.returncode == 0
    (tmp_path / "again").write_text(done.stdout + "tie = 1;")
    done = run("check", tmp_path / "again", "--print")
    assert done.returncode == 1 and not done.stdout
    assert "again:1: error: " in done.stderr


def test_check_keys_has_a_line_for_each(tmp_path):
    done = run("check", "--keys")
    assert done.returncode == 0 and not done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for start in ("pair name, required: ",
                  "fence.tie_ms 0 to 3600000 ms, default 3000: ",
                  'fence.action "off", "reboot", default "off": ',
                  "links.udp[].interval_ms 3.3 to 3600000 ms, default 100: ",
                  "nodes[].serial path, the nodes may differ: ",
                  "watchdog.timeout_s 1 to 3600 s, default 5",
                  "devices[].cipher ipmi 0 to 17, default 17: "):
        assert any(line.startswith(start) for line in lines), start
    assert len(lines) > 120
