# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat doctor: of a healthy pair, and of each thing that it looks for."""
import json
import os
import shutil
import subprocess

import pytest

from fake_daemon import ALERT, FakeDaemon, plugs, status_with
from test_cli import CONF, TWINBEAT, run_dir  # noqa: F401 (a fixture)

# In namespaces of their own: /etc has nothing but what the test puts there,
# and no process runs but its own.
APART = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc",
         "sh", "-c", 'mount -t tmpfs none /etc; eval "$1"; shift; exec "$@"',
         "sh"]


@pytest.fixture
def doctor(tmp_path, run_dir):  # noqa: F811
    """doctor(prepare): (exit code, findings) in namespaces of their own."""
    conf = tmp_path / "twinbeat.conf"
    conf.write_text(CONF.replace("PORT", "502").replace("KEY", "/nonexistent")
                    .replace("realtime = false", "realtime = true"),
                    encoding="ascii")

    def look(prepare=":", **status):
        with FakeDaemon(run_dir, status=status_with(**status)):
            done = subprocess.run(
                APART + [prepare, TWINBEAT, "--run-dir", run_dir, "-c",
                         str(conf), "--node", "lb01", "doctor", "--json"],
                stdout=subprocess.PIPE, check=False)
        found = json.loads(done.stdout)
        assert all(one["remedy"] for one in found if one["verdict"] != "ok")
        return done.returncode, found
    return look


def of(check, answer):
    return [(one["verdict"], one["text"]) for one in answer[1]
            if one["check"] == check]


def test_a_pair_that_works_has_nothing_bad(lab):
    for node in lab.nodes:
        done = node.twinbeat("doctor", "--json")
        found = json.loads(done.stdout)
        assert [one for one in found if one["verdict"] == "bad"] == []
        assert done.returncode in (0, 4), done.stderr
        checks = {one["check"]: one["verdict"] for one in found}
        assert checks["alert"] == checks["link"] == checks["fence"] == "ok"
        assert checks["network"] == checks["daemon"] == "ok"
        assert checks["drill"] == "warn"    # nobody has rehearsed it
        text = node.twinbeat("doctor").stdout
        assert "ok    link     serial is up\n" in text
        assert "-> twinbeat fence --drill STANDBY" in " ".join(text.split())


def test_programs_that_move_addresses_too_are_named(tmp_path, doctor):
    shutil.copy(shutil.which("sleep"), tmp_path / "keepalived")
    runs = "%s/keepalived 30 & until grep -qx keepalived " \
        "/proc/[0-9]*/comm; do sleep 0.02; done" % tmp_path
    code, found = doctor(runs)
    assert code == 1
    verdict, text = of("programs", (code, found))[0]
    assert verdict == "bad" and text.startswith("keepalived runs (process ")
    # in another network it moves addresses that are not ours
    found = doctor("unshare --net " + runs)
    assert of("programs", found)[0][0] == "ok"


@pytest.mark.parametrize("path", [
    "network/interfaces", "network/interfaces.d/eth0", "netplan/01.yaml",
    "systemd/network/eth0.network", "NetworkManager/system-connections/e"])
def test_a_virtual_address_in_a_network_file_is_named(doctor, path):
    folder = os.path.dirname("/etc/" + path)
    found = doctor("mkdir -p %s; echo address 192.0.2.100/24 >/etc/%s" % (
        folder, path))
    assert of("network", found) == [(
        "bad", "/etc/%s names the virtual address 192.0.2.100" % path)]
    # the beginning of another one is another one
    found = doctor("mkdir -p %s; echo 192.0.2.10 192.0.2.1001 >/etc/%s" % (
        folder, path))
    assert of("network", found)[0][0] == "ok"


def test_what_the_daemon_knows_is_a_finding_each(doctor):
    code, found = doctor(alerts=[ALERT], links=[
        {"name": "serial", "state": "down"},
        {"name": "vrrp:VI_1", "state": "up"}],
        fence__plugs=[dict(plugs("on")[0], proven=False)])
    assert code == 1
    assert of("link", (code, found)) == [("bad", "serial is down"),
                                         ("ok", "vrrp:VI_1 is up")]
    assert of("alert", (code, found))[0][1].startswith("link-down: serial")
    assert ("warn", "a plug of lb01 at pdu is not proven, and proves nothing"
            ) in of("fence", (code, found))


def test_a_daemon_without_its_priority_is_a_warning(doctor):
    found = doctor(pid=1)
    assert of("realtime", found)[0][0] == "warn"
    assert of("memory", found) == [("warn", "twinbeatd may be swapped out")]


def test_no_daemon_and_no_file_are_findings(tmp_path):
    done = subprocess.run(
        [TWINBEAT, "--run-dir", tmp_path, "-c", tmp_path / "none", "doctor"],
        stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "bad   settings " in done.stdout
    assert "bad   daemon   cannot reach twinbeatd" in done.stdout
