# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat metrics, the alert rules: by promtool, by a real Prometheus."""
import json
import os
import re
import shutil
import stat
import subprocess

import pytest

from fake_daemon import ALERT, DIRECTOR, FakeDaemon, status_with

BUILD = os.environ.get("BUILD", "build")
TWINBEAT = os.path.abspath(os.path.join(BUILD, "twinbeat"))
PROMTOOL = shutil.which("promtool") or "/usr/bin/promtool"
RULES = os.path.abspath("etc/monitoring/twinbeat.rules.yml")


def metrics(run_dir, *words):
    return subprocess.run([TWINBEAT, "--run-dir", run_dir, "metrics", *words],
                          capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL, check=False)


def series(text):
    """Each series once, under its own family, all of a family together."""
    found = {}
    families = []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            families.append(line.split()[2])
        elif not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found, line
            assert name.startswith(families[-1]), line
            found[name] = float(value)
    assert len(set(families)) == len(families)
    return found


@pytest.fixture(name="run_dir")
def make_run_dir(tmp_path):
    (tmp_path / "run").mkdir()
    return str(tmp_path / "run")


FULL = status_with(
    alerts=[ALERT, {"name": "no-standby", "text": "x", "since_ms": 1}, ALERT],
    notify=[{"to": 'mail "to" a\\b\n', "state": "failing", "waiting": 3}],
    verdict="SERVED, WITH ALERTS",
    fence__budget={"max": 3, "left": 2, "window_s": 600},
    fence__drill={"passed_at": "1970-01-02T00:00:00Z"})


def test_every_member_of_the_status_is_a_series(run_dir):
    with FakeDaemon(run_dir, status=FULL):
        done = metrics(run_dir)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n# EOF\n")
    found = series(done.stdout)
    of = 'pair="web",node="lb02"'
    for name, value in {
            "twinbeat_up{%s}": 1, "twinbeat_fit{%s}": 1,
            'twinbeat_build_info{%s,version="0.1.0"}': 1,
            "twinbeat_uptime_seconds{%s}": 273600,
            'twinbeat_verdict{%s,verdict="SERVED, WITH ALERTS"}': 1,
            'twinbeat_verdict{%s,verdict="ALL WELL"}': 0,
            'twinbeat_peer_state{%s,peer="lb01",state="up"}': 1,
            'twinbeat_peer_state{%s,peer="lb01",state="off"}': 0,
            'twinbeat_link_state{%s,link="serial",type="serial",'
            'state="up"}': 1,
            'twinbeat_link_age_seconds{%s,link="serial",type="serial"}': .085,
            'twinbeat_link_received_total{%s,link="serial",type="serial"}':
                120345,
            'twinbeat_link_errors_total{%s,link="serial",type="serial",'
            'kind="framing"}': 2,
            'twinbeat_instance_state{%s,vrrp_instance="VI_1",state="BACKUP"}': 1,
            'twinbeat_instance_owned{%s,vrrp_instance="VI_1",owner="lb01"}': 1,
            'twinbeat_instance_owned{%s,vrrp_instance="VI_1",owner="lb02"}': 0,
            'twinbeat_fence_device_ok{%s,device="pdu",driver="modbus"}': 1,
            'twinbeat_fence_plug_proven{%s,of="lb01",device="pdu",plug="1"}':
                1,
            "twinbeat_fence_last_duration_seconds{%s}": 1.416,
            "twinbeat_fence_last_timestamp_seconds{%s}": 1795317164,
            "twinbeat_fence_budget_left{%s}": 2,
            "twinbeat_drill_passed_timestamp_seconds{%s}": 86400,
            'twinbeat_alert{%s,alert="link-down"}': 2,
            'twinbeat_alert{%s,alert="no-standby"}': 1,
            "twinbeat_alerts{%s}": 3,
            r'twinbeat_notify_waiting{%s,to="mail \"to\" a\\b\n"}': 3,
    }.items():
        assert found.get(name % of) == value, (name, found.get(name % of))
    # not known is no zero
    assert not [n for n in found if "age_seconds" in n and "vrrp:" in n]


def test_every_real_server_is_a_series(run_dir):
    with FakeDaemon(run_dir, director=DIRECTOR):
        found = series(metrics(run_dir).stdout)
    web1, web2, ns1 = ('pair="web",node="lb02",service="%s",server="%s"' % one
                       for one in (("web", "web1"), ("web", "web2"),
                                   ("dns", "ns1")))
    for name, value in {
            'twinbeat_director_state{pair="web",node="lb02",state="ok"}': 1,
            'twinbeat_service_state{pair="web",node="lb02",service="web",'
            'state="degraded"}': 1,
            'twinbeat_service_servers{pair="web",node="lb02",'
            'service="web"}': 2,
            'twinbeat_service_servers_up{pair="web",node="lb02",'
            'service="web"}': 1,
            "twinbeat_server_up{%s}" % web1: 1,
            "twinbeat_server_up{%s}" % web2: 0,
            "twinbeat_server_up{%s}" % ns1: 1,
            'twinbeat_server_admin{%s,state="drain"}' % ns1: 1,
            "twinbeat_server_weight{%s}" % web1: 1000,
            "twinbeat_server_weight{%s}" % web2: 0,
            "twinbeat_server_configured_weight{%s}" % web1: 10,
            'twinbeat_server_connections{%s,state="active"}' % web1: 7,
            'twinbeat_server_connections{%s,state="inactive"}' % web1: 30,
            'twinbeat_server_checks_total{%s,result="failed"}' % web1: 1,
            'twinbeat_check_duration_seconds_bucket{%s,le="0.0025"}' % web1:
                25,
            'twinbeat_check_duration_seconds_bucket{%s,le="1.0"}' % web1: 29,
            'twinbeat_check_duration_seconds_bucket{%s,le="+Inf"}' % web1: 30,
            "twinbeat_check_duration_seconds_sum{%s}" % web1: 1.25,
            "twinbeat_check_duration_seconds_count{%s}" % web1: 30,
    }.items():
        assert found.get(name) == value, (name, found.get(name))
    assert not [name for name in found if ns1 in name and "check_" in name]


