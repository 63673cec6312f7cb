# SPDX-License-Identifier: GPL-3.0-or-later
# make            build the programs into build/
# make deps       install what building needs (Debian packages, as root);
#                 deps-test: what testing needs, too. No service is started.
# make check      build with gcc and clang, run every test, sanitizers included;
#                 as root, after deps-test
# make check-long the core broken in small ways, more of model and simulator
# make quickcheck lint, unit tests, clang's warnings: before each commit
# make cases      incidents in text files (tests/sim/cases)
# make figures    rooms, includes, sizes, assertions, duplicates; AGAINST=TREE
#                 beside those of another tree
# make sim        break a simulated pair SEEDS=n times; sim-coverage: what it met
# make chaos      everything that may happen, at random, to a real pair: SEEDS="7
#                 8" ROUNDS=5, a quarter of a minute to one for each round; as
#                 root, after deps-test. chaos-migrate: the same of a pair that
#                 changes between keepalived and twinbeat, node by node
# make bench      twinbeat beside keepalived, in half an hour; bench-quick: in
#                 three minutes; as root, after deps-test. ONLY=beside
#                 COUNT=5: FRR, heartbeat and Pacemaker, too
# make bench-lvs  LVS beside keepalived and ldirectord, in a guest kernel, in a
#                 quarter of an hour
# make demo       play a pair on this machine (STAY=1 leaves it up); as root,
#                 installs what is missing
# make demo-lvs   the same with LVS and two web servers, in a guest kernel of
#                 User-Mode Linux
# make lab        the package on two emulated machines with systemd (QEMU), in
#                 four to ten minutes; as root, installs what is missing
# make install    into DESTDIR/PREFIX
# make deb        Debian packages into build/deb
# not the first archive below
.DEFAULT_GOAL := all
VERSION := 0.1.0
CC ?= gcc
BUILD ?= build
# Another BUILD may share the objects: only what is linked is its own.
OBJ ?= $(BUILD)/obj
PREFIX ?= /usr
SANITIZE ?=
V ?= @

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wundef -Wvla -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough -Wno-missing-field-initializers
OPTIMIZE ?= -O2 -g
HARDEN := -fstack-protector-strong -fPIE
CFLAGS += -std=c11 -D_GNU_SOURCE -DTWINBEAT_VERSION='"$(VERSION)"' \
	$(OPTIMIZE) $(WARNINGS) $(HARDEN) -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifneq ($(SANITIZE),)
CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SANITIZE)
else
CFLAGS += -D_FORTIFY_SOURCE=2
# relocations in a bit each instead of 24 bytes, which are locked like the rest;
# glibc has it since 2.36
LDFLAGS += -Wl,-z,pack-relative-relocs
endif

# Asked once (:=), for CFLAGS are expanded anew for each file.
pkg = $(shell pkg-config --$(1) $(2) 2>/dev/null)
CFLAGS_CONFIG := $(call pkg,cflags,libconfig)
CFLAGS_NETLINK := $(call pkg,cflags,libnl-route-3.0 libnl-genl-3.0 libnl-3.0)
CFLAGS += $(CFLAGS_CONFIG) $(CFLAGS_NETLINK)
LIBS_NETLINK := $(call pkg,libs,libnl-route-3.0 libnl-3.0)
LIBS_SERIAL := $(call pkg,libs,libserialport)
LIBS_CONFIG := $(call pkg,libs,libconfig)
LIBS_NETTLE := $(call pkg,libs,nettle)
LIBS_JSON := $(call pkg,libs,jansson)
LIBS_GENL := $(call pkg,libs,libnl-genl-3.0 libnl-3.0)
LIBS_SECCOMP := $(call pkg,libs,libseccomp)
LIBS_CURL := $(call pkg,libs,libcurl)
LIBS_PARSER := -lhttp_parser
LIBS_HTTPD := $(call pkg,libs,libmicrohttpd)
LIBS_SNMP := $(call pkg,libs,netsnmp-agent)
LIBS_CURSES := $(call pkg,libs,ncursesw)

PROGRAMS = twinbeatd twinbeat twinbeat-watch check_twinbeat twinbeat-keeper twinbeat-fencer \
	$(addprefix twinbeat-fencer-,$(APART)) twinbeat-runner twinbeat-notifier \
	twinbeat-director twinbeat-checker twinbeat-checker-tls twinbeat-watchdog twinbeat-exporter twinbeat-snmp twinbeat-opener twinbeat-loader fence_twinbeat

# Each room (folder) is a library, each program names the rooms it takes, from
# the top down; of a library it takes only the objects that it calls.
archive = $(BUILD)/lib/$(1).a
objects = $(patsubst %.c,$(OBJ)/%.o,$(1))
lib = $(foreach l,$(1),$(call archive,$(l)))
ROOMS := base wire settings core link notice status daemon keeper runner \
	notifier opener loader client exporter snmp cli director checker watchdog
