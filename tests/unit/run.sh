#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the given unit test programs; says which failed; counts at the end.
failed=0 passed=0
for program in "$@"; do
	name=$(basename "$program")
	if out=$("$program" 2>&1); then
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
