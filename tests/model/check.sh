#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Checks the protocol model exhaustively: every configuration below is searched
# to its end, every mutant must be caught, every proof must be used, and the
# tables of README.md must match core and model. Usage: check.sh BUILD_DIR
# LONG=1 adds the searches that take minutes; JOBS=n (default: all cores).
set -u
: "${1:?usage: check.sh BUILD_DIR}"
here=$(cd "$(dirname "$0")" && pwd)
model=$here/twinbeat.pml
core=$here/../../src/core
mkdir -p "$1/model" && build=$(cd "$1/model" && pwd) || exit 1

# NAME EXPECTED FLAGS: safe and live must hold, caught and stuck must fail
# (a safety mutant, a progress mutant), used must show a proof at work.
runs()
{
	crash0="-DCRASHES_0=1 -DSTARTS_0=1"
	crash1="-DCRASHES_1=1 -DSTARTS_1=1"
	both="-DSLOTS_0=2 -DSLOTS_1=2"
	cat <<-END
	freeze-0    safe -DFREEZES_0=1 -DSTARTS_0=1 -DFENCES=1
	freeze-1    safe -DFREEZES_1=1 -DSTARTS_1=1 -DFENCES=1
	resigned-1  safe -DADVERTS=1 -DSLOW_LINKS=1 -DUNFITS=1 $crash1
	resigned-0  safe -DADVERTS=1 -DUNFITS=1 $crash0
	unfit       safe -DUNFITS=1 -DFENCES=1 $crash0
	fence       safe -DFENCES=1 -DUNKNOWNS=1 $crash1
	will-0      safe -DSLOTS_0=2 -DDUPLICATES=1 $crash0
	will-1      safe -DSLOTS_1=2 -DDUPLICATES=1 $crash1
	handover    safe $both -DDUPLICATES=1 -DPREEMPT
	fast-boot   safe -DFAST_BOOT -DFENCES=1 -DUNFITS=1 -DSTARTS_1=1
	rtnl-0      safe -DRTNLS_0=1 -DFENCES=1 -DUNFITS=1
	rtnl-both   safe -DRTNLS_0=1 -DRTNLS_1=1
	kept-stall  safe -DADVERTS=1 -DFREEZES_0=1 -DSTARTS_0=1 -DFENCES=1 $crash1
	kept-start  safe -DADVERTS=1 $crash0 $crash1
	restart-0   safe -DFENCES=1 $crash0 -DSTARTS_1=1
	incident-0  safe -DINCIDENT -DFENCES=2 -DUNFITS=1 $crash0
	incident-1  safe -DINCIDENT -DFENCES=2 -DUNFITS=1 $crash1
	live-freeze live -DFENCES=3 -DFREEZES_0=1 -DSTARTS_0=1
	live-crash  live -DFENCES=2 $crash1
	live-unfit  live -DFENCES=2 -DUNFITS=1 -DADVERTS=1
	live-rtnl   live -DFENCES=1 -DRTNLS_0=1
	live-fail   live -DFENCES=2 -DUNKNOWNS=1 -DCRASHES_0=1
	mutant-claim-on-timeout      caught -DMUTANT=CLAIM_ON_TIMEOUT
	mutant-own-cleared-early     caught -DMUTANT=OWN_CLEARED_EARLY -DUNFITS=1
	mutant-time-is-a-look        caught -DMUTANT=TIME_IS_A_LOOK -DRTNLS_0=1
	mutant-killed-is-ended       caught -DMUTANT=KILLED_IS_ENDED -DRTNLS_0=1 -DUNFITS=2
	mutant-disk-is-a-proof       caught -DMUTANT=DISK_IS_A_PROOF -DFENCES=2 $crash0 -DSTARTS_1=1
	mutant-old-acknowledgement   caught -DMUTANT=OLD_ACKNOWLEDGEMENT $both
	mutant-old-obituary          caught -DMUTANT=OLD_OBITUARY -DSLOTS_1=2 $crash1
	mutant-zero-unsigned         caught -DMUTANT=ZERO_UNSIGNED -DADVERTS=1 -DUNFITS=2 $crash0
	mutant-kept-over-a-boot      caught -DMUTANT=KEPT_OVER_A_BOOT -DFENCES=1 $crash0 $crash1
	mutant-will-before-removal   caught -DMUTANT=WILL_BEFORE_REMOVAL -DCRASHES_0=1
	mutant-leftovers-stay        caught -DMUTANT=LEFTOVERS_STAY $crash0
	mutant-resigned-while-heard  caught -DMUTANT=RESIGNED_WHILE_HEARD -DADVERTS=1 -DSLOW_LINKS=1 -DUNFITS=2
	mutant-unknown-is-off        caught -DMUTANT=UNKNOWN_IS_OFF -DFENCES=1 -DUNKNOWNS=1
	mutant-new-life-ignored      caught -DMUTANT=NEW_LIFE_IGNORED -DFAST_BOOT -DFENCES=1 -DSTARTS_1=1
	mutant-same-wait             caught -DMUTANT=SAME_WAIT -DINCIDENT -DFENCES=2
	mutant-wait-counts-unfit     caught -DMUTANT=WAIT_COUNTS_UNFIT -DINCIDENT -DFENCES=2 -DUNFITS=2
	mutant-nobody-drops          stuck -DMUTANT=NOBODY_DROPS
	proof-released   used -DWITNESS=1
	proof-obituary   used -DWITNESS=2 -DCRASHES_0=1
	proof-fenced     used -DWITNESS=3 -DFENCES=1
	proof-resigned   used -DWITNESS=4 -DADVERTS=1 -DUNFITS=1
	END
	[ "${LONG:-0}" = 0 ] || cat <<-END
	freeze      safe -DFREEZES_0=1 -DFREEZES_1=1 -DSTARTS_0=1 -DSTARTS_1=1 -DFENCES=1
	resigned    safe -DADVERTS=1 -DUNFITS=2 $crash0
	rtnl-1      safe -DRTNLS_1=1 -DFENCES=1 -DUNFITS=1
	rtnl-crash  safe -DRTNLS_0=1 -DFENCES=1 $crash0
	unfit-twice safe -DUNFITS=2 -DFENCES=1 $crash0
	fence-twice safe -DFENCES=2 -DUNKNOWNS=1 -DSTARTS_0=1 $crash1
	late-frames safe -DSLOTS_1=3 -DDUPLICATES=1 $crash1
	both-crash  safe -DDUPLICATES=1 $crash0 $crash1 -DFENCES=1
	two-slots   safe $both $crash1 -DFENCES=1
	END
}

