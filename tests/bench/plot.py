#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""plot.py BENCH.json: the rows of a bench that are times, as bars on a
logarithmic scale, each beside the others' of the same run. A thin line goes from
the least to the most."""
import json
import math
import os
import sys
from xml.sax.saxutils import escape

LEFT, WIDTH, GAP, BAR, TOP = 370, 480, 10, 12, 46
COLOURS = (("twinbeat", "#1f77b4"), ("keepalived", "#b0b0b0"),
           ("frr", "#8fbf8f"), ("heartbeat", "#d9a066"),
           ("pacemaker", "#b08fc0"))


def decades(rows):
    """From 0.1 ms at least, to the power of ten above the longest."""
    values = [row[sut][key] for row in rows for sut, _ in COLOURS
              for key in ("min", "max") if sut in row]
    low = max(0.1, min(values))
    return math.floor(math.log10(low)), math.ceil(math.log10(max(values)))


def draw(bench):
    rows = [row for row in bench["rows"] if row["unit"] == "ms"]
    first, last = decades(rows)

    def x(value_ms):
        at = math.log10(max(value_ms, 10 ** first))
        return LEFT + WIDTH * (at - first) / (last - first)

    def tall(row):
        return GAP + (BAR + 3) * sum(sut in row for sut, _ in COLOURS)
    height = TOP + sum(map(tall, rows)) + 44
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'font-family="sans-serif" font-size="12">' % (
               LEFT + WIDTH + 90, height),
           '<rect width="100%" height="100%" fill="white"/>']

    def text(at_x, at_y, words, anchor="start", more=""):
        out.append('<text x="%.0f" y="%.0f" text-anchor="%s"%s>%s</text>' % (
            at_x, at_y, anchor, more, escape(words)))
    for power in range(first, last + 1):
        out.append('<line x1="%.0f" y1="%d" x2="%.0f" y2="%d" '
                   'stroke="#e0e0e0"/>' % (x(10 ** power), TOP - 8,
                                           x(10 ** power), height - 40))
        text(x(10 ** power), TOP - 14, "%g ms" % 10 ** power, "middle")
    y = TOP
    for row in rows:
        text(LEFT - 10, y + 18, row["measure"], "end")
        here = [pair for pair in COLOURS if pair[0] in row]
        for at, (sut, colour) in enumerate(here):
            seen, bar_y = row[sut], y + 2 + at * (BAR + 3)
            out.append('<rect x="%d" y="%.0f" width="%.1f" height="%d" '
                       'fill="%s"/>' % (LEFT, bar_y, max(
                           1, x(seen["median"]) - LEFT), BAR, colour))
            out.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" '
                       'stroke="black"/>' % (x(seen["min"]), bar_y + BAR / 2,
                                             x(seen["max"]), bar_y + BAR / 2))
            text(max(x(seen["max"]), LEFT) + 5, bar_y + BAR - 2, "%.*f" %
                 (seen["median"] < 10, seen["median"]))
        y += tall(row)
    measured = [pair for pair in COLOURS if any(pair[0] in r for r in rows)]
    for at, (sut, colour) in enumerate(measured):
        out.append('<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (
            LEFT + at * 110, 8, colour))
        text(LEFT + 18 + at * 110, 18, sut)
    about, loads = bench["machine"], [v for row in rows for v in row["load"]]
    text(10, height - 16, "%s, %d x %s, Linux %s, %s; load %.1f to %.1f; n = %d "
         "to %d" % (
             about["date"], about["processors"], about["processor"],
             about["kernel"], about["keepalived"].split(" (")[0], min(loads),
             max(loads), min(row[s]["n"] for row in rows for s, _ in COLOURS
                             if s in row),
             max(row[s]["n"] for row in rows for s, _ in COLOURS if s in row)),
         more=' fill="#606060"')
    return "\n".join(out + ["</svg>"]) + "\n"


def write(path):
    """Beside the JSON at path, if it has times."""
    with open(path, encoding="utf-8") as f:
        bench = json.load(f)
    if not any(row["unit"] == "ms" for row in bench["rows"]):
        return
    with open(os.path.splitext(path)[0] + ".svg", "w", encoding="utf-8") as f:
        f.write(draw(bench))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
