#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make check: everything, in the order in which a mistake is cheapest to find.
# Each stage's log is in build/check/; the last line counts the tests.
# STAGES="unit netns" runs only these.
#
# What waits for pairs and guests leaves most of the machine to what only
# computes: that runs behind all other stages, when no other process wants to
# (SCHED_IDLE), and is told of when it has ended. So all takes as long as all
# cores need for its processor time, or as guests and namespaces wait.
set -u
log=build/check
mkdir -p "$log"
passed=0 failed=0 skipped= broken=
patient_stages="clang cppcheck valgrind sim tidy model"
jobs=$(nproc)

# wanted NAME: STAGES has it, or is not given
wanted()
{
	case " ${STAGES:-$1} " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# seconds NAME: processor time, of what `times` has said at the end of its shell
seconds()
{
	sed -n '2s/[ms]/ /gp' "$log/$1.times" | {
		read -r user_min user system_min system
		echo $(((user_min + system_min) * 60 + ${user%.*} + ${system%.*}))
	}
}

# tell NAME CODE SECONDS CPU: counts a stage that has ended, shows its log if it
# failed
tell()
{
	name=$1
	case $2 in
	0) result=ok ;;
	77) # cannot run here: told by name, and counted as neither
		printf '%-12s %s\n' "$name" "$(tail -1 "$log/$name.log")"
		skipped="$skipped $name"
		return 0 ;;
	*) result=FAILED broken="$broken $name" ;;
	esac
	counts=$(sed -n 's/^\(unit\|cases\|pytest\): \([0-9]*\) passed, \([0-9]*\) failed.*/\2 \3/p' \
		"$log/$name.log" | tail -1)
	if [ -n "$counts" ]; then
		passed=$((passed + ${counts% *}))
		failed=$((failed + ${counts#* }))
		[ "$result" = FAILED ] && [ "${counts#* }" = 0 ] &&
			failed=$((failed + 1))
	elif [ "$result" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	printf '%-12s %s, %d s, CPU %d s%s\n' "$name" "$result" "$3" "$4" \
		"${counts:+ ($counts)}"
	[ "$result" = ok ] || { sed 's/^/    /' "$log/$name.log" | tail -60; }
	grep -h '^passed alone' "$log/$name.log"
}

# stage NAME COMMAND...: runs it, counts one test
stage()
{
	wanted "$1" || return 0
	behind "$@"
	collect "$1"
	collect_patient
}

# behind NAME COMMAND...: runs it, in a shell that counts its processor time;
# collect NAME tells of it, which a job behind this shell cannot.
behind()
{
	name=$1
	shift
	wanted "$name" || return 0
	rm -f "$log/$name.code"
	(
		start=$(date +%s)
		"$@" >"$log/$name.log" 2>&1
		code=$?
		times >"$log/$name.times"
		echo "$code $(($(date +%s) - start)) $(seconds "$name")" \
			>"$log/$name.new"
		mv "$log/$name.new" "$log/$name.code" # there, it is whole
	)
}

collect()
{
	wanted "$1" || return 0
	read -r code took cpu <"$log/$1.code" || code=1 took=0 cpu=0
	tell "$1" "$code" "$took" "$cpu"
}

# Tells of those behind that have ended since the last time.
collect_patient()
{
	left=
	for one in $patient_stages; do
		if [ -e "$log/$one.code" ]; then
			collect "$one"
		else
			left="$left $one"
		fi
	done
	patient_stages=$left
}

# after NAME: waits until that stage has ended
after()
{
	wanted "$1" || return 0
	while [ ! -e "$log/$1.code" ]; do
		sleep 1
	done
}

# Of the shell that calls it: it lets others go first.
be_polite()
{
	self=$(exec sh -c 'echo $PPID')
	renice -n "$1" -p "$self"
}

# Of the shell that calls it: it runs when no other process wants to.
be_patient()
{
	be_polite 19
	chrt --idle --pid 0 "$self"
}

# Of clang's build with the sanitizers.
sanitized()
{
	make -s -j"$jobs" asan GOALS="$*"
}

# One fuzzer to a core. It grows only build/fuzz/found; the corpus is kept by
# hand, and every file of it is run.
fuzz()
{
	make -s -j"$jobs" fuzzers || return 1
	ls tests/fuzz/fuzz_*.c | xargs -P "$jobs" -n 1 sh -c '
		fuzzer=$(basename "$1" .c) found=build/fuzz/found/$(basename "$1" .c)
		mkdir -p "$found"
		"build/fuzz/$fuzzer" -max_total_time="$0" -verbosity=0 \
			-print_final_stats=1 -rss_limit_mb=1024 -timeout=10 \
			-artifact_prefix="build/fuzz/$fuzzer-" "$found" \
			"tests/fuzz/corpus/${fuzzer#fuzz_}" \
			>"build/fuzz/$fuzzer.log" 2>&1 </dev/null
		code=$?
		[ "$code" = 0 ] || tail -40 "build/fuzz/$fuzzer.log"
		printf "%-22s exit %d, %s executions\n" "$fuzzer" "$code" \
			"$(sed -n "s/^stat::number_of_executed_units: *//p" \
				"build/fuzz/$fuzzer.log")"
		exit "$code"' "${FUZZ_SECONDS:-10}"
}

# Two halves side by side: a core each.
sim()
{
	half=$((${SEEDS:-20000} / 2))
	make -s build/tests/sim-trained || return 1
	build/tests/sim-trained --seeds 1 "$half" &
	first=$!
	build/tests/sim-trained --seeds $((half + 1)) "$half"
	code=$?
	wait "$first" || code=1
	return $code
}

# The daemons under the sanitizers, through a life of a pair.
asan_pair()
{
	BUILD=build/asan /usr/bin/python3 -m pytest -q -p no:cacheprovider \
		-k "S01 or S03 or S05 or S13 or R13 or R12" \
		--junitxml="$log/asan.xml" tests/netns/test_pair.py
}

cppcheck_all()
{
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem --suppress=unknownMacro \
		-DTWINBEAT_VERSION='"x"' -j "$jobs" src drivers fence
}

# tidy_with FILES STEPS[,CONFIG] CHECKS: clang-tidy over the sources on stdin, so
# many a process; a clean one prints nothing. CONFIG is the analyzer's, CHECKS
# are added to those of .clang-tidy.
tidy_with()
{
	files=$1
	shift
	xargs -P "$jobs" -n "$files" sh -c 'checks=$1
		shift
		out=$(clang-tidy --quiet --checks="$checks" "$@" -- \
			-Xclang -analyzer-config -Xclang "max-nodes=$0" \
			-std=c11 -D_GNU_SOURCE -DTWINBEAT_VERSION=\"x\" \
			$(pkg-config --cflags libnl-route-3.0 libmodbus libconfig) \
			2>&1)
		code=$?
		[ "$code" = 0 ] || printf "%s\n" "$out"
		exit "$code"' "$1" "$2"
}

# The analyzer follows the ways through a function and all that it calls, and
# gives up after so many steps. A few functions with millions of ways took three
# quarters of its time for the last of its own 225,000 steps (those of
# check-long), and still did not come everywhere. With 10,000, and then each
# function by itself with 20,000, it comes to every place: it goes first where it
# has not been, and spends the rest on more ways to the same places. With 50,000
# for both it took two and a half times as long, and found no more of 240 mistakes
# that were planted in 22 of the files that take long. What a list of arguments
# holds is known to who calls a function alone.
#
# A process costs 0.07 s and takes eight files; but those with a va_list one by
# one, for it takes each of a second file for uninitialized.
tidy()
{
	steps=${TIDY_STEPS:-10000} each=${TIDY_STEPS:+50000} code=0
	find src drivers fence -name '*.c' >"$log/tidy.files"
	xargs grep -L '\bva_' <"$log/tidy.files" | tidy_with 8 "$steps" "" || code=1
	xargs grep -l '\bva_' <"$log/tidy.files" | tidy_with 1 "$steps" "" || code=1
	tidy_with 8 "${each:-20000},ipa=none" "-bugprone-*,-performance-*,-portability-*,\
-clang-analyzer-valist.*" <"$log/tidy.files" || code=1
	return $code
}

valgrind_unit()
{
	after unit # which builds them
	for test in test_core_pair test_core_fence test_wire_beat \
		test_wire_vrrp test_settings_load; do
		valgrind -q --error-exitcode=9 --leak-check=full \
			"build/tests/$test" || return 1
	done
}

rm -f "$log"/*.code "$log"/netns-*.xml "$log"/uml*.xml
stage gcc make -s -j"$jobs" all tools
(
	be_patient >"$log/patient.log" 2>&1
	# huge pages for what they allocate: clang, clang-tidy and spin wait for
	# memory, and its pages cost a tenth of their time
	export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
	# all that clang compiles: its warnings come from before the optimizer
	behind clang sanitized all helpers unit-programs build/asan/tests/case \
		fuzz-programs
	behind cppcheck cppcheck_all
	behind valgrind valgrind_unit
	behind sim sim
	behind tidy tidy
	behind model tests/model/check.sh build
) &
patient=$!
trap 'kill 0' INT # a job behind does not hear of it

stage lint make -s lint
stage unit make -s -j"$jobs" unit
stage cases make -s cases
stage mutations /usr/bin/python3 tests/sim/mutate.py --check

# kernels of their own; skipped by name where there can be none
stage uml /usr/bin/python3 tests/uml/run.py
stage lvs /usr/bin/python3 tests/uml/lvs.py
stage demo-lvs /usr/bin/python3 tests/uml/demo.py

after clang
collect_patient
# beside no other stage, for a fuzzer's seconds are to be a core's
stage fuzz fuzz
# beside the namespaces, which wait more than they work; one after the other,
# and what computes behind what is about milliseconds
(
	behind asan-pair asan_pair
	be_polite 10 >/dev/null
	behind asan-unit sanitized unit
	behind asan-cases sanitized cases
) &
beside=$!
stage netns /usr/bin/python3 tests/netns/run.py "$log"
wait "$beside"
for one in asan-pair asan-unit asan-cases; do
	collect "$one"
done

wait "$patient"
trap - INT
collect_patient
for one in $patient_stages; do
	collect "$one" # it was killed, or is not wanted
done
patient_stages=

# with a choice of stages: only whether the tests exist
ran=--ran
[ -z "${STAGES:-}" ] || ran=
stage faults /usr/bin/python3 tests/faults.py $ran

echo
[ -z "$skipped" ] || echo "skipped:$skipped"
# once more, where a person who sees only the end looks
for name in $broken; do
	grep -hE '^(failed|did not run|FAILED|ERROR)[: ]' "$log/$name.log" | head -20
done
[ -z "$broken" ] || echo "failed stages:$broken"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
