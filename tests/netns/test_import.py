# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat import as it is installed: what it writes passes twinbeat check, what
it calls unknown keepalived 2.2.7 calls unknown, and no file makes it stumble.
The values are tests/unit/test_import_cases.c's."""
import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
TWINBEAT = os.path.abspath(os.path.join(BUILD, "twinbeat"))
CASES = os.path.join(ROOT, "tests", "import")
PAIRS = sorted(name[:-len(".conf")] for name in os.listdir(CASES)
               if name.endswith(".conf") and ".peer." not in name)
REFUSED = {"07-three-nodes"}
KEEPALIVED = shutil.which("keepalived")


def run(*words, cwd=None):
    return subprocess.run([TWINBEAT, *map(str, words)], cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30, check=False)


def import_case(name):
    peer = f"{name}.peer.conf"
    words = ["import", f"{name}.conf"]
    if os.path.exists(os.path.join(CASES, peer)):
        words += ["--peer", peer]
    return run(*words, cwd=CASES)


def check(text, tmp_path):
    """The errors of twinbeat check, as key and sentence."""
    path = tmp_path / "twinbeat.conf"
    path.write_text(text)
    node = re.search(r'name = "([^"]*)"', text).group(1)
    done = run("--node", node, "check", path)
    return re.findall(r":\d+: error: (.*)", done.stdout), done


def fill_in(text, tmp_path):
    """What the result asks for in its comments, answered."""
    key = tmp_path / "key"
    if not key.exists():
        assert run("keygen", key).returncode == 0
    text = text.replace("/etc/twinbeat/key", str(key))
    # the nodes have programs that this machine has not
    text = text.replace("/etc/conntrackd/primary-backup.sh", "/bin/true")
    return re.sub(r"^( *)# ((address|serial|fence|devices) = .*)$", r"\1\2",
                  text, flags=re.M)


ASKED = re.compile(r"nodes\[[01]\]\.(address|serial|fence)|key_file|"
                   r"nodes\[[01]\]: |fence")


@pytest.mark.parametrize("name", PAIRS)
def test_the_result_asks_for_nothing_but_what_no_file_says(name, tmp_path):
    done = import_case(name)
    if name in REFUSED:
        assert done.returncode == 1 and done.stdout == ""
        return
    errors, shown = check(done.stdout, tmp_path)
    assert all(ASKED.match(error) for error in errors), shown.stdout


@pytest.mark.parametrize("name", sorted(set(PAIRS) - REFUSED))
def test_the_result_passes_check_once_that_is_filled_in(name, tmp_path):
    text = fill_in(import_case(name).stdout, tmp_path)
    errors, shown = check(text, tmp_path)
    assert errors == [] and shown.returncode == 0, shown.stdout + text


@pytest.mark.parametrize("name", PAIRS)
def test_the_summary_counts_and_names_lines(name):
    done = import_case(name)
    if name in REFUSED:
        assert done.stderr.endswith(
            "twinbeat: import: refused, 1 reason; nothing was written\n")
        return
    assert re.match(r"twinbeat: import: \d+ lines carried, \d+ changed, \d+ "
                    r"ignored by keepalived, \d+ not carried\n", done.stderr)
    headings = re.findall(r"^\n(.*:)\n(?=\S)", done.stderr, re.M)
    wanted = ["different from before, or from what the file seems to say:",
              "the rest:", "to know and to fill in:"]
    assert headings == [one for one in wanted if one in headings], headings
    assert wanted[-1] in headings
    lost = int(re.search(r"(\d+) not carried", done.stderr).group(1))
    assert not lost or headings[0] == wanted[0]
    open_ = "--peer" in done.stderr
    assert done.returncode == (1 if lost or open_ else 0), done.stderr


def test_a_reason_of_several_lines_stands_as_one_block():
    lines = import_case("04-weights").stdout.splitlines()
    at = next(i for i, line in enumerate(lines)
              if re.match(r" *#     changed: ", line))
    inner = lines[at].index("changed")
    block = []
    for line in lines[at + 1:]:
        if not re.match(r" *# {5}", line):
            break
        block.append(line)
    assert len(block) >= 3 and max(map(len, block)) <= 80
    for line in block:
        assert len(re.match(r" *# *", line).group()) == inner, line
    assert "04-weights.conf:32" in lines[at + 1 + len(block)]


@pytest.mark.skipif(not KEEPALIVED, reason="needs keepalived")
@pytest.mark.parametrize("name", PAIRS)
def test_unknown_words_are_keepalived_s_own(name):
    """keepalived -t and the import call the same lines unknown."""
    if name in REFUSED | {"11-one-file"}:  # the latter needs its host name
        pytest.skip("nothing to compare")
    config = f"{name}.conf"
    done = subprocess.run([KEEPALIVED, "-t", "-f", config], cwd=CASES,
                          text=True, capture_output=True, timeout=30,
                          check=False)
    theirs = set(map(int, re.findall(
        r"Line (\d+)\) Unknown keyword '[^{}']", done.stderr + done.stdout)))
    summary = run("import", config, cwd=CASES).stderr
    ours = set(map(int, re.findall(
        r":(\d+): ignored: keepalived does not know", summary)))
    # an unknown block's lines are told with its first one
    assert ours <= theirs, (ours, theirs)
    for line in theirs - ours:
        assert any(line - 4 < at < line for at in ours), (line, summary)


# ---- files that are none ----

