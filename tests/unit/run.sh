#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the given unit test programs; says which failed; counts at the end. The
# names of the tests that passed are left beside the programs, in unit.ran.
failed=0 passed=0
ran=$(dirname "$1")/unit.ran
: >"$ran"
for program in "$@"; do
	name=$(basename "$program")
	out=$("$program" 2>&1)
	code=$?
	printf '%s\n' "$out" | sed -n 's/^\[  *OK \] //p' >>"$ran"
	if [ "$code" = 0 ]; then
		n=$(printf '%s\n' "$out" | sed -n 's/^\[==========\] \([0-9]*\) test(s) run\.$/\1/p' | head -1)
		passed=$((passed + ${n:-1}))
		echo "ok   $name (${n:-1})"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		printf '%s\n' "$out" | sed 's/^/     /'
	fi
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
