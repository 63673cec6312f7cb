# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad moments: what people and programs do in the middle of something else. Each
is some deeds that belong together, [pause_ms, name, args] as in deeds.py, drawn
without a look at the world."""
import pairs

CONFIGS = [name for name in pairs.VARIANTS if name not in ("broken", "key")]
MILD_CONFIGS = [name for name in CONFIGS if name not in ("no-device", "unsigned")]


def order(rng, n, kind):
    """An operator's word to node n, in the worst moment."""
    peer = "lb0%d" % (2 - n)
    words = [["maintenance", "on"], ["maintenance", "off"], ["handover"], ["standby"],
             ["online"], ["reload"], ["push"], ["confirm", peer, "--yes"],
             ["handover", "--to", peer], ["fence", peer, "--action", "status"]]
    if kind != "mild":
        words += [["fence", peer, "--yes"], ["fence", peer, "--action", "on", "--yes"],
                  ["fence", "--drill", peer, "--yes", "--wait", "8"],
                  ["fence", peer, "--action", "reboot", "--yes"]]
    return [rng.choice([0, 30, 120, 400, 900, 1800]), "op", [n, *rng.choice(words)]]


def orders(rng, n, kind):
    return [order(rng, rng.choice([n, n, 1 - n]), kind)
            for _ in range(rng.randint(1, 3))]


def slow_device(rng):
    return [[0, "pdu", ["fault slow %d count=%d" % (rng.choice([150, 250]),
                                                    rng.randint(1, 6))]],
            [0, "agent", [rng.choice(["sleep 0.4", "sleep 0.7", ""])]]]


def silence(rng, n):
    """Node n is heard no more, by one way or another."""
    return rng.choice([
        [[0, "die", [n]]],
        [[0, "kill", [n, ["keeper", "main"]]]],
        [[0, "stop", [n, "all", rng.choice([1500, 4000, 9000])]]],
        [[0, "cable", ["cut"]], [0, "port", [n, 2, False]], [0, "port", [n, 1, False]],
         [rng.choice([0, 100, 1000]), "port", [n, 0, False]]],
        [[0, "pdu", ["off %d" % (n + 1)]], [0, "pdu", ["off %d" % (n + 3)]]],
    ])


def whole(n):
    return [[0, "cable", ["join"]]] + [[0, "port", [n, k, True]] for k in range(3)]


def fence_and_order(rng, n, kind):
    """While one node takes over by a fence."""
    late = slow_device(rng) if rng.random() < 0.5 else []
    after = whole(n) + [[rng.choice([0, 500, 3000]), "pdu", ["on %d" % (n + 1)]],
                        [0, "pdu", ["on %d" % (n + 3)]], [0, "boot", [n]]]
    return late + silence(rng, n) + orders(rng, 1 - n, kind) + (
        after if rng.random() < 0.7 else [])


def boot_and_order(rng, n, kind):
    return [[0, "die", [n]], [rng.choice([300, 2500, 6000]), "pdu", ["on %d" % (n + 1)]],
            [0, "pdu", ["on %d" % (n + 3)]], [0, "boot", [n]]] + orders(
                rng, rng.randrange(2), kind) + orders(rng, rng.randrange(2), kind)


def fence_and_settings(rng, n, kind):
    return silence(rng, n) + [
        [rng.choice([0, 200, 500, 1000, 2500]), "config",
         [1 - n, rng.choice(CONFIGS), rng.choice(["reload", "reload", "push"])]]] + (
             whole(n) if rng.random() < 0.5 else [])


def broken_push(rng, n, kind):
    """The links die while the file is on its way."""
    low = [[0, "port", [n, 2, False]], [0, "port", [n, 1, False]]]
    deeds = [[0, "config", [n, rng.choice(MILD_CONFIGS if kind == "mild" else CONFIGS),
                            "push"]]]
    cut = [[0, "cable", [rng.choice(["cut", "cut-a", "cut-b", "hangup-a", "corrupt 60",
                                     "drop 400"])]]] + low
    cut[0][0] = rng.choice([0, 20, 60, 120, 250, 500, 900])
    end = rng.choice([[], [[0, "kill", [n, ["loader"]]]],
                      [[0, "kill", [1 - n, ["loader"]]]], [[0, "term", [1 - n]]],
                      [[0, "disk", [1 - n, True]]], [[0, "op", [1 - n, "push"]]]])
    return deeds + cut + end + [[rng.choice([0, 200, 1500]), "nothing", []]] + whole(n)


def two_operators(rng, n, kind):
    return [[0, *order(rng, 0, kind)[1:]], [rng.choice([0, 0, 10, 50]),
                                            *order(rng, 1, kind)[1:]]]


def flapping_apart(rng, n, kind):
    deeds = []
    for card in range(3):
        if card == 0 and kind == "mild":
            continue
        deeds.append([rng.choice([0, 30]), "flap", [
            rng.randrange(2), card, rng.randrange(2, 10),
            rng.choice([40, 90, 170, 420])]])
    for _ in range(rng.randrange(6)):
        deeds += [[rng.choice([50, 300, 700]), "cable", ["cut"]],
                  [rng.choice([50, 300, 700]), "cable", ["join"]]]
    return deeds


def dying_helpers(rng, n, kind):
    deeds = []
    for _ in range(rng.randint(2, 8)):
        name = rng.choice(["fencer", "runner", "opener", "checks", "loader", "notifier",
                           "keeper"])
        deeds.append([rng.choice([0, 50, 200, 700]), *rng.choice([
            ("kill", [n, [name]]), ("stop", [n, name, rng.choice([300, 900, 2500])])])])
    return deeds + orders(rng, n, kind)


def new_cards(rng, n, kind):
    """An interface goes and comes anew, in the middle of a handover or reload."""
    card = rng.choice([0, 1, 2])
    return [[0, "op", [rng.randrange(2), rng.choice(["handover", "reload", "push"])]],
            [rng.choice([0, 5, 30, 150]), "remove", [n, card]],
            [rng.choice([0, 100, 800, 4000]), "anew", [n, card]]]


def restart_and_order(rng, n, kind):
    return [[0, "term", [n]], [rng.choice([0, 20, 300]), "op", [
        1 - n, rng.choice(["push", "reload", "handover", "standby"])]],
            [rng.choice([50, 300, 1500]), "start", [n, ""]]] + orders(
                rng, rng.randrange(2), kind)


def ill_checks(rng, n, kind):
    """Both scripts say no at nearly the same time."""
    return [[0, "sick", [n, True]], [rng.choice([0, 200, 600, 1200]), "sick",
                                     [1 - n, True]],
            order(rng, n, kind), [rng.choice([0, 800, 2500]), "sick",
                                  [rng.randrange(2), False]]]


MILD = [broken_push, two_operators, flapping_apart, dying_helpers, restart_and_order,
        ill_checks]
HARSH = MILD + [fence_and_order, fence_and_order, boot_and_order, boot_and_order,
                fence_and_settings, fence_and_settings, new_cards]


def draw(rng, kind):
    return rng.choice(MILD if kind == "mild" else HARSH)(rng, rng.randrange(2), kind)
