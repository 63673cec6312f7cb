#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every case and the self-tests of the runner.
# Usage: run.sh CASE_PROGRAM
cd "$(dirname "$0")/../../.." || exit 1
out=$("$1" tests/sim/cases/*.txt tests/sim/cases/self/*.txt)
printf '%s\n' "$out" | grep -v '^unit:'
counts=$(printf '%s\n' "$out" |
	sed -n 's/^unit: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
[ -n "$counts" ] || { echo "the runner died"; exit 1; }
passed=${counts% *} failed=${counts#* }
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
