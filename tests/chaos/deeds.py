# SPDX-License-Identifier: GPL-3.0-or-later
"""What may happen to a pair, drawn from a seed without a look at the world: a
deed is a pause in ms, the name of a method of World, and its arguments.

mild: what no rule cuts power for. harsh: cables, power, stopped and killed
programs, interfaces. mixed: both.
"""
import moments

KINDS = ("mild", "mixed", "mixed", "harsh", "harsh")
CABLE = ["cut", "cut-a", "cut-b", "join", "join", "garble", "loop", "noise 60",
         "drop 300", "corrupt 20", "hangup-a", "hangup-b", "unplug-a", "unplug-b",
         "plug-a", "plug-b", "record", "replay-a", "replay-b", "pace 9600",
         "pace 115200"]
PDU = ["fault silent", "fault exception 4", "fault slow 400", "fault garbage",
       "fault half", "fault rst", "fault fin", "fault drip 50", "fault wrong-tid",
       "fault wrong-length", "fault wrong-value count=2", "fault twice",
       "fault none", "fault none", "fault none", "weld 1", "weld 2", "mend 1",
       "mend 2", "one-client on", "one-client off", "refuse on", "refuse off"]
PANEL = ["off 1", "off 2", "on 1", "on 2", "on 1", "on 2", "reboot 500"]
CONFIGS = ["more", "less", "moved", "order", "times", "broken", "base", "base",
           "swapped", "renamed", "vrid", "card", "rank", "links", "links2",
           "adverts", "device", "user"]
# what alone may cost a node its power, by rights
HARD_CONFIGS = ["no-device", "key", "unsigned"]
# of an agent that lies in the harsh world nobody can prove anything
AGENT = ["sleep 0.3", "sleep 0.8", "sleep 3", "exit 1", "lie=0", "kill -9 $$",
         "sleep 30 & exit 1", "", "", ""]
DAMAGE = ["", "", "", "cut", "gone", "bytes", "empty"]
QUIET = [("status",), ("status", "--json"), ("history", "-n", "50"),
         ("metrics",), ("check",), ("doctor", "--quick"), ("timeline",),
         ("director", "list"), ("history", "--json", "-n", "100000"),
         ("fence", "lb01", "--action", "status"), ("fence", "lb02", "--dry-run"),
         ("answer", "ABCD-EFGH", "1"), ("nonsense",), ("status", "--check")]


def stop_ms(rng):
    return int(rng.choice([1, 10, 50, 150, 400, 800, 1500, 3000, 6000, 12000]) *
               rng.uniform(0.7, 1.6))