def test_a_director_without_ipvs_has_no_weights(run_dir):
    with FakeDaemon(run_dir, director={**DIRECTOR, "state": "off"}):
        found = series(metrics(run_dir).stdout)
    assert found['twinbeat_director_state{pair="web",node="lb02",'
                 'state="off"}'] == 1
    assert not [name for name in found if "server_weight" in name or
                "server_connections" in name]


@pytest.mark.parametrize("director", [{}, {"services": 7}, [], "no", {
    "services": [{"servers": [{}, 7]}, None]}])
def test_a_director_that_talks_nonsense_costs_its_series_alone(run_dir,
                                                               director):
    with FakeDaemon(run_dir, director=director):
        done = metrics(run_dir)
    assert done.returncode == 0 and done.stdout.endswith("# EOF\n")
    assert 'twinbeat_up{pair="web",node="lb02"} 1' in done.stdout


def test_promtool_finds_nothing(run_dir):
    with FakeDaemon(run_dir, status=FULL, director=DIRECTOR):
        text = metrics(run_dir, "--format", "prometheus").stdout
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "twinbeat_link_sent_total" in text and "# EOF" not in text
    series(text)


def test_a_state_of_a_later_version_is_shown(run_dir):
    with FakeDaemon(run_dir, status=status_with(peer__state="dreaming")):
        text = metrics(run_dir).stdout
    assert 'state="dreaming"} 1' in text
    assert 'peer_state{pair="web",node="lb02",peer="lb01",state="up"} 0' in text


def test_no_daemon_is_up_0_and_exit_3(run_dir, tmp_path):
    path = tmp_path / "twinbeat.prom"
    done = metrics(run_dir, "--output", path)
    assert done.returncode == 3 and "no twinbeatd seems to run" in done.stderr
    assert path.read_text().splitlines()[-1] == "twinbeat_up 0"


def test_the_file_is_whole_at_every_moment(run_dir, tmp_path):
    """A reader that never stops sees the old or the new one, and nothing that
    node_exporter would take for a third: it reads *.prom, hidden ones too."""
    folder = tmp_path / "collector"
    folder.mkdir()
    path = folder / "twinbeat.prom"
    os.umask(0o077)
    with FakeDaemon(run_dir, status=FULL):
        assert metrics(run_dir, "--output", path).returncode == 0
        whole = path.read_text()
        with subprocess.Popen(
                [TWINBEAT, "--run-dir", run_dir, "metrics", "--output",
                 path]) as process:
            while process.poll() is None:
                assert path.read_text() == whole
                assert {n for n in os.listdir(folder)
                        if n.endswith(".prom")} == {"twinbeat.prom"}
    assert os.listdir(folder) == ["twinbeat.prom"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("words,code,said", [
    (["--format", "csv"], 2, "openmetrics or prometheus, not csv"),
    (["--output", "/nonexistent/x.prom"], 1, "cannot write /nonexistent"),
    (["more"], 2, "one word too many")])
def test_wrong_words(run_dir, words, code, said):
    with FakeDaemon(run_dir):
        done = metrics(run_dir, *words)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


# ---- the rules ----

def test_rules_are_good_and_use_only_what_there_is(run_dir):
    done = subprocess.run([PROMTOOL, "check", "rules", "--lint-fatal", RULES],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "FAILED" not in done.stdout, done.stdout
    with FakeDaemon(run_dir, status=FULL, director=DIRECTOR):
        found = {name.split("{")[0] for name in series(metrics(run_dir).stdout)}
    with open(RULES, encoding="utf-8") as f:
        used = set(re.findall(r"\btwinbeat_[a-z_]+", f.read()))
    assert used and used <= found, used - found
    with open("etc/monitoring/twinbeat-dashboard.json", encoding="utf-8") as f:
        board = json.load(f)
    asked = set()
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            asked |= set(re.findall(r"\btwinbeat_[a-z_]+", target["expr"]))
    assert asked and asked <= found, asked - found


def test_rules_fire_when_they_should_and_only_then():
    done = subprocess.run(
        [PROMTOOL, "test", "rules", "tests/netns/monitoring_rules.yml"],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(RULES, encoding="utf-8") as f:
        rules = set(re.findall(r"- alert: (\w+)", f.read()))
    with open("tests/netns/monitoring_rules.yml", encoding="utf-8") as f:
        fired = set(re.findall(r"alertname: (\w+)\s+exp_alerts:\s+- ",
                               f.read()))
    assert rules == fired, rules ^ fired
