# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd unit: what it takes away, and a pair that lives with that."""
import json
import os
import re
import shutil
import subprocess
import urllib.request

import pytest

from fake_daemon import FakeDaemon
from lab import BUILD, Lab, VIP, wait_for

UNIT = os.path.join(os.path.dirname(BUILD), "etc/twinbeat.service")
ROOT_CONF = UNIT.replace("twinbeat.service", "twinbeat-root.conf")
# of a user and a group that nobody else has
USER, GROUP = 64123, 64124


def unit_lines(key, unit=UNIT):
    with open(unit, encoding="ascii") as f:
        return [line.strip().split("=", 1)[1] for line in f
                if line.startswith(key + "=")]


def laid_over(*drop_ins):
    """The unit's text, with drop-ins of etc laid over it."""
    with open(UNIT, encoding="ascii") as f:
        unit, install = f.read().split("[Install]")
    for name in drop_ins:
        with open(UNIT.replace("twinbeat.service", name),
                  encoding="ascii") as f:
            unit += f.read()
    return unit + "[Install]" + install


def exposure(path):
    """What systemd says of a unit, "2.5", and its table."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", path],
        stdout=subprocess.PIPE, text=True, check=True)
    return re.search(r"level for twinbeat.service: ([0-9.]+)",
                     done.stdout).group(1), done.stdout


def test_the_unit_leaves_little_to_attack(tmp_path):
    found, table = exposure(UNIT)
    assert float(found) <= 2.5, table
    path = tmp_path / "twinbeat.service"
    path.write_text(laid_over("twinbeat-root.conf"), encoding="ascii")
    as_root, table = exposure(path)
    assert float(as_root) <= 3.5, table
    # a newer systemd has a longer table
    version = subprocess.run(["systemd-analyze", "--version"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    if version.startswith("systemd 252 "):
        for name, words in (
                ("README.md", "%s; %s as root" % (found, as_root)),
                ("etc/twinbeat-root.conf", "security: %s)" % as_root)):
            with open(os.path.join(os.path.dirname(BUILD), name),
                      encoding="utf-8") as f:
                assert words in " ".join(f.read().split()), (name, words)
    if "json" in subprocess.run(
            ["systemd-analyze", "--help"], stdout=subprocess.PIPE, text=True,
            check=False).stdout:
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--json=short",
             UNIT], stdout=subprocess.PIPE, text=True, check=True)
        held = {row["json_field"]: row["set"]
                for row in json.loads(done.stdout)}
        for field in ("NoNewPrivileges", "PrivateMounts", "ProtectHome",
                      "ProtectClock",
                      "SystemCallFilter_debug", "SystemCallFilter_clock"):
            assert held[field], field


def test_it_runs_as_a_user_with_few_rights():
    assert unit_lines("User") == unit_lines("Group") == ["twinbeat"]
    _, table = exposure(UNIT)
    bad = "".join(line for line in table.splitlines()
                  if line.startswith("\u2717"))
    for words in ("CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)",
                  "CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)",
                  "MemoryDenyWriteExecute=", "ProtectClock=", "User="):
        assert words in table and words not in bad, words


def test_what_the_unit_names_is_made_by_the_installation():
    """systemd starts nothing as an account, or with a group, that is not there
    (217/USER, 216/GROUP)."""
    sysusers = UNIT.replace("twinbeat.service", "twinbeat.sysusers")
    with open(sysusers, encoding="ascii") as f:
        made = {line.split()[1]: line[0] for line in f
                if line[0] in "ug"}
    assert made[unit_lines("User")[0]] == "u"
    for group in unit_lines("Group") + unit_lines("SupplementaryGroups"):
        assert group in made, group
    if shutil.which("systemd-sysusers"):
        done = subprocess.run(["systemd-sysusers", "--dry-run", sysusers],
                              stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("drop_in", ["twinbeat-root.conf",
                                     "twinbeat-devices.conf"])
def test_a_drop_in_has_no_line_that_systemd_leaves_out(tmp_path, drop_in):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = laid_over(drop_in).replace("/usr/sbin/twinbeatd", "/bin/true") \
        .replace("/usr/sbin/twinbeat", "/bin/true")
    path = tmp_path / "twinbeat.service"
    # what stands as a comment is for somebody, too
    path.write_text(re.sub(r"(?m)^#(?=[A-Z]\w+=)", "", text), encoding="ascii")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], text=True,
        stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0 and str(path) not in done.stderr, done.stderr


@pytest.mark.parametrize("name", [
    "twinbeat.service", "twinbeat-exporter.service", "twinbeat-snmp.service",
    "twinbeat-root.conf"])
def test_a_capability_of_a_unit_is_one_of_the_kernel(name):
    """systemd-analyze says nothing of one that it does not know:
    findings/systemd-verify-absent-user.sh"""
    with open("/usr/include/linux/capability.h", encoding="ascii") as f:
        known = set(re.findall(r"^#define (CAP_[A-Z_]+)\s+[0-9]", f.read(), re.M))
    path = UNIT.replace("twinbeat.service", name)
    named = [word.lstrip("~")
             for key in ("CapabilityBoundingSet", "AmbientCapabilities")
             for line in unit_lines(key, path) for word in line.split()]
    assert named and set(named) <= known, set(named) - known


@pytest.mark.parametrize("name,words", [
    ("twinbeat-exporter", ["--listen", "127.0.0.1:19694"]),
    ("twinbeat-snmp", ["--agentx", "/nonexistent"])])
def test_who_asks_is_let_in_by_a_daemon_of_another_user(tmp_path, name, words):
    """The run directory is what twinbeat.service makes of it; root has what the
    program's unit leaves it."""
    unit = UNIT.replace("twinbeat.service", name + ".service")
    assert unit_lines("SupplementaryGroups", unit) == ["twinbeat"]
    few = unit_lines("CapabilityBoundingSet", unit)[0].split()
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    with FakeDaemon(str(run_dir)) as daemon:
        for path, mode in ((run_dir, 0o750), (run_dir / "control.sock", 0o660)):
            os.chown(path, USER, GROUP)
            path.chmod(mode)
        for above in tmp_path.parents:   # pytest's own are the user's alone
            if str(above).startswith("/tmp/"):
                above.chmod(above.stat().st_mode | 0o011)
        tmp_path.chmod(0o711)
        with subprocess.Popen(
                ["setpriv", "--no-new-privs", "--inh-caps=-all",
                 "--groups=%d" % GROUP, "--bounding-set=-all," + ",".join(
                     "+" + word[4:].lower() for word in few),
                 os.path.join(BUILD, name), "--run-dir", str(run_dir), *words],
                stderr=subprocess.PIPE, text=True) as process:
            try:
                if name == "twinbeat-exporter":
                    wait_for("it serves", lambda: "serves" in
                             process.stderr.readline())
                    with urllib.request.urlopen(
                            "http://127.0.0.1:19694/healthz", timeout=20) as web:
                        assert web.status == 200
                wait_for("it was asked", lambda: daemon.requests)
            finally:
                process.terminate()


