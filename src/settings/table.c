/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every key of the settings but those of the devices (they are beside their
 * driver's reader, settings_modbus.c and so on): its type, default and range,
 * one row each. The man page lists the same rows; a test compares the names.
 * `later` marks what this version cannot do yet: such a key is accepted at its
 * default and refused by name at any other value.
 */
#include "internal.h"

static const char *const actions[] = {"off", "reboot", NULL};
static const char *const node_kinds[] = {"twinbeat", "vrrp", NULL};
/* In the order of enum settings_policy; "" is none that may be written. */
static const char *const on_disagreement[] = {"fence", "yield", "hold", NULL};
static const char *const on_failure[] = {"", "", "hold", "", "takeover", NULL};
static const char *const on_startup[] = {"fence", "", "", "wait", NULL};

const struct option settings_root_options[] = {
	{"pair", OPTION_NAME, FIELD(settings, pair), .required = true},
	{"key_file", OPTION_PATH, FIELD(settings, key_file),
	 .text = "/etc/twinbeat/key"},
	{"nodes", OPTION_LIST, .required = true},
	{"links", OPTION_GROUP},
	{"instances", OPTION_LIST, .required = true},
	{"devices", OPTION_LIST},
	{"fence", OPTION_GROUP},
	TIME_MS(settings, startup_ms, 60000),
	TIME_MS(settings, unclean_startup_ms, 300000),
	{"vip", OPTION_GROUP},
	{"realtime", OPTION_BOOL, FIELD(settings, realtime), .value = true},
	{"user", OPTION_NAME, FIELD(settings, user), .text = "twinbeat"},
	{"notify", OPTION_PATH, FIELD(settings, notify)},
	{"watchdog", OPTION_GROUP},
	END};

const struct option settings_node_options[] = {
	{"name", OPTION_NAME, FIELD(settings_node, name), .required = true},
	{"priority", OPTION_INT, FIELD(settings_node, priority), .value = 100,
	 .min = 1, .max = 254, .unit = ""},
	{"address", OPTION_ANY, .required = true},
	{"serial", OPTION_PATH, FIELD(settings_node, serial)},
	{"fence", OPTION_LIST},
	{"kind", OPTION_CHOICE, .choices = node_kinds,
	 .later = "nodes of another kind (plain VRRP peers) are"},
	END};

const struct option settings_plug_options[] = {
	{"level", OPTION_INT, FIELD(settings_plug, level), .value = 1, .min = 1,
	 .max = LEVELS_MAX, .unit = ""},
	{"device", OPTION_ANY, .required = true},
	/* what it may be is up to the device's driver */
	{"plug", OPTION_ANY},
	END};

const struct option settings_links_options[] = {
	{"serial", OPTION_GROUP},
	{"udp", OPTION_LIST, .later = "udp links are"},
	END};

const struct option settings_serial_options[] = {
	{"baud", OPTION_INT, FIELD(settings_link, baud), .value = 115200,
	 .min = 1200, .max = 921600, .unit = ""},
	{"interval_ms", OPTION_INT, FIELD(settings_link, interval_ms),
	 .value = 100, .min = 1, .max = HOUR_MS, .unit = " ms"},
	{"dead_ms", OPTION_INT, FIELD(settings_link, dead_ms), .value = 400,
	 .min = 3, .max = HOUR_MS, .unit = " ms"},
	END};

const struct option settings_instance_options[] = {
	{"name", OPTION_NAME, FIELD(settings_instance, name), .required = true},
	{"interface", OPTION_INTERFACE, FIELD(settings_instance, interface),
	 .required = true},
	{"vrid", OPTION_INT, FIELD(settings_instance, vrid), .min = 1,
	 .max = 255, .unit = "", .required = true},
	{"version", OPTION_INT, FIELD(settings_instance, version), .value = 3,
	 .min = 2, .max = 3, .unit = ""},
	{"advert_ms", OPTION_INT, FIELD(settings_instance, advert_ms),
	 .value = 100, .min = 10, .max = 255000, .unit = " ms"},
	{"preempt", OPTION_BOOL, FIELD(settings_instance, preempt)},
	TIME_MS(settings_instance, preempt_delay_ms, 60000),
	{"priorities", OPTION_LIST},
	{"auth_pass", OPTION_ANY},
	{"unicast", OPTION_BOOL, .later = "unicast adverts are"},
	{"addresses", OPTION_LIST, .required = true},
	{"excluded", OPTION_LIST},
	{"track", OPTION_GROUP},
	END};

const struct option settings_priority_options[] = {
	{"node", OPTION_ANY, .required = true},
	{"priority", OPTION_INT, 0, sizeof(uint8_t), .min = 1, .max = 254,
	 .unit = "", .required = true},
	END};

const struct option settings_address_options[] = {
	{"ip", OPTION_ANY, .required = true},
	{"dev", OPTION_INTERFACE, FIELD(settings_address, dev)},
	{"label", OPTION_INTERFACE, FIELD(settings_address, label)},
	END};

const struct option settings_track_options[] = {
	{"interfaces", OPTION_STRINGS},
	{"witnesses", OPTION_STRINGS, .later = "witnesses are"},
	{"scripts", OPTION_STRINGS, .later = "tracked scripts are"},
	{"processes", OPTION_STRINGS, .later = "tracked processes are"},
	END};

const struct option settings_fence_options[] = {
	{"required", OPTION_BOOL, FIELD(settings_fence, required),
	 .value = true},
	{"action", OPTION_CHOICE, FIELD(settings_fence, action),
	 .choices = actions},
	{"on_disagreement", OPTION_CHOICE,
	 FIELD(settings_fence, on_disagreement), .choices = on_disagreement},
	{"on_failure", OPTION_CHOICE, FIELD(settings_fence, on_failure),
	 .value = POLICY_HOLD, .choices = on_failure},
	{"on_startup_silence", OPTION_CHOICE,
	 FIELD(settings_fence, on_startup_silence), .choices = on_startup},
	{"accept_split_brain", OPTION_BOOL,
	 FIELD(settings_fence, accept_split_brain)},
	{"defend", OPTION_BOOL, FIELD(settings_fence, defend),
	 .later = "defending (it needs a udp link over the service Ethernet) "
		  "is"},
	TIME_MS(settings_fence, delay_ms, 0),
	TIME_MS(settings_fence, tie_ms, 3000),
	TIME_MS(settings_fence, disagree_ms, 5000),
	{"disagree_probe", OPTION_BOOL, FIELD(settings_fence, disagree_probe),
	 .value = true},
	TIME_MS(settings_fence, lone_link_ms, 3000),
	TIME_MS(settings_fence, yield_ms, 500),
	TIME_MS(settings_fence, off_ms, 10000),
	{"timeout_ms", OPTION_INT, FIELD(settings_fence, timeout_ms),
	 .value = 20000, .min = 1, .max = HOUR_MS, .unit = " ms"},
	{"monitor_s", OPTION_INT, FIELD(settings_fence, monitor_s), .value = 60,
	 .min = 1, .max = 3600, .unit = " s"},
	/* core.h remembers CORE_FENCES_MAX = 16 of them. */
	{"max_per_window", OPTION_INT, FIELD(settings_fence, max_per_window),
	 .value = 3, .max = 16, .unit = ""},
	{"window_s", OPTION_INT, FIELD(settings_fence, window_s), .value = 600,
	 .min = 1, .max = 86400, .unit = " s"},
	END};

const struct option settings_vip_options[] = {
	{"lease_s", OPTION_INT, FIELD(settings, lease_s), .value = 3,
	 .max = 3600, .unit = " s"},
	{"garp_repeat", OPTION_INT, FIELD(settings, garp_repeat), .value = 5,
	 .max = 100, .unit = ""},
	{"garp_refresh_s", OPTION_INT, FIELD(settings, garp_refresh_s),
	 .value = 60, .max = 3600, .unit = " s"},
	END};

const struct option settings_watchdog_options[] = {
	{"device", OPTION_TEXT, .later = "the watchdog is"},
	{"timeout_s", OPTION_INT, .value = 5, .min = 1, .max = 3600,
	 .unit = " s"},
	END};