def one_deed(rng, kind):
    """(name, args), drawn without a look at the world."""
    n = rng.randrange(2)
    names = ["keeper", "fencer", "runner", "opener", "checks", "loader"]

    def filtered():
        card, what = rng.choice([(0, "all"), (0, "vrrp"), (0, "arp"), (2, "beats"),
                                 (2, "all"), (1, "modbus"), (1, "answers"), (1, "all")])
        way = rng.choice(["in", "out"])
        return "filter", [n, way, what, card]
    mild = [
        (4, lambda: ("op", [n, rng.choice(["handover", "standby", "online",
                                           "online"])])),
        (2, lambda: ("op", [n, "maintenance", rng.choice(["on", "off", "off"])])),
        (4, lambda: ("op", [n, *rng.choice(QUIET)])),
        (3, lambda: ("config", [n, rng.choice(CONFIGS),
                                rng.choice(["reload", "push", ""])])),
        (2, lambda: ("op", [n, rng.choice(["reload", "push"])])),
        (2, lambda: ("agent", [rng.choice(AGENT + ["lie=2"] * (kind == "mild"))])),
        (1, lambda: ("bmc", [n, stop_ms(rng)])),
        (2, lambda: ("sick", [n, rng.random() < 0.4])),
        (1, lambda: ("hup", [n])),
        (3, lambda: ("vip_del", [n, rng.randrange(40)])),
        (3, lambda: ("vip_add", [n, rng.randrange(40), rng.random() < 0.5,
                                 rng.choice(["eth0", "eth0", "eth1", "lo"])])),
        (1, lambda: ("flush", [n])),
        (1, lambda: ("own", [n, rng.random() < 0.6])),
        (2, lambda: ("mac", [n, rng.randrange(1, 250)])),
        (3, lambda: ("clock", [n, rng.choice([0, 3600, -3600, 10**9, -10**9])])),
        (2, lambda: ("disk", [n, rng.random() < 0.5])),
        (3, lambda: ("foreign", [rng.randrange(40), rng.choice(
            ["third", "lb01", "lb02", "third-bad", "lb01-bad", "lb02-list",
             "third-list"]),
            rng.randrange(1, 40), rng.choice([0, 0, 1, 100, 150, 200, 255])])),
        (2, lambda: ("kill", [n, [rng.choice(names)]])),
        (2, lambda: ("term", [n])),
        (6, lambda: ("start", [n, ""])),
        (2, lambda: ("stop", [n, rng.choice(names), min(stop_ms(rng), 1500)])),
        (3, lambda: ("pdu", [rng.choice([p for p in PDU if "weld" not in p])])),
        (4, lambda: ("cable", [rng.choice(CABLE)])),
        (2, lambda: ("op", [n, "confirm", "lb0%d" % (2 - n), "--yes"])),
        (3, lambda: ("both", rng.choice([
            ["handover"], ["standby"], ["online"], ["push"], ["reload"],
            ["handover", "--to", "lb01"], ["maintenance", "on"],
            ["maintenance", "off"], ["maintenance", "off"]]))),
    ]
    harsh = [
        (3, lambda: ("cable", [rng.choice(CABLE)])),
        (3, lambda: ("cable", [rng.choice(["cut", "cut-a", "cut-b", "join"])])),
        (6, lambda: ("port", [n, rng.choice([0, 0, 1, 2]), rng.random() < 0.6])),
        (2, lambda: ("flap", [n, rng.choice([0, 0, 1, 2]), rng.randrange(1, 8),
                              rng.choice([5, 30, 100, 300, 700])])),
        (5, filtered),
        (6, lambda: ("unfilter", [])),
        (2, lambda: ("path", [rng.random() < 0.5])),
        (4, lambda: ("stop", [n, rng.choice(["main", "all", "all", "keeper", "fencer",
                                             "runner"]), stop_ms(rng)])),
        (4, lambda: ("kill", [n, rng.choice([["main"], ["main"], ["keeper"], ["fencer"],
                                             ["main", "keeper"], ["keeper", "main"],
                                             ["all"], ["keeper", "fencer"]])])),
        (6, lambda: ("start", [n, rng.choice(DAMAGE)])),
        (2, lambda: ("die", [n])),
        (6, lambda: ("boot", [n, rng.choice(DAMAGE)])),
        (3, lambda: ("pdu", [rng.choice(PDU)])),
        (3, lambda: ("pdu", [rng.choice(PANEL)])),
        (4, lambda: ("pdu", ["on %d" % rng.randrange(1, 5)])),
        (1, lambda: ("op", [n, "fence", "lb0%d" % (2 - n), "--yes", *rng.choice(
            [[], ["--action", "on"], ["--action", "reboot"]])])),
        (1, lambda: ("op", [n, "fence", "--drill", "lb0%d" % (2 - n), "--yes",
                            "--wait", "10"])),
        (2, lambda: ("confirm", [n])),
        (1, lambda: ("both", rng.choice([["fence", "PEER", "--yes"],
                                         ["fence", "--drill", "PEER", "--yes",
                                          "--wait", "5"],
                                         ["confirm", "PEER", "--yes"]]))),
        (2, lambda: ("pair", [rng.choice(["die", "boot", "start", "stop", "kill"]),
                              stop_ms(rng)])),
        (2, lambda: ("card", [n, rng.choice([0, 0, 1, 2]), rng.random() < 0.6])),
        (2, lambda: ("rename", [n, rng.random() < 0.6])),
        (1, lambda: ("remove", [n, rng.choice([0, 1, 2])])),
        (2, lambda: ("anew", [n, rng.choice([0, 1, 2])])),
        (2, lambda: ("lines", [n, rng.random() < 0.6])),
        (1, lambda: ("config", [n, rng.choice(HARD_CONFIGS),
                                rng.choice(["reload", "push", ""])])),
        (1, lambda: ("agent", [rng.choice(AGENT)])),
    ]
    rows = mild if kind == "mild" else harsh + [
        (w / 2, f) for w, f in mild] if kind == "mixed" else harsh
    return rng.choices([f for _, f in rows], [w for w, _ in rows])[0]()


def schedule(rng, kind):
    """[[pause_ms, name, args]], many of them close together."""
    deeds = []
    for _ in range(rng.choice([2, 4, 6, 9, 14, 20, 30])):
        if rng.random() < 0.12:
            deeds += moments.draw(rng, kind)
            continue
        pause_ms = rng.choice([0, 0, 5, 30, 150, 400, 900, 2500])
        deeds.append([int(pause_ms * rng.uniform(0.5, 1.5)),
                      *one_deed(rng, kind)])
    return deeds + [[rng.choice([0, 500, 3000]), "nothing", []]]
