#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make lab: the package on two emulated machines (QEMU, without /dev/kvm).

Debian's kernel and systemd, ModemManager and brltty beside twinbeat; an FTDI
adapter each as the port of the cable; two networks; a Modbus power switch that
really ends a machine. 196 to 385 s on a core of its own.

image.sh makes what they boot. All of it lives in a network namespace and a
folder of its own.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
IMAGE = os.path.join(BUILD, "lab")
TOOLS = os.path.join(BUILD, "tests")
NS = "twinbeat-lab"
VIP, PDU = "10.99.0.100", "10.99.1.254"
# A machine without KVM on a busy host: nothing here is quick.
BOOT_S, SOON_S, PROBED_S = 420, 120, 60
CORE = os.environ.get("CORE") or "0"
WORDS = ("console=ttyS0 quiet panic=-1 net.ifnames=0 tsc=reliable "
         "mitigations=off nokaslr no_timer_check noreplace-smp lpj=4000000 "
         "random.trust_cpu=on cryptomgr.notests "
         "systemd.default_timeout_start_sec=300s systemd.show_status=0")
CONF = """pair = "web";
key_file = "/etc/twinbeat/key";
nodes = (
  { name = "lb01"; priority = 150; address = "10.99.0.11";
    serial = "/dev/twinbeat0";
    fence = ( { level = 1; device = "pdu"; plug = 1; } ); },
  { name = "lb02"; priority = 100; address = "10.99.0.12";
    serial = "/dev/twinbeat0";
    fence = ( { level = 1; device = "pdu"; plug = 2; } ); }
);
links = { serial = { baud = 115200; interval_ms = 500; dead_ms = 15000; }; };
instances = (
  { name = "VI_1"; interface = "eth0"; vrid = 55; version = 3;
    advert_ms = 5000; addresses = ( { ip = "10.99.0.100/32"; } ); }
);
devices = (
  { name = "pdu"; driver = "modbus"; transport = "tcp"; host = "10.99.1.254";
    port = 502; unit = 1; profile = "generic-coil"; base = 0;
    connect_ms = 3000; response_ms = 3000; settle_ms = 50;
    power_wait_ms = 1000; }
);
fence = { required = true; action = "off"; disagree_ms = 60000;
          lone_link_ms = 30000; tie_ms = 30000; timeout_ms = 30000;
          yield_ms = 3000; };
vip = { lease_s = 30; };
"""


def run(*words, check=True):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(map(str, words)),
                                       done.stdout))
    return done.stdout


def within(*words):
    return ["ip", "netns", "exec", NS, *words]


