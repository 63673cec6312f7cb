#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# guest.sh NAME JOB OUT CPU [WORD]...: one guest of User-Mode Linux in a PID and
# a mount namespace of its own, its console on stdout. Killing the unshare that
# this becomes is the plug pulled.
#
# With URGENT in the environment, what else the machine does waits for the guest.
#
# Never kill linux.uml alone: what runs in the guest is traced, and let go when
# the tracer dies it goes on as root on this machine. Nor may linux.uml be
# process 1 there, which cannot abort.
name=$1 job=$2 out=$3 cpu=$4
shift 4
ulimit -c 0
mkdir -p "$out/uml"
exec ${URGENT:+chrt -r 1} taskset -c "$cpu" unshare --mount --pid --fork --kill-child sh -c '
mount --make-rprivate /
mount -t proc proc /proc
mount --bind "$1" "$1"
mount -o remount,bind,ro /
shift
"$@"
exit $?' sh "$out" \
	linux.uml umid="$name" uml_dir="$out/uml" rootfstype=hostfs rootflags=/ \
	ro mem=128M init="$(dirname "$0")/init" con=null con0=null,fd:1 \
	ssl=null quiet host="$name" job="$job" out="$out" "$@"
