#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo-lvs: tests/netns/demo_lvs.py in a guest of User-Mode Linux, whose
kernel has IPVS, whatever the machine's has. Where guests cannot run it says why
and exits 77.
"""
from one_guest import run_job
from run import inside

LIMIT_S = 180

inside(lambda: run_job("demo_guest.sh", LIMIT_S, is_told=True, is_urgent=True))
