#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The job of a guest: runs make bench-lvs on its console.
. "$root_dir/tests/uml/guest_begin.sh"
modprobe ip_vs
echo "job: began"
/usr/bin/python3 -u tests/bench/lvs.py --out /out/kept \
	${only:+--only "$only"} ${count:+--count "$count"}
echo $? >/out/result
echo "job: ended"