@pytest.mark.parametrize("words, code, said", [
    ([], 2, "a file is missing"),
    (["a", "b"], 2, "one word too many"),
    (["a", "--peer"], 2, "needs a value"),
    (["a", "--frob"], 2, "no option --frob"),
    (["none.conf"], 1, "none.conf: No such file or directory"),
    (["folder"], 1, "folder: this is a folder"),
    (["/dev/zero"], 1, "/dev/zero: this is no regular file"),
    (["pipe"], 1, "pipe: this is no regular file"),
    (["binary"], 1, "binary: this is no text file"),
    (["large"], 1, "large: larger than 1 MB"),
    (["loop"], 1, "loop:1: an include too deep"),
    (["macros"], 1, "macros:3: a macro here names itself"),
    (["quote"], 1, "quote:2: a quotation mark is open"),
    (["template"], 1, "template: this is a template"),
    (["empty"], 1, "empty: there is no vrrp_instance"),
    (["good", "--peer", "none.conf"], 1, "none.conf: No such file"),
    (["good", "--peer", "hosts"], 1, "hosts: there are lines for @lb02, and"),
    (["hosts", "--peer", "good"], 1, "import it without --peer"),
])
def test_bad_input_is_one_clear_sentence(words, code, said, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, text in {
            "binary": "vrrp_instance A {\n\0\1\2", "empty": "",
            "large": "# x\n" * 2621440, "loop": "include loop\n",
            "macros": "$A=$B\n$B=$A\nx $A\n",
            "quote": "a\nb \"c\n", "template": "router_id {{ name }}\n",
            "hosts": "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n"
                     "@lb02 nopreempt\nvirtual_ipaddress {\n192.0.2.1\n}\n}"
                     "\n",
            "good": "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n"
                    "virtual_ipaddress {\n192.0.2.1\n}\n}\n"}.items():
        (tmp_path / name).write_text(text)
    done = run("import", *words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ""


def test_one_file_for_both_nodes_is_told(tmp_path):
    """A path that was typed twice looks like a pair."""
    for name in ("one", "other"):
        (tmp_path / name).write_text(
            "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n"
            "virtual_ipaddress {\n192.0.2.1\n}\n}\n")
    for peer, told in (("one", True), ("./one", True), ("other", False)):
        done = run("import", "one", "--peer", peer, cwd=tmp_path)
        assert done.stdout
        assert ("this file stands for both nodes" in done.stderr) == told


def test_foreign_bytes_move_no_terminal(tmp_path):
    path = tmp_path / "k.conf"
    path.write_bytes(b"\x1b[2J\xb2\xe2 x\nvrrp_instance A {\ninterface eth0\n"
                     b"virtual_router_id 1\nfoo \x1b]0;x\x07\n"
                     b"virtual_ipaddress {\n192.0.2.1\n}\n}\n")
    done = subprocess.run([TWINBEAT, "import", path], capture_output=True,
                          timeout=30, check=False)
    for text in (done.stdout, done.stderr):
        assert b"\x1b" not in text and b"\x07" not in text
        text.decode()


INSTANCE = ("vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"
            "priority 150\nvirtual_ipaddress {\n%s\n}\n%s\n}\n")


def import_text(text, tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text(text)
    return run("import", path)


def test_one_server_that_is_refused_costs_no_other(tmp_path):
    done = import_text(
        INSTANCE % ("192.0.2.1", "") + "virtual_server 192.0.2.1 80 {\n"
        "protocol TCP\nlb_kind DR\n"
        "real_server 127.0.0.1 80 {\nTCP_CHECK {\n}\n}\n"
        "real_server 192.0.2.21 80 {\nTCP_CHECK {\n}\n}\n}\n", tmp_path)
    assert "127.0.0.1 is the loopback" in done.stderr
    lines = re.findall(r"^ +address = .*", done.stdout, re.M)
    assert [line.strip() for line in lines] == ['address = "192.0.2.21";']


def test_ipv6_without_a_link_local_address_is_asked_for_one(tmp_path):
    done = import_text(
        INSTANCE % ("2001:db8::1/64", "") + "virtual_server 2001:db8::1 80 {\n"
        "protocol TCP\nreal_server 2001:db8::21 80 {\n}\n}\n", tmp_path)
    text = fill_in(done.stdout, tmp_path)
    # the other node's file is not there, nor is its priority
    text = text.replace("# priority = 100;", "priority = 100;")
    errors = [error for error in check(text, tmp_path)[0]
              if not ASKED.match(error)]
    assert len(errors) == 1 and "must be link-local" in errors[0]
    text = text.replace('# { ip = "fe80', '{ ip = "fe80')
    assert not [error for error in check(text, tmp_path)[0]
                if not ASKED.match(error)]


@pytest.mark.skipif(not KEEPALIVED, reason="needs keepalived")
@pytest.mark.parametrize("word", [
    "router_id", "max_auto_priority", "script_user", "smtp_helo_name",
    "notification_email_from", "vrrp_strict", "vrrp_garp_master_delay",
    "vrrp_startup_delay", "vrrp_mcast_group4", "umask", "vrrp_version",
    "smtp_server", "lvs_flush", "vrrp_garp_interval"])
def test_what_does_not_start_without_a_value_is_keepalived_s_own(word,
                                                                 tmp_path):
    done = import_text("global_defs {\n%s\n}\n" % word
                       + INSTANCE % ("192.0.2.1", ""), tmp_path)
    theirs = subprocess.run(
        [KEEPALIVED, "-t", "-l", "-n", "-f", tmp_path / "keepalived.conf"],
        text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
        check=False)
    missing = "missing a parameter" in theirs.stdout + theirs.stderr
    assert ("does not start with this" in done.stderr) == missing
