# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat timeline: the last failover, drawn from one journal and from both.

The nodes have clocks of their own (time namespaces), more than 49 days apart:
a beat's stamp goes round in that time."""
import json
import os
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest

from lab import BUILD, Lab, wait_for

DAYS_60 = 60 * 86400


def timeline(state_dir, *words, columns=80):
    return subprocess.run(
        [BUILD + "/twinbeat", "--state-dir", str(state_dir), "timeline",
         *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=20, check=False,
        env=dict(os.environ, COLUMNS=str(columns)))


def gap_ms(text):
    return int(re.search(r": (\d+) ms\s+without an owner",
                         " ".join(text.split())).group(1))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What two nodes wrote down of a death and of a handover."""
    kept = tmp_path_factory.mktemp("journals")
    with Lab(booted_s=(DAYS_60, 3000)) as lab:
        lb01, lb02 = lab.nodes
        lab.settle()
        lab.outage_ms()
        lb01.die()
        lb02.wait_state("MASTER")
        outage = lab.wait_client("lb02", 15)
        time.sleep(0.3)   # the journal is written by another process
        for node in lab.nodes:
            shutil.copytree(node.state_dir, kept / "died" / node.name)
        lab.pdu("on 1")
        lb01.power_on()
        lab.settle(owner=1)
        assert lb02.twinbeat("handover").returncode == 0
        lb01.wait_state("MASTER")
        lb02.wait_state("BACKUP")
        time.sleep(0.3)
        for node in lab.nodes:
            shutil.copytree(node.state_dir, kept / "gave" / node.name)
    return kept, outage


def test_the_gap_is_what_a_client_saw(told):
    kept, outage = told
    done = timeline(kept / "died" / "lb02")
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "VI_1 went to lb02" in text and "sign of life of lb01" in \
        " ".join(text.split())
    # a client asks each few ms; the last beat came up to 100 ms before the end
    assert abs(gap_ms(text) - outage) < 250, (text, outage)
    assert all(len(line) <= 80 for line in text.splitlines()), text
    for word in ("silent", "confirmed", "MASTER", "nobody", "serial", "fence"):
        assert word in text
    # the fence begins after the silence, and ends before the claim
    order = [text.index(word) for word in
             ("up -> silent", "idle -> running", "-> confirmed",
              "BACKUP -> MASTER")]
    assert order == sorted(order)


def test_the_peers_journal_is_placed_by_beats(told):
    """Wall clocks are made wrong on purpose, and nothing changes."""
    kept, _ = told
    peer = kept / "died" / "lb01" / "journal"
    right = timeline(kept / "died" / "lb02", "--peer", peer, columns=200)
    assert right.returncode == 0, right.stderr
    error = int(re.search(r"the two journals \+-(\d+) ms",
                          " ".join(right.stdout.split())).group(1))
    assert error < 100
    wrong = kept / "wrong_clock"
    wrong.write_text(re.sub(r'"at":"\d+', '"at":"1999', peer.read_text()))
    assert timeline(kept / "died" / "lb02", "--peer", wrong,
                    columns=200).stdout == right.stdout

    def at(text):
        line = next(line for line in right.stdout.splitlines() if text in line)
        return int(line.split()[0])
    # what the one did, the other one saw a moment later
    became, seen = at("lb01: VI_1: BACKUP -> MASTER"), \
        at("lb02: link vrrp:VI_1: never -> up")
    assert became - error <= seen < became + 1000
    assert at("lb02: VI_1: BACKUP -> MASTER") == gap_ms(right.stdout)


def test_a_handover_is_measured_from_the_release(told):
    """Asked on either node, with the whole directory of the other."""
    kept, _ = told
    gaps = []
    for one, other in (("lb01", "lb02"), ("lb02", "lb01")):
        done = timeline(kept / "gave" / one, "--peer", kept / "gave" / other)
        assert done.returncode == 0, done.stderr
        words = " ".join(done.stdout.split())
        assert "VI_1 went to lb01" in words
        assert "from the release in the journal of lb02" in words
        gaps.append(gap_ms(done.stdout))
    assert gaps[0] == gaps[1] < 2000
    # alone, lb02 knows of its own take-over only
    assert "VI_1 went to lb02" in timeline(kept / "gave" / "lb02").stdout


def read_svg(path):
    tree = ElementTree.parse(path)
    texts = [node.text or "" for node in tree.iter(
        "{http://www.w3.org/2000/svg}text")]
    bars = [node for node in tree.iter("{http://www.w3.org/2000/svg}rect")
            if node.get("class") in ("good", "half", "bad", "empty")]
    return texts, bars


def test_the_picture_as_svg(told, tmp_path):
    kept, _ = told
    svg = tmp_path / "out.svg"
    done = timeline(kept / "died" / "lb02", "--peer", kept / "died" / "lb01",
                    "--svg", svg)
    assert done.returncode == 0, done.stderr
    texts, bars = read_svg(svg)
    gap = gap_ms(done.stdout)
    assert "%d ms" % gap in texts
    for label in ("lb01", "lb02", "serial at lb02", "serial at lb01",
                  "fence at lb02", "owner of VI_1", "nobody"):
        assert label in texts, texts
    assert all(float(bar.get("width")) > 0 and
               0 <= float(bar.get("x")) <= 1100 for bar in bars)
    assert timeline(kept / "died" / "lb02", "--peer",
                    kept / "died" / "lb01", "--svg", "-").stdout == \
        svg.read_text()
    # no script, and nothing from elsewhere
    assert "<script" not in svg.read_text() and \
        "http" not in svg.read_text().replace("http://www.w3.org/", "")


def test_since_draws_all_since_then(told):
    kept, _ = told
    lines = [json.loads(line) for line in
             (kept / "gave" / "lb02" / "journal").read_text().splitlines()]
    done = timeline(kept / "gave" / "lb02", "--since", "1h", columns=200)
    assert done.returncode == 0
    assert lines[0]["reason"] in done.stdout
    assert lines[-1]["reason"] in done.stdout
    later = timeline(kept / "gave" / "lb02", "--since", lines[-1]["at"],
                     columns=200)
    assert lines[-1]["reason"] in later.stdout
    assert lines[0]["reason"] not in later.stdout
    assert "nothing has happened since" in timeline(
        kept / "gave" / "lb02", "--since", "2099-01-01T00:00:00Z").stderr
    for word in ("yesterday", "-5m", "5", "m", "", "5mm", "2026-13-01T00:00Z"):
        done = timeline(kept / "gave" / "lb02", "--since", word)
        assert done.returncode == 2 and "in UTC" in done.stderr, word


# ---- bad input ----

def test_a_journal_cut_anywhere(told, tmp_path):
    """A line that is damaged is left out, and counted; nothing crashes."""
    kept, _ = told
    state = tmp_path / "state"
    state.mkdir()
    whole = (kept / "died" / "lb02" / "journal").read_bytes()
    for cut in list(range(0, len(whole), len(whole) // 40)) + [
            len(whole) - 1]:
        (state / "journal").write_bytes(whole[:cut])
        own = timeline(state)
        assert own.returncode in (0, 1), (cut, own.returncode)
        assert own.returncode == 0 or own.stderr.count("\n") >= 1
        peer = timeline(kept / "gave" / "lb01", "--peer", state / "journal")
        assert peer.returncode in (0, 1), (cut, peer)
    # damage in the middle: the picture is still there
    (state / "journal").write_bytes(whole.replace(
        b'{"seq":3,', b'{"seq":\0\xff3,', 1))
    done = timeline(state)
    assert done.returncode == 0 and "1 lines are damaged" in done.stderr
    assert "VI_1 went to lb02" in done.stdout


def test_a_journal_of_somebody_else(told, tmp_path):
    kept, _ = told
    state = kept / "died" / "lb02"
    text = (kept / "died" / "lb01" / "journal").read_text()
    other = tmp_path / "other"
    other.write_text(re.sub(r'run":"[0-9a-f]{8}', 'run":"0badcafe', text)
                     .replace('"pair":"web"', '"pair":"mail"'))
    done = timeline(state, "--peer", other)
    assert done.returncode == 1 and "of another pair" in done.stderr
    assert "lb01 of mail" in done.stderr
    done = timeline(state, "--peer", state / "journal")
    assert done.returncode == 1 and "history of lb02 itself" in done.stderr
    # written by a daemon that told no beats yet
    old = tmp_path / "old"
    old.write_text("".join(
        json.dumps({k: v for k, v in json.loads(line).items() if k not in
                    ("beat", "pair", "node", "peer")}) + "\n"
        for line in text.splitlines()))
    done = timeline(state, "--peer", old)
    assert done.returncode == 1 and "of another pair" in done.stderr
    (tmp_path / "journal").write_text(old.read_text())
    assert timeline(tmp_path).returncode == 0


@pytest.mark.parametrize("content", [
    b"", b"\n\n", b"hello\n", b"\0" * 5000, b"{}\n[]\n1\n", b"\xff" * 9000,
    b'{"seq":1,"boottime_ms":"x","kind":"instance"}\n',
    b'{"seq":1,"boottime_ms":9223372036854775807,"kind":"instance"}\n'],
    ids=["empty", "blank", "words", "zeros", "json", "noise", "type", "huge"])
def test_no_journal_at_all(told, tmp_path, content):
    kept, _ = told
    path = tmp_path / "journal"
    path.write_bytes(content)
    for done in (timeline(tmp_path),
                 timeline(kept / "died" / "lb02", "--peer", path)):
        assert done.returncode == 1 and re.search(
            "no history|is no history", done.stderr), done.stderr


def test_files_that_cannot_be_read_or_written(told, tmp_path):
    kept, _ = told
    state = kept / "died" / "lb02"
    assert "no history" in timeline(tmp_path / "none").stderr
    done = timeline(state, "--svg", "/proc/nothing/x.svg")
    assert done.returncode == 1 and "cannot write" in done.stderr
    os.mkfifo(tmp_path / "fifo")
    assert timeline(state, "--peer", tmp_path / "fifo").returncode == 1


def line_of(seq, ms, kind, old, new, instance=None, reason=""):
    return json.dumps({
        "seq": seq, "at": "2026-11-29T03:12:44Z", "boottime_ms": ms,
        "kind": kind, "instance": instance, "from": old, "to": new,
        "proof": None, "reason": reason}) + "\n"


def test_ten_thousand_events(tmp_path):
    """A link that flapped: no more bars than pixels, words for a screen."""
    lines = [line_of(1, 1, "peer", "up", "silent", reason="peer b: silent")]
    for i in range(2, 10000):
        old, new = ("up", "down") if i % 2 else ("down", "up")
        lines.append(line_of(i, i * 70, "link", old, new, reason="link "
                             "serial: %s -> %s: <flap> & 'flap'" % (old, new)))
    lines.append(line_of(10000, 700000, "instance", "BACKUP", "MASTER", "VI_1",
                         "VI_1: BACKUP -> MASTER"))
    (tmp_path / "journal").write_text("".join(lines))
    begun = time.monotonic()
    svg = tmp_path / "out.svg"
    done = timeline(tmp_path, "--svg", svg)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 10
    texts, bars = read_svg(svg)
    assert len(bars) < 2000 and svg.stat().st_size < 400000
    assert any("... 9960 events ..." in text for text in texts)
    text = timeline(tmp_path).stdout
    assert "... 9800 events ..." in text and len(text.splitlines()) < 600
    assert "BACKUP -> MASTER" in text


def test_lane_names_are_only_text(tmp_path):
    """Nothing of a journal moves a cursor or is markup."""
    evil = "</text><script>alert(1)</script>\x1b[2J"
    (tmp_path / "journal").write_text(
        line_of(1, 1, "peer", "up", "\x1b[2Jsilent", reason=evil) +
        line_of(2, 2, "link", "up", evil,
                reason="link %s: up -> %s: x" % (evil, evil)) +
        line_of(3, 3, "instance", evil, "MASTER", evil, evil))
    text = timeline(tmp_path).stdout
    assert "\x1b" not in text
    svg = timeline(tmp_path, "--svg", "-").stdout
    assert "<script" not in svg and "\x1b" not in svg
    ElementTree.fromstring(svg)