# take EXPECTED FLAGS...: what the search is compiled with (fixed, program: its
# name) and which numbers it reads when it starts (numbers; budgets.h)
take()
{
	case $1 in
	safe) fixed=-DLATER ;;
	live) fixed="-DLATER -DLIVE" ;;
	stuck) fixed="-DLATER -DLIVE -DMUTANTS" ;;
	*) fixed="-DLATER -DMUTANTS" ;;
	esac
	shift
	numbers='' slots=1
	for flag; do
		pair=${flag#-D} value=1
		key=${pair%%=*}
		[ "$key" = "$pair" ] || value=${pair#*=}
		[ "$key" != MUTANT ] || value=$(sed -n \
			"s/^#define $value  *\([0-9]*\)$/\1/p" "$model")
		case $key in
		SLOTS_?) [ "$value" -le "$slots" ] || slots=$value ;;
		esac
		if grep -q "X($key, " "$here/budgets.h"; then
			numbers="$numbers MODEL_$key=$value"
		else
			fixed="$fixed $flag"
		fi
	done
	fixed="$fixed -DSLOTS=$slots"
	program=$(echo "$fixed" | tr -d ' ' | tr = - | sed 's/-D/-/g; s/^-LATER-//')
}

# compile FIXED...: one program for all configurations that differ in numbers.
# It costs more than most searches, and nearly all of that is one function of
# 39,000 lines, do_transit, in which a search spends a third of its time. So that
# one is optimized little, or not at all where the searches are few or short; the
# rest of pan (the store of states) is.
#
# A third of the searches' time went into what no search needs: the look for
# steps that need not be told apart (there are none, all share the two nodes:
# the states are as many with NOREDUCE), the words that spin says when it replays
# a trail, and a call of a function for each index. An index is still looked at,
# in its place, but that of a node by its process: spin numbers those 0 and 1.
compile()
{
	fixed="$*"
	cflags="-DNOREDUCE -DSAFETY -DNOFAIR" transit=O1
	case $fixed in
	*LIVE*) cflags=-DNOREDUCE ;;
	esac
	case $fixed in
	*MUTANTS* | *INCIDENT* | *SLOTS=2*) transit=O0 ;;
	esac
	[ "${LONG:-0}" = 0 ] || transit=O2
	for name in $(sed -n 's/^\tX(\([A-Z_0-9]*\), .*/\1/p' "$here/budgets.h"); do
		case $name-$fixed in
		MUTANT-*MUTANTS* | WITNESS-*MUTANTS*) ;;
		MUTANT-* | WITNESS-*) continue ;;
		esac
		set -- "$@" "-D$name=c_expr{budget_$name}"
	done
	# here a call of a function is compiled sooner, and the searches are short
	index='((unsigned)(x) < (unsigned)(y) ? (x) : \1)'
	case $fixed in
	*MUTANTS*) index='\1' ;;
	esac
	pid='((P0 \*)_this)->_pid'
	spin "$@" -a "$model" >spin.log 2>&1 &&
		sed -i -e 's/^uchar do_transit(Trans \*, short);/__attribute__((optimize("'$transit'"))) &/' \
			-e 's/#define Index(x, y)\t\(Boundcheck.*\)/#define Index(x, y) '"$index"'/' pan.c &&
		sed -i -e 's/^\t\tPrintf(.*);$/\t\t;/' \
			-e "s/Index((1-((int)$pid)), 2)/(1-((int)((P0 *)_this)->_pid))/g" \
			-e "s/Index(((int)$pid), 2)/((int)((P0 *)_this)->_pid)/g" \
			-e "s/Index($pid, 2)/((P0 *)_this)->_pid/g" \
			-e "s/Index((1-$pid), 2)/(1-((P0 *)_this)->_pid)/g" pan.m &&
		${CC:-cc} -w -O2 -fno-gcse -fno-tree-pre -fno-tree-vrp \
			-fno-tree-vectorize $cflags -DMEMLIM=3600 -DVECTORSZ=1024 -I"$here" \
			-o pan pan.c >>spin.log 2>&1
	rm -f pan.?
}

