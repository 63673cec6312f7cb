# SPDX-License-Identifier: GPL-3.0-or-later
"""ipmi_sim, Debian's BMC, alone and for each node of the pair's lab.

Its chassis script is what a mainboard is: it cuts the power before it answers,
and it writes down what was so when it was asked.
"""
import json
import os
import subprocess

from lab import ROOT, Lab, run, wait_for

CHASSIS = os.path.join(ROOT, "tests", "tools", "chassis.py")
SECRET = "secret12"
BMCS = ("10.99.1.201", "10.99.1.202")
LAN_CONF = """
name "twinbeat"
set_working_mc 0x20
startlan 1
  addr %(host)s %(port)d
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcdef
endlan
chassis_control "%(script)s 0x20"
user 2 true "fence" "%(secret)s" operator 10 none md2 md5 straight
"""
SIM_EMU = """
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""
# called as: script 0x20 get power | script 0x20 set power 0
SCRIPT = """#!/bin/sh
exec /usr/bin/python3 -SE %s %s "$@"
"""
DEVICE = """{ name = "bmc%d"; driver = "ipmi"; host = "%s"; cipher = 3;
  user = "fence"; password_file = "%s"; workarounds = ( "opensesspriv" );
  session_ms = 2000; retransmit_ms = 400; off_ms = 1000; settle_ms = 50;
  power_wait_ms = 0; }"""
PDU = """{ name = "pdu"; host = "10.99.1.254"; connect_ms = 300;
  response_ms = 300; settle_ms = 0; power_wait_ms = 0; }"""


class Sim:
    """An ipmi_sim process whose server is a folder."""

    def __init__(self, folder, host="127.0.0.1", port=623, within=()):
        self.folder, self.host, self.port = folder, host, port
        os.makedirs(folder, exist_ok=True)
        script = self.write("chassis.sh", SCRIPT % (
            CHASSIS, folder))
        os.chmod(script, 0o755)
        self.power(True)
        config = self.write("lan.conf", LAN_CONF % {
            "host": host, "port": port, "script": script, "secret": SECRET})
        self.process = subprocess.Popen(
            list(within) + ["ipmi_sim", "-n", "-c", config, "-f",
                            self.write("sim.emu", SIM_EMU), "-s",
                            os.path.join(folder, "state")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_for("ipmi_sim listens", self._listens)

    def _listens(self):
        assert self.process.poll() is None, "ipmi_sim ended"
        with open("/proc/%d/net/udp" % self.process.pid,
                  encoding="ascii") as sockets:
            return ":%04X " % self.port in sockets.read()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def power(self, on=None):
        if on is not None:
            self.write("power", "%d\n" % on)
        with open(os.path.join(self.folder, "power"),
                  encoding="ascii") as state:
            return state.read().strip() == "1"

    def events(self):
        try:
            with open(os.path.join(self.folder, "log"),
                      encoding="ascii") as lines:
                return [json.loads(line) for line in lines
                        if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def stop(self):
        self.process.kill()
        self.process.wait()


class BmcLab(Lab):
    """The pair with a BMC in each node; with_pdu: a power switch behind."""

    def __init__(self, with_pdu=False, **options):
        super().__init__(tie_ms=5000, timeout_ms=8000, **options)
        self.bmcs = []
        password = os.path.join(self.dir, "bmc.pw")
        with open(os.open(password, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="ascii") as out:
            out.write(SECRET + "\n")
        devices = [DEVICE % (n + 1, BMCS[n], password) for n in (0, 1)]
        plug = '{ level = 1; device = "bmc%d"; }'
        more = ', { level = 2; device = "pdu"; plug = %d; }'
        for n in (1, 2):
            self.options["plugs%d" % n] = plug % n + (
                more % n if with_pdu else "")
        self.options["devices"] = ", ".join(
            devices + ([PDU] if with_pdu else []))

    def build(self, boot=True):
        super().build(boot=False)
        for n, host in enumerate(BMCS):
            run("ip", "-n", self.switch_ns, "addr", "add", host + "/24",
                "dev", "br1")
            sim = Sim(os.path.join(self.dir, "bmc%d" % (n + 1)), host, 623,
                      self.within(self.switch_ns))
            self.bmcs.append(sim)
            self.background.append(sim.process)
            # what the server is: the script kills this
            for kind in ("pids", "links"):
                os.symlink("../plug%d.%s" % (n + 1, kind),
                           os.path.join(sim.folder, kind))
        for node in self.nodes:
            node.power_on()

    def pdu_events(self):
        """What the power switch and the BMCs logged, as one."""
        events = super().pdu_events()
        for n, sim in enumerate(self.bmcs):
            events += [dict(event, plug=n + 1) for event in sim.events()]
        return sorted(events, key=lambda event: event["at_us"])

    def reads_of_off(self, reader, target, from_us, until_us):
        """A BMC does not know who asks it; nobody else does in here."""
        told = [event["at_us"] for event in self.bmcs[target.index].events()
                if event["event"] == "asked" and event["answer"] == 0 and
                from_us <= event["at_us"] <= until_us]
        return told + super().reads_of_off(reader, target, from_us, until_us)
