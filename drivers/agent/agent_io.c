/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power switches that one of the ClusterLabs fence agents can speak to. An
 * agent gets its options by stdin, the action first, and answers by its exit
 * code: status 0 is on, 2 is off, everything else is not known.
 *
 * 2 is also what a shell, Python and getopt end with when they cannot do what
 * they are asked. So an off is believed only of an agent that says nothing of
 * a break-down, and that then exits with 0 when it is asked for its health
 * ("monitor", which every agent has to know).
 *
 * It must never ask for "reboot" or leave the action out (that is the same
 * thing): neither proves that the power was ever off. What "off" returned
 * proves nothing here either; the caller reads the status. Values of options
 * are secrets unless they say where the device is: they never get into a
 * sentence.
 *
 * FenceAgentAPI.md of fence-agents 4.12, "Agent Operations and Return Values".
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../src/base/clock.h"
#include "agent.h"
#include "agent_run.h"

/* Shorter ones ("1", "on") would black out half of what an agent says. */
#define HIDE_FROM 4

/* What fence_ipmilan gets if the settings do not say. */
#define IPMILAN_CIPHER "17"

/* What is wanted, until when, and what must not be told of it. */
struct call {
	const struct settings_device *device;
	const char *plug, *action;
	int64_t until_ms;
	char *error;
	size_t error_size;
	char password[SETTINGS_PASSWORD_MAX +
		      1]; /* of password_file, "" = none */
};

/* How one run of the agent ended: half a sentence. */
struct answer {
	char text[AGENT_LINE_MAX + 200];
	char alarm[AGENT_LINE_MAX]; /* it told of a break-down; "" = no */
};

static void __attribute__((format(printf, 2, 3)))
complain(const struct call *call, const char *format, ...)
{
	const char *agent = agent_of(call->device)->agent;
	const char *slash = strrchr(agent, '/');
	va_list args;
	int n = snprintf(call->error, call->error_size,
			 "%s: %.40s %s%s%s: ", call->device->name,
			 slash ? slash + 1 : agent, call->action,
			 call->plug[0] != '\0' ? " of plug " : "", call->plug);

	if (n < 0 || (size_t)n >= call->error_size)
		return;
	va_start(args, format);
	vsnprintf(call->error + n, call->error_size - (size_t)n, format, args);
	va_end(args);
}

/* ---- what goes in ---- */

static bool key_is_place(const char *key)
{
	static const char *const places[] = {"ip",    "ipaddr",	  "ipport",
					     "login", "username", "lanplus",
					     "cipher"};

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(key, places[i]) == 0)
			return true;
	return false;
}

/* Read at each run: a new password takes effect without a restart. */
static int load_password(struct call *call, struct answer *answer)
{
	return settings_load_password(agent_of(call->device)->password_file, "",
				      call->password, sizeof(call->password),
				      answer->text, sizeof(answer->text));
}

struct input {
	char text[AGENT_INPUT_MAX];
	size_t used;
	bool failed;
};

static void input_add(struct input *input, const char *key, const char *value)
{
	size_t room = sizeof(input->text) - input->used;
	int n = snprintf(input->text + input->used, room, "%s=%s\n", key,
			 value);

	if (n < 0 || (size_t)n >= room)
		input->failed = true;
	else
		input->used += (size_t)n;
}

static bool has_option(const struct agent_settings *agent, const char *key)
{
	for (unsigned i = 0; i < agent->option_count; i++)
		if (agent_keys_are_one(agent->options[i].key, key))
			return true;
	return false;
}

/* Links to one program, which without a suite to use asks the BMC for all of
 * them, and takes 10 s and more for a question. */
static bool agent_is_ipmilan(const char *agent)
{
	static const char *const names[] = {"fence_ipmilan",	"fence_idrac",
					    "fence_ilo3",	"fence_ilo4",
					    "fence_ilo5",	"fence_imm",
					    "fence_ipmilanplus"};
	const char *slash = strrchr(agent, '/');

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(slash != NULL ? slash + 1 : agent, names[i]) == 0)
			return true;
	return false;
}

