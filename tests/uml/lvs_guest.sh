#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The job of a guest that has IPVS: the tests of the director, run by pytest in
# the guest, in namespaces of the guest. Its answer is in /out.
. "$root_dir/tests/uml/guest_begin.sh"
# a guest that asks a thousand times a second is busy with that alone
export TWINBEAT_PROBE_MS=10
[ -z "$tests" ] || set -- -k "$(echo "$tests" | tr + ' ')"
[ -n "$tests" ] || set --
/usr/bin/python3 -m pytest -q -p no:cacheprovider --durations=0 "$@" \
	tests/netns/test_director.py tests/netns/test_checker.py \
	tests/netns/test_checker_kinds.py tests/netns/test_lvs_ways.py \
	tests/netns/test_lvs_health.py >/out/report 2>&1
echo $? >/out/result
