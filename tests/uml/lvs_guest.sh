#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The job of a guest that has IPVS: tests of the director ($files, joined by +),
# run by pytest in the guest, in namespaces of the guest. Its answer is in /out.
. "$root_dir/tests/uml/guest_begin.sh"
# a guest that asks a thousand times a second is busy with that alone
export TWINBEAT_PROBE_MS=25
set --
[ -z "$tests" ] || set -- -k "$(echo "$tests" | tr + ' ')"
for file in $(echo "$files" | tr + ' '); do
	set -- "$@" "tests/netns/test_$file.py"
done
/usr/bin/python3 -m pytest -q -p no:cacheprovider --durations=0 \
	--junitxml=/out/kept "$@" >/out/report 2>&1
echo $? >/out/result
