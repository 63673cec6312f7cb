/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the design for every state: shown to people, kept by tests. */
#include "internal.h"

/* "?" for what has no name: whoever adds a state and forgets its word here. */
#define NAME_OF(table, value)                                                  \
	((unsigned)(value) < sizeof(table) / sizeof((table)[0]) &&             \
			 (table)[value]                                        \
		 ? (table)[value]                                              \
		 : "?")

const char *proof_name(enum proof proof)
{
	static const char *const names[PROOFS] = {
		[PROOF_NONE] = "none",
		[PROOF_RELEASED] = "released",
		[PROOF_OBITUARY] = "obituary",
		[PROOF_FENCED] = "fenced",
		[PROOF_ALREADY_OFF] = "already-off",
		[PROOF_RESIGNED] = "resigned",
		[PROOF_OPERATOR] = "operator",
		[PROOF_SILENCE] = "silence",
	};
	return NAME_OF(names, proof);
}

const char *instance_state_name(enum instance_state state)
{
	static const char *const names[] = {"INIT", "BACKUP", "MASTER",
					    "FAULT"};
	return NAME_OF(names, state);
}

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = {"never", "up",     "half",
					    "down",  "broken", "sending"};
	return NAME_OF(names, state);
}

const char *link_line_name(enum link_line line)
{
	static const char *const names[] = {
		[LINE_UNKNOWN] = "unknown",
		[LINE_OK] = "ok",
		[LINE_UNPLUGGED_HERE] = "unplugged-here",
		[LINE_PEER_DARK] = "peer-dark",
		[LINE_LOOPED] = "looped",
		[LINE_THREE_WIRE] = "three-wire",
	};
	return NAME_OF(names, line);
}

const char *peer_state_name(enum peer_state state)
{
	static const char *const names[] = {"unknown", "up", "silent",
					    "released", "off"};
	return NAME_OF(names, state);
}

const char *drill_phase_name(enum drill_phase phase)
{
	static const char *const names[] = {
		[DRILL_NONE] = "",
		[DRILL_MAINTENANCE] = "maintenance",
		[DRILL_CUT] = "cut",
		[DRILL_DARK] = "dark",
		[DRILL_RESTORE] = "restore",
		[DRILL_BACK] = "boot",
		[DRILL_LEAVE] = "leave",
	};
	return NAME_OF(names, phase);
}

/* The six words of status (design section 6): verifying is still running. */
const char *fence_state_name(enum fence_state state)
{
	static const char *const names[] = {
		[FENCE_STATE_IDLE] = "idle",
		[FENCE_STATE_DELAY] = "delay",
		[FENCE_STATE_RUNNING] = "running",
		[FENCE_STATE_VERIFY] = "running",
		[FENCE_STATE_CONFIRMED] = "confirmed",
		[FENCE_STATE_FAILED] = "failed",
		[FENCE_STATE_HELD] = "held",
	};
	return NAME_OF(names, state);
}

const char *fence_need_name(enum fence_need need)
{
	static const char *const names[] = {
		[NEED_NONE] = "none",
		[NEED_SILENCE] = "heard on no link",
		[NEED_STARTUP] = "never heard since start",
		[NEED_HALF] = "it does not serve and cannot hear us",
		[NEED_DISAGREE] = "the links disagree",
		[NEED_UNYIELDING] = "it does not release",
		[NEED_SPLIT_BRAIN] = "split brain",
		[NEED_STUCK] = "it asks to be fenced",
		[NEED_OPERATOR] = "operator",
	};
	return NAME_OF(names, need);
}

const char *fence_outcome_name(enum core_fence_outcome outcome)
{
	static const char *const names[] = {
		[CORE_OUTCOME_UNKNOWN] = "unknown",
		[CORE_OUTCOME_FAILED] = "failed",
		[CORE_OUTCOME_OFF] = "off",
		[CORE_OUTCOME_ALREADY_OFF] = "off",
		[CORE_OUTCOME_ON] = "on",
		[CORE_OUTCOME_READ] = "unknown", /* it switched nothing */
		[CORE_OUTCOME_OUTRUN] = "failed",
	};
	return NAME_OF(names, outcome);
}

const char *plug_state_name(enum core_plug state)
{
	static const char *const names[] = {
		[CORE_PLUG_UNKNOWN] = "unknown",
		[CORE_PLUG_ON] = "on",
		[CORE_PLUG_OFF] = "off",
	};
	return state <= CORE_PLUG_OFF ? names[state] : "unknown";
}

const char *alert_name_text(enum alert_name name)
{
	static const char *const names[ALERT_NAMES] = {
		[ALERT_LINK_DOWN] = "link-down",
		[ALERT_LINK_NEVER] = "link-never",
		[ALERT_LINK_HALF] = "link-half",
		[ALERT_LINK_LOOPED] = "link-looped",
		[ALERT_SERIAL_BROKEN] = "serial-broken",
		[ALERT_DISAGREE] = "disagree",
		[ALERT_SPLIT_BRAIN] = "split-brain",
		[ALERT_FOREIGN_VRRP] = "foreign-vrrp",
		[ALERT_CONFIG_MISMATCH] = "config-mismatch",
		[ALERT_FIREWALL] = "firewall",
		[ALERT_FENCE_DEVICE] = "fence-device",
		[ALERT_FENCE_FAILED] = "fence-failed",
		[ALERT_FENCE_CONTRADICTED] = "fence-contradicted",
		[ALERT_FENCE_MISWIRED] = "fence-miswired",
		[ALERT_FENCE_LOOP] = "fence-loop",
		[ALERT_WAITING] = "waiting",
		[ALERT_NO_FENCING] = "no-fencing",
		[ALERT_STALLED] = "stalled",
		[ALERT_VIP_FAILED] = "vip-failed",
		[ALERT_RELEASE_FAILED] = "release-failed",
		[ALERT_UNFIT] = "unfit",
		[ALERT_PROCESS_DIED] = "process-died",
		[ALERT_UNPRIVILEGED] = "unprivileged",
		[ALERT_MAINTENANCE] = "maintenance",
		[ALERT_DUPLICATE_VIP] = "duplicate-vip",
		[ALERT_NO_STANDBY] = "no-standby",
		[ALERT_STATE_UNWRITABLE] = "state-unwritable",
		[ALERT_NOTIFY_FAILED] = "notify-failed",
		[ALERT_DIRECTOR_OFF] = "director-off",
		[ALERT_DIRECTOR_TABLE] = "director-table",
		[ALERT_DIRECTOR_FOREIGN] = "director-foreign",
		[ALERT_DIRECTOR_SYNC] = "director-sync",
		[ALERT_QUESTION] = "question",
		[ALERT_SERVER_DOWN] = "server-down",
		[ALERT_SERVICE_EMPTY] = "service-empty",
		[ALERT_SERVICE_FALLBACK] = "service-fallback",
		[ALERT_DIRECTOR_PANIC] = "director-panic",
		[ALERT_DIRECTOR_BLIND] = "director-blind",
		[ALERT_VIEW_DIFFERS] = "view-differs",
	};
	return NAME_OF(names, name);
}

/* FNV-1a: names of one file, not secrets. */
uint32_t instance_name_digest(const struct core *core, unsigned i)
{
	const char *name = core->settings->instances[i].name;
	uint32_t digest = 0x811c9dc5u;

	for (; *name; name++)
		digest = (digest ^ (uint8_t)*name) * 0x01000193u;
	return digest;
}
