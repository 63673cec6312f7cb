# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat doctor: of a healthy pair, and of each thing that it looks for."""
import json
import os
import re
import shutil
import subprocess
import sys

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
    plain = CONF.replace("PORT", "502").replace("KEY", "/nonexistent") \
        .replace("realtime = false", "realtime = true")

    def look(prepare=":", words=("--quick",), conf_=lambda text: text,
             **status):
        conf.write_text(conf_(plain), encoding="ascii")
        with FakeDaemon(run_dir, status=status_with(**status)):
            done = subprocess.run(
                APART + [prepare, TWINBEAT, "--run-dir", run_dir, "-c",
                         str(conf), "--node", "lb01", "doctor", "--json", *words],
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
        for name in ("alert", "link", "fence", "network", "daemon", "address",
                     "vrid", "sysctl", "firewall", "fencepath"):
            assert checks[name] == "ok", (name, found)
        assert checks["drill"] == "warn"    # nobody has rehearsed it
        # what the cable is measured by
        text = next(one["text"] for one in found if one["check"] == "cable")
        assert re.match(r"serial: \d\d beats in [23]\.\d s, \d+ lost, "
                        r"0 damaged, round trip \d+ ms, at most \d+ ms; a "
                        r"beat takes 3\.5 ms at 115200 baud$", text), text
        text = node.twinbeat("doctor", "--quick").stdout
        assert "ok    link      serial is up\n" in text
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
    assert ("warn", "plug 1 of lb01 at pdu is not proven, and proves nothing"
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
    assert "bad   settings  " in done.stdout
    assert "bad   daemon    cannot reach twinbeatd" in done.stdout


# ---- this machine ----

def test_what_starts_at_the_next_boot_is_named(doctor):
    wants = "/etc/systemd/system/multi-user.target.wants"
    found = doctor("mkdir -p %s; ln -s /nowhere %s/keepalived.service" % (
        wants, wants))
    assert of("enabled", found) == [(
        "warn", "keepalived starts at each boot: %s/keepalived.service" %
        wants)]
    assert of("enabled", doctor())[0][0] == "ok"


def test_an_adapter_that_keeps_bytes_back_is_named(doctor):
    """The files of sysfs, as an FTDI adapter has them."""
    adapter = "mount -t tmpfs none /sys/class/tty; " \
        "mkdir -p /sys/class/tty/ttyUSB7/device; " \
        "echo %d >/sys/class/tty/ttyUSB7/device/latency_timer; " \
        "mount -t tmpfs none /dev; mknod /dev/ttyUSB7 c 188 7; " \
        "mknod /dev/null c 1 3; ln -s ttyUSB7 /dev/twinbeat0"
    assert of("port", doctor(adapter % 16)) == [(
        "warn", "the USB adapter ttyUSB7 keeps each beat back for up to 16 "
        "ms")]
    assert of("port", doctor(adapter % 1))[0][0] == "ok"
    # with the rule in force, ModemManager is no rival
    runs = adapter % 1 + "; cp $(command -v sleep) /etc/ModemManager; " \
        "/etc/ModemManager 30 & until grep -qx ModemManager " \
        "/proc/[0-9]*/comm; do sleep 0.02; done"
    assert of("programs", doctor(runs))[0][0] == "warn"
    rule = "; mount -t tmpfs none /run/udev; mkdir /run/udev/data; " \
        "echo E:ID_MM_PORT_IGNORE=1 >/run/udev/data/c188:7"
    assert of("programs", doctor("mkdir -p /run/udev; " + runs + rule)
              )[0][0] == "ok"


def test_an_adapter_that_brltty_takes_is_named(doctor):
    """Files of sysfs and udev: of a usb-serial and of a cdc-acm port."""
    base = "mount -t tmpfs none /sys/class/tty; cd /sys/class/tty; " \
        "mkdir -p 1-1/1-1:1.0/ttyUSB7 ttyUSB7; echo 189:7 >1-1/dev; " \
        "ln -s ../1-1/1-1:1.0%s ttyUSB7/device; " \
        "mount -t tmpfs none /dev; mknod /dev/ttyUSB7 c 188 7; " \
        "mknod /dev/null c 1 3; ln -s ttyUSB7 /dev/twinbeat0; " \
        "mkdir -p /run/udev; mount -t tmpfs none /run/udev; " \
        "mkdir /run/udev/data; cd /; "
    claim = "echo E:BRLTTY_BRAILLE_DRIVER=bm >/run/udev/data/c189:7"
    for folder in ("/ttyUSB7", ""):
        assert of("port", doctor(base % folder + claim)) == [(
            "bad", "a udev rule of brltty takes the USB adapter ttyUSB7 for a "
            "Braille display")]
    assert not of("port", doctor(base % "" + "echo E:ID_MODEL=x "
                                 ">/run/udev/data/c189:7"))
    # whoever runs it, whatever the rules say
    runs = base % "" + "cp $(command -v sleep) /etc/brltty; /etc/brltty 30 & " \
        "until grep -qx brltty /proc/[0-9]*/comm; do sleep 0.02; done"
    level, text = of("programs", doctor(runs))[0]
    assert level == "warn" and text.startswith("brltty runs (process ")
    assert text.endswith("which opens serial ports to see what is there")


ETH0 = "ip link add eth0 type veth peer name far; ip link set eth0 up; " \
    "ip link set far up; ip addr add 192.0.2.11/24 dev eth0; " \
    "ip link set lo up; "


def sysctl(name, value):
    return "echo %d >/proc/sys/net/ipv4/conf/eth0/%s; " % (value, name)


def test_switches_of_the_kernel_are_looked_at(doctor):
    wide = {"conf_": lambda text: text.replace("100/32", "100/24")}
    calm = ETH0 + sysctl("promote_secondaries", 1)
    assert of("sysctl", doctor(calm, **wide))[0][0] == "ok"
    for name, value, verdict in (("arp_ignore", 8, "bad"),
                                 ("promote_secondaries", 0, "warn")):
        found = of("sysctl", doctor(calm + sysctl(name, value), **wide))
        assert len(found) == 1 and found[0][0] == verdict
        assert found[0][1].startswith("%s is %d on eth0" % (name, value))
    # of addresses on lo only
    assert of("sysctl", doctor(calm + sysctl("arp_ignore", 3)))[0][0] == "ok"
    # a /32 has no secondaries
    assert of("sysctl", doctor(ETH0 + sysctl("promote_secondaries", 0))
              )[0][0] == "ok"
    # strict on one of two cards
    two = {"conf_": lambda text: text.replace(
        "100/32\"; }", "100/32\"; }, { ip = \"192.0.2.101/32\"; "
        "dev = \"eth1\"; }")}
    found = of("sysctl", doctor(calm + sysctl("rp_filter", 1), **two))
    assert [one[1][:22] for one in found] == ["rp_filter is 1 on eth0"]
    assert of("sysctl", doctor(calm + sysctl("rp_filter", 2), **two)
              )[0][0] == "ok"
    six = {"conf_": lambda text: text.replace(
        '{ ip = "192.0.2.100/32"; }',
        '{ ip = "fe80::55/64"; }, { ip = "2001:db8::1/64"; }')}
    found = doctor(ETH0 + "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6",
                   **six)
    assert of("sysctl", found)[0][0] == "bad"


def listen(address, family):
    """In the background, until the namespaces end; what follows waits for it."""
    code = "import socket, sys, time; s = socket.create_server((%r, 8080), " \
        "family=socket.%s); print(flush=True); time.sleep(60)" % (
            address, family)
    return "mkfifo /etc/it; %s -c \"%s\" >/etc/it & read it </etc/it; " % (
        sys.executable, code)


def test_a_program_on_a_virtual_address_that_the_standby_cannot_start_is_named(
        doctor):
    six = {"conf_": lambda text: text.replace(
        '{ ip = "192.0.2.100/32"; }',
        '{ ip = "fe80::55/64"; }, { ip = "2001:db8::1/64"; }')}
    holds = ETH0 + "ip addr add 192.0.2.100/32 dev eth0; " \
        "ip addr add 2001:db8::1/64 dev eth0 nodad; "
    on_v4, on_v6 = (listen(*what) for what in (
        ("192.0.2.100", "AF_INET"), ("2001:db8::1", "AF_INET6")))
    found = of("listen", doctor(holds + on_v4))
    assert len(found) == 1 and found[0][0] == "warn"
    assert "port 8080 of 192.0.2.100" in found[0][1]
    found = of("listen", doctor(holds + on_v6, **six))
    assert len(found) == 1 and "port 8080 of 2001:db8::1" in found[0][1]
    # on all addresses, on the node's own, or where the kernel lets it
    for fine in (listen("0.0.0.0", "AF_INET"), listen("192.0.2.11", "AF_INET"),
                 "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; " + on_v4):
        assert of("listen", doctor(holds + fine)) == []


NFT = ETH0 + "nft 'table inet filter { chain input { type filter hook " \
    "input priority 0; policy %s; %s }; }'; "


@pytest.mark.parametrize("policy,rules,verdict,text", [
    ("accept", "", "ok", "no rule"),
    ("accept", "ip protocol 112 drop;", "bad", "inet filter input drops VRRP"),
    ("accept", "meta l4proto 112 reject;", "bad", "drops VRRP"),
    ("accept", "udp dport 1694 drop;", "bad", "drops direct"),
    ("accept", "udp dport 1693 drop; tcp dport 112 drop;", "ok", ""),
    ("drop", "", "warn", "none names VRRP"),
    ("drop", "ct state established accept; tcp dport 22 accept; "
     "udp dport 1694 accept;", "warn", "none names VRRP"),
    ("drop", "ip protocol { 50, 112 } accept;", "warn",
     "UDP port 1694 of link direct"),
    ("drop", "ip protocol 112 accept; udp dport { 53, 1694 } accept;", "ok",
     ""),
    ("drop", 'iifname "eth0" accept;', "ok", ""),
    ("drop", 'iifname "lo" accept;', "warn", "none names VRRP"),
])
def test_a_firewall_in_the_way_is_named(doctor, policy, rules, verdict, text):
    found = of("firewall", doctor(NFT % (policy, rules), conf_=lambda conf:
        conf.replace("links = {", 'links = { udp = ( { name = "direct"; '
                     'interface = "eth0"; interval_ms = 100; dead_ms = 400; '
                     'port = 1694; addresses = ( "192.0.2.11", "192.0.2.12" '
                     '); } );')))
    assert found[0][0] == verdict and text in found[0][1], found
    assert verdict != "ok" or len(found) == 1


def test_nft_lists_its_rules_once(doctor, tmp_path):
    """For what drops and for marks: a large ruleset takes it seconds."""
    (tmp_path / "nft").write_text(
        "#!/bin/sh\necho once >>%s/asked\n"
        "echo 'table ip t {'\necho '\tchain c {'\n"
        "echo '\t\ttype filter hook prerouting priority mangle; policy "
        "accept;'\n"
        "echo '\t\tmeta mark set 0x00000015'\n" % tmp_path)
    os.chmod(tmp_path / "nft", 0o755)
    marked = 'director = { services = ( { name = "web"; fwmark = 21; ' \
        'family = "ipv4"; instance = "VI_1"; checks = ( { type = "none"; } ' \
        '); servers = ( { name = "a"; address = "192.0.2.21"; } ); } ); };'
    found = of("firewall", doctor(
        ETH0 + "PATH=%s:$PATH; " % tmp_path,
        conf_=lambda conf: conf + marked))
    assert [one[0] for one in found] == ["ok"], found
    assert (tmp_path / "asked").read_text() == "once\n"


def test_the_way_of_a_fence_is_looked_at(doctor):
    near = {"conf_": lambda text: text.replace("127.0.0.1", "192.0.2.20")}
    assert of("fencepath", doctor(ETH0, **near)) == [(
        "warn", "pdu (192.0.2.20) is reached by eth0, which VI_1 needs, too: "
        "both fail together")]
    far = {"conf_": lambda text: text.replace("127.0.0.1", "198.51.100.20")}
    assert of("fencepath", doctor(ETH0, **far)) == [(
        "bad", "there is no way from here to pdu (198.51.100.20)")]
    assert of("fencepath", doctor(
        ETH0 + "ip addr add 198.51.100.1/24 dev far", **far))[0][0] == "ok"
