#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo: plays a pair of load balancers on this machine, act by act.

Each act breaks something, waits for what twinbeat makes of it, and tells the
longest silence a client saw. A referee watches every address by kernel
notification: if two powered nodes ever held the VIP, the demo exits with 1.
With STAY=1 the pair is left up, with commands to play with.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILD, Lab, VIP, wait_for  # noqa: E402

PICTURE = r"""
            client 10.99.0.10
                 |
   ------- service switch -------
     |                        |
   lb01 ==== null modem ==== lb02      VIP %s
     |                        |
   ---- management, power switch (Modbus) ----
""" % VIP


def color(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if sys.stdout.isatty() else text


class Demo:
    def __init__(self, lab):
        self.lab, self.rows = lab, []
        self.lb01, self.lb02 = lab.nodes
        self.started = time.monotonic()

    def say(self, text):
        print("  %6.1f s  %s" % (time.monotonic() - self.started, text),
              flush=True)

    def act(self, title, text):
        print("\n" + color("1", "%d. %s" % (len(self.rows) + 1, title)))
        print("   " + text, flush=True)
        self.lab.outage_ms()

    def end(self, title, owner, proof=None):
        outage = self.lab.wait_client(owner.name)
        status = owner.status()
        mine = status["instances"][0]
        assert mine["state"] == "MASTER", mine
        moved = proof is not None
        if moved:
            assert mine["proof"] == proof, mine["proof"]
        self.lab.judge()
        self.say("client's longest silence: %s" %
                 color("1", "%.0f ms" % outage))
        self.say("%s serves%s" % (owner.name, ", by proof: " + mine["proof"]
                                  if moved else ", as before"))
        for alert in status["alerts"]:
            self.say(color("33", "alert %s: %s" % (alert["name"],
                                                   alert["text"])))
        self.rows.append((title, outage, proof or "-", owner.name))

    def again(self, node):
        """The fenced node is switched on again, as a standby."""
        self.say("%s is switched on again; it comes back as standby" %
                 node.name)
        self.lab.pdu("on %d" % (node.index + 1))
        node.power_on()
        other = self.lab.nodes[1 - node.index]
        self.lab.settle(owner=other.index)

    def play(self):
        lab, lb01, lb02 = self.lab, self.lb01, self.lb02
        self.act("Steady state", "Both nodes run, both links beat.")
        lab.settle()
        time.sleep(1)
        lab.outage_ms()
        time.sleep(1)
        self.end("steady state", lb01)

        self.act("Serial cable pulled and put back",
                 "One link of two: nobody moves, an alert names the link.")
        lab.cable("cut")
        lb02.wait_alert("link-down")
        self.say("lb02: alert link-down, no role has changed")
        lab.cable("join")
        wait_for("serial up", lambda: lb02.link("serial")["state"] == "up")
        self.end("serial pulled, put back", lb01)

        self.act("Ethernet heartbeat blocked, serial lives",
                 "The links disagree. After disagree_ms lb02 cuts lb01's "
                 "power, reads it back, and only then takes the VIP.")
        lab.block_vrrp()
        lb02.wait_alert("disagree")
        self.say("lb02: alert disagree")
        lb02.wait_state("MASTER", 20)
        self.end("heartbeat blocked", lb02, "fenced")
        lab.block_vrrp(False)
        self.again(lb01)

        self.act("Power cut",
                 "lb02's mainboard dies with the VIP on it; its plug still "
                 "reads on.")
        lb02.die()
        lb01.wait_state("MASTER", 20)
        self.end("power cut", lb01, "fenced")
        self.again(lb02)

        self.act("Every cable cut, both alive",
                 "Neither hears the other: the standby shoots the owner, and "
                 "there is one owner, the other is off.")
        lab.cable("cut")
        lab.ethernet(False, lb01)
        lb02.wait_state("MASTER", 20)
        self.end("every cable cut", lb02, "fenced")
        assert not lb01.is_powered()
        lab.cable("join")
        self.again(lb01)

        self.act("Daemon killed",
                 "kill -9 of lb02's daemon: its keeper removes the VIP, makes "
                 "sure, and says so. No power is cut.")
        lb02.kill()
        lb01.wait_state("MASTER", 20)
        self.end("daemon killed", lb01, "obituary")
        lb02.start()
        lab.settle(owner=0)

        self.act("Handover", "twinbeat handover on lb01.")
        self.say(lb01.twinbeat("handover").stdout.strip())
        lb02.wait_state("MASTER")
        self.end("handover", lb02, "released")
        lab.settle(owner=1)

        self.act("The manual fence command",
                 "On lb01: twinbeat fence lb02 --yes")
        done = lb01.twinbeat("fence", "lb02", "--yes")
        for line in done.stdout.strip().splitlines():
            print("            | " + line)
        assert done.returncode == 0, done.stdout + done.stderr
        lb01.wait_state("MASTER")
        self.end("manual fence", lb01, "fenced")

    def table(self):
        print("\n" + color("1", "%-28s %12s   %-10s %s" % (
            "act", "outage", "proof", "owner")))
        for title, outage, proof, owner in self.rows:
            print("%-28s %9.0f ms   %-10s %s" % (title, outage, proof, owner))
        spans = self.lab.judge()
        print("\nThe referee saw %d holdings of %s, never two at once." %
              (len(spans), VIP))


def stay(lab):
    print("\nThe pair stays up. In another terminal:\n")
    for node in lab.nodes:
        inside = "nsenter -t %d -p -m -n" % node.init
        print("  # %s" % node.name)
        print("  %s %s/twinbeat --run-dir %s -c %s --node %s status" % (
            inside, BUILD, node.run_dir, node.config, node.name))
    print("\n  status can be: handover, standby, online, maintenance on, "
          "fence, confirm")
    print("  pull the serial cable:  %s/tests/cable --tell %s cut   (or join)"
          % (BUILD, lab.cable_control))
    print("  the power switch:       %s/tests/power_switch --tell %s state"
          % (BUILD, lab.pdu_control))
    print("  logs:                   tail -f %s/lb0*/log" % lab.dir)
    try:
        input("\nEnter or Ctrl-C ends it and removes everything. ")
    except (EOFError, KeyboardInterrupt):
        print()


def main():
    print(PICTURE)
    with Lab(serial_ms=50, serial_dead_ms=200, advert_ms=100) as lab:
        demo = Demo(lab)
        if os.environ.get("STAY") == "1":
            lab.settle()
            stay(lab)
            return 0
        try:
            demo.play()
        except AssertionError as error:
            print(color("31", "\nNot as expected: %s" % error))
            raise
        finally:
            if demo.rows:
                demo.table()
    return 0


if __name__ == "__main__":
    sys.exit(main())
