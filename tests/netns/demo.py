#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo: plays a pair of load balancers on this machine, act by act.

Each act breaks something, waits for what twinbeat makes of it, and tells the
longest silence a client saw. A referee watches every address by kernel
notification: if two powered nodes ever held the VIP, the demo exits with 1.
With STAY=1 the pair is left up, with commands to play with.
"""
import os
import select
import shlex
import sys
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILD, Lab, VIP, boottime_us, wait_for  # noqa: E402

PICTURE = r"""
                client 10.99.0.10
                       |
      ---------- service switch ----------
         |                            |          VIP %s
       lb01 ===== null modem ====== lb02
         |                            |
      --- management: Modbus power switch ---
""" % VIP
# 100 ms adverts, 50 ms beats over a line of 115200 baud
TIMES = dict(serial_ms=50, serial_dead_ms=200, advert_ms=100)
PAUSE_S = 2.5 if sys.stdout.isatty() else 0.2


def paint(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if sys.stdout.isatty() else text


def bold(text):
    return paint("1", text)


class Demo:
    def __init__(self, lab):
        self.lab, self.rows = lab, []
        self.lb01, self.lb02 = lab.nodes
        self.started = time.monotonic()
        self.begun_us = 0

    def say(self, text, code="0"):
        lines = textwrap.wrap(text, 66)
        stamp = "  %5.1f s  " % (time.monotonic() - self.started)
        for line in lines:
            print(stamp + (paint(code, line) if code != "0" else line))
            stamp = " " * len(stamp)
        sys.stdout.flush()

    def act(self, title, text):
        time.sleep(PAUSE_S)
        print("\n" + bold("%d. %s" % (len(self.rows) + 1, title)))
        print(textwrap.indent(textwrap.fill(text, 74), "   "), flush=True)
        time.sleep(PAUSE_S / 2)
        self.lab.outage_ms()
        if self.lab.control:
            self.lab.stall_ms()
        self.begun_us = boottime_us()

    def story(self):
        """What the referee and the power switch saw since the act began."""
        seen = [(start, "the VIP on " + name)
                for start, _, name in self.lab.judge()]
        for node in self.lab.nodes:
            seen += [(e["at_us"], "the VIP off " + node.name)
                     for e in self.lab.referee_events()
                     if e["event"] == "del" and e["node"] == node.name]
            seen += [(t, node.name + (" dies" if t in node.offs
                                      else " has its power cut"))
                     for t in self.lab.power_off_times(node)]
            other = self.lab.nodes[1 - node.index]
            reads = self.lab.reads_of_off(other, node, self.begun_us,
                                          boottime_us())
            seen += [(t, "read back off") for t in reads[:1]]
        return ["+%.1f ms %s" % ((at - self.begun_us) / 1000.0, text)
                for at, text in sorted(seen) if at > self.begun_us]

    def end(self, title, owner, proof=None):
        outage = self.lab.wait_client(owner.name)
        stall = self.lab.stall_ms()
        status = owner.status()
        mine = status["instances"][0]
        assert mine["state"] == "MASTER", mine
        if proof:
            assert mine["proof"] == proof, mine["proof"]
        story = self.story()
        if story:
            self.say("seen: " + "; ".join(story))
        for alert in status["alerts"]:
            self.say("alert %s: %s" % (alert["name"], alert["text"]), "33")
        self.say("%s serves%s, the client's longest silence was %.0f ms" % (
            owner.name, ", proof: " + proof if proof else " as before",
            outage), "32")
        self.rows.append((title, outage, stall, proof or "-", owner.name))

    def again(self, node):
        """The fenced node is switched on again, as a standby."""
        other = self.lab.nodes[1 - node.index]
        self.say("# twinbeat fence %s --action on --yes" % node.name)
        done = other.twinbeat("fence", node.name, "--action", "on", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        wait_for(node.name + " boots",
                 lambda: list(self.lab.boot_switched_on()))
        self.lab.settle(owner=other.index)
        self.say("%s has booted and stands by" % node.name)

    def play(self):
        lab, lb01, lb02 = self.lab, self.lb01, self.lb02
        self.act("Steady state", "Both nodes run, both links beat, lb01 has "
                 "the higher priority.")
        lab.settle()
        lab.wait_client("lb01")
        lab.outage_ms()
        time.sleep(2)
        self.end("steady state", lb01)

        self.act("Serial cable pulled and put back",
                 "One link of two: nobody moves, an alert names the link.")
        lab.cable("cut")
        lb02.wait_alert("link-down")
        self.say("lb02: alert link-down, and roles stay", "33")
        lab.cable("join")
        wait_for("serial up", lambda: lb02.link("serial")["state"] == "up")
        self.end("serial pulled, put back", lb01)

        self.act("Only the adverts are filtered",
                 "A switch swallows VRRP and nothing else. lb02 hears no "
                 "advert, but lb01 says by cable that it is fine and answers "
                 "ARP: the network works, so nobody is cut.")
        lab.block_vrrp()
        lb02.wait_log("alert disagree raised")
        time.sleep(3)
        self.say("lb02: alert disagree: a filter drops VRRP; nobody is cut",
                 "33")
        assert lb01.is_powered() and lb01.state() == "MASTER"
        lab.block_vrrp(False)
        wait_for("adverts are heard", lambda: "disagree" not in lb02.alerts())
        self.end("adverts filtered", lb01)

        self.act("Ethernet between the nodes broken, serial lives",
                 "Nothing passes between them, though both reach the gateway. "
                 "The links disagree. If that lasts a second, lb02 cuts "
                 "lb01's power, reads it back, and only then takes the VIP.")
        lab.break_path()
        lb02.wait_log("alert disagree raised")
        self.say("lb02: alert disagree", "33")
        lb02.wait_state("MASTER", 20)
        self.end("path broken", lb02, "fenced")
        lab.break_path(False)
        self.again(lb01)

        self.act("Power cut",
                 "lb02's mainboard dies with the VIP on it; its plug still "
                 "reads on.")
        lb02.die()
        lb01.wait_state("MASTER", 20)
        self.end("power cut", lb01, "fenced")
        self.again(lb02)

        self.act("Every cable cut, both alive",
                 "The null modem is pulled and the switch lets no heartbeat "
                 "pass: a plain VRRP pair would have two owners now. Here "
                 "the standby shoots the owner first.")
        lab.cable("cut")
        lab.block_vrrp()
        lb02.wait_state("MASTER", 20)
        self.end("every cable cut", lb02, "fenced")
        assert not lb01.is_powered()
        lab.cable("join")
        lab.block_vrrp(False)
        self.again(lb01)

        self.act("Daemon killed",
                 "kill -9 of lb02's daemon: its keeper removes the VIP, makes "
                 "sure that it is gone, and says so. No power is cut.")
        lb02.kill()
        lb01.wait_state("MASTER", 20)
        assert lb02.is_powered()
        self.end("daemon killed", lb01, "obituary")
        lb02.start()
        lab.settle(owner=0)

        self.act("Handover", "# twinbeat handover   (on lb01)")
        self.say(lb01.twinbeat("handover").stdout.strip())
        lb02.wait_state("MASTER")
        self.end("handover", lb02, "released")
        lab.settle(owner=1)

        self.act("The manual fence command",
                 "# twinbeat fence lb02 --yes   (on lb01)")
        done = lb01.twinbeat("fence", "lb02", "--yes")
        for line in done.stdout.strip().splitlines():
            print("           | " + line.strip())
        assert done.returncode == 0, done.stdout + done.stderr
        lb01.wait_state("MASTER")
        self.end("manual fence", lb01, "fenced")

    def table(self):
        print("\n" + bold("%-25s %9s %14s   %-9s %s" % (
            "act", "outage", "machine's own*", "proof", "owner")))
        for title, outage, stall, proof, owner in self.rows:
            print("%-25s %6.0f ms %11.0f ms   %-9s %s" % (
                title, outage, stall, proof, owner))
        print("* longest silence of an address that nothing here touches")

    def verdict(self):
        spans = self.lab.judge()
        print("\nThe referee saw %d holdings of %s, no two at once, and each "
              "after its proof." % (len(spans), VIP))


SCRIPTS = {
    "cable": 'exec %(build)s/tests/cable --tell %(cable)s "$*"',
    "pdu": 'exec %(build)s/tests/power_switch --tell %(pdu)s "$@"',
    "vrrp": """case $1 in
