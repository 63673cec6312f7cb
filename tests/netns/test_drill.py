# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat fence --drill and --dry-run on a real pair (R13)."""
import json
import os
import signal
import subprocess

import pytest

from lab import BUILD, children_of, wait_for


def power_events(lab):
    return [(e["plug"], e["on"]) for e in lab.pdu_events()
            if e["event"] == "power"]


def writes(lab):
    return [e for e in lab.pdu_events()
            if e["event"] == "request" and e["function"] == 5]


@pytest.fixture
def pair(make_lab):
    lab = make_lab(off_ms=1000)
    lab.settle()
    return lab


def on_disk(node):
    with open(os.path.join(node.state_dir, "state"), encoding="ascii") as f:
        return f.read()


def wait_on_disk(node, line):
    """The runner writes it, a slow disk later."""
    wait_for("on disk: " + line, lambda: line in on_disk(node))


def begin(node, *words):
    """A drill as a process; its lines come as they are said."""
    return subprocess.Popen(
        ["nsenter", "-t", str(node.init), "-p", "-m", "-n",
         BUILD + "/twinbeat", "--run-dir", node.run_dir, "-c", node.config,
         "--node", node.name, "fence", "--drill", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


def tell(tool, signum):
    """nsenter waits for the command itself: that one is meant."""
    os.kill(children_of(tool.pid)[0], signum)


def boot(lab, number=1):
    """The machine boots by itself when its plug is on again."""
    wait_for("power is back", lambda: (number + 1, True) in power_events(lab))
    wait_for("it boots", lambda: list(lab.boot_switched_on()))


def at_rest(lab):
    for node in lab.nodes:
        wait_for("no maintenance on " + node.name,
                 lambda n=node: not n.status()["maintenance"])


def test_R13_drill_passes(pair):
    lb01, lb02 = pair.nodes
    assert lb01.fence()["drill"] is None
    tool = begin(lb01, "lb02", "--yes", "--wait", "30")
    wait_for("both are in maintenance", lambda: (2, False)
             in power_events(pair))
    assert lb01.status()["maintenance"]
    assert (lb01.fence()["drill"] or {}).get("running")
    refused = lb01.twinbeat("handover")
    assert refused.returncode == 1 and "a drill of lb02" in refused.stderr
    boot(pair)
    out, error = tool.communicate(timeout=40)
    assert tool.returncode == 0, out + error
    for text in ("maintenance is on, on both nodes", "acknowledged: its plugs",
                 "verified off", "power restored", "heard again"):
        assert text in " ".join(out.split()), (text, out)
    assert "the drill of lb02 passed" in " ".join(out.split())
    assert power_events(pair) == [(2, False), (2, True)]
    at_rest(pair)
    assert lb01.state() == "MASTER"
    drill = lb01.fence()["drill"]
    assert drill["result"] == "passed" and drill["running"] == ""
    assert drill["node"] == "lb02" and drill["passed_at"] == drill["at"]
    assert 0 < drill["off_ms"] < 5000 and 0 < drill["back_ms"] < 30000
    assert "the last one passed" in " ".join(
        lb01.twinbeat("status").stdout.split())
    # it is no fence of the loop guard, and it outlives a restart
    wait_on_disk(lb01, "drill_result = 1\n")
    assert "fenced_at_0 = 0\n" in on_disk(lb01)
    lb02.wait_state("BACKUP")
    lb01.kill()
    lb02.wait_state("MASTER")
    lb01.start()
    wait_for("lb01 remembers", lambda: lb01.fence()["drill"] == drill)
    # and the history tells all of it, numbered on over the restart
    lines = [json.loads(line) for line in
             lb01.twinbeat("history", "--json", "-n", "1000")
             .stdout.splitlines()]
    assert [e["seq"] for e in lines] == list(range(1, len(lines) + 1))
    assert [e["to"] for e in lines if e["kind"] == "drill"] == [
        "running", "passed"]
    assert "confirmed" in [e["to"] for e in lines if e["kind"] == "fence"]
    assert {"seq", "at", "boottime_ms", "kind", "instance", "from", "to",
            "proof", "reason", "pair", "node", "peer", "beat"} == set(lines[0])
    masters = [e for e in lines if e["to"] == "MASTER"]
    assert masters[0]["instance"] == "VI_1" and masters[0]["reason"]


def test_R13_drill_is_refused(pair):
    lb01, lb02 = pair.nodes
    cases = [(lb02, "lb01", "never cuts an owner"),
             (lb01, "lb01", "no node fences itself"),
             (lb01, "lb03", 'no node "lb03"')]
    for node, name, text in cases:
        done = node.twinbeat("fence", "--drill", name, "--yes")
        assert done.returncode == 1 and text in done.stderr, done.stderr
    assert lb01.twinbeat("fence", "--drill", "lb02").returncode == 2
    assert lb01.twinbeat("fence", "--drill", "lb02", "--yes", "--wait",
                         "0").returncode == 2
    assert lb01.twinbeat("maintenance", "on").returncode == 0
    done = lb01.twinbeat("fence", "--drill", "lb02", "--yes")
    assert done.returncode == 1 and "maintenance is on" in done.stderr
    assert lb01.twinbeat("maintenance", "off").returncode == 0
    pair.cable("cut")
    lb01.wait_alert("link-down")
    done = lb01.twinbeat("fence", "--drill", "lb02", "--yes")
    assert done.returncode == 1 and "not heard both ways" in done.stderr
    assert not writes(pair) and lb01.fence()["drill"] is None


def test_R13_drill_of_a_node_that_does_not_boot(pair):
    lb01 = pair.nodes[0]
    done = lb01.twinbeat("fence", "--drill", "lb02", "--yes", "--wait", "2",
                         "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1 and not said["ok"]
    assert "was not heard within 2 s" in said["text"]
    assert said["drill"]["result"] == "failed"
    assert power_events(pair) == [(2, False), (2, True)]
    assert not lb01.status()["maintenance"] and lb01.state() == "MASTER"
    # whom nobody told learns it when it comes back
    list(pair.boot_switched_on())
    at_rest(pair)


def test_R13_drill_ended_by_interrupt_puts_all_back(pair):
    lb01 = pair.nodes[0]
    tool = begin(lb01, "lb02", "--yes")
    wait_for("it is cut", lambda: (2, False) in power_events(pair))
    tell(tool, signal.SIGINT)
    out, error = tool.communicate(timeout=20)
    assert tool.returncode == 1, out
    assert "maintenance is off" in error and "cancelled" in error, error
    assert power_events(pair) == [(2, False), (2, True)]
    assert not lb01.status()["maintenance"]
    assert lb01.fence()["drill"]["result"] == "cancelled"


def test_R13_drill_goes_on_without_its_terminal(pair):
    lb01 = pair.nodes[0]
    tool = begin(lb01, "lb02", "--yes", "--wait", "30")
    wait_for("it is cut", lambda: (2, False) in power_events(pair))
    tell(tool, signal.SIGKILL)
    tool.communicate(timeout=5)
    boot(pair)
    wait_for("it passed",
             lambda: (lb01.fence()["drill"] or {}).get("result") == "passed", 20)
    at_rest(pair)


def test_R13_drill_in_which_the_plug_is_welded(pair):
    lb01, lb02 = pair.nodes
    pair.pdu("weld 2")
    done = lb01.twinbeat("fence", "--drill", "lb02", "--yes")
    assert done.returncode == 1 and "was not proven off" in done.stderr
    assert lb02.is_powered() and lb01.state() == "MASTER"
    at_rest(pair)
    drill = lb01.fence()["drill"]
    assert drill["result"] == "failed" and drill["passed_at"] == ""
    lb02.wait_state("BACKUP")  # it never noticed
    assert len(pair.nodes[1].ons) == 1


def test_R13_drill_and_a_restart_in_the_middle(make_lab):
    lab = make_lab(off_ms=60000)
    lab.settle()
    lb01 = lab.nodes[0]
    tool = begin(lb01, "lb02", "--yes")
    wait_for("it is dark",
             lambda: (lb01.fence()["drill"] or {}).get("running") == "dark")
    wait_on_disk(lb01, "drill_pending = 1\n")
    lb01.kill()
    tool.communicate(timeout=10)
    assert tool.returncode == 1
    lb01.starter.wait()
    lb01.start()
    boot(lab)
    wait_for("it is told as failed",
             lambda: (lb01.fence()["drill"] or {}).get("result") == "failed", 20)
    at_rest(lab)
    lab.judge()


# ---- --dry-run ----

def test_R13_dry_run_writes_nothing_and_says_what_it_would_prove(pair):
    lb02 = pair.nodes[1]
    done = lb02.twinbeat("fence", "lb01", "--dry-run")
    text = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "level 1: pdu plug 1 (reads on): would be switched off" in text
    assert "it would be a proof for taking over" in text
    pair.pdu("fault silent")
    done = lb02.twinbeat("fence", "lb01", "--dry-run", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1 and said["dry_run"] and not said["proof"]
    assert "no whole level" in said["text"]
    assert not writes(pair) and not power_events(pair)


def test_R13_fence_says_who_serves_in_the_end(pair):
    lb02 = pair.nodes[1]
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stdout.split()).endswith("; now lb02 serves VI_1")


def test_history_is_bounded_and_numbered_on(make_lab):
    lab = make_lab(boot=False)
    lb01 = lab.nodes[0]
    journal = os.path.join(lb01.state_dir, "journal")
    line = '{"seq":%d,"at":"","kind":"x","reason":"' + "y" * 400 + '"}\n'
    torn = '{"seq":3001,"at":"20'    # by a power cut
    with open(journal, "w", encoding="ascii") as f:
        f.write("".join(line % n for n in range(1, 3001)))
        f.write(torn)
    lb01.power_on()

    def newest():
        done = lb01.twinbeat("history", "--json", "-n", "5")
        return [json.loads(text)["seq"] for text in done.stdout.splitlines()]
    # between the two there is none for a moment
    wait_for("the file has turned", lambda: os.path.exists(journal + ".1") and
             os.path.exists(journal) and newest()[-1] > 3001)
    assert os.path.getsize(journal) < 1 << 20
    assert os.path.getsize(journal + ".1") > 1 << 20
    with open(journal, encoding="ascii") as f:
        first = json.loads(f.readline())["seq"]
    # the torn line is left out, its number is not used again
    numbers = [n for n in newest() if n > 3000]
    assert numbers == list(range(3002, numbers[-1] + 1))[-len(numbers):]
    with open(journal + ".1", encoding="ascii") as f:
        older = f.read().splitlines()
    # it stands where it stood: at the end of the older file
    assert older[-1] == torn and json.loads(older[-2])["seq"] == 3000
    assert first == 3002
