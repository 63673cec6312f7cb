#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libconfig 1.5-0.4 (Debian 12).
# Guess: a block comment that is never closed is a syntax error, as in C.
# Seen: no error. Everything behind the "/*" is silently not there: settings
#   take their defaults, and the program never learns that half its file is gone.
# Why it matters here: src/settings looks for open comments itself.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download libconfig9=1.5-0.4 libconfig-dev=1.5-0.4
for deb in *.deb; do dpkg-deb -x "$deb" root; done
cat >read.c <<'C'
#include <libconfig.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	config_t config;
	int fence = -1;

	(void)argc;
	config_init(&config);
	if (!config_read_file(&config, argv[1]))
		return printf("error: line %d: %s\n", config_error_line(&config),
			      config_error_text(&config)), 1;
	config_lookup_bool(&config, "fence", &fence);
	printf("read, fence = %d\n", fence);
	return 0;
}
C
lib=$(dirname "$(find root -name 'libconfig.so.9' | head -1)")
gcc -o read read.c -I root/usr/include "$(find root -name 'libconfig.so.9*' -type f)" -Wl,-rpath,"$PWD/$lib"
printf 'pair = "web";\n/* the fence\nfence = true;\n' >open.conf
./read open.conf | tee out
grep -qx 'read, fence = -1' out
# and the same for a hash comment that ends the file without a newline:
# guess: a comment; seen: a syntax error
printf 'pair = "web";\n# end' >hash.conf
./read hash.conf | tee out || true
grep -q '^error: line 2' out
