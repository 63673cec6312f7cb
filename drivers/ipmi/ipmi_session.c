/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The conversation itself, over RMCP+ (IPMI 2.0 13), by libfreeipmi, which
 * checks sequence numbers, authentication codes and completion codes. Here is
 * what is asked, and what its errors mean to the person who has to cure them.
 *
 * It must never send a cycle or a reset: a BMC confirms those before the power
 * is gone. It must never take silence for off: a BMC that lost its own power
 * is as silent as one whose cable was pulled.
 */
#include <freeipmi/freeipmi.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ipmi_session.h"

/* Off is asked for twice: an answer given while the rails still fall, or
 * between the two halves of somebody's power cycle, is none to build on. */
#define CONFIRM_MS 100

/* The settings are read without the library; their flags are its own. */
#define SAME_FLAG(ours, its)                                                   \
	_Static_assert((int)(ours) ==                                          \
			       (int)IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_##its, \
		       "another flag than the library's")
SAME_FLAG(IPMI_FIX_AUTHCAP, AUTHENTICATION_CAPABILITIES);
SAME_FLAG(IPMI_FIX_INTEL20, INTEL_2_0_SESSION);
SAME_FLAG(IPMI_FIX_SUPERMICRO20, SUPERMICRO_2_0_SESSION);
SAME_FLAG(IPMI_FIX_SUN20, SUN_2_0_SESSION);
SAME_FLAG(IPMI_FIX_OPENSESSPRIV, OPEN_SESSION_PRIVILEGE);
SAME_FLAG(IPMI_FIX_INTEGRITYCHECKVALUE, NON_EMPTY_INTEGRITY_CHECK_VALUE);
SAME_FLAG(IPMI_FIX_NOCHECKSUMCHECK, NO_CHECKSUM_CHECK);

struct session {
	const struct settings_device *device;
	ipmi_ctx_t ctx;
	uint32_t limit_ms;
	struct ipmi_reply *reply;
};

static const char *const privilege_names[] = {
	[IPMI_USER] = "user",
	[IPMI_OPERATOR] = "operator",
	[IPMI_ADMIN] = "admin",
};

static uint8_t privilege_level(const struct ipmi_settings *ipmi)
{
	switch (ipmi->privilege) {
	case IPMI_USER:
		return IPMI_PRIVILEGE_LEVEL_USER;
	case IPMI_ADMIN:
		return IPMI_PRIVILEGE_LEVEL_ADMIN;
	default:
		return IPMI_PRIVILEGE_LEVEL_OPERATOR;
	}
}

static const char *privilege_name(const struct ipmi_settings *ipmi)
{
	return privilege_names[ipmi->privilege <= IPMI_ADMIN ? ipmi->privilege
							     : IPMI_OPERATOR];
}

static void __attribute__((format(printf, 2, 3)))
complain(struct session *session, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(session->reply->error, sizeof(session->reply->error), format,
		  args);
	va_end(args);
}

/* At log-in. */
static void complain_login(struct session *session)
{
	const struct ipmi_settings *ipmi = ipmi_of(session->device);
	int error = ipmi_ctx_errnum(session->ctx);

	switch (error) {
	case IPMI_ERR_USERNAME_INVALID:
		complain(session,
			 "it knows no user \"%.16s\" with privilege \"%s\"; "
			 "see user and privilege here, users of the LAN "
			 "channel there",
			 ipmi->user, privilege_name(ipmi));
		break;
	case IPMI_ERR_PASSWORD_INVALID:
	case IPMI_ERR_PASSWORD_VERIFICATION_TIMEOUT:
		complain(session,
			 "wrong password for user \"%.16s\"; write the right "
			 "one into its password file, no restart is needed",
			 ipmi->user);
		break;
	case IPMI_ERR_K_G_INVALID:
		complain(session, "it has %s channel key K_g; %s",
			 ipmi->kg_file[0] != '\0' ? "another" : "a",
			 ipmi->kg_file[0] != '\0'
				 ? "write the right one into kg_file"
				 : "name a file with it as kg_file");
		break;
	case IPMI_ERR_PRIVILEGE_LEVEL_INSUFFICIENT:
	case IPMI_ERR_PRIVILEGE_LEVEL_CANNOT_BE_OBTAINED:
		complain(session,
			 "user \"%.16s\" does not get privilege \"%s\"; grant "
			 "it there, or set workarounds = ( \"opensesspriv\" )",
			 ipmi->user, privilege_name(ipmi));
		break;
	case IPMI_ERR_CIPHER_SUITE_ID_UNAVAILABLE:
	case IPMI_ERR_AUTHENTICATION_TYPE_UNAVAILABLE:
		complain(session,
			 "it does not take cipher suite %u; allow it there, "
			 "or set cipher = %u here",
			 ipmi->cipher, ipmi->cipher == 17 ? 3 : 17);
		break;
	/* A status without a word of its own; ipmi_sim and others say so of a
	 * suite that they lack. */
	case IPMI_ERR_BAD_RMCPPLUS_STATUS_CODE:
	case IPMI_ERR_IPMI_ERROR:
		complain(session,
			 "it refused the session, as some do over cipher "
			 "suite %u: allow that there, or set cipher = %u here",
			 ipmi->cipher, ipmi->cipher == 17 ? 3 : 17);
		break;
	case IPMI_ERR_IPMI_2_0_UNAVAILABLE:
		complain(session, "it does not speak IPMI 2.0 (RMCP+), or that "
				  "is switched off there");
		break;
	case IPMI_ERR_BMC_BUSY:
		complain(session,
			 "it is busy, or has no free session; somebody "
			 "else may hold them all");
		break;
	case IPMI_ERR_CONNECTION_TIMEOUT:
	case IPMI_ERR_SESSION_TIMEOUT:
	case IPMI_ERR_MESSAGE_TIMEOUT:
		complain(session, IPMI_SILENT, session->limit_ms);
		break;
	default:
		complain(session, "no session: %.120s",
			 ipmi_ctx_errormsg(session->ctx));
	}
}