def limits():
    """prlimit as the unit has it, where this machine lets root do that."""
    words = ["prlimit", "--memlock=unlimited", "--rtprio=50"]
    done = subprocess.run(words + ["true"], stderr=subprocess.DEVNULL,
                          check=False)
    return words if done.returncode == 0 else []


@pytest.fixture
def confined():
    """A pair of which lb01 has what the unit gives root, and no more; as the user
    of the unit see test_privileges.py."""
    script = "/usr/bin/test"
    lab = Lab(track='track = { scripts = ( { command = "%s -d /proc/1"; '
              'interval_ms = 200; timeout_ms = 150; fall = 2; } ); };'
              % script)
    few = [word[4:].lower() for word in unit_lines(
        "CapabilityBoundingSet", ROOT_CONF)[-1].split()]
    if not limits():    # then this is what locks memory
        few.append("ipc_lock")
    prefix = limits() + [
        "setpriv", "--no-new-privs", "--inh-caps=-all",
        "--bounding-set=-all," + ",".join("+" + word for word in few)]
    try:
        lab.build(boot=False)
        node = lab.nodes[0]
        spawn = node.spawn
        node.spawn = lambda *command, log=None: spawn(
            *prefix, *command, log=log)
        for one in lab.nodes:
            one.power_on()
        yield lab
    except BaseException:
        lab.show()
        raise
    finally:
        lab.close()


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f
                    if ":\t" in line)


def test_a_pair_lives_with_what_the_unit_leaves(confined):
    lb01, lb02 = confined.nodes
    confined.settle()
    for pid in (lb01.daemon, lb01.helper("keeper"), lb01.helper("fencer"),
                lb01.helper("runner")):
        status = status_of(pid)
        assert status["NoNewPrivs"] == "1"
        assert not int(status["CapEff"], 16) & 1 << 21, "CAP_SYS_ADMIN"
        assert not int(status["CapBnd"], 16) & 1 << 0, "CAP_CHOWN"
    assert int(status_of(lb01.daemon)["VmLck"].split()[0]) > 0
    # what the machine itself refuses is refused to both
    assert ("unprivileged" in lb01.alerts()) <= (
        "unprivileged" in lb02.alerts()), lb01.status()["alerts"]
    # it serves, lets go, cuts the other one's power
    assert lb01.twinbeat("handover").returncode == 0
    lb02.wait_state("MASTER")
    wait_for("lb01 holds nothing", lambda: VIP not in lb01.addresses())
    lb02.die()
    lb01.wait_state("MASTER", 20)
    assert lb01.proof() == "fenced" and VIP in lb01.addresses()
    assert lb01.stop() == 0 and VIP not in lb01.addresses()
