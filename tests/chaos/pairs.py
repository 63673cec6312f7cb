# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a pair, drawn from a seed, and what people may make of them
while it runs."""
import json
import os
import random

import bmc_lab
import lab as labs
from lab import DEVICE, SERIAL, udp_link

AGENT = """#!/bin/sh
# A fence agent: it asks the power switch by its front panel, and its faults are
# shell text.
input=$(cat)
cd "${0%/*}" || exit 9
plug=$(printf '%s\\n' "$input" | sed -n 's/^plug=//p')
action=$(printf '%s\\n' "$input" | sed -n 's/^action=//p' | head -1)
lie=
[ -f fault ] && . ./fault
case $action in
status)
	[ -n "$lie" ] && exit "$lie"
	state=$(TOOL --tell PANEL state) || exit 1
	printf '%s\\n' "$state" | grep -o '"coil": [01]' | sed -n "${plug}p" |
		grep -q 1 || exit 2
	exit 0 ;;
on | off)
	echo "$(cut -d' ' -f1 /proc/uptime) $(cat /sys/class/net/eth1/address) $action $plug" >>orders
	[ -n "$lie" ] || TOOL --tell PANEL "$action" "$plug" >/dev/null || exit 1
	echo "Success: Powered $action" ;;
monitor) ;;
*) exit 1 ;;
esac
"""
AGENT_DEVICE = """{ name = "agent"; driver = "agent"; agent = "%s"; agent_ms = 1500;
  settle_ms = 0; power_wait_ms = 0; }"""
SCRIPT = """#!/bin/sh
mac=$(cat /sys/class/net/eth1/address)
[ ! -e "${0%/*}/sick-$mac" ]
"""


def draw(seed):
    """The settings of a pair."""
    rng = random.Random("settings %s" % seed)
    many = rng.random() < 0.15
    count = rng.randint(8, 16) if many else rng.randint(2, 6)
    advert_ms = rng.choice([100, 100, 50, 200] if not many else [200, 500])
    made = {"advert_ms": advert_ms, "instances": [],
            "udp": rng.random() < 0.6, "serial": rng.random() < 0.9,
            "udp2": rng.random() < 0.3,     # through the management network
            "hurry": rng.random() < 0.3,
            "clock": rng.random() < 0.5,
            "lease_s": rng.choice([3, 3, 2, 5, 0]),
            "on_disagreement": rng.choice(["fence", "fence", "yield", "hold", "ask"]),
            "action": rng.choice(["off", "off", "reboot"]),
            "power_wait_ms": rng.choice([0, 0, 300]),
            "supplies": rng.choice([((1,), (2,))] * 3 + [((1, 3), (2, 4))]),
            "fencing": rng.choice(
                ["pdu"] * 4 + ["agent", "both", "either", "ipmi", "ipmi2"]),
            "settle_ms": rng.choice([0, 0, 400]),
            "startup_silence": rng.choice(["fence", "fence", "wait"]),
            "hook": random.Random("hook %s" % seed).choice(["", "", "", "sleep 0.2", "sleep 1"]),
            "delay_ms": rng.choice([0, 0, 0, 500])}
    if not made["serial"]:
        made["udp"] = True
    if made["fencing"] != "pdu":
        made["supplies"] = ((1,), (2,))
    sign, unicast = rng.random() < 0.8, rng.random() < 0.3
    preempt = rng.random() < 0.25
    sync = rng.random() < 0.3
    track = rng.random() < 0.3
    for n in range(count):
        v6 = rng.random() < 0.3
        one = {"name": "VI_%d" % (n + 1), "vrid": 50 + n, "v6": v6,
               "swap": rng.random() < 0.5, "sync": sync and n < 2,
               "preempt": preempt, "sign": sign or v6,  # or each link-local is listed
               "unicast": unicast and not v6, "interface": "eth0",
               "witness": track and rng.random() < 0.5,
               "script": track and rng.random() < 0.5,
               "vips": ["fe80::99:%x" % (n + 1), "fd99::%x" % (256 + n)] if v6
               else ["10.99.0.%d" % (100 + 20 * k + n)
                     for k in range(rng.randint(1, 2))],
               "route": not v6 and rng.random() < 0.3}
        made["instances"].append(one)
    if sync:
        made["instances"][1]["swap"] = made["instances"][0]["swap"]
    return made


def more(made, _):
    made["instances"].insert(1, dict(
        made["instances"][0], name="VI_more", vrid=40, sync=False,
        v6=False, unicast=False, route=False, vips=["10.99.0.140"]))


def less(made, _):
    if len(made["instances"]) > 2:
        made["instances"].pop()


def moved(made, _):
    """An address goes to another instance."""
    rows = [one for one in made["instances"] if not one["v6"]]
    if len(rows) > 1 and len(rows[0]["vips"]) > 1:
        rows[1]["vips"].append(rows[0]["vips"].pop())


def swapped(made, _):
    """Two instances give each other their addresses."""
    for v6 in (False, True):
        rows = [one for one in made["instances"] if one["v6"] == v6]
        if len(rows) > 1:
            rows[0]["vips"], rows[1]["vips"] = rows[1]["vips"], rows[0]["vips"]


def renamed(made, _):
    made["instances"][0]["name"] = "VI_renamed"


def other_vrid(made, _):
    made["instances"][0]["vrid"] = 90


def other_card(made, _):
    one = made["instances"][-1]
    if not one["v6"]:
        one["interface"] = "eth1"


def other_rank(made, _):
    for one in made["instances"]:
        one["swap"] = not one["swap"]


def links(made, _):
    """A link is taken away, or added."""
    if made["serial"] and made["udp"]:
        made["serial"] = False
    else:
        made["udp"] = made["serial"] = True


def links2(made, _):
    made["udp2"] = not made["udp2"]


def times(made, _):
    made["lease_s"] = 4
    made["delay_ms"] = 200


def adverts(made, _):
    made["advert_ms"] = 150


def device(made, _):
    """The switch has another name, nothing else: no plug of it is proven."""
    made["pdu"] = "pdu2"


def no_device(made, _):
    """An address where nothing answers."""
    made["pdu_host"] = "10.99.1.253"


def user(made, _):
    made["user"] = "nobody"


def other_key(made, world):
    made["key"] = world.dir + "/key2"


def unsigned(made, _):
    for one in made["instances"]:
        one["sign"] = one["v6"] or not one["sign"]


VARIANTS = {"more": more, "less": less, "moved": moved, "swapped": swapped,
            "renamed": renamed, "vrid": other_vrid, "card": other_card,
            "rank": other_rank, "links": links, "links2": links2, "times": times,
            "adverts": adverts, "device": device, "no-device": no_device,
            "user": user, "key": other_key, "unsigned": unsigned,
            "order": lambda made, _: made["instances"].reverse(),
            "broken": lambda *_: None, "base": lambda *_: None}


def variant_text(world, kind):
    made = json.loads(json.dumps(world.made))
    VARIANTS[kind](made, world)
    return config_text(world, made) + ("nonsense = ;" if kind == "broken" else "")


def instance_text(lab, one, advert_ms):
    words = ['name = "%(name)s"; interface = "%(interface)s"; vrid = %(vrid)d; version = 3;'
             % one, "advert_ms = %d;" % advert_ms]
    if one["preempt"]:
        words.append("preempt = true; preempt_delay_ms = 1500;")
    if not one["sign"]:
        words.append("sign = false;")
    if one["unicast"]:
        words.append("unicast = true;")
    if one["sync"]:
        words.append('sync = "G1";')
    if one["swap"]:
        words.append('priorities = ( { node = "lb02"; priority = 180; } );')
    if one["route"]:
        words.append('routes = ( { to = "10.%d.0.0/16"; via = "10.99.0.10"; } );'
                     % (100 + one["vrid"]))
    track = []
    if one["witness"]:
        track.append('witnesses = ( "%s" );' % labs.GATEWAY)
    if one["script"]:
        track.append('scripts = ( { command = "%s/well.sh"; interval_ms = 700; '
                     "timeout_ms = 2500; fall = 2; rise = 1; } );" % lab.dir)
    if track:
        words.append("track = { %s };" % " ".join(track))
    words.append("addresses = ( %s );" % ", ".join(
        '{ ip = "%s"; }' % (vip if ":" in vip else vip + "/32")
        for vip in one["vips"]))
    return "  { %s }" % "\n    ".join(words)


def plugs_text(lab, made, index):
    pdu = made.get("pdu", "pdu")
    plug = made["supplies"][index]
    if made["fencing"].startswith("ipmi"):
        return '{ level = 1; device = "bmc%d"; }' % (index + 1) + (
            ', { level = 2; device = "%s"; plug = %d; }' % (pdu, index + 1)
            if made["fencing"] == "ipmi2" else "")
    rows = {"pdu": [(1, pdu)], "agent": [(1, "agent")],
            "both": [(1, pdu), (1, "agent")],       # both must say off
            "either": [(1, "agent"), (2, pdu)]}[made["fencing"]]
    return ", ".join('{ level = %d; device = "%s"; plug = %d; }' % (level, name, one)
                     for one in plug for level, name in rows)


def config_text(lab, made):
    tty = ['serial = "%s/tty%d";' % (lab.dir, k) if made["serial"] else ""
           for k in (1, 2)]
    cables = [udp_link()] if made["udp"] else []
    if made["udp2"]:
        cables.append(udp_link(interface="eth1", net="10.99.1").replace(
            '"direct"', '"second"').replace("interval_ms", "port = 1695; interval_ms"))
    udp = "" if not cables else "udp = ( %s );" % ", ".join(
        one.split("(", 1)[1].rsplit(")", 1)[0] for one in cables)
    rows = (SERIAL.format(serial_ms=100, serial_dead_ms=400)
            if made["serial"] else "") + udp + ("hurry_ms = 50;" if made["hurry"] else "")
    devices = []
    if made["fencing"].startswith("ipmi"):
        devices += [bmc_lab.DEVICE % (k + 1, bmc_lab.BMCS[k], lab.dir + "/bmc.pw")
                    for k in range(2)]
    if made["fencing"] not in ("agent", "ipmi"):
        devices.append(DEVICE.format(
            name=made.get("pdu", "pdu"), host=made.get("pdu_host", labs.PDU), port=502,
            settle_ms=made["settle_ms"], power_wait_ms=made["power_wait_ms"]))
    if made["fencing"] in ("agent", "both", "either"):
        devices.append(AGENT_DEVICE % (lab.dir + "/fence_stub"))
    return """pair = "web"; key_file = "{key}";