/*
 * The action goes first: whatever happens to the rest, it is said. And last:
 * of a name that comes twice the last value counts (FenceAgentAPI.md, "What is
 * given to fencing agents"), so that no other line can be a second action.
 */
static int make_input(struct call *call, const char *action,
		      struct input *input, struct answer *answer)
{
	const struct agent_settings *agent = agent_of(call->device);

	input_add(input, "action", action);
	if (call->plug[0] != '\0')
		input_add(input, agent->plug_key, call->plug);
	for (unsigned i = 0; i < agent->option_count; i++)
		input_add(input, agent->options[i].key,
			  agent->options[i].value);
	if (agent->password_file[0] != '\0') {
		if (load_password(call, answer) < 0)
			return -1;
		input_add(input, "password", call->password);
	}
	if (agent_is_ipmilan(agent->agent) && !has_option(agent, "cipher"))
		input_add(input, "cipher", IPMILAN_CIPHER);
	input_add(input, "action", action);
	if (input->failed) {
		snprintf(answer->text, sizeof(answer->text),
			 "its options are more than %d bytes", AGENT_INPUT_MAX);
		return -1;
	}
	return 0;
}

/* ---- what comes out ---- */

static void hide(char *line, const char *secret)
{
	size_t length = strlen(secret);
	char *at = line;

	if (length == 0)
		return;
	while ((at = strstr(at, secret)) != NULL)
		for (size_t i = 0; i < length; i++)
			*at++ = '*';
}

static bool key_is_secret(const char *key)
{
	return strstr(key, "pass") != NULL || strstr(key, "secret") != NULL ||
	       strstr(key, "key") != NULL || strstr(key, "community") != NULL;
}

/* Letters and digits only, as far as they are the text's own: not those of %40,
 * &quot; and the like. */
static void strip(const char *text, char *to, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 1 < size; text++) {
		size_t entity = *text == '&' ? strcspn(text, ";") : 0;

		if (*text == '%' && isxdigit((unsigned char)text[1]) &&
		    isxdigit((unsigned char)text[2]))
			text += 2;
		else if (entity > 0 && entity < 8 && text[entity] == ';')
			text += entity;
		else if (isalnum((unsigned char)*text))
			to[used++] = *text;
	}
	to[used] = '\0';
}

/* Quoted, escaped or encoded: what is left of it when all that is taken away
 * stands in what is left of the line. */
static bool is_disguised(const char *line, const char *secret)
{
	char left[AGENT_LINE_MAX], wanted[SETTINGS_PATH_MAX];

	strip(line, left, sizeof(left));
	strip(secret, wanted, sizeof(wanted));
	return strlen(wanted) >= HIDE_FROM && strstr(left, wanted) != NULL;
}

