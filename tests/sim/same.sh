#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Has a change of the core's form left what it does as it was? Builds the
# simulator of two commits and compares, seed by seed, the digest of all that
# their cores ordered and said (digest.h).
#   same.sh OLD [NEW]     NEW: the working tree, if none is given
# SEEDS=20000; FIRST=1. SIM=COMMIT: both by the tests/sim of that commit, for
# a change that is in the simulator, too (a seed means another schedule then).
# Exit 0: the same; 1: not, and the first seed that differs is named; 2: there
# is nothing to compare.
set -u
[ $# -ge 1 ] && [ $# -le 2 ] || { sed -n '3,12s/^# //p' "$0" >&2; exit 2; }
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)" || exit 2
seeds=${SEEDS:-20000} first=${FIRST:-1}
top=$(mktemp -d) || exit 2
trap 'rm -rf "$top"' EXIT
trap 'exit 2' INT TERM

# take COMMIT NAME: its files, in a folder of that name; "": the working tree
take()
{
	mkdir "$top/$2" || return 1
	if [ -n "$1" ]; then
		git archive "$1" | tar -x -C "$top/$2" || return 1
	else
		git ls-files -z -co --exclude-standard |
			xargs -0 sh -c 'for f; do [ ! -e "$f" ] ||
				printf "%s\0" "$f"; done' sh |
			tar -c --null -T - | tar -x -C "$top/$2" || return 1
	fi
	[ -z "${SIM:-}" ] || {
		rm -rf "$top/$2/tests/sim" &&
			git archive "$SIM" tests/sim | tar -x -C "$top/$2"
	} || return 1
	# the slower one: it is built by older commits, too
	make -s -C "$top/$2" build/tests/sim
}

# play NAME FIRST COUNT
play()
{
	"$top/$1/build/tests/sim" --seeds "$2" "$3" --digest
}

for pair in "$1 old" "${2:-} new"; do
	take "${pair% *}" "${pair##* }" ||
		{ echo "same: cannot build the ${pair##* } one" >&2; exit 2; }
done
play old "$first" "$seeds" >"$top/old.log" &
play new "$first" "$seeds" >"$top/new.log"
wait
for name in old new; do
	grep '^digest' "$top/$name.log" >"$top/$name.digests"
	grep -q '^digest:' "$top/$name.digests" ||
		{ echo "same: the $name one does not end" >&2; exit 2; }
done
if cmp -s "$top/old.digests" "$top/new.digests"; then
	sed -n 's/^sim: /same: /p' "$top/new.log"
	tail -1 "$top/new.digests"
	exit 0
fi
# within a hundred seeds, one by one
alike=$(diff "$top/old.digests" "$top/new.digests" | sed -n '1s/[^0-9].*//p')
seed=$((first + (alike - 1) * 100))
last=$((first + seeds - 1))
while [ "$seed" -lt "$last" ] &&
	[ "$(play old "$seed" 1 | grep '^digest:')" = \
		"$(play new "$seed" 1 | grep '^digest:')" ]; do
	seed=$((seed + 1))
done
echo "same: NOT the same from seed $seed on: compare sim --seed $seed of both"
exit 1
