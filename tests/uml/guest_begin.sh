# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What every job of a guest needs first: the modules of its kernel, a place for
# namespaces, and to stand in the sources.
: >/out/began
mkdir -p /lib/modules /run/netns
ln -sfn "/usr/lib/uml/modules/$(uname -r)" "/lib/modules/$(uname -r)"
cd "$root_dir" || exit
