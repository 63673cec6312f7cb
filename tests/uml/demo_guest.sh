#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The job of a guest: plays make demo-lvs on its console.
. "$root_dir/tests/uml/guest_begin.sh"
modprobe ip_vs
echo "job: began"
/usr/bin/python3 -u tests/netns/demo_lvs.py
echo $? >/out/result
echo "job: ended"