$(foreach r,$(ROOMS),$(eval ROOM_$(r) := $(wildcard src/$(r)/*.c)))
ROOM_link := $(wildcard src/link/*.c src/link/*/*.c)
# The power switches, a folder of drivers/ each: this line is their registry. A
# driver's driver.mk may name a library (PKG_NAME for pkg-config, DEB_NAME to
# install), and say that it is too large for every fencer (APART): then only
# twinbeat-fencer-NAME has it.
DRIVERS ?= modbus ipmi agent
driver_folder = $(firstword $(wildcard drivers/$(1) tests/tools/driver_$(1)))
-include $(foreach d,$(DRIVERS),$(call driver_folder,$(d))/driver.mk)
ROOM_drivers := drivers/driver.c drivers/kept.c \
	$(foreach d,$(DRIVERS),$(wildcard $(call driver_folder,$(d))/*.c))
DRIVERS_HERE := $(filter-out $(APART),$(DRIVERS))
PKG_DRIVERS := $(foreach d,$(DRIVERS),$(PKG_$(d)))
CFLAGS_DRIVERS := $(if $(PKG_DRIVERS),$(call pkg,cflags,$(PKG_DRIVERS)))
CFLAGS += $(CFLAGS_DRIVERS)
LIBS_HERE := $(foreach d,$(DRIVERS_HERE),$(if $(PKG_$(d)),$(call pkg,libs,$(PKG_$(d)))))
LIBS_DRIVERS := $(if $(PKG_DRIVERS),$(call pkg,libs,$(PKG_DRIVERS)))
# What every program knows of them, and which of them speak with devices in it:
# the latter is in the archive for all programs that do not name another list.
REGISTRY := $(BUILD)/registry.o $(BUILD)/registry_io.o
$(call archive,drivers): $(REGISTRY)
registry_words = '$(foreach d,$(1),DRIVER($(d)))'
ROOM_fence := $(wildcard fence/*.c)
ROOM_agent := $(wildcard fence/agent/*.c)
ROOM_import := $(wildcard src/cli/import/*.c)
ROOM_timeline := $(wildcard src/timeline/*.c)
ROOM_probe := $(wildcard src/cli/probe/*.c)
# the programs of a room that holds more than one
ROOM_cli := $(filter-out src/cli/check_twinbeat.c src/cli/twinbeat_watch.c,$(ROOM_cli))
ROOM_checker := $(filter-out src/checker/https%,$(ROOM_checker))
ROOM_sim := $(wildcard tests/sim/world*.c tests/sim/judge*.c) $(addprefix tests/sim/,coverage.c plain_lab.c rfc.c)
ROOMS += drivers fence agent import timeline probe sim
$(foreach r,$(ROOMS),$(eval $(call archive,$(r)): $(call objects,$(ROOM_$(r)))))
GROUND := settings drivers base wire
# In one group: settings ask the drivers which keys their devices have.
LINK = $(CC) $(LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group

all: $(addprefix $(BUILD)/,$(PROGRAMS)) pages

# A sentence instead of what the compiler makes of an absent header.
LIBRARIES := libserialport libnl-3.0 libnl-route-3.0 libnl-genl-3.0 libconfig nettle jansson \
	libseccomp libcurl libmicrohttpd netsnmp-agent ncursesw $(PKG_DRIVERS)
ABSENT := $(shell pkg-config --exists $(LIBRARIES) 2>/dev/null || { \
	pkg-config --version >/dev/null 2>&1 || echo pkg-config; \
	for l in $(LIBRARIES); do \
		pkg-config --exists $$l 2>/dev/null || echo $$l; done; \
	echo '\#include <http_parser.h>' | $(CC) -E - >/dev/null 2>&1 || \
		echo http_parser; })
libraries:
	@[ -z "$(ABSENT)" ] || { echo "make: to build, this is missing:" \
		"$(ABSENT). As root run: make deps (it installs Debian" \
		"packages and says which)" >&2; exit 1; }

$(BUILD)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(V)ar rcs $@ $^

$(BUILD)/twinbeatd: $(call objects,src/daemon/twinbeatd.c) \
	$(call lib,daemon status notice core link $(GROUND))
	$(V)$(LINK) $(LIBS_SERIAL) $(LIBS_CONFIG) $(LIBS_JSON) $(LIBS_NETTLE)
$(BUILD)/twinbeat: $(call objects,src/cli/twinbeat.c) \
	$(call lib,cli import timeline client status core link $(GROUND))
	$(V)$(LINK) $(LIBS_SERIAL) $(LIBS_CONFIG) $(LIBS_JSON) $(LIBS_NETTLE)
# the only program with ncurses: what one needs at night does without
$(BUILD)/twinbeat-watch: $(call objects,src/cli/twinbeat_watch.c) \
	$(call lib,cli client status base)
	$(V)$(LINK) $(LIBS_CURSES) $(LIBS_JSON)
$(BUILD)/check_twinbeat: $(call objects,src/cli/check_twinbeat.c) \
	$(call lib,probe client status base)
	$(V)$(LINK) $(LIBS_JSON)
$(BUILD)/twinbeat-keeper: $(call objects,src/keeper/keeper.c) $(call lib,keeper link core $(GROUND))
	$(V)$(LINK) $(LIBS_NETLINK) $(LIBS_NETTLE)
$(BUILD)/twinbeat-fencer: $(call objects,fence/fencer.c) $(call lib,fence $(GROUND))
	$(V)$(LINK) $(LIBS_HERE) $(LIBS_NETTLE)
$(APART:%=$(BUILD)/twinbeat-fencer-%): $(BUILD)/twinbeat-fencer-%: \
	$(call objects,fence/fencer.c) \
	$(BUILD)/registry_io_%.o $(call lib,fence $(GROUND))
	$(V)$(LINK) $(LIBS_HERE) $(call pkg,libs,$(PKG_$*)) $(LIBS_NETTLE)
$(BUILD)/fence_twinbeat: $(call objects,fence/agent/fence_twinbeat.c) \
	$(BUILD)/registry_io_all.o $(call lib,agent fence $(GROUND))
	$(V)$(LINK) $(LIBS_DRIVERS) $(LIBS_NETTLE)
$(BUILD)/twinbeat-runner: $(call objects,src/runner/runner.c) $(call lib,runner link notice $(GROUND))
	$(V)$(LINK) $(LIBS_JSON) $(LIBS_NETTLE)
# one with rights, one that reads HTTP
$(BUILD)/twinbeat-exporter: $(call objects,src/exporter/exporter.c) \
	$(call lib,exporter timeline client status base)
	$(V)$(LINK) $(LIBS_HTTPD) $(LIBS_JSON)
# the only program with libnetsnmp, which reads what snmpd sends, without rights
$(BUILD)/twinbeat-snmp: $(call objects,src/snmp/snmp.c) $(call lib,snmp client base)
	$(V)$(LINK) $(LIBS_SNMP) $(LIBS_JSON)
# libcurl: it runs while there is something to send
$(BUILD)/twinbeat-notifier: $(call objects,src/notifier/notifier.c) \
	$(call lib,notifier notice $(GROUND))
	$(V)$(LINK) $(LIBS_CURL) $(LIBS_JSON) $(LIBS_NETTLE)
# the only program with libnl-genl: IPVS is generic netlink
$(BUILD)/twinbeat-director: $(call objects,src/director/director.c) \
	$(call lib,director link $(GROUND))
	$(V)$(LINK) $(LIBS_GENL) $(LIBS_JSON) $(LIBS_NETTLE)
# HTTP is taken apart by http_parser, DNS by libresolv (libc's); they run only
# where servers are checked
$(BUILD)/twinbeat-checker: $(call objects,src/checker/checker.c src/checker/https_none.c) \
	$(call lib,checker link $(GROUND))
	$(V)$(LINK) $(LIBS_PARSER) -lresolv $(LIBS_NETTLE)
# in its place where one is asked by TLS: that is libcurl's, and 4 MB more
$(BUILD)/twinbeat-checker-tls: $(call objects,src/checker/checker.c src/checker/https.c) \
	$(call lib,checker link $(GROUND))
	$(V)$(LINK) $(LIBS_CURL) $(LIBS_PARSER) -lresolv $(LIBS_NETTLE)
$(BUILD)/twinbeat-watchdog: $(call objects,src/watchdog/watchdog.c) \
	$(call lib,watchdog $(GROUND))
	$(V)$(LINK) $(LIBS_NETTLE)
$(BUILD)/twinbeat-opener: $(call objects,src/opener/opener.c src/opener/lines.c) \
	$(call lib,link $(GROUND))
	$(V)$(LINK) $(LIBS_SERIAL) $(LIBS_NETTLE)
$(BUILD)/twinbeat-loader: $(call objects,src/loader/loader.c) $(call lib,loader link $(GROUND))
	$(V)$(LINK) $(LIBS_SERIAL) $(LIBS_CONFIG) $(LIBS_NETTLE)

# Made again when the list of drivers is another one.
REGISTRY_CC = $(V)$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/registry.o: drivers/registry.c $(BUILD)/drivers | libraries
	$(REGISTRY_CC) -DDRIVERS=$(call registry_words,$(DRIVERS))
$(BUILD)/registry_io.o: drivers/registry_io.c $(BUILD)/drivers | libraries
	$(REGISTRY_CC) -DDRIVERS_HERE=$(call registry_words,$(DRIVERS_HERE))
$(BUILD)/registry_io_all.o: drivers/registry_io.c $(BUILD)/drivers | libraries
	$(REGISTRY_CC) -DDRIVERS_HERE=$(call registry_words,$(DRIVERS))
$(APART:%=$(BUILD)/registry_io_%.o): $(BUILD)/registry_io_%.o: \
	drivers/registry_io.c $(BUILD)/drivers | libraries
	$(REGISTRY_CC) -DDRIVERS_HERE=$(call registry_words,$(DRIVERS_HERE) $*)
$(BUILD)/drivers: FORCE
	@mkdir -p $(@D)
	@echo '$(DRIVERS)' | cmp -s - $@ || echo '$(DRIVERS)' >$@

# Which system calls each program may make: found out by libseccomp while
# twinbeat is built, so that it costs no program memory.
$(call archive,base): $(OBJ)/filters.o
$(BUILD)/make_filters: src/filters/make_filters.c src/base/privileges.h | libraries
	@mkdir -p $(@D)
	$(V)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) $(LDFLAGS) -o $@ $< $(LIBS_SECCOMP)
$(OBJ)/filters.c: $(BUILD)/make_filters
	@mkdir -p $(@D)
	$(V)$< >$@.new && mv $@.new $@
$(OBJ)/filters.o: $(OBJ)/filters.c src/base/filter.h
	$(V)$(CC) $(CFLAGS) -I. -c -o $@ $<

# The manual pages and the example, with the keys of the rows put in. The rows'
# texts are compiled for this program alone (MANUAL in settings/row.h).
ROWS_C := $(wildcard src/settings/rows*.c) src/settings/links.c \
	$(filter %_rows.c,$(ROOM_drivers))
PAGES_C := $(wildcard src/*/*.[58]) fence/agent/fence_twinbeat.8
PAGES := $(addprefix $(BUILD)/man/,$(notdir $(PAGES_C)))
pages: $(PAGES) $(BUILD)/twinbeat.conf
$(OBJ)/manual/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(V)$(CC) $(CFLAGS) -DSETTINGS_MANUAL -c -o $@ $<
$(BUILD)/make_manual: $(call objects,$(wildcard src/manual/*.c)) \
	$(ROWS_C:%.c=$(OBJ)/manual/%.o) $(call lib,$(GROUND))
	$(V)$(LINK) $(LIBS_NETTLE)
vpath %.5 $(sort $(dir $(PAGES_C)))
vpath %.8 $(sort $(dir $(PAGES_C)))
$(BUILD)/man/%: % $(BUILD)/make_manual
	@mkdir -p $(@D)
	$(V)$(BUILD)/make_manual page <$< >$@.new && mv $@.new $@
$(BUILD)/twinbeat.conf: etc/twinbeat.conf $(BUILD)/make_manual
	$(V)$(BUILD)/make_manual conf <$< >$@.new && mv $@.new $@

$(OBJ)/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(V)$(CC) $(CFLAGS) -c -o $@ $<

# ---- test programs: tests/unit/test_NAME.c, tests/tools/NAME.c ----
UNIT_C := $(wildcard tests/unit/test_*.c)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_C))
TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(wildcard tests/tools/*.c))
LIBS_TEST := -lcmocka $(LIBS_HERE) $(LIBS_SERIAL) $(LIBS_CONFIG) $(LIBS_JSON) $(LIBS_NETLINK) $(LIBS_NETTLE)

$(BUILD)/tests/test_core_%: $(OBJ)/tests/unit/test_core_%.o $(call lib,sim core wire)
	@mkdir -p $(@D)
	$(V)$(LINK) -lcmocka $(LIBS_NETTLE)
$(BUILD)/tests/test_director_%: $(OBJ)/tests/unit/test_director_%.o $(call lib,director $(GROUND))
	@mkdir -p $(@D)
	$(V)$(LINK) $(LIBS_TEST)
$(BUILD)/tests/test_checker_%: $(OBJ)/tests/unit/test_checker_%.o $(call lib,checker $(GROUND))
	@mkdir -p $(@D)
	$(V)$(LINK) $(LIBS_TEST) $(LIBS_PARSER) -lresolv
# apart: an agent has a password by a way of its own
$(BUILD)/tests/test_fence_twinbeat: $(OBJ)/tests/unit/test_fence_twinbeat.o $(call lib,agent fence $(GROUND))
	@mkdir -p $(@D)
	$(V)$(LINK) $(LIBS_TEST)
$(BUILD)/tests/%: $(OBJ)/tests/unit/%.o $(call lib,sim runner daemon watchdog import timeline probe snmp client status fence core link notifier notice $(GROUND))
	@mkdir -p $(@D)
	$(V)$(LINK) $(LIBS_TEST)
$(BUILD)/tests/%: $(OBJ)/tests/tools/%.o $(call lib,$(GROUND))
	@mkdir -p $(@D)
	$(V)$(LINK) $(LIBS_HERE) $(LIBS_NETTLE) -lutil

# for LD_PRELOAD: tests/tools/preload/NAME.c
PRELOAD := $(patsubst tests/tools/preload/%.c,$(BUILD)/tests/%.so,$(wildcard tests/tools/preload/*.c))
$(BUILD)/tests/%.so: tests/tools/preload/%.c
	@mkdir -p $(@D)
	$(V)$(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $<

tools: helpers example
helpers: $(TOOLS) $(PRELOAD)
# Every program once more, with the driver of tests/tools/driver_example.
example: all
	@$(MAKE) -s BUILD=$(BUILD)/example OBJ=$(OBJ) DRIVERS="$(DRIVERS) example" all
unit-programs: $(UNIT)
unit: $(UNIT) pages
	@sh tests/unit/run.sh $(UNIT)

# ---- the simulator ----
# one translation for all of it: 10^10 events are to be had in an hour
SIM_C := $(addprefix tests/sim/,sim.c draw.c faults.c faults_links.c faults_ears.c play.c shrink.c \
	coverage.c digest.c plain_lab.c rfc.c) $(wildcard tests/sim/world*.c tests/sim/judge*.c) \
	$(ROOM_core) $(ROOM_wire)
SIM_FLAGS ?= -O3 -flto=auto
SIM_CC = $(CC) -std=c11 -D_GNU_SOURCE -g1 $(WARNINGS) $(SIM_FLAGS)
SIM_H := $(wildcard tests/sim/*.h src/core/*.h src/wire/*.h)
$(BUILD)/tests/sim: $(SIM_C) $(SIM_H)
	@mkdir -p $(@D)
	$(V)$(SIM_CC) -o $@ $(SIM_C) $(LIBS_NETTLE)
# The same, compiled again with what a short run of it has taken: it costs 20 s
# more, and runs a quarter faster. For runs of minutes.
$(BUILD)/tests/sim-trained: $(SIM_C) $(SIM_H)
	@rm -rf $(BUILD)/training && mkdir -p $(@D) $(BUILD)/training
	$(V)$(SIM_CC) -fprofile-generate -dumpdir $(BUILD)/training/ \
		-o $(BUILD)/training/sim $(SIM_C) $(LIBS_NETTLE)
	$(V)$(BUILD)/training/sim --seeds 1000001 60 >$(BUILD)/training/log
	$(V)$(SIM_CC) -fprofile-use -fprofile-partial-training -Wno-missing-profile \
		-dumpdir $(BUILD)/training/ -o $@ $(SIM_C) $(LIBS_NETTLE)
$(BUILD)/tests/case: $(call objects,$(wildcard tests/sim/case*.c)) $(call lib,sim core wire)
	@mkdir -p $(@D)
	$(V)$(LINK) $(LIBS_NETTLE)
# each file is an incident; case -v FILE prints its log
cases: $(BUILD)/tests/case
	$(V)sh tests/sim/cases/run.sh $(BUILD)/tests/case
SEEDS ?= 2000
sim: $(BUILD)/tests/sim
	$(V)$(BUILD)/tests/sim --seeds 1 $(SEEDS)
# which lines of the core and of the codecs the simulator reaches
sim-coverage:
	@rm -rf build/sim-coverage && mkdir -p build/sim-coverage
	$(V)cd build/sim-coverage && $(CC) -std=c11 -D_GNU_SOURCE -O1 --coverage \
		-o sim $(addprefix $(CURDIR)/,$(SIM_C)) $(LIBS_NETTLE)
	$(V)build/sim-coverage/sim --seeds 1 $(SEEDS)
	$(V)gcovr -r . --object-directory build/sim-coverage -f src/core/
# the core broken in small ways, each to be caught by name; minutes
mutate:
	$(V)nice /usr/bin/python3 tests/sim/mutate.py

# ---- clang's build with the sanitizers: make asan GOALS="..." ----
# Line tables are all that a report needs of -g. Its objects are the fuzzers',
# too: what libFuzzer watches them by makes them 3 % dearer to compile, and is
# idle in the other programs. lld links them in half the processor time of ld.
# What no fuzzer runs, and no loop of a test (COLD), is not optimized: that costs
# a third, and warnings come from before the optimizer.
asan: export LDFLAGS := -fuse-ld=lld
asan:
	@$(MAKE) CC=clang BUILD=build/asan OPTIMIZE="-O1 -g1" OPTIMIZE_COLD=-O0 \
		SANITIZE=address,undefined,fuzzer-no-link \
		UNWATCHED=-fno-sanitize=fuzzer-no-link $(GOALS)
# What libFuzzer watches a program by is a call for each comparison: the core's
# tests take three times as long with it. No fuzzer has these; of the core the
# fuzzers have one of their own, with it.
UNWATCHED ?=
$(call objects,$(ROOM_core) $(ROOM_director) \
	$(wildcard tests/sim/*.c tests/unit/*.c)): CFLAGS += $(UNWATCHED)
$(OBJ)/watched/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(V)$(CC) $(CFLAGS) -c -o $@ $<
OPTIMIZE_COLD ?=
COLD := $(wildcard src/cli/*.c src/daemon/twinbeatd.c src/keeper/keeper.c src/manual/*.c) \
	$(foreach r,probe client exporter snmp timeline runner notifier opener loader watchdog,$(ROOM_$(r)))
$(OBJ)/tests/unit/%.o: CFLAGS += $(OPTIMIZE_COLD)
$(OBJ)/tests/tools/%.o: CFLAGS += $(OPTIMIZE_COLD)
$(OBJ)/manual/%.o: CFLAGS += $(OPTIMIZE_COLD)
$(call objects,$(COLD)): CFLAGS += $(OPTIMIZE_COLD)

# ---- fuzzers: libFuzzer with address and undefined sanitizers ----
# One archive for all: a target defines what it watches, and the first
# definition counts (muldefs), also where something else needs the archive's
# file in which the other one stands.
FUZZ_C := $(filter-out src/daemon/twinbeatd.c src/keeper/keeper.c \
	src/runner/runner.c src/notifier/notifier.c src/notifier/send.c \
	$(ROOM_director) \
	$(filter-out src/checker/answer_%,$(wildcard src/checker/*.c)) \
	src/watchdog/watchdog.c src/base/spawn.c \
	src/opener/opener.c src/opener/lines.c src/loader/loader.c \
	src/cli/twinbeat.c src/cli/twinbeat_watch.c \
	src/cli/check_twinbeat.c src/exporter/exporter.c src/snmp/snmp.c \
	fence/fencer.c fence/agent/fence_twinbeat.c \
	$(APART_C),$(foreach r,$(filter-out sim,$(ROOMS)),$(ROOM_$(r))))
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
# a fuzzer finds no program that it could start
$(BUILD)/spawn_nothing.o: src/base/spawn.c
	$(V)$(CC) $(CFLAGS) -DLIBEXECDIR='"/nonexistent"' -c -o $@ $<
build/fuzz/lib.a: $(call objects,$(filter-out $(ROOM_core),$(FUZZ_C))) \
	$(ROOM_core:%.c=$(OBJ)/watched/%.o) $(OBJ)/filters.o $(REGISTRY) \
	$(BUILD)/spawn_nothing.o
	@mkdir -p $(@D)
	@rm -f $@
	$(V)ar rcs $@ $^
	@# two programs may each have a function of one name; here one would be lost
	@twice=$$(nm $@ | sed -n 's/.* T //p' | sort | uniq -d | \
		grep -vx settings_load_password); [ -z "$$twice" ] || { \
		echo "fuzzers: defined twice:" $$twice; rm -f $@; exit 1; }
build/fuzz/fuzz_%: $(OBJ)/tests/fuzz/fuzz_%.o build/fuzz/lib.a
	$(V)clang -fuse-ld=lld -fsanitize=fuzzer,address,undefined -Wl,-z,muldefs -o $@ $^ \
		$(LIBS_NETTLE) $(LIBS_CONFIG) $(LIBS_HERE) $(LIBS_JSON) \
		$(LIBS_SERIAL) $(LIBS_NETLINK) $(LIBS_PARSER) -lresolv -lpthread
fuzz-programs: $(FUZZ)
fuzzers: # they are part of that build
	@$(MAKE) asan GOALS=fuzz-programs
fuzz:
	FUZZ_SECONDS=600 STAGES=fuzz sh tests/check.sh

# ---- checks ----
# One place for all that a fresh Debian 12 needs, to build and to test.
DEPS_BUILD := gcc make pkg-config libserialport-dev libnl-3-dev \
	libnl-route-3-dev libnl-genl-3-dev libconfig-dev nettle-dev libjansson-dev \
	libseccomp-dev libcurl4-gnutls-dev libhttp-parser-dev libmicrohttpd-dev libsnmp-dev libncurses-dev $(foreach d,$(DRIVERS),$(DEB_$(d)))
DEPS_TEST := spin clang lld clang-format clang-tidy cppcheck valgrind libcmocka-dev \
	libclang-rt-14-dev python3 python3-pytest iproute2 \
	gammu-smsd smstools snmp snmpd snmptrapd chromium chromium-driver fonts-dejavu-core lintian \
	nftables iptables keepalived frr tshark tcpdump mandoc ethtool procps git \
	util-linux binutils gcovr fence-agents libxml2-utils \
	pacemaker pacemaker-cli-utils corosync cluster-glue resource-agents openipmi ipmitool \
	freeipmi-tools python3-cryptography python3-aiosmtpd python3-pyte prometheus dpkg-dev xz-utils adduser mmdebstrap \
	user-mode-linux kmod ipvsadm nginx-light haproxy dnsmasq-base dbus-daemon
missing = $(strip $(foreach p,$(1),$(if $(shell dpkg-query -W -f='$${Status}' $(p) 2>/dev/null | grep 'ok installed'),,$(p))))

# Tests need the programs, not the services: tests/deps.sh neither starts nor
# enables any.
deps:
	@$(MAKE) -s install-packages PACKAGES="$(call missing,$(DEPS_BUILD))"
deps-test: deps
	@$(MAKE) -s install-packages PACKAGES="$(call missing,$(DEPS_TEST))"
	@sh tests/networkmanager.sh build/networkmanager
install-packages:
	@sh tests/deps.sh $(PACKAGES)

# Installs what it needs, builds, plays a pair; STAY=1 leaves it up.
DEPS_DEMO := python3 iproute2 nftables util-linux procps
deps-demo: demo-root deps
	@$(MAKE) -s install-packages PACKAGES="$(call missing,$(DEPS_DEMO))"
DEPS_DEMO_LVS := $(DEPS_DEMO) user-mode-linux kmod ipvsadm nginx-light
deps-demo-lvs: demo-root deps
	@$(MAKE) -s install-packages PACKAGES="$(call missing,$(DEPS_DEMO_LVS))"
demo-root:
	@[ "$$(id -u)" = 0 ] || { echo "make demo: needs root, for network" \
		"namespaces of its own and to install what is missing:" \
		"sudo make demo"; exit 1; }
demo: deps-demo
	@$(MAKE) -s -j$(shell nproc) all tools
	@STAY=$(STAY) /usr/bin/python3 tests/netns/demo.py
demo-lvs: deps-demo-lvs
	@$(MAKE) -s -j$(shell nproc) all tools
	@BUILD=$(BUILD) /usr/bin/python3 tests/uml/demo.py

# Two machines of QEMU, on one core (CORE=n): no part of check, for minutes pass.
DEPS_LAB := python3 iproute2 util-linux kmod cpio qemu-system-x86 busybox-static
deps-lab: demo-root deps
	@$(MAKE) -s install-packages PACKAGES="$(call missing,$(DEPS_LAB))"
lab: deps-lab
	@$(MAKE) -s -j$(shell nproc) all tools
	@$(MAKE) -s deb
	@sh tests/lab/image.sh $(BUILD)/lab $(BUILD)/deb
	@BUILD=$(BUILD) CORE=$(CORE) /usr/bin/python3 tests/lab/lab.py

# Real daemons; no part of check, for no two runs are alike.
ROUNDS ?= 5
chaos: all tools
	@BUILD=$(BUILD) /usr/bin/python3 tests/chaos/chaos.py --rounds $(ROUNDS) $(SEEDS)
chaos-migrate: all tools
	@BUILD=$(BUILD) /usr/bin/python3 tests/chaos/migrate.py --rounds $(ROUNDS) $(SEEDS)

# Every figure beside keepalived's, in turn: JSON in build/bench.
bench bench-quick: all tools
	@BUILD=$(BUILD) /usr/bin/python3 tests/bench/bench.py $(if $(filter bench-quick,$@),--quick) \
		$(if $(ONLY),--only "$(ONLY)") $(if $(COUNT),--count $(COUNT))

# The same of LVS: build/bench/lvs.json.
bench-lvs: all tools
	@BUILD=$(BUILD) /usr/bin/python3 tests/uml/bench.py $(ONLY) $(COUNT)

lint: $(call lib,core wire)
	$(V)sh tests/lint.sh $(BUILD)
	$(V)/usr/bin/python3 tests/faults.py

figures:
	$(V)/usr/bin/python3 tests/tools/figures.py $(AGAINST) .

# clang refuses what gcc lets pass
quickcheck: lint unit cases sim
	$(V)$(MAKE) -s asan GOALS=all

check: deps-test
	$(V)sh tests/check.sh

# What takes too long for each commit: breakages of the core, the larger
# searches of the model, ten times the schedules, clang-tidy's as many steps as
# it takes by itself.
check-long: deps-test
	$(V)nice /usr/bin/python3 tests/sim/mutate.py
	$(V)[ ! -x tests/model/check.sh ] || LONG=1 tests/model/check.sh build
	$(V)SEEDS=200000 TIDY_STEPS=225000 STAGES="sim tidy" sh tests/check.sh

clean:
	rm -rf build

.PHONY: example asan fuzzers fuzz-programs mutate check-long figures
.PHONY: all pages clean tools helpers bench bench-quick bench-lvs unit unit-programs sim sim-coverage cases deps deps-test install-packages lint \
	quickcheck check fuzz chaos chaos-migrate demo deps-demo demo-lvs deps-demo-lvs demo-root lab deps-lab \
	libraries
.SECONDARY:
# bench and lab hold systems of others
-include $(shell find $(BUILD) $(OBJ) \( -path $(BUILD)/lab -o -path $(BUILD)/bench \) -prune \
	-o -type f -name '*.d' -print 2>/dev/null)

# ---- install, uninstall: DESTDIR for packages, PREFIX for the place ----
# Configuration and state are the administrator's: never overwritten, never
# removed.
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/twinbeat
SHAREDIR ?= $(PREFIX)/share/twinbeat
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
# where Nagios and Icinga look for plugins
PLUGINDIR ?= $(PREFIX)/lib/nagios/plugins
DOCDIR ?= $(PREFIX)/share/doc/twinbeat
# systemd and udev look below /usr, /usr/local and /etc, and nowhere else.
PACKAGED := $(filter /usr /usr/local,$(patsubst %/,%,$(PREFIX)))
UNITDIR ?= $(if $(PACKAGED),$(PREFIX)/lib/systemd/system,/etc/systemd/system)
SYSUSERSDIR ?= $(if $(PACKAGED),$(PREFIX)/lib/sysusers.d,/etc/sysusers.d)
UDEVDIR ?= $(if $(PACKAGED),$(PREFIX)/lib/udev/rules.d,/etc/udev/rules.d)
# Below /etc the rules are edited in place: the administrator's, too.
RULES := $(notdir $(wildcard udev/*.rules))
define install_rules
$(if $(PACKAGED),,test -e $(DESTDIR)$(UDEVDIR)/$(rules) ||) \
		$(INSTALL) -m 0644 udev/$(rules) $(DESTDIR)$(UDEVDIR)

endef
SYSCONFDIR ?= /etc
INSTALL ?= install
HELPERS := $(filter-out twinbeatd twinbeat check_twinbeat twinbeat-exporter \
	twinbeat-snmp,$(PROGRAMS))
# One program, a name per driver: what Pacemaker finds in sbin.
AGENTS := $(addprefix fence_twinbeat_,$(filter-out $(NO_AGENT),$(DRIVERS)))

# The programs know where libexec is: built again when that changes.
$(OBJ)/src/base/spawn.o: CFLAGS += -DLIBEXECDIR='"$(LIBEXECDIR)"'
$(OBJ)/src/base/spawn.o: $(OBJ)/libexecdir
$(OBJ)/libexecdir: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBEXECDIR)' | cmp -s - $@ || echo '$(LIBEXECDIR)' >$@
FORCE:

install: all
	$(INSTALL) -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(LIBEXECDIR) \
		$(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 \
		$(DESTDIR)$(DOCDIR) $(DESTDIR)$(UNITDIR) $(DESTDIR)$(UDEVDIR) \
		$(DESTDIR)$(SYSUSERSDIR) \
		$(DESTDIR)$(PLUGINDIR) $(DESTDIR)$(COMPLETIONDIR) \
		$(DESTDIR)$(SYSCONFDIR)/twinbeat
	$(INSTALL) -d -m 0700 $(DESTDIR)/var/lib/twinbeat
	$(INSTALL) -m 0755 $(BUILD)/twinbeatd $(BUILD)/twinbeat \
		$(BUILD)/twinbeat-exporter $(BUILD)/twinbeat-snmp \
		$(DESTDIR)$(SBINDIR)
	$(INSTALL) -m 0755 $(addprefix $(BUILD)/,$(HELPERS)) \
		$(DESTDIR)$(LIBEXECDIR)
	$(INSTALL) -d $(DESTDIR)$(SHAREDIR)
	$(INSTALL) -m 0755 etc/twinbeat-give-files $(DESTDIR)$(SHAREDIR)
	$(INSTALL) -m 0755 $(BUILD)/check_twinbeat $(DESTDIR)$(PLUGINDIR)
	for agent in $(AGENTS); do \
		ln -sf $(LIBEXECDIR)/fence_twinbeat \
			$(DESTDIR)$(SBINDIR)/$$agent && \
		ln -sf fence_twinbeat.8 $(DESTDIR)$(MANDIR)/man8/$$agent.8 || \
		exit 1; \
	done
	$(INSTALL) -m 0644 $(filter %.8,$(PAGES)) $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 0644 $(filter %.5,$(PAGES)) $(DESTDIR)$(MANDIR)/man5
	$(INSTALL) -m 0644 README.md CHANGELOG.md LICENSE $(BUILD)/twinbeat.conf \
		$(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 0644 etc/twinbeat.bash-completion \
		$(DESTDIR)$(COMPLETIONDIR)/twinbeat
	$(INSTALL) -d $(DESTDIR)$(DOCDIR)/monitoring
	$(INSTALL) -m 0644 etc/monitoring/* $(DESTDIR)$(DOCDIR)/monitoring
	$(INSTALL) -m 0644 etc/twinbeat-root.conf etc/twinbeat-devices.conf \
		$(DESTDIR)$(DOCDIR)
	sed 's|/usr/sbin/|$(SBINDIR)/|' etc/twinbeat.service \
		>$(DESTDIR)$(UNITDIR)/twinbeat.service
	sed 's|/usr/sbin/|$(SBINDIR)/|' etc/twinbeat-exporter.service \
		>$(DESTDIR)$(UNITDIR)/twinbeat-exporter.service
	sed 's|/usr/sbin/|$(SBINDIR)/|' etc/twinbeat-snmp.service \
		>$(DESTDIR)$(UNITDIR)/twinbeat-snmp.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/twinbeat.service \
		$(DESTDIR)$(UNITDIR)/twinbeat-exporter.service \
		$(DESTDIR)$(UNITDIR)/twinbeat-snmp.service
	$(INSTALL) -m 0644 etc/twinbeat.sysusers \
		$(DESTDIR)$(SYSUSERSDIR)/twinbeat.conf
	$(foreach rules,$(RULES),$(install_rules))
	test -e $(DESTDIR)$(SYSCONFDIR)/twinbeat/twinbeat.conf || \
		$(INSTALL) -m 0640 $(BUILD)/twinbeat.conf \
			$(DESTDIR)$(SYSCONFDIR)/twinbeat/twinbeat.conf
	@[ -n "$(DESTDIR)" ] || systemd-sysusers \
		$(SYSUSERSDIR)/twinbeat.conf || echo "the account twinbeat is" \
		"to be made by hand: $(SYSUSERSDIR)/twinbeat.conf"
	@[ -n "$(DESTDIR)" ] || $(SHAREDIR)/twinbeat-give-files \
		$(SYSCONFDIR)/twinbeat || echo "then, once more: make install"
	@echo "installed: programs in $(DESTDIR)$(SBINDIR), the unit in" \
		"$(DESTDIR)$(UNITDIR), udev rules in $(DESTDIR)$(UDEVDIR)," \
		"manuals in $(DESTDIR)$(MANDIR)"
	@[ -n "$(DESTDIR)" ] || echo "now: systemctl daemon-reload," \
		"udevadm control --reload and, for a watchdog, udevadm trigger" \
		"--subsystem-match=misc --subsystem-match=watchdog;" \
		"start with systemctl enable --now twinbeat"

# Debian packages, into BUILD/deb; installs nothing.
deb: all
	$(V)sh etc/debian/build.sh $(BUILD) $(VERSION)

# A daemon that runs goes on without its files: it is told of, not stopped,
# since who serves is not for a Makefile to decide.
uninstall:
	@[ -n "$(DESTDIR)" ] || for exe in /proc/[0-9]*/exe; do \
		[ "$$(readlink $$exe 2>/dev/null)" = \
			"$(SBINDIR)/twinbeatd" ] || continue; \
		pid=$${exe#/proc/}; \
		echo "twinbeatd runs still (process $${pid%/exe}): it keeps its" \
			"addresses, and no helper of it can be started again;" \
			"end it with systemctl disable --now twinbeat, or" \
			"kill $${pid%/exe}"; \
	done
	@[ -n "$(DESTDIR)" ] || for link in \
		/etc/systemd/system/*.wants/twinbeat.service; do \
		[ ! -L "$$link" ] || echo "twinbeat.service is enabled still:" \
			"systemctl disable twinbeat"; \
	done
	rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,twinbeatd twinbeat twinbeat-exporter twinbeat-snmp $(AGENTS))
	rm -f $(DESTDIR)$(PLUGINDIR)/check_twinbeat \
		$(DESTDIR)$(COMPLETIONDIR)/twinbeat
	rm -rf $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(SHAREDIR) $(DESTDIR)$(DOCDIR)
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,twinbeat.8 twinbeatd.8 \
		twinbeat-notifier.8 twinbeat-director.8 check_twinbeat.8 \
		twinbeat-exporter.8 twinbeat-snmp.8 \
		fence_twinbeat.8 $(addsuffix .8,$(AGENTS))) \
		$(DESTDIR)$(MANDIR)/man5/twinbeat.conf.5 \
		$(DESTDIR)$(UNITDIR)/twinbeat.service \
		$(DESTDIR)$(UNITDIR)/twinbeat-exporter.service \
		$(DESTDIR)$(UNITDIR)/twinbeat-snmp.service \
		$(DESTDIR)$(SYSUSERSDIR)/twinbeat.conf
	@for r in $(RULES); do \
		rules=$(DESTDIR)$(UDEVDIR)/$$r; \
		if [ -n "$(PACKAGED)" ] || cmp -s udev/$$r $$rules; then \
			rm -f $$rules; \
		elif [ -e $$rules ]; then \
			echo "left, for it was edited: $$rules"; \
		fi; \
	done

.PHONY: install uninstall deb FORCE