compile_all()
{
	rm -rf "$build/programs"
	runs | while read -r _ expected flags; do
		take "$expected" $flags # of words
		echo "$program $fixed"
	done | sort -u | xargs -P "${JOBS:-$(nproc)}" -L 1 \
		sh "$here/check.sh" "${build%/model}" compile
}

# one NAME EXPECTED FLAGS...: prints one line, fails if it is not as expected
one()
{
	name=$1 expected=$2
	shift 2
	dir=$build/$name
	rm -rf "$dir" && mkdir -p "$dir" && cd "$dir" || return 1
	take "$expected" "$@"
	options="-m3000000 -w22" began=$(date +%s)
	[ "${LONG:-0}" = 0 ] || options="-m3000000 -w23"
	case $expected in
	live) set -- "$@" -DLIVE; options="$options -a -f" ;;
	stuck) set -- "$@" -DLIVE -DMUTANTS; options="$options -a -f" ;;
	caught | used) set -- "$@" -DMUTANTS ;;
	esac
	echo "$@" >flags # to replay its trail with: as numbers
	pan=$build/programs/$program/pan
	[ -x "$pan" ] || {
		echo "$name: cannot be built:" \
			"$(tail -1 "$build/programs/$program/spin.log")"
		return 1
	}
	# -E: that nothing moves any more is no error, being stuck is LIVE's
	# huge pages: a search mostly waits for memory that lies everywhere
	env GLIBC_TUNABLES=glibc.malloc.hugetlb=1 $numbers \
		"$pan" $options -E -n >pan.log 2>&1
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
	megabytes=$(sed -n 's/^ *\([0-9]*\).*total actual memory.*/\1/p' pan.log)
	found=broken
	grep -q 'errors: 0$' pan.log && found=holds
	grep -q '^pan:1: assertion violated' pan.log && found=violated
	grep -q '^pan:1: acceptance cycle' pan.log && found=cycle
	# a search that was cut short has shown nothing
	grep -qE 'max search depth|out of memory|memory limit|reached -DMEM|not completed' pan.log &&
		[ "$found" = holds ] && found=incomplete
	case $expected-$found in
	safe-holds | live-holds) say="holds in all $states states, $megabytes MB" ;;
	caught-violated | stuck-cycle) say="caught" ;;
	used-violated) say="is used" ;;
	*)
		echo "$name: FAILED: $found (expected: $expected); see $dir"
		return 1
		;;
	esac
	echo "$name: $say ($(($(date +%s) - began)) s)"
}

# Enumerators of `enum NAME` in a header.
enumerators()
{
	sed -n "/^enum $1 {/,/^}/p" "$2" |
		sed -e 1d -e 's|/\*.*||' -e 's|.*\*/||' |
		grep -oE '\b[A-Z][A-Z0-9_]+\b' | sort -u
}