/* As agent_run() shows it; also where the line is cut off in the middle. */
static void hide_secret(char *line, const char *secret)
{
	char shown[SETTINGS_PATH_MAX];
	size_t size = strlen(line), length;

	snprintf(shown, sizeof(shown), "%s", secret);
	for (char *at = shown; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	hide(line, shown);
	length = strlen(shown);
	if (size + 1 == AGENT_LINE_MAX)
		while (length > HIDE_FROM) {
			char *end = line + size - --length;

			if (length > size || strncmp(end, shown, length) != 0)
				continue;
			memset(end, '*', length);
			break;
		}
	if (is_disguised(line, secret))
		snprintf(line, AGENT_LINE_MAX,
			 "(not shown: it has a secret in it)");
	explicit_bzero(shown, sizeof(shown));
}

static void hide_secrets(const struct call *call, char *line)
{
	const struct agent_settings *agent = agent_of(call->device);

	hide_secret(line, call->password);
	for (unsigned i = 0; i < agent->option_count; i++) {
		const char *key = agent->options[i].key;
		const char *value = agent->options[i].value;

		if (key_is_secret(key))
			hide_secret(line, value);
		else if (!key_is_place(key) && strlen(value) >= HIDE_FROM)
			hide(line, value);
	}
}

/* One run has its own limit, and never more than is left of the call. */
static uint32_t limit_ms(const struct call *call)
{
	int64_t left = call->until_ms - clock_now_ms();
	uint32_t agent_ms = agent_of(call->device)->agent_ms;

	if (agent_ms != 0 && agent_ms < left)
		return agent_ms;
	return left > 1 ? (uint32_t)left : 1;
}

/* The exit code, or -1; either way answer->text says how it went. */
static int run_agent(struct call *call, const char *action,
		     struct answer *answer)
{
	const struct agent_settings *agent = agent_of(call->device);
	struct input input = {.used = 0};
	char path[256], reason[160];
	struct agent_run run = {.path = path, .input = input.text};

	answer->alarm[0] = '\0';
	if (agent_find(agent->agent, path, sizeof(path), answer->text,
		       sizeof(answer->text)) < 0 ||
	    make_input(call, action, &input, answer) < 0)
		return -1;
	run.limit_ms = limit_ms(call);
	if (agent_run(&run, reason, sizeof(reason)) < 0) {
		hide_secrets(call, run.last_line);
		snprintf(answer->text, sizeof(answer->text), "%s%s%s", reason,
			 run.last_line[0] != '\0' ? ": " : "", run.last_line);
		return -1;
	}
	hide_secrets(call, run.last_line);
	hide_secrets(call, run.alarm);
	memcpy(answer->alarm, run.alarm, sizeof(answer->alarm));
	snprintf(answer->text, sizeof(answer->text), "exit code %d%s%s",
		 run.exit_code,
		 run.last_line[0] != '\0' ? ": " : ", and not a word why",
		 run.last_line);
	return run.exit_code;
}

/* ---- the driver ---- */

/* Its status said off: is it the agent that said so, or its interpreter? */
static bool confirm_off(struct call *call, struct answer *answer)
{
	if (answer->alarm[0] != '\0') {
		complain(call,
			 "exit code 2 is not taken for off, since it said: %s",
			 answer->alarm);
		return false;
	}
	if (run_agent(call, "monitor", answer) == 0)
		return true;
	complain(call,
		 "exit code 2 is not taken for off, since its monitor failed: "
		 "%s",
		 answer->text);
	return false;
}

static enum plug_state agent_read(const struct settings_device *device,
				  const char *plug, char *error,
				  size_t error_size)
{
	struct call call = {.device = device,
			    .plug = plug,
			    .action = "status",
			    .until_ms = clock_now_ms() + device->answer_ms,
			    .error = error,
			    .error_size = error_size};
	enum plug_state state = PLUG_UNKNOWN;
	struct answer answer;

	if (agent_check(device, plug, error, error_size) < 0)
		return PLUG_UNKNOWN;
	switch (run_agent(&call, call.action, &answer)) {
	case 0:
		state = PLUG_ON;
		break;
	case 2:
		if (confirm_off(&call, &answer))
			state = PLUG_OFF;
		break;
	default:
		complain(&call, "%s", answer.text);
		break;
	}
	explicit_bzero(call.password, sizeof(call.password));
	return state;
}

static int agent_write(const struct settings_device *device, const char *plug,
		       int on, char *error, size_t error_size)
{
	struct call call = {.device = device,
			    .plug = plug,
			    .action = on ? "on" : "off",
			    .until_ms = clock_now_ms() + device->answer_ms,
			    .error = error,
			    .error_size = error_size};
	struct answer answer;
	int code;

	if (agent_check(device, plug, error, error_size) < 0)
		return -1;
	code = run_agent(&call, call.action, &answer);
	if (code != 0)
		complain(&call, "%s", answer.text);
	explicit_bzero(call.password, sizeof(call.password));
	return code == 0 ? 0 : -1;
}

const struct driver_io driver_io_agent = {
	.name = "agent",
	.read = agent_read,
	.write = agent_write,
};