block) exec nsenter --net=%(switch)s nft 'add table bridge twinbeat;
	add chain bridge twinbeat f { type filter hook forward priority 0; };
	add rule bridge twinbeat f ip protocol 112 drop' ;;
pass) exec nsenter --net=%(switch)s nft delete table bridge twinbeat ;;
*) echo "vrrp block | pass" ;;
esac""",
    "path": """case $1 in
break) isolated=on ;;
mend) isolated=off ;;
*) echo "path break | mend"; exit 1 ;;
esac
for port in %(ports)s; do
	nsenter --net=%(switch)s bridge link set dev $port isolated $isolated
done"""}
INSIDE = """exec nsenter -t %(init)d -p -m -n %(build)s/twinbeat \\
	--run-dir %(run)s --state-dir %(state)s -c %(config)s \\
	--node %(name)s "$@\""""
HELP = """The pair stays up. In another terminal:

  cd %s
  ./lb01 status            # also: handover, standby, online,
  ./lb02 status            #       maintenance on, fence lb01, confirm lb01
  ./cable cut              # the null modem; also: cut-a, loop, garble, join
  ./vrrp block             # only the adverts: nobody is cut; vrrp pass
  ./path break             # the Ethernet between the nodes; path mend
  ./pdu off 1              # the power switch by hand: on 1, weld 1, lie 1,
                           #       fault silent, fault none, state
  tail -f ../lb01/log ../lb02/log

A node whose plug is switched on again (fence lb01 --action on) boots.
Enter or Ctrl-C here ends it and removes everything.
"""