nodes = ( {{ name = "lb01"; priority = 150; address = "10.99.0.11"; {tty[0]} fence = ( {plugs[0]} ); }},
          {{ name = "lb02"; priority = 100; address = "10.99.0.12"; {tty[1]} fence = ( {plugs[1]} ); }} );
links = {{ {links} }};
instances = (
{instances}
);
devices = ( {devices} );
fence = {{ action = "{action}"; off_ms = 3000; on_disagreement = "{on_disagreement}";
  on_startup_silence = "{startup_silence}"; delay_ms = {delay_ms}; tie_ms = {tie_ms}; disagree_ms = 1000;
  lone_link_ms = 1000; yield_ms = 500; timeout_ms = 12000; monitor_s = 60; max_per_window = 0; window_s = 600; }};
startup_ms = 3000; unclean_startup_ms = 4000;
vip = {{ lease_s = {lease_s}; garp_repeat = 2; garp_refresh_s = 60; }};
realtime = true;
{user} {hook}
""".format(key=made.get("key", lab.dir + "/key"), tty=tty, links=rows,
           plugs=[plugs_text(lab, made, k) for k in (0, 1)],
           instances=",\n".join(instance_text(lab, one, made["advert_ms"])
                                for one in made["instances"]),
           devices=", ".join(devices),
           tie_ms=4500 if made["fencing"] == "pdu" else 12000,
           hook='notify = "%s/hook.sh";' % lab.dir if made["hook"] else "",
           user='user = "%s";' % made["user"] if "user" in made else "",
           **{k: made[k] for k in ("action", "on_disagreement", "startup_silence",
                                   "delay_ms", "lease_s")})


def write_tools(world):
    """What the settings name: a fence agent, a script, another key."""
    for name, text in (("fence_stub", AGENT.replace(
            "TOOL", labs.TOOLS + "/power_switch").replace("PANEL", world.pdu_control)),
                       ("well.sh", SCRIPT),
                       ("hook.sh", "#!/bin/sh\n%s\n" % world.made["hook"])):
        path = os.path.join(world.dir, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(path, 0o755)
    os.chmod(world.dir, 0o711)      # nobody runs the script
    labs.run(labs.BUILD + "/twinbeat", "keygen", world.dir + "/key2")
    with open(os.open(world.dir + "/bmc.pw", os.O_WRONLY | os.O_CREAT, 0o600), "w",
              encoding="ascii") as f:
        f.write(bmc_lab.SECRET + "\n")


def start_bmcs(world):
    """What the nodes' BMCs are: each in a folder, with what it kills."""
    for n, host in enumerate(bmc_lab.BMCS):
        labs.run("ip", "-n", world.switch_ns, "addr", "add", host + "/24", "dev", "br1")
        sim = bmc_lab.Sim(os.path.join(world.dir, "bmc%d" % (n + 1)), host, 623,
                          world.within(world.switch_ns))
        world.bmcs.append(sim)
        world.background.append(sim.process)
        for kind in ("pids", "links"):
            os.symlink("../plug%d.%s" % (n + 1, kind), os.path.join(sim.folder, kind))
