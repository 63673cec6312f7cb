#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make bench-lvs: tests/bench/lvs.py in a guest of User-Mode Linux, whose kernel
has IPVS. bench.py [MEASURE,... [COUNT]]; the JSON is build/bench/lvs.json.
Where guests cannot run it says why and exits 77.
"""
import os
import sys

from one_guest import run_job
from run import BUILD, inside

LIMIT_S = 3600

inside(lambda: run_job(
    "bench_guest.sh", LIMIT_S,
    ["only=" + (sys.argv[1:2] or [""])[0],
     "count=" + (sys.argv[2:3] or [""])[0]], is_told=True, is_urgent=True,
    keep=os.path.join(BUILD, "bench", "lvs.json")))