/* At a command within a session. */
static void complain_command(struct session *session, const char *what)
{
	const struct ipmi_settings *ipmi = ipmi_of(session->device);
	int error = ipmi_ctx_errnum(session->ctx);

	switch (error) {
	case IPMI_ERR_PRIVILEGE_LEVEL_INSUFFICIENT:
		complain(session,
			 "%s refused: user \"%.16s\" with privilege \"%s\" "
			 "may not; it takes \"operator\", here and there",
			 what, ipmi->user, privilege_name(ipmi));
		break;
	case IPMI_ERR_CONNECTION_TIMEOUT:
	case IPMI_ERR_SESSION_TIMEOUT:
	case IPMI_ERR_MESSAGE_TIMEOUT:
		complain(session, IPMI_SILENT, session->limit_ms);
		break;
	case IPMI_ERR_BMC_BUSY:
		complain(session, "%s refused: it is busy", what);
		break;
	default:
		complain(session, "%s failed: %.120s", what,
			 ipmi_ctx_errormsg(session->ctx));
	}
}

/* 1 or 0; -1 with the error told. */
static int get_power(struct session *session)
{
	fiid_obj_t answer = fiid_obj_create(tmpl_cmd_get_chassis_status_rs);
	uint64_t on = 0;
	int result = -1;

	if (answer == NULL)
		complain(session, "no memory for an answer");
	else if (ipmi_cmd_get_chassis_status(session->ctx, answer) < 0)
		complain_command(session, "chassis status");
	else if (fiid_obj_get(answer, "current_power_state.power_is_on", &on) !=
		 1)
		complain(session, "chassis status without a power state");
	else
		result = on != 0;
	fiid_obj_destroy(answer);
	return result;
}

static void run_status(struct session *session)
{
	struct timespec wait = {.tv_nsec = CONFIRM_MS * 1000000L};
	int first = get_power(session), second = first;

	if (first == 0) {
		clock_nanosleep(CLOCK_BOOTTIME, 0, &wait, NULL);
		second = ipmi_session_ending() ? -1 : get_power(session);
	}
	if (first < 0 || second < 0)
		return;
	if (first != second) {
		complain(session,
			 "it said off and, %d ms later, on again; is a power "
			 "restore policy at work?",
			 CONFIRM_MS);
		return;
	}
	session->reply->state = first ? PLUG_ON : PLUG_OFF;
	session->reply->done = true;
}

static void run_control(struct session *session, uint8_t control,
			const char *what)
{
	fiid_obj_t answer = fiid_obj_create(tmpl_cmd_chassis_control_rs);

	if (answer == NULL)
		complain(session, "no memory for an answer");
	else if (!ipmi_session_may_switch())
		complain(session, IPMI_SILENT, session->limit_ms);
	else if (ipmi_cmd_chassis_control(session->ctx, control, answer) < 0)
		complain_command(session, what);
	else
		session->reply->done = true;
	fiid_obj_destroy(answer);
}

static int log_in(struct session *session, const struct ipmi_secrets *secrets)
{
	const struct settings_device *device = session->device;
	const struct ipmi_settings *ipmi = ipmi_of(device);
	uint32_t retransmit_ms = ipmi->retransmit_ms;
	char user[IPMI_USER_MAX + 1];

	/* The library refuses a wait for one packet that is no shorter than
	 * that for all. */
	if (retransmit_ms >= session->limit_ms)
		retransmit_ms = session->limit_ms / 2;
	snprintf(user, sizeof(user), "%.16s", ipmi->user);
	/* place is "ADDRESS:PORT", a literal: no name is looked up. */
	if (ipmi_ctx_open_outofband_2_0(
		    session->ctx, device->place, user, secrets->password,
		    secrets->kg_size > 0 ? secrets->kg : NULL, secrets->kg_size,
		    privilege_level(ipmi), ipmi->cipher, session->limit_ms,
		    retransmit_ms, ipmi->workarounds, IPMI_FLAGS_DEFAULT) == 0)
		return 0;
	complain_login(session);
	return -1;
}

void ipmi_session_run(const struct settings_device *device,
		      const struct ipmi_secrets *secrets,
		      enum ipmi_command command, uint32_t limit_ms,
		      struct ipmi_reply *reply)
{
	struct session session = {.device = device,
				  .ctx = ipmi_ctx_create(),
				  .limit_ms = limit_ms < 2 ? 2 : limit_ms,
				  .reply = reply};

	*reply = (struct ipmi_reply){.done = false};
	if (session.ctx == NULL) {
		complain(&session, "no memory for a session");
		return;
	}
	if (log_in(&session, secrets) == 0) {
		if (ipmi_session_ending())
			complain(&session, IPMI_SILENT, session.limit_ms);
		else if (command == IPMI_STATUS)
			run_status(&session);
		else if (command == IPMI_POWER_ON)
			run_control(&session, IPMI_CHASSIS_CONTROL_POWER_UP,
				    "power on");
		else
			run_control(&session, IPMI_CHASSIS_CONTROL_POWER_DOWN,
				    "power off");
		/* Politely: a BMC has few sessions to give. */
		ipmi_ctx_close(session.ctx);
	}
	ipmi_ctx_destroy(session.ctx);
}
