# SPDX-License-Identifier: GPL-3.0-or-later
"""check_twinbeat(8): exit codes, the line, performance data."""
import os
import re
import subprocess
import time

import pytest

from fake_daemon import (ALERT, DIRECTOR, SERVER, FakeDaemon, plugs,
                         status_with)

BUILD = os.environ.get("BUILD", "build")
CHECK = os.path.abspath(os.path.join(BUILD, "check_twinbeat"))
HERE = [{"name": "VI_1", "state": "MASTER"}]
THERE = [{"name": "VI_1", "state": "BACKUP"}]
FIGURE = r"'[^'=]+'=-?[0-9.e+]+(ms)?;[^; ]*;[^; ]*;0"


def check(run_dir, *words, **more):
    done = subprocess.run([CHECK, "--run-dir", run_dir, *words], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30, check=False, **more)
    first = done.stdout.splitlines()[0]
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[done.returncode]
    assert first.startswith("TWINBEAT %s - " % word), first
    text, _, figures = first.partition(" | ")
    assert "|" not in text + figures
    if figures:
        assert re.fullmatch(r"%s( %s)*" % (FIGURE, FIGURE), figures), figures
    return done.returncode, text, figures, done.stdout


@pytest.fixture(name="run_dir")
def make_run_dir(tmp_path):
    (tmp_path / "run").mkdir()
    return str(tmp_path / "run")


def ago(days):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ",
                         time.gmtime(time.time() - days * 86400))


def drill(days, result="passed"):
    return {"node": "lb01", "result": result, "passed_at": ago(days)}


SERIAL = {"name": "serial", "type": "serial", "state": "up", "age_ms": 85}
VRRP = {"name": "vrrp:VI_1", "type": "vrrp", "state": "up", "age_ms": 90}


