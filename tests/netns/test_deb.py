# SPDX-License-Identifier: GPL-3.0-or-later
"""make deb: installed, upgraded under a running daemon, removed, purged.

In a mount namespace of its own, where /etc, /usr and /var are overlays and /run
is empty: dpkg is this machine's, and nothing of it is changed.
"""
import glob
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
PACKAGES = ["twinbeat", "twinbeat-notifier", "twinbeat-fence-agents",
            "twinbeat-checker", "twinbeat-exporter", "twinbeat-snmp"]
CONF = """# edited by a person
pair = "web";
key_file = "/etc/twinbeat/key";
nodes = (
  { name = "lb01"; priority = 150; address = "192.0.2.11"; },
  { name = "lb02"; priority = 100; address = "192.0.2.12"; kind = "vrrp"; }
);
instances = (
  { name = "VI_1"; interface = "eth0"; vrid = 55; version = 3;
    advert_ms = 100; addresses = ( { ip = "192.0.2.100/32"; } ); }
);
realtime = false;
"""


def build(folder, version):
    """The packages of a version, made of what is built already."""
    done = subprocess.run(
        ["sh", "etc/debian/build.sh", BUILD, version, str(folder)], cwd=ROOT,
        env=dict(os.environ, SOURCE_DATE_EPOCH="1790000000", MAKEFLAGS=""),
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {}
    for path in done.stdout.split():
        name, number, _ = os.path.basename(path).split("_")
        assert number == version
        made[name] = os.path.join(ROOT, path)
    assert sorted(made) == sorted(PACKAGES)
    return made


def field(path, name):
    return subprocess.run(["dpkg-deb", "-f", path, name], text=True,
                          capture_output=True, check=True).stdout.strip()


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def has_vip():
    return "192.0.2.100/32" in run("ip", "-4", "address", "show", "eth0")


def wait_for(what, test, limit=30):
    end = time.monotonic() + limit
    while not test():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def hide_the_machine(folder):
    for path in ("/etc", "/usr", "/var"):
        upper = folder + path.replace("/", "_")
        os.makedirs(upper + ".upper")
        os.makedirs(upper + ".work")
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={path},upperdir={upper}.upper,workdir={upper}.work",
            path)
    run("mount", "-t", "tmpfs", "run", "/run")
    run("mount", "-t", "proc", "proc", "/proc")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far")
    run("ip", "address", "add", "192.0.2.11/24", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run("ip", "link", "set", "far", "up")


def assert_monitored():
    """The real daemon's words, as the plugin, metrics and exporter say them."""
    done = subprocess.run(["/usr/lib/nagios/plugins/check_twinbeat", "-m",
                           "simple"], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (
        1, "TWINBEAT WARNING - lb01 holds VI_1 | 'held'=1;;;0\n")
    done = subprocess.run(["/usr/lib/nagios/plugins/check_twinbeat"],
                          capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout
    assert ": lb01 serves VI_1" in done.stdout
    text = run("twinbeat", "metrics")
    for line in ('instance_state{pair="web",node="lb01",vrrp_instance="VI_1",'
                 'state="MASTER"} 1',
                 'instance_owned{pair="web",node="lb01",vrrp_instance="VI_1",'
                 'owner="lb01"} 1',
                 'link_state{pair="web",node="lb01",link="vrrp:VI_1",'
                 'type="vrrp",state="sending"} 1'):
        assert "twinbeat_" + line in text, text
    with subprocess.Popen(["twinbeat-exporter"], stderr=subprocess.PIPE,
                          text=True) as exporter:
        assert "serves" in exporter.stderr.readline()
        try:
            with urllib.request.urlopen("http://127.0.0.1:9694/healthz",
                                        timeout=20) as page:
                assert ": lb01 serves VI_1" in page.read().decode()
        finally:
            exporter.terminate()


def install(paths):
    return run("dpkg", "--force-confold", "-i", *paths)


def inside(folder, first, second):
    """The life of the packages on a machine; in the sandbox."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    hide_the_machine(folder)
    install(first)
    # nothing was started, and it is whole
    assert not glob.glob("/run/twinbeat*")
    for name in PACKAGES:
        assert run("dpkg", "--verify", name) == "", name
        assert run("dpkg-query", "-W", "-f", "${Status}", name) == \
            "install ok installed"
    run("getent", "passwd", "twinbeat")
    assert run("twinbeat", "--version").startswith("twinbeat ")
    assert os.path.exists(os.path.realpath("/usr/sbin/fence_twinbeat_modbus"))
    assert os.stat("/etc/twinbeat/twinbeat.conf").st_mode & 0o777 == 0o640

    run("twinbeat", "keygen", "/etc/twinbeat/key")
    with open("/etc/twinbeat/twinbeat.conf", "w", encoding="ascii") as f:
        f.write(CONF)
    with subprocess.Popen(["twinbeatd", "--foreground", "--node",
                           "lb01"]) as daemon:
        try:
            wait_for("the VIP", has_vip)
            assert_monitored()
            install(second)
            assert run("dpkg-query", "-W", "-f", "${Version}",
                       "twinbeat") == "9.9.9"
            # it runs on and serves, with the file that a person edited
            assert daemon.poll() is None and has_vip()
            assert '"MASTER"' in run("twinbeat", "status", "--json")
            with open("/etc/twinbeat/twinbeat.conf", encoding="ascii") as f:
                assert f.read() == CONF
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(30) == 0
    assert not has_vip()

    run("dpkg", "--remove", *reversed(PACKAGES))
    for path in ("/usr/sbin/twinbeatd", "/usr/libexec/twinbeat",
                 "/usr/sbin/twinbeat-exporter", "/usr/sbin/fence_twinbeat_ipmi",
                 "/usr/lib/systemd/system/twinbeat.service"):
        assert not os.path.lexists(path), path
    assert os.path.exists("/etc/twinbeat/twinbeat.conf")
    assert os.listdir("/var/lib/twinbeat")
    run("dpkg", "--purge", *reversed(PACKAGES))
    assert not os.path.exists("/var/lib/twinbeat")
    # the other node has the same key: it is a person's to throw away
    assert os.listdir("/etc/twinbeat") == ["key"]
    left = [path for top in ("/usr", "/etc", "/var") for path in
            glob.glob(folder + top.replace("/", "_") + ".upper/**",
                      recursive=True)
            if "twinbeat" in path and os.path.isfile(path)]
    assert [os.path.basename(path) for path in left] == ["key"], left
    print("lived and died")


@pytest.fixture(name="first", scope="module")
def make_first(tmp_path_factory):
    return build(tmp_path_factory.mktemp("first"), "0.1.0")


def test_packages_live_and_die(tmp_path, first):
    second = build(tmp_path / "second", "9.9.9")
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--uts", "--pid", "--fork",
         "--kill-child", "--propagation", "private", "/usr/bin/python3",
         os.path.abspath(__file__), str(tmp_path / "world"),
         *[made[name] for made in (first, second) for name in PACKAGES]],
        capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.endswith("lived and died\n"), (
        done.stdout[-2000:], done.stderr[-3000:])


def test_who_only_needs_heartbeats_pulls_in_no_large_library(first):
    needs = {name: field(path, "Depends") for name, path in first.items()}
    for large, *packages in (("libcurl", "twinbeat-notifier",
                              "twinbeat-checker"),
                             ("libfreeipmi", "twinbeat-fence-agents"),
                             ("libmicrohttpd", "twinbeat-exporter"),
                             ("libsnmp", "twinbeat-snmp")):
        assert [name for name in PACKAGES if large in needs[name]] == packages
    for name in PACKAGES[1:]:
        assert "twinbeat (= 0.1.0)" in needs[name]


def test_made_again_they_are_the_same_to_the_byte(tmp_path, first):
    again = build(tmp_path / "again", "0.1.0")
    for name in PACKAGES:
        assert digest(first[name]) == digest(again[name]), name


@pytest.mark.skipif(not shutil.which("lintian"), reason="no lintian")
def test_lintian_finds_nothing(first):
    """No error, no warning; what is meant so says why in an override."""
    done = subprocess.run(["lintian", "--allow-root", "--fail-on",
                           "error,warning", *first.values()],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


if __name__ == "__main__":
    world, *files = sys.argv[1:]
    os.makedirs(world)
    half = len(files) // 2
    inside(world, files[:half], files[half:])
