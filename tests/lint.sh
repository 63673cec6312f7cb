#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The rules of the house that a machine can check. Usage: lint.sh BUILD_DIR
# (its core and wire objects must be built). Prints every breach.
build=$1
bad=0
say()
{
	echo "lint: $*"
	bad=1
}

# Purity: core and wire include only themselves, each other and plain C.
# Rooms, from the ground up: a file includes its own room and those below it.
floors='src/base | src/wire | src/settings | src/ipc |
	src/core src/link drivers src/filters src/manual | src/status fence src/cli/import src/notice |
	src/client |
	src/cli/probe src/timeline |
	src/daemon src/keeper src/runner src/notifier src/opener src/loader
	src/director src/checker src/watchdog src/exporter src/snmp src/cli fence/agent'
# for awk: level[room], as of floors
read_floors='
	BEGIN {
		floor_count = split(floors, list, "|")
		for (i = 1; i <= floor_count; i++) {
			count = split(list[i], names, " ")
			for (k = 1; k <= count; k++)
				level[names[k]] = i
		}
	}'
git ls-files 'src/*.[ch]' 'drivers/*.[ch]' 'fence/*.[ch]' |
	xargs grep -H '^#include "' | awk -v floors="$floors" "$read_floors"'
	function room(path) {
		sub("/[^/]*$", "", path)
		return path ~ "^drivers/" ? "drivers" :
			path ~ "^src/link/" ? "src/link" : path
	}
	function clean(path) {
		while (sub("[^/.]+/[.][.]/", "", path))
			continue
		return path
	}
	{
		file = substr($0, 1, index($0, ":") - 1)
		split($0, quoted, "\"")
		target = file
		sub("[^/]*$", "", target)
		from = room(file)
		to = room(clean(target quoted[2]))
		if (!(from in level) || !(to in level))
			print "lint: " file ": " to " is no room that lint knows"
		else if (from != to && level[to] >= level[from])
			print "lint: " file " includes upwards: " quoted[2]
	}' | grep . && bad=1

# The map of src/README.md says the same.
awk -v floors="$floors" -F '|' "$read_floors"'
	/^\| [0-9]+ \| `/ {
		count = split($3, parts, "`")
		for (i = 2; i <= count; i += 2) {
			room = parts[i] ~ "^(drivers|fence)" ? parts[i] :
				"src/" parts[i]
			if (level[room] != $2 + 0)
				print "lint: src/README.md: " room \
					" is on level " level[room] ", not" $2
			delete level[room]
		}
	}
	END {
		for (room in level)
			print "lint: src/README.md: its map lacks " room
	}' src/README.md | grep . && bad=1

plain='stdint|stdbool|stddef|string|assert|stdio|stdarg|inttypes|limits'
pools='src/director/server.[ch] src/director/pool.[ch] src/director/sight.[ch]
	src/director/plan.[ch] src/director/probe.[ch] src/daemon/push.[ch]'
for file in src/core/*.[ch] src/wire/*.[ch] $pools; do
	grep -Hn '^#include' "$file" |
		grep -Ev "<($plain)\.h>|\"(\.\./(wire|ipc)/)?[a-z0-9_]+\.h\"" |
		grep -Ev '^src/wire/auth\.c:.*<nettle/' |
		while read -r line; do echo "lint: impure include: $line"; done
done | grep . && bad=1

# Purity: what the core's objects ask of others, by their symbols.
allowed='memcpy|memset|memcmp|memmove|strcmp|strlen|snprintf|vsnprintf'
allowed="$allowed|__[a-z]*snprintf_chk|__memcpy_chk|__memset_chk|__memmove_chk"
allowed="$allowed|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_"
allowed="$allowed|ip_format|vrrp_master_down_us|vrrp_skew_us"
nm -u "$build"/obj/src/core/*.o 2>/dev/null | awk '$1 == "U" { print $2 }' |
	sort -u >"$build/core.undefined"
nm --defined-only "$build"/obj/src/core/*.o 2>/dev/null |
	awk 'NF == 3 { print $3 }' | sort -u >"$build/core.defined"
[ -s "$build/core.defined" ] || say "no core objects in $build: build first"
comm -23 "$build/core.undefined" "$build/core.defined" |
	grep -Evx "$allowed" | grep -E . |
	while read -r symbol; do echo "lint: the core calls $symbol"; done |
	grep . && bad=1

# R1: a permit is made in one file.
grep -n 'struct permit)' src/core/*.c src/daemon/*.c src/keeper/*.c 2>/dev/null |
	grep -v '^src/core/permit\.c:' | grep . && say "a permit made elsewhere"
grep -nE 'permit\.proof *= |permit->proof *= ' src/core/*.c src/daemon/*.c |
	grep . && say "a proof written elsewhere"

# Every rule that is named is one of RULES.md.
git grep -ohE '\bR[0-9]+\b' -- src drivers fence README.md 'tests/*.md' |
	sort -u | while read -r rule; do
	grep -q "^## $rule " src/core/RULES.md ||
		echo "lint: $rule is named and is no rule of src/core/RULES.md"
done | grep . && bad=1

git grep -ohE '\bD[0-9]+\b' -- src/director src/README.md | sort -u |
	while read -r rule; do
		grep -q "^## $rule " src/director/RULES.md ||
			echo "lint: $rule is named and is no rule of" \
				"src/director/RULES.md"
	done | grep . && bad=1

# Links, drivers and helpers do not reach into the core's state.
grep -rnE '#include "(\.\./)*(src/)?core/(state|core|internal)\.h"' \
	src/link src/keeper src/runner src/opener src/loader src/client src/exporter src/snmp src/cli fence drivers |
	grep . && say "an edge that sees the core"
grep -rnE '#include "(\.\./)*(src/)?(daemon/loop|link/)' drivers fence |
	grep . && say "a driver that sees the loop or a link"

# New files count before git knows them.
sources()
{
	git ls-files -co --exclude-standard 2>/dev/null | grep -E "$1" |
		while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

# Every source says its licence; no file is too long.
sources '\.(c|h|py|sh)$|^Makefile$' | xargs awk '
	function judge(file) {
		if (!licensed[file])
			print "lint: " file ": no SPDX line"
		if (lines[file] > 800)
			print "lint: " file ": " lines[file] " lines, at most 800"
	}
	FNR <= 3 && /SPDX-License-Identifier: GPL-3.0-or-later/ {
		licensed[FILENAME] = 1
	}
	{ lines[FILENAME] = FNR }
	END { for (i = 1; i < ARGC; i++) judge(ARGV[i]) }' | grep . && bad=1

# Layout is clang-format's.
if command -v clang-format >/dev/null; then
	clang-format --dry-run -Werror \
		$(sources '\.[ch]$') 2>&1 |
		grep -E 'error:' |
		sed -E 's/^([^:]*)(.*)$/lint: \1\2; run: clang-format -i \1/' |
		head -20 | grep . && bad=1
fi

# Functions of 100 lines or more (a brace in column 1 ends one).
sources '\.c$' | xargs awk '
	FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ { if (start && FNR - start > 100)
		printf "lint: %s:%d: a function of %d lines\n", FILENAME,
			start, FNR - start
		start = 0 }' | grep . && bad=1

[ "$bad" -eq 0 ] && echo "lint: clean"
exit "$bad"