class Machine:
    def __init__(self, lab, number, late=""):
        self.lab, self.number, self.late = lab, number, late
        self.name = "lb0%d" % number
        self.disk = os.path.join(lab.folder, self.name)
        os.makedirs(self.disk + "/etc")
        os.makedirs(self.disk + "/state")
        with open(self.disk + "/etc/twinbeat.conf", "w",
                  encoding="ascii") as f:
            f.write(CONF)
        shutil.copy(lab.folder + "/key", self.disk + "/etc/key")
        self.process = None

    def power_on(self):
        base = os.path.join(self.lab.folder, self.name)
        for path in (base + ".qmp", self.disk + "/command"):
            if os.path.exists(path):
                os.unlink(path)
        words = ["qemu-system-x86_64", "-accel", "tcg", "-M", "pc", "-m",
                 "256", "-nodefaults", "-display", "none", "-no-reboot",
                 "-kernel", IMAGE + "/vmlinux", "-initrd", IMAGE + "/initrd",
                 "-append", "%s host=%s late=%s" % (WORDS, self.name,
                                                    self.late),
                 "-serial", "file:%s.console" % base,
                 "-qmp", "unix:%s.qmp,server=on,wait=off" % base,
                 "-device", "piix3-usb-uhci",
                 "-chardev", "serial,id=cable,path=%s/tty%d" % (
                     self.lab.folder, self.number),
                 "-device", "usb-serial,chardev=cable,id=ftdi,"
                 "serial=TWIN0001"]
        for tag, path, more in (
                ("host", "/", ",readonly=on,multidevs=remap"),
                ("image", IMAGE + "/root", ",readonly=on"),
                ("modules", IMAGE + "/modules", ",readonly=on"),
                ("disk", self.disk, "")):
            words += ["-fsdev", "local,id=%s,path=%s,security_model=none%s" %
                      (tag, path, more),
                      "-device", "virtio-9p-pci,fsdev=%s,mount_tag=%s" %
                      (tag, tag)]
        for card in 0, 1:
            words += ["-netdev", "tap,id=n%d,ifname=t%d%d,script=no,"
                      "downscript=no" % (card, self.number, card),
                      "-device", "virtio-net-pci,netdev=n%d,romfile=,mac="
                      "52:54:00:00:0%d:0%d" % (card, card, self.number)]
        self.process = subprocess.Popen(
            within("taskset", "-c", CORE, *words), stdin=subprocess.DEVNULL,
            stdout=self.lab.log, stderr=self.lab.log)
        # ip and taskset become qemu: its pid is this one
        for name, text in (("pids", "%d\n" % self.process.pid),
                           ("links", "t%d0\nt%d1\n" % (self.number,
                                                       self.number))):
            path = os.path.join(self.lab.folder, "plug%d.%s" % (self.number,
                                                                name))
            with open(path + ".new", "w", encoding="ascii") as f:
                f.write(text)
            os.rename(path + ".new", path)

    def power_off(self):
        self.process.kill()
        self.process.wait()

    def qmp(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(os.path.join(self.lab.folder, self.name + ".qmp"))
            answers = wire.makefile()
            answers.readline()
            for word in (dict(execute="qmp_capabilities"),
                         dict(execute=command, arguments=arguments)):
                wire.sendall(json.dumps(word).encode())
                while True:
                    answer = json.loads(answers.readline())
                    if "event" not in answer:
                        break
            assert "return" in answer, answer

    def ask(self, command, seconds=SOON_S):
        """The answer of a shell on the machine, and its exit code."""
        answer = self.disk + "/answer"
        if os.path.exists(answer):
            os.unlink(answer)
        with open(self.disk + "/command.new", "w", encoding="utf-8") as f:
            f.write(command + "\n")
        os.rename(self.disk + "/command.new", self.disk + "/command")
        wait_for("%s answers %r" % (self.name, command),
                 lambda: os.path.exists(answer), seconds)
        with open(answer, encoding="utf-8", errors="replace") as f:
            text, _, code = f.read().rstrip("\n").rpartition("exit ")
        return text, int(code)

    def say(self, command):
        text, code = self.ask(command)
        assert code == 0, (command, text)
        return text.strip()

    def status(self):
        text, code = self.ask("twinbeat status --json")
        return json.loads(text) if code == 0 else None

    def state(self):
        status = self.status()
        return status["instances"][0]["state"] if status else None

    def link(self):
        status = self.status()
        return next(link["state"] for link in status["links"]
                    if link["name"] == "serial") if status else None


def wait_for(what, condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("not within %g s: %s" % (seconds, what))
        time.sleep(0.2)


class Lab:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="twinbeat-qemu-")
        self.log = open(self.folder + "/log", "w", encoding="utf-8")
        self.began, self.tools, self.machines = time.monotonic(), [], []

    def __enter__(self):
        run(BUILD + "/twinbeat", "keygen", self.folder + "/key")
        run("ip", "netns", "add", NS)
        for card in 0, 1:
            run("ip", "-n", NS, "link", "add", "br%d" % card, "type",
                "bridge")
            run("ip", "-n", NS, "addr", "add", "10.99.%d.254/24" % card,
                "dev", "br%d" % card)
            run("ip", "-n", NS, "link", "set", "br%d" % card, "up")
            for number in 1, 2:
                tap = "t%d%d" % (number, card)
                run("ip", "-n", NS, "tuntap", "add", tap, "mode", "tap")
                run("ip", "-n", NS, "link", "set", tap, "master",
                    "br%d" % card, "up")
        self.start_tool("cable", self.folder + "/tty1", self.folder + "/tty2",
                        self.folder + "/cable")
        self.start_tool("power_switch", "--listen", PDU + ":502", "--coils",
                        "8", "--kill-dir", self.folder, "--log",
                        self.folder + "/pdu.log", "--control",
                        self.folder + "/pdu")
        self.machines = [Machine(self, 1), Machine(self, 2, late="1")]
        return self

    def start_tool(self, name, *words):
        tool = subprocess.Popen(within(os.path.join(TOOLS, name), *words),
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE)
        self.tools.append(tool)
        assert b"ready" in tool.stdout.readline(), name

    def __exit__(self, kind, value, trace):
        if kind:
            for machine in self.machines:
                try:
                    print(machine.ask("journalctl -b -u twinbeat --no-pager "
                                      "| tail -n 40; ls -l /dev/tty[US]*; "
                                      "systemctl list-jobs --no-pager",
                                      60)[0])
                except (AssertionError, OSError) as error:
                    print(machine.name, error)
        for process in [m.process for m in self.machines] + self.tools:
            if process:
                process.kill()
                process.wait()
        run("ip", "netns", "del", NS, check=False)
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.folder)

    def tell(self, what):
        print("%4.0f s  %s" % (time.monotonic() - self.began, what),
              flush=True)

    def settled(self):
        return sorted(str(m.state()) for m in self.machines) == [
            "BACKUP", "MASTER"] and all(m.link() == "up"
                                        for m in self.machines)

    def boot(self):
        for machine in self.machines:
            machine.power_on()
        for machine in self.machines:
            machine.ask("true", BOOT_S)
            self.tell("%s is up" % machine.name)
        wait_for("a pair", self.settled, BOOT_S)


