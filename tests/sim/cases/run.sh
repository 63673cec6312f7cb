#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every case and the self-tests of the runner, then asks whether a
# scenario or a rule has no case. Usage: run.sh CASE_PROGRAM
out=$("$1" tests/sim/cases/*.txt tests/sim/cases/self/*.txt)
printf '%s\n' "$out" | grep -v '^unit:'
counts=$(printf '%s\n' "$out" |
	sed -n 's/^unit: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
[ -n "$counts" ] || { echo "the runner died"; echo "cases: 0 passed, 1 failed"
	exit 1; }
passed=${counts% *} failed=${counts#* }
count()
{
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

sh tests/sim/cases/complete.sh
count $?

# And that question must be answered with no when a scenario is missing.
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
cp tests/sim/cases/*.txt tests/sim/cases/README.md "$copy"
rm "$copy"/s07-*.txt
sh tests/sim/cases/complete.sh "$copy" |
	grep -qx "cases: s07 has no case and no row in README.md"
count $?
echo "cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
