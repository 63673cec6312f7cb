#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Which scenario or rule has neither a case nor a row in README.md that names
# a test elsewhere? Says each, and exits 1. A row reads
#   | NN or ID | why not here | test name |
# and the test must be one that make check demands (netns/scenarios.txt) or
# stand in tests/unit. Usage: complete.sh [DIRECTORY OF CASES]
cd "$(dirname "$0")/../../.." || exit 1
cases=${1:-tests/sim/cases}
bad=0

say()
{
	echo "cases: $*"
	bad=1
}

# The row of README.md that says where ID is shown.
elsewhere()
{
	row=$(grep "^| $1 |" $cases/README.md 2>/dev/null)
	[ -n "$row" ] || return 1
	for test in $(echo "$row" | grep -o 'test_[A-Za-z0-9_]*'); do
		grep -qx "$test" tests/netns/scenarios.txt ||
			grep -qw "$test" tests/unit/*.c ||
			say "$1: there is no test $test"
	done
	echo "$row" | grep -q 'test_[A-Za-z0-9_]*' ||
		say "$1: its row names no test"
	return 0
}

# wanted PREFIX FIRST LAST: each number has a file or a row
wanted()
{
	for n in $(seq -f "$1%02g" "$2" "$3"); do
		ls $cases/"$n"-*.txt >/dev/null 2>&1 || elsewhere "$n" ||
			say "$n has no case and no row in README.md"
	done
}

wanted s 1 50 # the scenarios
wanted r 1 17 # the rules
wanted c 1 9  # what breaks a pair
for proof in released obituary fenced already-off resigned operator silence; do
	ls $cases/r01-"$proof"*.txt >/dev/null 2>&1 ||
		say "r01: no case for the proof $proof"
done

# The header tells which scenario or rule the file is about.
for file in $cases/*.txt; do
	name=$(basename "$file")
	number=$(echo "$name" | sed -n 's/^[src]0*\([0-9]*\)-.*/\1/p')
	case $name in
	s*) head -1 "$file" | grep -q "^# Scenario $number[:,]" ||
		say "$file: the first line is not \"# Scenario $number: ...\"" ;;
	r*) head -1 "$file" | grep -q "^# R$number[:,.]" ||
		say "$file: the first line is not \"# R$number: ...\"" ;;
	c*) head -1 "$file" | grep -q "^# Cause $number: " ||
		say "$file: the first line is not \"# Cause $number: ...\"" ;;
	*) say "$file: no scenario (s), rule (r) or cause (c)" ;;
	esac
	sed -n 1,5p "$file" | grep -q '\<R[0-9]' ||
		say "$file: its header names no rule"
	grep -q "\`$name\`" $cases/README.md ||
		say "$file: is not in the list of README.md"
done
exit $bad