def write_script(path, text):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n" + text + "\n")
    os.chmod(path + ".new", 0o755)
    os.rename(path + ".new", path)


def write_scripts(lab, play):
    values = {key: shlex.quote(value) for key, value in dict(
        build=BUILD, cable=lab.cable_control, pdu=lab.pdu_control,
        switch="/run/netns/" + lab.switch_ns).items()}
    values["ports"] = " ".join(node.ports[0] for node in lab.nodes)
    for name, text in SCRIPTS.items():
        write_script(os.path.join(play, name), text % values)
    for node in lab.nodes:
        write_script(os.path.join(play, node.name), INSIDE % dict(
            values, init=node.init, run=node.run_dir, state=node.state_dir,
            config=node.config, name=node.name))


def stay(lab):
    """Boots what is switched on, tells what the client sees, until Enter."""
    play = os.path.join(lab.dir, "play")
    os.mkdir(play)
    write_scripts(lab, play)
    print(HELP % play, flush=True)
    served, listen = "", [sys.stdin]
    lab.outage_ms()
    while True:
        if select.select(listen, [], [], 0.5)[0]:
            if sys.stdin.readline() or sys.stdin.isatty():
                return
            listen = []  # no terminal: until a signal
        for node in lab.boot_switched_on():
            write_scripts(lab, play)
            print("  %s boots" % node.name, flush=True)
        outage, by = lab.outage_ms()
        if by != served or outage > 50:
            print("  client: served by %s, longest silence %.0f ms" %
                  (by or "nobody", outage), flush=True)
        served = by
        lab.judge()


def main():
    print(PICTURE)
    with Lab(**TIMES) as lab:
        lab.cable("pace 115200")
        if os.environ.get("STAY") == "1":
            lab.settle()
            stay(lab)
            return 0
        lab.start_control()
        demo = Demo(lab)
        try:
            demo.play()
        finally:
            demo.table()
        demo.verdict()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nended by hand; everything is removed")
        sys.exit(0 if os.environ.get("STAY") == "1" else 1)
    except (AssertionError, RuntimeError) as error:
        sys.exit(paint("31", "\nNot as expected: %s" % error))