def play(lab):
    lb01, lb02 = lab.machines
    lab.boot()
    owner = next(m for m in lab.machines if m.state() == "MASTER")
    standby = lb02 if owner is lb01 else lb01
    lab.tell("a pair, %s owns; lb02 got its name and addresses late: %s" % (
        owner.name, lb02.say("systemctl show -P NRestarts twinbeat")
        + " restarts"))
    text = lb02.say("journalctl -b -u twinbeat --no-pager -o cat")
    assert "at boot the host name" in text, text

    for machine in lab.machines:
        port = machine.say("readlink -f /dev/twinbeat0")
        assert port.startswith("/dev/ttyUSB"), port
        for service in "ModemManager", "brltty":
            wait_for("%s runs" % service, lambda m=machine, s=service: m.ask(
                "systemctl is-active " + s)[1] == 0, SOON_S)
        assert machine.say("cat /sys/class/tty/%s/device/latency_timer" %
                           os.path.basename(port)) == "1"
    lab.tell("/dev/twinbeat0 is the FTDI adapter by the rule, latency 1 ms; "
             "ModemManager and brltty run")

    standby.qmp("device_del", id="ftdi")
    wait_for("the link is broken", lambda: standby.link() == "broken", SOON_S)
    lab.tell("unplugged at %s: the link is broken, it is %s" % (
        standby.name, standby.state()))
    standby.qmp("device_add", driver="usb-serial", chardev="cable",
                id="ftdi", serial="TWIN0001")
    wait_for("the link is up", lambda: standby.link() == "up", SOON_S)
    plugged = time.monotonic()
    assert standby.state() == "BACKUP" and owner.state() == "MASTER"
    lab.tell("plugged in again: up")

    before = owner.say("systemctl show -P MainPID twinbeat")
    owner.say("systemctl reload twinbeat")
    assert owner.say("systemctl show -P MainPID twinbeat") == before
    assert owner.state() == "MASTER"
    text, code = owner.ask("echo nonsense >>/etc/twinbeat/twinbeat.conf; "
                           "systemctl reload twinbeat")
    assert code != 0 and owner.state() == "MASTER", text
    owner.say("sed -i /nonsense/d /etc/twinbeat/twinbeat.conf")
    lab.tell("systemctl reload: the same process; a bad file fails, nothing "
             "changes")
    owner.say("systemctl restart twinbeat")
    wait_for("a pair", lab.settled, SOON_S)
    lab.tell("systemctl restart: a pair again, %s" % " ".join(
        "%s %s" % (m.name, m.state()) for m in lab.machines))
    owner = next(m for m in lab.machines if m.state() == "MASTER")
    standby = lb02 if owner is lb01 else lb01
    owner.say("systemctl stop twinbeat")
    assert VIP not in owner.say("ip addr")
    wait_for("the other one owns", lambda: standby.state() == "MASTER",
             SOON_S)
    assert owner.say("systemctl show -P Result twinbeat") == "success"
    owner.say("systemctl start twinbeat")
    wait_for("a pair", lab.settled, SOON_S)
    lab.tell("systemctl stop: the address goes, the other one owns it; "
             "start: a pair")

    # an adapter that it may ask has its line by then ("couldn't check
    # support for device .../usb1/1-2")
    time.sleep(max(0, plugged + PROBED_S - time.monotonic()))
    said = standby.say("journalctl -b -u ModemManager --no-pager -o cat")
    assert "starting" in said and "usb" not in said, said
    lab.tell("ModemManager has not asked the adapter")

    for machine in lab.machines:
        machine.power_off()
    lab.tell("the power of both is cut")
    lab.boot()
    lab.tell("a pair by itself: %s" % " ".join(
        "%s %s" % (m.name, m.state()) for m in lab.machines))
    with open(lab.folder + "/pdu.log", encoding="ascii") as f:
        assert not [line for line in f if '"power"' in line]
    lab.tell("nobody was fenced")


def main():
    if os.geteuid() != 0:
        sys.exit("make lab: needs root, for a network namespace of its own")
    with Lab() as lab:
        play(lab)


if __name__ == "__main__":
    main()
