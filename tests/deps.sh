#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# deps.sh PACKAGE...: installs Debian packages and leaves the machine as it was
# otherwise: no service of theirs is started, none is enabled for the next
# boot, and no /usr/sbin/policy-rc.d stays behind, also after Ctrl-C. What was
# there before (a policy-rc.d, an enabled service) stays as it was.
# DEPS_ROOT: where /usr/sbin and /etc are looked for (tests).
set -u
root=${DEPS_ROOT:-}
policy=$root/usr/sbin/policy-rc.d
mark="# made by twinbeat's make deps, process"
made='' work=''

say()
{
	echo "make deps: $*"
}

# What is enabled for the next boot: systemd's links and sysvinit's.
enabled()
{
	find "$root/etc/systemd/system" "$root/etc/systemd/user" -maxdepth 2 \
		-type l ! -lname /dev/null 2>/dev/null
	find "$root"/etc/rc[0-6S].d -name 'S[0-9][0-9]*' 2>/dev/null
}

installed()
{
	dpkg-query -W -f='${Status}\t${Package}\n' 2>/dev/null |
		sed -n 's/^[a-z]* ok installed\t//p'
}

# was_there FILE: it is of a package that was installed before we came
was_there()
{
	dpkg-query -S "$1" 2>/dev/null | sed 's/: .*//; s/:.*//' | tr -d ' ' |
		tr ',' '\n' | grep -qxFf "$work/packages"
}

disable_unit()
{
	link=$1 unit=${1##*/}
	case $link in
	*.wants/* | *.requires/*) ;;
	*) unit=$(basename "$(readlink "$link")") ;; # an alias
	esac
	was_there "*/systemd/*/$unit" && return
	say "$unit came with its package: not enabled for the next boot"
	systemctl --quiet disable --now "$unit" >/dev/null 2>&1
	rm -f "$link"
}

disable_script()
{
	link=$1 name=${1##*/S[0-9][0-9]}
	was_there "/etc/init.d/$name" && return
	update-rc.d "$name" disable >/dev/null 2>&1
	[ ! -L "$link" ] || mv -f "$link" "${link%/*}/K01$name"
}

# Undoes what the packages' scripts have enabled since we came.
disable_new()
{
	sort "$work/enabled" >"$work/before"
	enabled | sort | comm -13 "$work/before" - >"$work/new"
	while read -r link; do
		[ -L "$link" ] || continue # went with another one
		case $link in
		*/etc/systemd/*) disable_unit "$link" ;;
		*) disable_script "$link" ;;
		esac
	done <"$work/new"
}

# On every way out. dash runs no EXIT trap when a signal ends it: the signals
# have traps of their own, which exit. It gets here only when apt-get is over.
finish()
{
	code=$?
	trap '' HUP INT QUIT PIPE TERM
	[ ! -s "$work/packages" ] || disable_new 2>/dev/null
	[ -z "$made" ] || rm -f "$policy"
	rm -rf "$work"
	if [ "$code" -gt 128 ]; then
		say "interrupted. Run it again rather than dpkg --configure -a," \
			"which would start and enable services." 2>/dev/null
	fi
	exit "$code"
}

# Nothing of a new package is started while this file says so
# (invoke-rc.d(8)). One that was there is the administrator's.
forbid_starting()
{
	pid=$(sed -n "s/^$mark \([0-9]*\)\$/\1/p" "$policy" 2>/dev/null)
	if [ -n "$pid" ] && ! tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" |
		grep -q 'deps\.sh'; then
		say "removing $policy, left by process $pid, which was killed"
		rm -f "$policy"
	fi
	if [ -e "$policy" ]; then
		say "$policy is there already and stays: it decides what is" \
			"started"
		[ "$(cat "$policy")" != "$(printf '#!/bin/sh\nexit 101')" ] ||
			say "if nobody put it there, an older make deps has" \
				"left it: remove it, no service is started" \
				"by apt while it is there"
		return
	fi
	made=yes
	printf '#!/bin/sh\n%s %s\nexit 101\n' "$mark" $$ >"$policy" &&
		chmod 0755 "$policy" || exit 1
}

[ $# -gt 0 ] || exit 0
say "installs on this machine ($(uname -n)), with apt-get:" "$@" |
	fold -s -w 78 | sed '2,$s/^/  /'
say "and what they need. Their services are neither started nor enabled."
command -v apt-get >/dev/null || {
	say "there is no apt-get: install the like of them by other means"
	exit 1
}
[ "$(id -u)" = 0 ] || {
	say "this needs root: sudo make deps (or deps-test)"
	exit 1
}
exec 9<"$0" && flock 9 # one at a time: the policy is shared
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 141' PIPE
trap 'exit 143' TERM
work=$(mktemp -d) || exit 1
enabled >"$work/enabled"
installed >"$work/packages"
forbid_starting
apt="apt-get -qq -o Dpkg::Use-Pty=0"
export DEBIAN_FRONTEND=noninteractive
$apt update && $apt install -y --no-install-recommends "$@" >/dev/null