# mode and words, what differs in the status, exit code, said, figures
@pytest.mark.parametrize("words,status,code,said,figures", [
    (["-m", "simple"], {"instances": THERE}, 0, "lb02 holds nothing",
     "'held'=0;;;0"),
    (["-m", "simple"], {"instances": HERE}, 1, "lb02 holds VI_1",
     "'held'=1;;;0"),
    (["-m", "simple", "-i", "VI_2"], {"instances": HERE}, 3,
     "there is no instance 'VI_2'", ""),
    (["-m", "simple", "-i", "VI_1"],
     {"instances": THERE + [{"name": "VI_2", "state": "MASTER"}]}, 0,
     "lb02 holds nothing", ""),
    (["-m", "simple"], {"instances": None}, 3, "names no instance", ""),
    (["-m", "rigorous"], {"instances": HERE, "peer__state": "off",
                          "peer__owns": [],
                          "links": [{**SERIAL, "state": "down"}]}, 0,
     "lb02 holds VI_1, and lb01 is not heard (off)", ""),
    (["-m", "rigorous"], {"instances": HERE, "peer__owns": []}, 1,
     "lb02 holds VI_1, and lb01 is alive", ""),
    (["-m", "rigorous"], {"instances": HERE, "peer__owns": [],
                          "peer__state": "silent",
                          "links": [{**SERIAL, "state": "half"}]}, 1,
     "lb02 holds VI_1, and lb01 is alive", ""),
    (["-m", "rigorous"], {"instances": HERE}, 2,
     "lb02 and lb01 both hold VI_1", ""),
    (["-m", "rigorous"], {}, 0, "lb02 holds nothing", ""),
    (["-m", "links"], {"links": [SERIAL, VRRP]}, 0, "2 links fine",
     "'age:serial'=85ms;;;0 'age:vrrp:VI_1'=90ms;;;0"),
    (["-m", "links", "-w", "80", "-c", "500"], {"links": [SERIAL]}, 1,
     "serial is up, heard 0.085 s ago", "'age:serial'=85ms;80;500;0"),
    (["-m", "links", "-w", "10", "-c", "@80:90"], {"links": [SERIAL]}, 2,
     "serial is up", ""),
    (["-m", "links"], {"links": [{**SERIAL, "state": "down"}, VRRP]}, 2,
     "no two-way link is up", ""),
    (["-m", "links"], {"links": [SERIAL, {**VRRP, "state": "never",
                                          "age_ms": None}]}, 1,
     "vrrp:VI_1 is never, never heard", ""),
    (["-m", "links"], {"links": [SERIAL, {**VRRP, "state": "sending",
                                          "age_ms": None}]}, 0, "", ""),
    (["-m", "links"], {"links": []}, 3, "names no link", ""),
    (["-m", "fence"], {}, 0, "1 device and 1 plug of lb01 fine",
     "'read:pdu'=12000ms;;;0 'devices_failing'=0;;;0 "
     "'plugs_unproven'=0;;;0"),
    (["-m", "fence", "-w", "10000"], {}, 1, "pdu was read 12 s ago", ""),
    (["-m", "fence"], {"fence__devices": [
        {"name": "pdu", "ok": False, "error": "refused | 'x'=1"}]}, 2,
     "device pdu fails: refused   'x'=1", "'devices_failing'=1;;;0"),
    (["-m", "fence"], {"fence__plugs": [{**plugs("on")[0],
                                         "proven": False}]}, 1,
     "plug 1 of lb01 is not proven", ""),
    (["-m", "fence"], {"peer__fence_ok": False}, 1, "has not said", ""),
    (["-m", "fence"], {"fence__plugs": [], "fence__devices": []}, 1,
     "no plug of lb01 is configured", ""),
    (["-m", "fence"], {"peer__kind": "vrrp", "fence__devices": [],
                       "fence__plugs": []}, 0, "plain VRRP", ""),
    (["-m", "drill"], {"fence__drill": None}, 1, "no drill has passed", ""),
    (["-m", "drill", "-w", "90"], {"fence__drill": drill(3)}, 0,
     "a drill passed 3 days ago", "'drill_age_days'=3"),
    (["-m", "drill", "-w", "90", "-c", "180"], {"fence__drill": drill(100)},
     1, "a drill passed 100 days ago", ";90;180;0"),
    (["-m", "drill", "-w", "90", "-c", "180"], {"fence__drill": drill(200)},
     2, "", ""),
    (["-m", "drill"], {"fence__drill": drill(3, "failed")}, 2,
     "the last drill failed", ""),
    (["-m", "drill"], {"fence__drill": drill(-3)}, 0, "passed 0 days", ""),
    ([], {"links": [SERIAL, VRRP]}, 0, "ALL WELL: lb01 serves VI_1", "'alerts'=0;;;0"),
    ([], {"alerts": [ALERT]}, 1, "link-down: serial: nothing heard", ""),
    ([], {"alerts": [{"name": "split-brain", "text": "both"}]}, 2,
     "split-brain: both", ""),
    ([], {"alerts": [{"name": "of-a-later-version", "text": "?"}]}, 1, "",
     ""),
    ([], {"peer__owns": []}, 2, "NOBODY IS KNOWN TO SERVE VI_1", ""),
    ([], {"instances": HERE}, 2, "BOTH NODES CLAIM VI_1", ""),
    ([], {"peer__fit": False}, 1, "NO STANDBY", ""),
    ([], {"fence__devices": [{"name": "pdu", "ok": False, "error": "x"}]}, 2,
     "device pdu fails: x", ""),
    (["-w", "90"], {"fence__drill": drill(100)}, 1, "100 days ago", ""),
    ([], {"fence__drill": drill(100), "links": [SERIAL, VRRP]}, 0, "",
     "'drill_age_days'=100"),
])
def test_modes(run_dir, words, status, code, said, figures):
    with FakeDaemon(run_dir, status=status_with(**status)):
        got, text, numbers, _ = check(run_dir, *words)
    assert (got, said in text, figures in numbers) == (code, True, True), (
        got, text, numbers)


def services(*states, **server):
    return {"state": "ok", "services": [
        {"name": "web", "state": state, "up": 1, "total": 1,
         "servers": [{**SERVER, **server}]} for state in states]}


@pytest.mark.parametrize("words,director,code,said,figures", [
    ([], services("ok"), 0, "1 service, 0 of 1 servers down",
     "'up:web'=1;;;0 'services_below_quorum'=0;;;0 'servers_down'=0;;;0"),
    ([], DIRECTOR, 1, "web/web2 is down: http 503 /up",
     "'servers_down'=1;;;0"),
    ([], services("degraded", check="held"), 1, "web/web1 is down", ""),
    ([], services("ok", check="falling"), 0, "", ""),
    ([], services("ok", check="down", admin="drain"), 0, "",
     "'servers_down'=0;;;0"),
    (["-w", "1", "-c", "2"], DIRECTOR, 0, "2 services, 1 of 3 servers down",
     "'servers_down'=1;1;2;0"),
    (["-w", "0"], DIRECTOR, 1, "1 of 3 servers are down", ""),
    (["-c", "0"], DIRECTOR, 2, "1 of 3 servers are down", ""),
    ([], services("ok", "fallback"), 2, "web is below its quorum, 1 of 1 up: "
     "fallback", "'services_below_quorum'=1;;;0"),
    (["-w", "9"], services("empty"), 2, "below its quorum", ""),
    ([], services("panic"), 2, "below its quorum", ""),
    ([], {**services("ok"), "state": "off"}, 2, "forwards nothing", ""),
    ([], {**services("ok"), "state": "blind"}, 1, "the director is blind", ""),
    ([], {"state": "ok", "services": []}, 3, "names no service", ""),
    ([], {}, 3, "names no service", ""),
    ([], None, 3, "no twinbeat-director runs", ""),
])
def test_the_director(run_dir, words, director, code, said, figures):
    with FakeDaemon(run_dir, director=director):
        got, text, numbers, _ = check(run_dir, "-m", "director", *words)
    assert (got, said in text, figures in numbers) == (code, True, True), (
        got, text, numbers)


