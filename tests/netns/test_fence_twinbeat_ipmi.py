# SPDX-License-Identifier: GPL-3.0-or-later
"""fence_twinbeat_ipmi: our IPMI driver by the fence agent API.

Against the BMC stand-in of test_ipmi.py, and Debian's ipmi_sim. What the API
itself asks for is in test_fence_twinbeat.py.
"""
import subprocess
import time
import xml.etree.ElementTree as tree

import pytest

from bmc_lab import SECRET, Sim
from fence_lab import free_port
from test_fence_twinbeat import SCHEMA, Agent
from test_ipmi import Bmc


@pytest.fixture(name="agent")
def make_agent(tmp_path):
    return Agent(str(tmp_path), "ipmi")


@pytest.fixture(name="bmc")
def make_bmc():
    made = Bmc()
    yield made
    made.stop()


def ask(agent, bmc, action, **options):
    given = dict(action=action, ip=bmc.host, ipport=bmc.port,
                 username="fence", password=SECRET, power_wait=0,
                 stonith_status_sleep=0.02, shell_timeout=5)
    given.update(options)
    done = agent.lines("".join("%s=%s\n" % item for item in given.items()
                               if item[1] is not None))
    assert SECRET not in done.stdout + done.stderr
    return done


def test_metadata_of_ipmi(agent):
    said = agent.lines("action=metadata\n").stdout
    check = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA, "-"],
                           input=said, text=True, capture_output=True,
                           check=False)
    assert check.returncode == 0, check.stderr
    root = tree.fromstring(said)
    assert root.get("name") == "fence_twinbeat_ipmi"
    names = {p.get("name"): p for p in root.find("parameters")}
    for old, new in (("login", "username"), ("passwd", "password"),
                     ("passwd_script", "password_script"), ("ipaddr", "ip")):
        assert names[new].get("obsoletes") == old
        assert names[old].get("deprecated") == "1"
    # one controller, one machine: nothing to list, no plug to name
    assert not {"plug", "port", "unit"} & set(names)
    actions = {a.get("name") for a in root.find("actions")}
    assert not {"list", "list-status"} & actions
    assert "unrecognised action" in agent.lines("action=list\n").stderr
    with open("fence/agent/fence_twinbeat.8", encoding="ascii") as manual:
        text = manual.read()
    for name, parameter in names.items():
        if not parameter.get("deprecated") and name != "version":
            assert name in text, name


def test_ipmi_status_off_on_reboot(agent, bmc):
    assert ask(agent, bmc, "status").returncode == 0
    assert ask(agent, bmc, "monitor").returncode == 0
    done = ask(agent, bmc, "off")
    assert done.returncode == 0 and not bmc.power, done
    assert done.stdout == "Success: Powered OFF\n"
    assert ask(agent, bmc, "status").returncode == 2
    assert ask(agent, bmc, "monitor").returncode == 0
    assert ask(agent, bmc, "off").stdout == "Success: Already OFF\n"
    assert ask(agent, bmc, "on").returncode == 0 and bmc.power
    assert ask(agent, bmc, "reboot").stdout == "Success: Rebooted\n"
    assert bmc.power
    assert bmc.count("off") == 2 and bmc.count("on") == 2
    assert bmc.count("cycle") == bmc.count("reset") == bmc.count("soft") == 0


def test_ipmi_validate_all_speaks_to_nobody(agent, bmc):
    assert ask(agent, bmc, "validate-all").returncode == 0
    assert bmc.packets == 0


@pytest.mark.parametrize("options, word", [
    (dict(username=None), "username is missing"),
    (dict(username="a" * 17), "username: at most 16 characters"),
    (dict(password=None), "password or password_script is missing"),
    (dict(password="a" * 21), "more than 20 characters"),
    (dict(cipher=0), "must be one of 17 3 8 12"),
    (dict(privlvl="user"), "must be one of operator administrator"),
    (dict(workaround="opensesspriv,sun21"), "sun21 is not known"),
    (dict(password_script="exit 3"), "password_script: failed, exit code 3"),
    (dict(password_script="kill -9 $$"),
     "password_script: ended by signal 9"),
    (dict(password_script="true"), "password or password_script is missing"),
])
def test_ipmi_bad_options_are_refused(agent, bmc, options, word):
    for action in ("off", "validate-all"):
        done = ask(agent, bmc, action, **options)
        assert done.returncode == 1 and word in done.stderr, done
    assert bmc.packets == 0


def test_ipmi_password_by_script(agent, bmc):
    done = ask(agent, bmc, "status", password=None,
               password_script="echo %s; sleep 0" % SECRET)
    assert done.returncode == 0, done
    assert ask(agent, bmc, "status", password=None, username=None,
               login="fence", passwd=SECRET).returncode == 0
    done = ask(agent, bmc, "status", password="wrong")
    assert done.returncode == 1 and "password" in done.stderr


def test_ipmi_password_script_that_hangs(agent, bmc):
    start = time.monotonic()
    done = ask(agent, bmc, "off", password_script="sleep 60 & sleep 60")
    assert done.returncode == 1 and "timed out" in done.stderr
    assert time.monotonic() - start < 8 and bmc.packets == 0


def test_ipmi_a_silent_controller_is_1_and_never_2(agent, bmc):
    bmc.set_power(False)
    bmc.tell("silent")
    for action in ("status", "off", "monitor", "reboot"):
        done = ask(agent, bmc, action, power_timeout=2, shell_timeout=0.4)
        assert done.returncode == 1 and done.stderr, (action, done)
        assert "Success" not in done.stdout


def test_ipmi_sim_by_the_agent(agent, tmp_path):
    sim = Sim(str(tmp_path / "sim"), port=free_port())
    try:
        given = dict(cipher=3, workaround="opensesspriv", shell_timeout=3)
        assert ask(agent, sim, "status", **given).returncode == 0
        assert ask(agent, sim, "off", **given).returncode == 0
        assert not sim.power()
        assert ask(agent, sim, "status", **given).returncode == 2
        assert ask(agent, sim, "reboot", **given).returncode == 0
        assert sim.power()
    finally:
        sim.stop()
