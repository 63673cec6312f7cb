# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion for bash: what it offers is what the programs and the file say."""
import os
import shutil
import subprocess

import pytest

from test_cli import COMMANDS, TWINBEAT

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPT = ROOT + "/etc/twinbeat.bash-completion"
# as bash does when somebody presses Tab; compopt works only there
PRESS_TAB = """source "$1"; compopt() { :; }; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_twinbeat "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words, cwd=None):
    """What bash offers for the last of the words."""
    done = subprocess.run(["bash", "-c", PRESS_TAB, "bash", SCRIPT, TWINBEAT,
                           *words], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, check=True, cwd=cwd)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def conf():
    return ["-c", ROOT + "/etc/twinbeat.conf", "--node", "lb01"]


def test_every_command_is_offered():
    offered = complete("")
    assert [one for one in COMMANDS if one not in offered] == []
    assert {"-c", "--node", "--run-dir", "--version"} < set(offered)
    assert complete("maint") == ["maintenance"]
    assert complete("-c", "x.conf", "--node", "lb01", "hand") == ["handover"]
    assert complete("--nod") == ["--node"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_offered(command):
    text = subprocess.run([TWINBEAT, command, "--help"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    usage = text.split("\n\n", 1)[0]
    offered = complete(command, "-")
    for word in usage.replace("[", " ").replace("|", " ").split():
        if word.startswith("-"):
            assert word.rstrip("]") in offered
    assert "--help" in offered


def test_values_are_offered_behind_their_option(conf):
    assert complete("fence", "lb01", "--action", "") == [
        "off", "on", "reboot", "status"]
    assert complete("maintenance", "") == ["off", "on"]
    assert complete("metrics", "--format", "p") == ["prometheus"]
    assert complete(*conf, "handover", "--to", "") == ["lb01", "lb02"]
    assert complete(*conf, "fence", "lb02", "--device", "") == ["pdu"]


def test_nodes_are_those_of_the_file(conf):
    assert complete(*conf, "confirm", "l") == ["lb01", "lb02"]
    # a file that is not there offers nobody, and says nothing
    assert complete("-c", "/nonexistent", "confirm", "l") == []


def test_files_are_offered_where_a_file_is_meant(tmp_path):
    (tmp_path / "keepalived.conf").touch()
    for words in (["import"], ["import", "x", "--peer"], ["check"], ["-c"]):
        assert complete(*words, "keep", cwd=tmp_path) == ["keepalived.conf"]


def test_a_command_that_is_none_breaks_nothing():
    assert complete("nonsense", "-") == ["--help"]
    assert complete("nonsense", "$(touch /tmp/x)") == []


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck")
def test_shellcheck_finds_nothing():
    subprocess.run(["shellcheck", SCRIPT], check=True)
