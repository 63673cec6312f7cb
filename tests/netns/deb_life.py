#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of the packages on a pair, in namespaces that test_deb.py makes.

Each node has a clean Debian of its own (clean_root.sh) and only the other node
as its network. All of it is memory of the mount namespace: it ends with it.

    deb_life.py TAR FOLDER FIRST... SECOND...   packages of two versions
"""
import json
import os
import signal
import subprocess
import sys
import time

PACKAGES = ["twinbeat", "twinbeat-notifier", "twinbeat-fence-agents",
            "twinbeat-checker", "twinbeat-exporter", "twinbeat-snmp"]
VIP = "192.0.2.100"
CONF = """# edited by a person
pair = "web";
key_file = "/etc/twinbeat/key";
nodes = (
  { name = "lb01"; priority = 150; address = "192.0.2.11"; },
  { name = "lb02"; priority = 100; address = "192.0.2.12"; }
);
links = {
  udp = ( { name = "direct"; interface = "eth1"; port = 1694;
            interval_ms = 100; dead_ms = 2000;
            addresses = ( "198.51.100.1", "198.51.100.2" ); } );
};
instances = (
  { name = "VI_1"; interface = "eth0"; vrid = 55; version = 3;
    advert_ms = 500; addresses = ( { ip = "192.0.2.100/32"; } ); }
);
fence = { required = false; };
startup_ms = 3000;
realtime = false;
"""
# what dpkg, apt and the account of a package that is gone leave behind
KEPT = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/", "/var/log/",
        "/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-",
        "/etc/subuid-", "/etc/subgid-", "/etc/.pwd.lock", "/etc/ld.so.cache",
        "/tmp/")


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=100)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def wait_for(what, test, limit=30):
    end = time.monotonic() + limit
    while not test():
        assert time.monotonic() < end, what
        time.sleep(0.1)


class Node:
    """A root and a network. When its VIP comes and goes is written down."""

    def __init__(self, name, folder, tar):
        self.name, self.root = name, os.path.join(folder, name)
        self.daemon = None
        os.makedirs(self.root)
        run("tar", "-C", self.root, "-xf", tar)
        run("mount", "-t", "proc", "proc", self.root + "/proc")
        run("mount", "-t", "tmpfs", "run", self.root + "/run")
        self.clean = self.files()
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")

    def connect(self, card, address):
        run("ip", "-n", self.name, "address", "add", address, "dev", card)
        run("ip", "-n", self.name, "link", "set", card, "up")

    def watch(self):
        with open(self.root + ".events", "w", encoding="ascii") as events:
            subprocess.Popen(  # ends with the namespaces
                ["ip", "-n", self.name, "-ts", "-o", "monitor", "address"],
                stdout=events)

    def vip_times(self):
        """When the VIP came and went; the lease's renewals are left out."""
        times, up = [], False
        with open(self.root + ".events", encoding="ascii") as lines:
            for line in lines:
                if VIP + "/32" in line and up != ("Deleted" not in line):
                    times.append(line.split("]")[0].strip("["))
                    up = not up
        return times

    def words(self, *words):
        return ["ip", "netns", "exec", self.name, "sh", "-c",
                'mount -t sysfs sys "$0/sys" && exec chroot "$0" "$@"',
                self.root, *words]

    def run(self, *words):
        return run(*self.words(*words))

    def write(self, path, text):
        with open(self.root + path, "w", encoding="ascii") as f:
            f.write(text)

    def read(self, path):
        with open(self.root + path, encoding="ascii") as f:
            return f.read()

    def exists(self, path):
        return os.path.lexists(self.root + path)

    def files(self):
        """All names; /proc, /sys, /dev and /run are no files of the system."""
        return set(run("find", self.root, "-xdev", "(", "-path",
                       self.root + "/dev", "-o", "-path", self.root + "/sys",
                       ")", "-prune", "-o", "-printf", "/%P\n").split("\n"))

    def install(self, paths):
        os.makedirs(self.root + "/tmp/debs", exist_ok=True)
        run("cp", *paths, self.root + "/tmp/debs")
        text = self.run("apt-get", "--yes", "--no-install-recommends",
                        "install", *["/tmp/debs/" + os.path.basename(path)
                                     for path in paths])
        for word in ("rror", "arning", "W:"):
            assert word not in text, text
        return text

    def version(self):
        return self.run("dpkg-query", "-W", "-f", "${Version}", "twinbeat")

    def start(self):
        self.daemon = subprocess.Popen(self.words(
            "twinbeatd", "--foreground", "--node", self.name))

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(30) == 0

    def has_vip(self):
        return VIP + "/32" in run("ip", "-n", self.name, "-4", "address",
                                  "show", "eth0")

    def status(self):
        done = subprocess.run(self.words("twinbeat", "status", "--json"),
                              capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def state(self):
        status = self.status()
        return status["instances"][0]["state"] if status else None

    def hears(self):
        """Its link hears the other one and is heard."""
        status = self.status()
        return bool(status) and all(
            link["state"] == "up" for link in status["links"]
            if link["type"] == "udp")


def owner_of(node, path):
    seen = os.lstat(node.root + path)
    return seen.st_uid, seen.st_gid, seen.st_mode & 0o7777


def assert_whole(node):
    """Installed as a whole, nothing started, nothing of this machine needed."""
    assert not [n for n in os.listdir(node.root + "/run") if "twinbeat" in n]
    for name in PACKAGES:
        assert node.run("dpkg", "--verify", name) == "", name
        assert node.run("dpkg-query", "-W", "-f", "${Status}", name) == \
            "install ok installed"
    uid, gid = map(int, node.run("getent", "passwd", "twinbeat").split(":")[2:4])
    # root's files are the daemon's to read, its state is its own
    assert owner_of(node, "/etc/twinbeat") == (0, gid, 0o2750)
    assert owner_of(node, "/etc/twinbeat/twinbeat.conf") == (0, gid, 0o640)
    assert owner_of(node, "/var/lib/twinbeat") == (uid, gid, 0o700)
    assert node.run("twinbeat", "--version").startswith("twinbeat ")
    assert node.exists("/usr/sbin/fence_twinbeat_modbus")
    node.run("test", "-x", "/usr/sbin/fence_twinbeat_modbus")
    assert os.stat(node.root + "/etc/twinbeat/twinbeat.conf").st_mode & \
        0o777 == 0o640
    programs = [path for path in node.run(
        "sh", "-c", "dpkg -L %s" % " ".join(PACKAGES)).split("\n")
                if ("bin/" in path or "libexec/" in path or
                    "plugins/" in path) and
                os.path.isfile(node.root + path) and
                not os.path.islink(node.root + path)]
    assert len(programs) > 10, programs
    text = node.run("ldd", *programs)
    assert "not found" not in text, text


def assert_monitored(node):
    """The real daemon's words, as the plugin, metrics and exporter say them."""
    done = subprocess.run(node.words("/usr/lib/nagios/plugins/check_twinbeat"),
                          capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout
    assert ": lb01 serves VI_1" in done.stdout, done.stdout
    text = node.run("twinbeat", "metrics")
    for line in ('instance_state{pair="web",node="lb01",vrrp_instance="VI_1",'
                 'state="MASTER"} 1',
                 'instance_owned{pair="web",node="lb01",vrrp_instance="VI_1",'
                 'owner="lb01"} 1',
                 'link_state{pair="web",node="lb01",link="vrrp:VI_1",'
                 'type="vrrp",state="sending"} 1'):
        assert "twinbeat_" + line in text, text
    with subprocess.Popen(node.words("twinbeat-exporter"), text=True,
                          stderr=subprocess.PIPE) as exporter:
        assert "serves" in exporter.stderr.readline()
        try:
            page = run("ip", "netns", "exec", node.name, "/usr/bin/python3",
                       "-c", "import urllib.request as r; print(r.urlopen("
                       "'http://127.0.0.1:9694/healthz', timeout=20).read()"
                       ".decode())")
            assert ": lb01 serves VI_1" in page
        finally:
            exporter.terminate()


def tell(what, began=time.monotonic()):
    print("%5.1f s  %s" % (time.monotonic() - began, what), flush=True)


def make_pair(folder, tar):
    nodes = [Node(name, folder, tar) for name in ("lb01", "lb02")]
    for number, net in enumerate(("192.0.2.1", "198.51.100.")):
        card = "eth%d" % number
        run("ip", "link", "add", card, "netns", "lb01", "type", "veth",
            "peer", "name", card, "netns", "lb02")
        for last, node in enumerate(nodes, 1):
            node.connect(card, "%s%d/24" % (net, last))
    for node in nodes:
        node.watch()
    return nodes


def upgrade(lb01, lb02, second):
    """The standby, a handover, the other one: nobody is without the VIP."""
    lb02.install(second)
    assert lb02.daemon.poll() is None and lb02.state() == "BACKUP"
    lb02.stop()
    lb02.start()
    # the owner with the old version, beside a standby with the new one
    wait_for("a pair", lambda: lb01.hears() and lb02.hears() and
             lb02.state() == "BACKUP")
    lb01.install(second)
    for node in lb01, lb02:
        assert node.version() == "1.1"
        # a file that a person edited stays, and nobody is asked
        assert node.read("/etc/twinbeat/twinbeat.conf") == CONF
    assert lb01.daemon.poll() is None and lb01.has_vip()
    assert lb01.state() == "MASTER"
    # it came once, when the daemon started, and has not gone since
    assert len(lb01.vip_times()) == 1 and not lb02.vip_times()
    lb01.run("twinbeat", "handover")
    wait_for("the other one's VIP", lb02.has_vip)
    assert not lb01.has_vip()
    (_, gone), (came,) = lb01.vip_times(), lb02.vip_times()
    assert gone <= came, (gone, came)
    lb01.stop()
    lb01.start()
    wait_for("a pair", lambda: lb01.hears() and lb01.state() == "BACKUP")
    assert lb02.has_vip() and len(lb02.vip_times()) == 1
    tell("upgraded one after the other; the VIP went %s, came %s" % (gone, came))


def remove(node):
    """What was not there before is the key, which the other node has, too."""
    node.run("apt-get", "--yes", "remove", *PACKAGES)
    for path in ("/usr/sbin/twinbeatd", "/usr/libexec/twinbeat",
                 "/usr/sbin/twinbeat-exporter", "/usr/sbin/fence_twinbeat_ipmi",
                 "/usr/lib/systemd/system/twinbeat.service"):
        assert not node.exists(path), path
    assert node.read("/etc/twinbeat/twinbeat.conf") == CONF
    assert os.listdir(node.root + "/var/lib/twinbeat")
    # the others had no settings: dpkg knows of them no more
    node.run("apt-get", "--yes", "--autoremove", "purge", "twinbeat")
    left = sorted(path for path in node.files() - node.clean
                  if not path.startswith(KEPT))
    assert left == ["/etc/twinbeat", "/etc/twinbeat/key"], left
    gone = sorted(path for path in node.clean - node.files()
                  if not path.startswith(KEPT))
    assert gone == [], gone


def live(tar, folder, first, second):
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C.UTF-8",
                      DEBIAN_FRONTEND="noninteractive")
    run("mount", "-t", "tmpfs", "-o", "size=3g,mode=755", "roots", folder)
    run("mount", "-t", "tmpfs", "run", "/run")
    run("mount", "-t", "proc", "proc", "/proc")
    lb01, lb02 = nodes = make_pair(folder, tar)
    tell("two clean roots")
    for node in nodes:
        node.install(first)
        assert node.version() == "1.0"
        assert_whole(node)
    tell("installed on both")
    lb01.run("twinbeat", "keygen", "/etc/twinbeat/key")
    assert owner_of(lb01, "/etc/twinbeat/key")[2] == 0o640
    run("cp", "-p", lb01.root + "/etc/twinbeat/key",
        lb02.root + "/etc/twinbeat/key")
    for node in nodes:
        node.write("/etc/twinbeat/twinbeat.conf", CONF)
        node.run("twinbeat", "check")
        node.start()
    wait_for("the VIP", lambda: lb01.has_vip() and lb02.state() == "BACKUP")
    wait_for("a pair", lambda: lb01.hears() and lb02.hears())
    assert_monitored(lb01)
    tell("a pair")
    upgrade(lb01, lb02, second)
    for node in nodes:
        node.stop()
        assert not node.has_vip()
        remove(node)
        tell("%s: removed, purged" % node.name)
    print("lived and died")


if __name__ == "__main__":
    half = 3 + (len(sys.argv) - 3) // 2
    live(sys.argv[1], sys.argv[2], sys.argv[3:half], sys.argv[half:])