# tables DIR: README.md, model and the two headers with its words in it.
# README's table and core, both ways; README's table and model, both ways.
tables()
{
	bad=0
	sed -n 's/^| `\([A-Z][A-Z0-9_]*\)` |.*/\1/p' "$1/README.md" |
		sort -u >"$build/table.core"
	{
		for e in instance_state link_state peer_state fence_state \
			fence_need; do
			enumerators "$e" "$1/state.h"
		done
		enumerators proof "$1/permit.h"
	} | grep -vx PROOFS | sort -u >"$build/core.states"
	[ "$(wc -l <"$build/core.states")" -gt 20 ] ||
		{ echo "tables: the enums of src/core were not found"; bad=1; }
	diff "$build/core.states" "$build/table.core" | sed -n \
		-e 's/^< /tables: FAILED: not in README.md: /p' \
		-e 's/^> /tables: FAILED: no longer in src\/core: /p' | grep . &&
		bad=1
	# second column: what the model calls it
	sed -n 's/^| `[A-Z][A-Z0-9_]*` | \([^|]*\)|.*/\1/p' "$1/README.md" |
		grep -oE '`[A-Za-z_]+`' | tr -d '`' | sort -u \
		>"$build/table.model"
	grep -oE '^#define (LINK|PEER|FENCE)_[A-Z]+[[:space:]]+[0-9]|^#define (NEED|HOLDS)_[A-Z]+\(' \
		"$1/twinbeat.pml" | awk '{ print $2 }' | tr -d '(' | sort -u \
		>"$build/model.states"
	comm -23 "$build/model.states" "$build/table.model" |
		sed 's/^/tables: FAILED: model state not in README.md: /' |
		grep . && bad=1
	while read -r word; do
		grep -qw "$word" "$1/twinbeat.pml" ||
			{ echo "tables: FAILED: the model has no $word"; bad=1; }
	done <"$build/table.model"
	[ "$bad" -eq 0 ] && echo "tables: core, README.md and model agree"
	return "$bad"
}

# A state more on one side, in a copy, must fail; FILE SED-EXPRESSION
tables_fail()
{
	sed -i "$2" "$build/tables/$1"
	if cmp -s "$build/tables/$1" "$build/tables/$1.orig"; then
		echo "tables: FAILED: $1: nothing to break by $2"
		failed=1
	elif tables "$build/tables" >"$build/tables.log"; then
		echo "tables: FAILED: $1 was broken by $2, and nobody saw it"
		failed=1
	fi
	cp "$build/tables/$1.orig" "$build/tables/$1"
}

tables_check()
{
	rm -rf "$build/tables" && mkdir -p "$build/tables"
	cp "$here/README.md" "$here/twinbeat.pml" "$core/state.h" \
		"$core/../ipc/permit.h" "$build/tables"
	for f in README.md twinbeat.pml state.h permit.h; do
		cp "$build/tables/$f" "$build/tables/$f.orig"
	done
	tables "$build/tables" || failed=1
	tables_fail state.h 's/^\tPEER_SILENT,/\tPEER_ASLEEP,\n&/'
	tables_fail state.h '/^\tFENCE_STATE_HELD,/d'
	tables_fail permit.h 's/^\tPROOF_NONE,/&\n\tPROOF_HOPE,/'
	tables_fail twinbeat.pml 's/^#define PEER_OFF .*/&\n#define PEER_ASLEEP 5/'
	tables_fail twinbeat.pml 's/\bFENCE_VERIFY\b/FENCE_RUNNING/'
	tables_fail twinbeat.pml 's/^#define HOLDS_FENCED(.*/&\n#define HOLDS_HOPE(x) 1/'
	tables_fail README.md '/^| `NEED_STUCK`/d'
	[ "$failed" -ne 0 ] || echo "tables: a state on one side only is found"
}

case ${2:-} in
one)
	shift 2
	one "$@"
	exit
	;;
compile)
	mkdir -p "$build/programs/$3" && cd "$build/programs/$3" || exit 1
	shift 3
	compile "$@"
	exit
	;;
esac

command -v spin >/dev/null || { echo "model: no spin: apt install spin"; exit 1; }
failed=0
tables_check
compile_all # what could not be is told by name, by each that needs it
runs | xargs -P "${JOBS:-$(nproc)}" -L 1 sh "$here/check.sh" "$1" one \
	>"$build/results" 2>&1 || failed=1
cat "$build/results"
[ "$(grep -c . "$build/results")" = "$(runs | grep -c .)" ] || failed=1
grep -q 'FAILED\|cannot be built' "$build/results" && failed=1
[ "$failed" -eq 0 ] && echo ok
exit "$failed"