def test_a_director_that_hangs_is_critical(run_dir):
    with FakeDaemon(run_dir, answers={("list", None): [b"{}\n"]},
                    director={}):
        code, text, _, _ = check(run_dir, "-m", "director")
    assert (code, "gives no answer" in text) == (2, True), text


def test_an_empty_status_is_never_ok(run_dir):
    with FakeDaemon(run_dir, status={}):
        for mode in "all simple rigorous links fence drill director".split():
            assert check(run_dir, "-m", mode)[0] != 0, mode


def test_verbose_says_what_to_do(run_dir):
    with FakeDaemon(run_dir, status=status_with(alerts=[
            {"name": "link-down", "text": "serial | 'a'=1\nTWINBEAT OK"}])):
        _, _, _, whole = check(run_dir, "-v")
    lines = whole.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("link-down: serial   'a'=1 TWINBEAT OK; ")
    assert len(lines[1]) > 60


def test_no_daemon_is_critical_and_no_right_is_unknown(run_dir):
    code, text, _, _ = check(run_dir)
    assert (code, "no twinbeatd seems to run there" in text) == (2, True)
    with FakeDaemon(run_dir):
        os.chmod(run_dir, 0o755)
        os.chmod(run_dir + "/control.sock", 0o600)
        code, text, _, _ = check(
            run_dir, preexec_fn=lambda: (os.setgid(65534), os.setuid(65534)))
    assert (code, "only root may ask" in text) == (3, True)


def test_a_daemon_that_hangs_is_critical_in_time(run_dir):
    with FakeDaemon(run_dir, answers={("status", None): [20]}):
        began = time.monotonic()
        code, text, _, _ = check(run_dir, "-t", "1")
    assert time.monotonic() - began < 5
    assert (code, "no answer in time" in text) == (2, True)


@pytest.mark.parametrize("answer", [
    b"", b"no json\n", b'{"done": true}\n', b'{"done": true, "status": 7}\n',
    b'{"step": "x"}\n', b"[" * 100000 + b"\n"])
def test_an_answer_that_breaks_off_is_critical(run_dir, answer):
    with FakeDaemon(run_dir, answers={("status", None): [answer]}):
        assert check(run_dir)[0] == 2


@pytest.mark.parametrize("words,said", [
    (["-m", "everything"], "no mode 'everything'"),
    (["-w", "ten"], "-w ten is no range"), (["-c", "5:1"], "is no range"),
    (["-t", "0"], "1 to 3600 seconds"), (["-t", "x"], "1 to 3600 seconds"),
    (["more"], "'more' is one word too many"), (["--nosuch"], "wrong usage"),
    (["-m"], "wrong usage")])
def test_wrong_usage_is_unknown(run_dir, words, said):
    code, text, _, _ = check(run_dir, *words)
    assert (code, said in text) == (3, True), text


def test_a_line_that_nobody_reads_is_not_ok(run_dir):
    with FakeDaemon(run_dir), open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CHECK, "--run-dir", run_dir], stdout=full,
                              check=False)
    assert done.returncode == 3


def test_help_and_manual_name_every_option():
    done = subprocess.run([CHECK, "--help"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 3
    manual = subprocess.run(
        ["mandoc", "-T", "utf8", "src/cli/check_twinbeat.8"],
        capture_output=True, text=True, check=True).stdout
    manual = re.sub(".\b", "", manual)
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", done.stdout))
    assert len(options) == 9
    assert not options - set(re.findall(r"--[a-z-]+", manual))
    for mode in "all simple rigorous links fence drill director".split():
        assert re.search(r"^ +%s " % mode, done.stdout, re.M), mode
        assert re.search(r"^ +%s$|^ +%s " % (mode, mode), manual, re.M), mode
