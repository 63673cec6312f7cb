# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair of load balancers on one machine, in namespaces.

lb01 and lb02 are each a network and a PID namespace; a client, a service
switch, a management network with a Modbus power switch, and a pty pair as the
null-modem cable are around them. Coil off kills process 1 of that node and
takes its cables down, before the switch answers. A referee watches every
address by kernel notification.

Leaving the Lab removes everything it made: so does its end by any signal,
since a reaper waits for the end of a pipe that only the Lab holds open.

Nothing here touches an interface of the machine.
"""
import atexit
import contextlib
import glob
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import spaces
from judge import Judge

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
TOOLS = os.path.join(BUILD, "tests")
VIP = "10.99.0.100"
PDU = "10.99.1.254"
CONTROL = "10.99.0.254"
GATEWAY = "10.99.0.1"
PORT = "7777"
# Ends whatever lives in the lab's namespaces, and them, and its directory.
REAPER = """read -r forever
for ns in /run/netns/"$1"*; do
	[ -e "$ns" ] || continue
	ns=${ns##*/}
	for turn in 1 2 3 4 5 6 7 8 9; do
		pids=$(ip netns pids "$ns") && [ -n "$pids" ] || break
		kill -9 $pids
		sleep 0.02
	done
	ip netns del "$ns"
done
rm -rf "$2"
"""
counter = itertools.count()

CONFIG = """pair = "web";
key_file = "{dir}/key";
nodes = (
  {{ name = "lb01"; priority = {priority1}; address = {address1};
    {port1} fence = ( {plugs1} ); }},
  {{ name = "lb02"; priority = {priority2}; address = {address2};
    {port2} fence = ( {plugs2} ); }}
);
links = {{ {serial_link} {udp} }};
instances = (
  {{ name = "VI_1"; interface = "eth0"; vrid = 55; version = {version};
    advert_ms = {advert_ms}; preempt = {preempt}; {auth}
    addresses = ( {addresses} ); {track} }}
);
devices = ( {devices} );
fence = {{ action = "{action}"; off_ms = {off_ms};
  on_disagreement = "{on_disagreement}";
  on_startup_silence = "{on_startup_silence}";
  delay_ms = {delay_ms}; tie_ms = {tie_ms}; disagree_ms = {disagree_ms};
  lone_link_ms = {lone_link_ms}; yield_ms = {yield_ms};
  timeout_ms = {timeout_ms}; monitor_s = {monitor_s};
  max_per_window = {max_per_window}; window_s = 600; }};
startup_ms = {startup_ms};
unclean_startup_ms = {unclean_startup_ms};
vip = {{ lease_s = {lease_s}; garp_repeat = 5; garp_refresh_s = 60; }};
realtime = true;
{extra}
"""
DEVICE = """{{ name = "{name}"; driver = "modbus"; transport = "tcp";
  host = "{host}"; port = {port}; unit = 1; profile = "generic-coil"; base = 0;
  connect_ms = 300; response_ms = 300; settle_ms = {settle_ms};
  power_wait_ms = {power_wait_ms}; }}"""
SERIAL = """serial = {{ baud = 115200; interval_ms = {serial_ms};
                     dead_ms = {serial_dead_ms}; }};"""
# Lab(cards=3, udp=udp_link()): a direct cable between third cards
UDP = """udp = ( {{ name = "direct"; interface = "{interface}";
  interval_ms = {interval_ms}; dead_ms = {dead_ms};
  addresses = ( "{net}.11", "{net}.12" ); }} );"""


def udp_link(interval_ms=100, dead_ms=400, interface="eth2", net="10.99.2"):
    return UDP.format(interval_ms=interval_ms, dead_ms=dead_ms,
                      interface=interface, net=net)


DEFAULTS = dict(
    serial=True, udp="", cards=2,
    # how often the client asks who has the VIP
    probe_ms=int(os.environ.get("TWINBEAT_PROBE_MS", "1")),
    booted_s=(0, 0),  # the clocks of the nodes are ahead by so much
    serial_ms=100, serial_dead_ms=400, version=3, advert_ms=100,
    preempt="false", auth="", track="", extra="", action="off",
    addresses='{ ip = "%s/32"; }' % VIP, on_disagreement="fence",
    on_startup_silence="fence", delay_ms=0, tie_ms=2500, disagree_ms=1000,
    lone_link_ms=1000, yield_ms=500, timeout_ms=5000, monitor_s=60,
    max_per_window=3, off_ms=10000, startup_ms=1500, unclean_startup_ms=2000,
    lease_s=3, settle_ms=0, power_wait_ms=0, host=PDU,
    priority1=150, priority2=100,
    address1='"10.99.0.11"', address2='"10.99.0.12"',
    plugs1='{ level = 1; device = "pdu"; plug = 1; }',
    plugs2='{ level = 1; device = "pdu"; plug = 2; }')


def ask(path, command, seconds=5):
    """What the program at this socket says last, or None: no answer. As
    `twinbeat` asks (src/ipc/control_msg.h), without a process for each poll."""
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(seconds)
            wire.connect(path)
            wire.sendall(json.dumps({"command": command}).encode() + b"\n")
            with wire.makefile("rb") as lines:
                for line in lines:
                    said = json.loads(line)
                    if said.get("done"):
                        return said
    except (OSError, ValueError):
        pass
    return None


def boottime_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def run(*words, check=True):
    done = spaces.run(words)
    if check and done.returncode:
        raise RuntimeError("%s: %s%s" % (" ".join(map(str, words)),
                                         done.stdout, done.stderr))
    return done


def within(ns, *words):
    """The words of a command, in a network namespace."""
    return ["nsenter", "--net=/run/netns/" + ns] + list(words)


def ip(ns, *lines):
    """Lines for ip(8) in a network namespace, as one process."""
    done = spaces.run(within(ns, "ip", "-batch", "-"),
                      "".join(line + "\n" for line in lines))
    if done.returncode:
        raise RuntimeError("ip in %s: %s%s" % (ns, done.stdout, done.stderr))


def have_vip(ns):
    """As a server behind DR: the VIP on lo, and silent about it."""
    for name, value in (("ignore", "1"), ("announce", "2")):
        spaces.write(ns, "/proc/sys/net/ipv4/conf/all/arp_" + name, value)
    ip(ns, "link set lo up", "address add %s/32 dev lo" % VIP)


def wait_for(what, condition, seconds=10.0, every=0.01):
    """Polls until condition() is true and returns its value. It rests longer
    after what takes long to ask (a process, in a guest: 80 ms)."""
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        value = condition()
        if value:
            return value
        asked = time.monotonic()
        if asked > end:
            raise AssertionError("not within %g s: %s" % (seconds, what))
        time.sleep(max(every, min(3 * (asked - began), 0.1)))


@contextlib.contextmanager
def at_priority(priority):
    """In real time, where that is allowed."""
    def change(policy, number):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, policy, os.sched_param(number))
    change(os.SCHED_FIFO, priority)
    try:
        yield
    finally:
        change(os.SCHED_OTHER, 0)


def children_of(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


class Node:
    def __init__(self, lab, index):
        self.lab, self.index = lab, index
        self.address = "10.99.0.1%d" % (index + 1)
        self.management = "10.99.1.1%d" % (index + 1)
        self.name = "lb0%d" % (index + 1)
        self.ns = lab.prefix + self.name
        self.dir = os.path.join(lab.dir, self.name)
        self.state_dir = os.path.join(self.dir, "state")
        self.run_dir = os.path.join(self.dir, "run")
        self.log = os.path.join(self.dir, "log")
        self.config = lab.config
        os.makedirs(self.state_dir)
        self.shell = self.init = self.daemon = self.starter = None
        self.responder = None
        # two power supplies: it dies when all of them are off
        self.plugs = lab.options.get("supplies", ((1,), (2,)))[index]
        self.offs = []   # when its power went, us
        self.ons = []
        self.extra_args = []
        self.environment = {}   # more of it, for the daemon

    @property
    def ports(self):
        return ["%s%de%d" % (self.lab.prefix, self.index + 1, k)
                for k in range(self.lab.options["cards"])]

    # ---- power ----
    def power_on(self, daemon=True):
        """Fresh namespaces, the same disk."""
        sw = self.lab.switch_ns
        if self.ons:    # of its last life
            spaces.delete(self.ns)
            for port in self.ports:
                run(*within(sw, "ip", "link", "del", port), check=False)
        shutil.rmtree(self.run_dir, ignore_errors=True)
        spaces.add(self.ns)
        ip(sw, *(line for k, port in enumerate(self.ports) for line in (
            # a card keeps its address over its machine's power: what others
            # have learned of it would go stale
            "link add %s type veth peer name eth%d address 02:00:00:00:0%d:0%d "
            "netns %s" % (port, k, self.index + 1, k, self.ns),
            "link set %s master br%d up" % (port, k))))
        ip(self.ns, "link set lo up", *(
            line for k in range(len(self.ports)) for line in (
                "addr add 10.99.%d.1%d/24 dev eth%d" % (k, self.index + 1, k),
                "link set eth%d up" % k)),
           "route add default via " + GATEWAY)
        booted_s = self.lab.options["booted_s"][self.index]
        clock = ["--time", "--boottime", str(booted_s), "--monotonic",
                 str(booted_s)] if booted_s else []
        self.shell = subprocess.Popen(
            ["ip", "netns", "exec", self.ns, "unshare", *clock, "--pid",
             "--fork",
             "--mount-proc", "--kill-child", TOOLS + "/node_init"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.init = wait_for("process 1 of " + self.name,
                             lambda: children_of(self.shell.pid))[0]
        self._list_for_switch()
        self.lab.watch(self)
        self.ons.append(boottime_us())
        self.responder = self.spawn(TOOLS + "/probe", "answer", self.name,
                                    PORT)
        if daemon:
            self.start()

    def _list_for_switch(self):
        for plug in self.plugs:
            base = os.path.join(self.lab.dir, "plug%d." % plug)
            others = [str(p) for p in self.plugs if p != plug]
            for name, words in (("pids", [str(self.init)]), ("with", others),
                                ("links", self.ports)):
                with open(base + name + ".new", "w", encoding="ascii") as f:
                    f.write("".join(word + "\n" for word in words))
                os.rename(base + name + ".new", base + name)

    def _pids(self):
        """Of all that runs inside, process 1 last, children before parents. The
        keeper is first: no power cut lets it tell of the end of the daemon."""
        space, found = os.readlink("/proc/%d/ns/pid" % self.init), []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.readlink("/proc/%s/ns/pid" % pid) == space:
                    with open("/proc/%s/comm" % pid, encoding="ascii") as f:
                        found.append((int(pid) == self.init,
                                      "keeper" not in f.read(), -int(pid)))
        return [-pid for _, _, pid in sorted(found)]

    def die(self, *more_ports, at_once=lambda: None):
        """The mainboard dies: no power inside, but its plug stays on. Its ports
        go down, and more_ports with them, in one stroke; at_once: what falls
        with its power."""
        ended = os.pidfd_open(self.init)
        # it has started before the kill, which would take as long as a dead
        # time; it and we wait for nobody's processor, least of the dying ones'
        plier = spaces.begin(
            within(self.lab.switch_ns, "chrt", "--rr", "30", "ip", "-batch",
                   "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        plier.stdin.write(b"link show lo\n")
        plier.stdin.flush()
        plier.stdout.readline()
        pids, lines = self._pids(), "".join(
            "link set %s down\n" % port for port in [*more_ports, *self.ports])
        with at_priority(30):
            # process 1 may wait before it takes them all with it
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            at_once()
            plier.stdin.write(lines.encode())
            plier.stdin.flush()
        plier.communicate()
        select.select([ended], [], [], 1)  # all of its namespace is dead
        os.close(ended)
        self.offs.append(boottime_us())

    def is_powered(self):
        return bool(self.init) and os.path.exists("/proc/%d/ns/pid" %
                                                  self.init) \
            and not self._is_zombie()

    def _is_zombie(self):
        try:
            with open("/proc/%d/stat" % self.init, encoding="ascii") as f:
                return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
        except OSError:
            return True

    # ---- programs inside ----
    def spawn(self, *words, log=None):
        out = open(log, "ab") if log else subprocess.DEVNULL
        return spaces.begin(
            self.entered() + list(words),
            stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def entered(self):
        clock = ["-T"] if self.lab.options["booted_s"][self.index] else []
        return ["nsenter", "-t", str(self.init), "-p", "-m", "-n", *clock]

    def inside(self, *words, check=True):
        return run(*self.entered(), *words, check=check)

    def start(self, wait=True):
        os.makedirs(self.dir, exist_ok=True)
        # a shell between: nsenter would stop, and stay, with a stopped child
        self.starter = self.spawn(
            "sh", "-c", '"$@"; exit $?', "sh",
            *(["env"] if self.environment else []),
            *("%s=%s" % pair for pair in self.environment.items()),
            BUILD + "/twinbeatd", "-c", self.config, "--node", self.name,
            "--run-dir", self.run_dir, "--state-dir", self.state_dir,
            "--foreground", *self.extra_args, log=self.log)

        def find():
            for shell in children_of(self.starter.pid):
                return children_of(shell)
            return None
        found = wait_for("twinbeatd of " + self.name, lambda: find() or
                         self.starter.poll() is not None)
        self.daemon = found[0] if isinstance(found, list) else None
        if wait:
            wait_for("%s answers" % self.name, self.status)

    def kill(self, signum=signal.SIGKILL):
        os.kill(self.daemon, signum)

    def stop(self):
        self.kill(signal.SIGTERM)
        return self.starter.wait(timeout=20)

    def empty_run_dir(self):
        """As a boot of its machine does, which it has not seen."""
        shutil.rmtree(self.run_dir)

    def helper(self, name):
        """The pid of a helper program of this node, as the machine sees it."""
        for pid in children_of(self.daemon):
            try:
                with open("/proc/%d/cmdline" % pid, encoding="ascii",
                          errors="replace") as f:
                    if "twinbeat-" + name in f.read():
                        return pid
            except OSError:     # it has just ended
                continue
        return None

    # ---- the command line ----
    def twinbeat(self, *words):
        return self.inside(BUILD + "/twinbeat", "--run-dir", self.run_dir,
                           "--state-dir", self.state_dir, "-c", self.config,
                           "--node", self.name, *words, check=False)

    def status(self):
        """As `twinbeat status --json` prints it (test_cli.py), or None."""
        said = ask(os.path.join(self.run_dir, "control.sock"), "status")
        status = said and said.get("status")
        desk = os.path.join(self.run_dir, "director.sock")
        if status and os.path.exists(desk):
            director = (ask(desk, "list", 2) or {}).get("director")
            if director is not None:
                status["director"] = director
        return status

    def state(self, instance=0):
        status = self.status()
        return status["instances"][instance]["state"] if status else None

    def proof(self, instance=0):
        return self.status()["instances"][instance]["proof"]

    def link(self, name):
        for link in self.status()["links"]:
            if link["name"] == name:
                return link
        return None

    def alerts(self):
        status = self.status()
        return {alert["name"] for alert in status["alerts"]} if status else set()

    def fence(self):
        return self.status()["fence"]

    def addresses(self):
        shown = run(*within(self.ns, "ip", "-j", "addr"), check=False).stdout
        return {a["local"] for link in json.loads(shown or "[]")
                for a in link.get("addr_info", [])}

    def wait_state(self, state, seconds=15):
        self.wait_own("%s is %s" % (self.name, state),
                      lambda: self.state() == state, seconds, 0.02)

    def wait_alert(self, name, seconds=15):
        self.wait_own("alert %s on %s" % (name, self.name),
                      lambda: name in self.alerts(), seconds, 0.05)

    def wait_own(self, what, condition, seconds, every):
        """What never came is told with the last lines of the log."""
        try:
            wait_for(what, condition, seconds, every)
        except AssertionError as error:
            last = self.read_log().splitlines()[-30:]
            raise AssertionError("\n".join([str(error)] + last)) from None

    def read_log(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def wait_log(self, text, seconds=15):
        wait_for("%r in the log of %s" % (text, self.name),
                 lambda: text in self.read_log(), seconds)


class Lab(Judge):
    vip = VIP

    def __init__(self, **options):
        self.client_ns = None
        self.prefix = "t%d%s" % (os.getpid() % 100000,
                                 "abcdefghijklmnopqrstuvwxyz"[
                                     next(counter) % 26])
        self.options = dict(DEFAULTS, **options)
        self.dir = tempfile.mkdtemp(prefix="twinbeat-lab-")
        self.config = os.path.join(self.dir, "twinbeat.conf")
        self.switch_ns = self.prefix + "sw"
        self.background = []
        self.may_shoot = False  # by a test of test_hear.py
        self.reaper = None
        self.nodes = []
        self.pdu_control = os.path.join(self.dir, "pdu")
        self.pdu_log = os.path.join(self.dir, "pdu.log")
        self.more_pdu_logs = []  # of switches that a test adds
        self.cable_control = os.path.join(self.dir, "cable")
        self.referee_out = os.path.join(self.dir, "referee")
        self.probe = self.control = None
        atexit.register(self.close)

    # ---- setting up and taking down ----
    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and issubclass(kind, Exception):
            self.show()
        self.close()

    def show(self):
        for node in self.nodes:
            print("---- log of %s" % node.name)
            print(node.read_log()[-6000:])
        for path in (self.referee_out, self.pdu_log):
            if os.path.exists(path):
                print("---- " + os.path.basename(path))
                with open(path, encoding="ascii") as f:
                    print(f.read()[-3000:])

    def write_config(self, path=None, **options):
        values = dict(self.options, **options)
        values.setdefault("serial1", os.path.join(self.dir, "tty1"))
        values.setdefault("serial2", os.path.join(self.dir, "tty2"))
        for port in ("1", "2"):
            values.setdefault("port" + port, 'serial = "%s";' % values[
                "serial" + port] if values["serial"] else "")
        values.setdefault("serial_link", SERIAL.format(**values)
                          if values["serial"] else "")
        values.setdefault("devices", DEVICE.format(
            name="pdu", port=502, **values))
        with open(path or self.config, "w", encoding="ascii") as f:
            f.write(CONFIG.format(dir=self.dir, **values))

    def build(self, boot=True):
        self.reaper = subprocess.Popen(
            ["sh", "-c", REAPER, "sh", self.prefix, self.dir],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        sw = self.switch_ns
        spaces.add(sw)
        # a fixed address: else it changes with the ports, and what the nodes
        # have learned of the power switch goes stale
        ip(sw, "link set lo up", *(
            line for k in range(self.options["cards"]) for line in (
                "link add br%d address 02:00:00:00:00:0%d type bridge" % (
                    k, k + 1),
                "link set br%d up" % k)),
           "addr add %s/24 dev br1" % PDU,
           # whom the nodes can ask whether they hear at all
           "addr add %s/24 dev br0" % GATEWAY)
        self.client_ns = self.neighbour("cl", "10.99.0.10")
        self.write_config()
        self.start_tool("cable", self.dir + "/tty1", self.dir + "/tty2",
                        self.cable_control)
        self.start_tool("power_switch", "--listen", PDU + ":502", "--coils",
                        "8", "--kill-dir", self.dir, "--log", self.pdu_log,
                        "--control", self.pdu_control)
        self.referee = spaces.begin(
            self.within(sw, TOOLS + "/referee"), stdin=subprocess.PIPE,
            stdout=open(self.referee_out, "wb"))
        self.background.append(self.referee)
        run(BUILD + "/twinbeat", "keygen", self.dir + "/key")
        self.nodes = [Node(self, 0), Node(self, 1)]
        self.probe = self.start_probe(VIP)
        if boot:
            for node in self.nodes:
                node.power_on()

    within = staticmethod(within)

    def start_tool(self, name, *words):
        tool = spaces.begin(
            # a device of its own waits for nobody's processor
            self.within(self.switch_ns, "chrt", "--rr", "--reset-on-fork",
                        "1", TOOLS + "/" + name, *words),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.background.append(tool)
        assert b"ready" in tool.stdout.readline(), name
        # nobody reads further lines: they must not block the tool
        os.set_blocking(tool.stdout.fileno(), False)
        return tool

    def close(self):
        atexit.unregister(self.close)
        if self.reaper:
            self._end_spaces()
            self.reaper.stdin.close()
            self.reaper.wait()
            self.reaper = None
        for node in self.nodes:
            self.background += [node.shell, node.starter, node.responder]
        for process in self.background:
            if process:
                process.kill()
                process.wait()
        self.background = []
        shutil.rmtree(self.dir, ignore_errors=True)

    def _end_spaces(self):
        """What the reaper would do, by no process for each step."""
        names = [os.path.basename(path) for path in
                 glob.glob(spaces.RUN + "/" + self.prefix + "*")]
        for _ in range(9):
            pids = spaces.pids(names)
            if not pids:
                break
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        for name in names:
            spaces.delete(name)

    def watch(self, node):
        self.referee.stdin.write(("watch %s /run/netns/%s\n" % (
            node.name, node.ns)).encode())
        self.referee.stdin.flush()
        before = len(node.ons)
        wait_for("the referee watches " + node.name, lambda: sum(
            e["event"] == "ready" and e["node"] == node.name
            for e in self.referee_events()) > before)

    # ---- the world around ----
    def now_us(self):
        return boottime_us()

    def neighbour(self, name, address):
        """One more machine at the service switch; its namespace."""
        ns = self.prefix + name
        spaces.add(ns)
        ip(self.switch_ns,
           "link add %s type veth peer name eth0 netns %s" % (name, ns),
           "link set %s master br0 up" % name)
        ip(ns, "link set lo up", "addr add %s/24 dev eth0" % address,
           "link set eth0 up")
        return ns

    def direct(self, up, node=None):
        """The cable between the third cards: its carrier, of one or both."""
        for one in (node,) if node else self.nodes:
            run("ip", "-n", self.switch_ns, "link", "set", one.ports[2],
                "up" if up else "down")

    def cable(self, command):
        """At once: no process is started for it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.sendto(command.encode(), self.cable_control)

    def pdu(self, command):
        return run(TOOLS + "/power_switch", "--tell", self.pdu_control,
                   *command.split()).stdout

    def pdu_events(self):
        """Of every power switch, in the order of time."""
        events = []
        for path in [self.pdu_log] + self.more_pdu_logs:
            with open(path, encoding="ascii") as f:
                events += [json.loads(line) for line in f
                           if line.endswith("\n")]
        return sorted(events, key=lambda e: e["at_us"])

    def referee_events(self):
        with open(self.referee_out, encoding="ascii") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    def block_vrrp(self, block=True):
        """The switch swallows VRRP; everything else passes."""
        table = "bridge twinbeat"
        if not block:
            run("ip", "netns", "exec", self.switch_ns, "nft", "delete",
                "table", *table.split(), check=False)
            return
        run("ip", "netns", "exec", self.switch_ns, "nft",
            "add table %s; add chain %s f { type filter hook forward "
            "priority 0; }; add rule %s f ip protocol 112 drop" %
            (table, table, table))

    def break_path(self, broken=True):
        """The switch passes nothing between the two nodes; each of them still
        reaches the gateway and the client."""
        for node in self.nodes:
            run("bridge", "-n", self.switch_ns, "link", "set", "dev",
                node.ports[0], "isolated", "on" if broken else "off")

    def deafen(self, node, mute=False):
        """Nothing comes in at the node's service port, with carrier; mute:
        nor does anything that it sends get further."""
        port, rules = node.ports[0], []
        for hook in ("forward", "output"):
            rules.append("add chain bridge deaf %s { type filter hook %s "
                         "priority 0; }" % (hook, hook))
            rules.append('add rule bridge deaf %s oifname "%s" drop' %
                         (hook, port))
        if mute:
            rules.append("add chain bridge deaf in { type filter hook "
                         "prerouting priority 0; }")
            rules.append('add rule bridge deaf in iifname "%s" drop' % port)
        run("ip", "netns", "exec", self.switch_ns, "nft",
            "add table bridge deaf; " + "; ".join(rules))

    def undeafen(self):
        run("ip", "netns", "exec", self.switch_ns, "nft", "delete", "table",
            "bridge", "deaf")

    def ethernet(self, up, node=None):
        for n in self.nodes if node is None else [node]:
            run("ip", "-n", self.switch_ns, "link", "set", n.ports[0],
                "up" if up else "down")

    def outage_ms(self, probe=None):
        """The client's longest silence since the last call, and who answers."""
        probe = probe or self.probe
        probe.stdin.write("?\n")
        probe.stdin.flush()
        seen = json.loads(probe.stdout.readline())
        return seen["outage_us"] / 1000.0, seen["by"]

    def start_control(self):
        """A second client, of an address that nothing here ever touches.

        What it misses is the machine's own doing: stall_ms().
        """
        run("ip", "-n", self.switch_ns, "addr", "add", CONTROL + "/24", "dev",
            "br0")
        self.background.append(spaces.begin(self.within(
            self.switch_ns, TOOLS + "/probe", "answer", "control", PORT)))
        self.control = self.start_probe(CONTROL)
        wait_for("the control is answered",
                 lambda: self.outage_ms(self.control)[1])

    def stall_ms(self):
        return self.outage_ms(self.control)[0]

    def start_probe(self, address):
        probe = spaces.begin(
            self.within(self.client_ns, TOOLS + "/probe", "ask", address,
                        PORT, str(self.options["probe_ms"])),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.background.append(probe)
        return probe

    def boot_switched_on(self):
        """Boots each dead node whose coil was put on since it lost power."""
        for node in self.nodes:
            ons = [e["at_us"] for e in self.pdu_events()
                   if e["event"] == "power" and e["on"]
                   and e["plug"] in node.plugs]
            if ons and ons[-1] > node.ons[-1] and not node.is_powered():
                node.power_on()
                yield node

    def wait_client(self, name, seconds=15):
        worst = [0.0]

        def served():
            outage, by = self.outage_ms()
            worst[0] = max(worst[0], outage)
            return by == name
        wait_for("the client is served by " + name, served, seconds, 0.05)
        return worst[0]

    def settle(self, owner=0, seconds=15):
        """Both up, links up, plugs proven, one owner."""
        a, b = self.nodes[owner], self.nodes[1 - owner]
        a.wait_state("MASTER", seconds)
        b.wait_state("BACKUP", seconds)

        def ready():
            for node, other in ((a, b), (b, a)):
                status = node.status()
                if not status or any(
                        link["state"] not in ("up", "sending")
                        for link in status["links"]):
                    return False
                if not all(plug["proven"] for plug in status["fence"]["plugs"]
                           if plug["node"] == other.name):
                    return False
            return True
        wait_for("both links up and plugs proven", ready, seconds, 0.05)


@contextlib.contextmanager
def without_judge(lab):
    """The lab, its machines off. Two plain VRRP routers may overlap for an
    interval: no judge."""
    try:
        lab.build(boot=False)
        yield lab
    finally:
        lab.show()
        lab.close()
