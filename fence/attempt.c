/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens inside the child: read, ask for leave, write every plug, wait,
 * read every plug back. Plain blocking code; the parent kills it when it is
 * late.
 *
 * It must never write before the parent gave leave, and never report a state
 * that a fresh read of every plug of the level did not show. What a write
 * returned decides nothing: a relay may have switched although the answer was
 * lost, and may not have although it was confirmed.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../drivers/driver.h"
#include "../drivers/kept.h"
#include "../src/base/clock.h"
#include "../src/base/images.h"
#include "attempt.h"

/* A device that has no socket free, or serves one client only, may need a
 * moment to notice that a connection is gone: asked again after this, then
 * after four times as long each time. */
#define AGAIN_MS      20
#define AGAIN_MOST_MS 640
#define INSTANT_MS    20
/* So often in a row refused, and never told to switch: not in this attempt. */
#define REFUSALS_MOST 4

/* How a device has behaved of late. */
struct manner {
	unsigned refusals; /* in a row: it failed at once */
	int64_t next_us;   /* not to be asked before */
};

struct run {
	const struct attempt *attempt;
	const struct settings *settings;
	const struct fence_plan *plan;
	int fd;
	struct report report;
	int64_t wrote_us;
	int64_t failing_us; /* spent in conversations that failed, and between
			     */
	struct manner manners[DEVICES_MAX];
	char error[FENCE_TEXT_MAX]; /* the last device error */
};

static void wait_ms(uint32_t ms)
{
	struct timespec wait = {.tv_sec = ms / 1000,
				.tv_nsec = (long)(ms % 1000) * 1000000};

	while (clock_nanosleep(CLOCK_BOOTTIME, 0, &wait, &wait) != 0)
		;
}

static int64_t left_ms(const struct run *run)
{
	return (run->attempt->give_up_us - clock_now_us()) / 1000;
}

/* The connections that are still good, for the next attempt: the parent has
 * none of its own (kept.h). */
static void hand_back(int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct report report = {.type = REPORT_KEPT};
	struct iovec bytes = {.iov_base = &report, .iov_len = sizeof(report)};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct kept kept;

	while (kept_take_any(&kept)) {
		memset(&control, 0, sizeof(control));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &kept.fd, sizeof(int));
		snprintf(report.text, sizeof(report.text), "%s", kept.place);
		(void)!sendmsg(fd, &message, MSG_NOSIGNAL);
		close(kept.fd);
	}
}

static void send_report(struct run *run, enum report_type type)
{
	if (type == REPORT_END)
		hand_back(run->fd);
	run->report.owed = kept_owed();
	run->report.type = type;
	/* Nobody to tell: the parent is gone and we are about to be killed. */
	(void)!send(run->fd, &run->report, sizeof(run->report), MSG_NOSIGNAL);
}

static void __attribute__((format(printf, 2, 3)))
step(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->report.text, sizeof(run->report.text), format, args);
	va_end(args);
	send_report(run, REPORT_STEP);
}

static void __attribute__((format(printf, 3, 4)))
end(struct run *run, enum fence_outcome outcome, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->report.text, sizeof(run->report.text), format, args);
	va_end(args);
	run->report.outcome = outcome;
	send_report(run, REPORT_END);
}

static const struct settings_plug *plug_at(const struct run *run, unsigned i)
{
	return plan_plug(run->settings, run->attempt->node, run->plan, i);
}

static const struct settings_device *device_at(const struct run *run,
					       unsigned i)
{
	return plan_device(run->settings, run->attempt->node, run->plan, i);
}

/* "level 1: pdu 192.0.2.20:502 plug 1" */
struct plug_text {
	char text[144];
};

static struct plug_text plug_text(const struct run *run, unsigned i)
{
	const struct settings_plug *plug = plug_at(run, i);
	const struct settings_device *device = device_at(run, i);
	struct plug_text name;

	snprintf(name.text, sizeof(name.text),
		 "level %u: %.20s %.60s plug %.20s", plug->level, device->name,
		 device->place, plug->plug);
	return name;
}

/* A time-out never reaches beyond what is left of the attempt. */
static struct settings_device hurried(const struct run *run,
				      const struct settings_device *device,
				      int64_t most_ms)
{
	struct settings_device copy = *device;
	int64_t left = left_ms(run);

	if (most_ms < left)
		left = most_ms;
	if (left < 1)
		left = 1;
	if (copy.answer_ms > left)
		copy.answer_ms = (uint32_t)left;
	return copy;
}

static void note_answer(struct run *run, unsigned i, bool ok)
{
	uint32_t bit = 1u << plug_at(run, i)->device;

	run->report.device_tried |= bit;
	if (ok)
		run->report.device_ok |= bit;
	else
		run->report.device_ok &= ~bit;
}

enum verb { VERB_READ, VERB_WRITE };

/* Refused, reset, an exception: the next question to it waits, each longer. */
static void note_refusal(struct manner *manner)
{
	uint32_t wait = AGAIN_MS;

	for (unsigned i = 0; i < manner->refusals && wait < AGAIN_MOST_MS; i++)
		wait *= 4;
	manner->refusals++;
	manner->next_us = clock_now_us() +
			  (wait < AGAIN_MOST_MS ? wait : AGAIN_MOST_MS) * 1000;
}

/* Until the device may be asked again; part of what failing costs. */
static void wait_for_turn(struct run *run, const struct manner *manner)
{
	int64_t ms = (manner->next_us - clock_now_us() + 999) / 1000;

	if (ms > left_ms(run))
		ms = left_ms(run);
	if (manner->refusals == 0 || ms < 1)
		return;
	wait_ms((uint32_t)ms);
	run->failing_us += ms * 1000;
}

/*
 * One conversation about plug i, and a second one if the first failed at once:
 * refused, reset, busy. A request that only reads has the time for two more:
 * the other node may have the only socket for a moment. READ returns the
 * state, WRITE 1 when confirmed.
 */
static int converse(struct run *run, unsigned i, enum verb verb,
		    int64_t most_ms)
{
	struct manner *manner = &run->manners[plug_at(run, i)->device];
	const char *plug = plug_at(run, i)->plug;
	int on = run->attempt->kind == FENCE_ON;
	unsigned most = run->attempt->kind == FENCE_READ ? REFUSALS_MOST : 2;
	int result = 0;

	for (unsigned tries = 0; tries < most; tries++) {
		struct settings_device device;
		int64_t start_us, took_us;

		wait_for_turn(run, manner);
		device = hurried(run, device_at(run, i), most_ms);
		start_us = clock_now_us();
		if (verb == VERB_READ)
			result = (int)driver_read(&device, plug, run->error,
						  sizeof(run->error));
		else
			result = driver_write(&device, plug, on, run->error,
					      sizeof(run->error)) == 0;
		took_us = clock_now_us() - start_us;
		note_answer(run, i, result != 0);
		if (result != 0) {
			manner->refusals = 0;
			return result;
		}
		run->failing_us += took_us;
		if (took_us > INSTANT_MS * 1000)
			break;
		note_refusal(manner);
		if (manner->refusals >= most || left_ms(run) <= AGAIN_MS)
			break;
	}
	return result;
}

static enum plug_state read_plug(struct run *run, unsigned i, int64_t most_ms)
{
	enum plug_state state =
		(enum plug_state)converse(run, i, VERB_READ, most_ms);

	/* After the answer is here: a proof counts its wait from this. */
	run->report.at_us = clock_now_us();
	run->report.plugs[run->plan->plugs[i]] = (uint8_t)state;
	return state;
}

static const char *state_name(enum plug_state state)
{
	switch (state) {
	case PLUG_ON:
		return "on";
	case PLUG_OFF:
		return "off";
	case PLUG_UNKNOWN:
		break;
	}
	return "unknown";
}

static double since_ms(int64_t from_us)
{
	return (double)(clock_now_us() - from_us) / 1000;
}

/* Are all plugs as wanted already? Stops at the first that is not: what
 * follows will be written anyway, and time counts. */
static bool read_before(struct run *run, enum plug_state want)
{
	for (unsigned i = 0; i < run->plan->count; i++) {
		enum plug_state state = read_plug(run, i, INT64_MAX);

		if (state == PLUG_UNKNOWN)
			step(run, "level %u: %.180s", plug_at(run, i)->level,
			     run->error);
		else
			step(run, "%s reads %s", plug_text(run, i).text,
			     state_name(state));
		if (state != want)
			return false;
	}
	return true;
}

/*
 * R5: the device knows who was first. A plug of our own that reads off means
 * that the other node has cut us and that we live on our capacitors: its shot
 * counts, ours would leave nobody. So the plugs of our own are read wherever
 * they are. Only by drivers whose reads cost milliseconds: behind a management
 * controller there are no capacitors to live on, and an agent that is killed
 * leaves its session behind. What cannot be read says nothing; a device that
 * this shot does not need anyway holds it up by PLAN_GUARD_MS at most, all of
 * them together.
 */
struct guard {
	uint32_t silent;  /* devices that did not answer: asked once */
	int64_t spent_us; /* on devices that are not the target's */
};

static bool is_device_of_plan(const struct run *run, unsigned device)
{
	for (unsigned i = 0; i < run->plan->count; i++)
		if (plug_at(run, i)->device == device)
			return true;
	return false;
}

static enum plug_state read_own_plug(struct run *run,
				     const struct settings_plug *plug,
				     struct guard *guard)
{
	const struct settings_device *device =
		&run->settings->devices[plug->device];
	const struct driver *driver = driver_find(device->driver);
	bool is_apart = !is_device_of_plan(run, plug->device);
	int64_t most_ms = PLAN_GUARD_MS - guard->spent_us / 1000;
	int64_t start_us = clock_now_us(), took_us;
	struct settings_device copy;
	enum plug_state state;

	if (driver == NULL || !driver->reads_fast ||
	    (guard->silent >> plug->device & 1) || (is_apart && most_ms < 1))
		return PLUG_UNKNOWN;
	copy = hurried(run, device, is_apart ? most_ms : INT64_MAX);
	state = driver_read(&copy, plug->plug, run->error, sizeof(run->error));
	took_us = clock_now_us() - start_us;
	if (is_apart)
		guard->spent_us += took_us;
	/* one that is slow to say nothing is not waited for twice */
	if (state == PLUG_UNKNOWN && took_us > INSTANT_MS * 1000)
		guard->silent |= 1u << plug->device;
	return state;
}

static bool is_outrun(struct run *run)
{
	const struct settings_node *own =
		&run->settings->nodes[run->settings->self];
	struct guard guard = {.silent = run->report.device_tried &
					~run->report.device_ok};

	for (unsigned k = 0; run->attempt->guard && k < own->plug_count; k++) {
		const struct settings_plug *plug = &own->plugs[k];
		const struct settings_device *device =
			&run->settings->devices[plug->device];

		if (read_own_plug(run, plug, &guard) != PLUG_OFF)
			continue;
		end(run, FENCE_OUTRUN,
		    "level %u is not switched: %.20s %.60s plug %.20s, which "
		    "feeds this node, reads off: %.32s was faster",
		    plug_at(run, 0)->level, device->name, device->place,
		    plug->plug, run->settings->nodes[run->attempt->node].name);
		return true;
	}
	return false;
}

/* The parent says the word to the asker first, or no. */
static bool may_write(struct run *run)
{
	char go;

	send_report(run, REPORT_ASK);
	return recv(run->fd, &go, 1, 0) == 1 && go == ATTEMPT_GO;
}

/* Returns whether the device confirmed; the reading decides anyway. */
static bool write_plug(struct run *run, unsigned i)
{
	const char *action = run->attempt->kind == FENCE_ON ? "on" : "off";
	bool confirmed = converse(run, i, VERB_WRITE, INT64_MAX) != 0;

	if (confirmed)
		step(run, "%s: switch %s sent", plug_text(run, i).text, action);
	else
		step(run, "level %u: %.180s", plug_at(run, i)->level,
		     run->error);
	return confirmed;
}

/* One round of read-backs: every plug, also those that were right a round
 * ago. */
static bool verify_round(struct run *run, enum plug_state want,
			 enum plug_state *wrong, unsigned *wrong_plug)
{
	bool all = true;

	for (unsigned i = 0; i < run->plan->count; i++) {
		enum plug_state state = read_plug(run, i, INT64_MAX);

		if (state == want) {
			step(run, "%s reads %s after %.1f ms",
			     plug_text(run, i).text, state_name(state),
			     since_ms(run->wrote_us));
			continue;
		}
		if (all) {
			*wrong = state;
			*wrong_plug = i;
		}
		all = false;
	}
	return all;
}

/* Has a device of the plan had no socket for us again and again? */
static bool is_refused(const struct run *run)
{
	for (unsigned i = 0; i < run->plan->count; i++)
		if (run->manners[plug_at(run, i)->device].refusals >=
		    REFUSALS_MOST)
			return true;
	return false;
}

/*
 * Reading goes on while there is hope. Where every device has confirmed the
 * order, as long as a change may take to show, whether or not they answer: a
 * BMC may be away for seconds when its server goes off. Else for a few rounds,
 * until failing conversations have cost as much as one whole one may.
 */
static bool may_try_again(const struct run *run, unsigned round, bool confirmed)
{
	int64_t most_us = 0;

	if (left_ms(run) <= (int64_t)run->attempt->settle_ms)
		return false;
	if (confirmed &&
	    since_ms(run->wrote_us) < (double)run->attempt->switch_ms)
		return true;
	for (unsigned i = 0; i < run->plan->count; i++) {
		const struct settings_device *device = device_at(run, i);

		most_us += (int64_t)device->answer_ms * 1000;
	}
	return round < PLAN_ROUNDS && run->failing_us < most_us &&
	       (confirmed || !is_refused(run));
}

/* Not as wanted in time, plug i first: with the key that gives it more. */
static void end_wrong(struct run *run, unsigned i, enum plug_state wrong,
		      bool confirmed)
{
	const struct settings_device *device = device_at(run, i);
	const struct driver *driver = driver_find(device->driver);
	bool late = driver != NULL && driver->switch_key != NULL;
	char advice[80] = "";

	/* not of one that answers, and refuses */
	if (confirmed && run->manners[plug_at(run, i)->device].refusals == 0)
		snprintf(advice, sizeof(advice),
			 "; if it shows a change later, raise %s (%u)",
			 late ? driver->switch_key : "settle_ms",
			 late ? device->switch_ms : device->settle_ms);
	if (wrong != PLUG_UNKNOWN) {
		end(run, FENCE_FAILED,
		    "%s still reads %s %.0f ms after the switch%s",
		    plug_text(run, i).text, state_name(wrong),
		    since_ms(run->wrote_us), advice);
		return;
	}
	/* what the device's own words leave room for */
	if (strlen(run->error) + strlen(advice) + 12 > FENCE_TEXT_MAX)
		advice[0] = '\0';
	end(run, FENCE_FAILED, "level %u: %.180s%s", plug_at(run, i)->level,
	    run->error, advice);
}

static bool switch_and_verify(struct run *run, enum plug_state want)
{
	bool confirmed[PLUGS_MAX] = {false}, all_confirmed = false;
	enum plug_state wrong = PLUG_UNKNOWN;
	unsigned wrong_plug = 0;
	uint32_t settle_ms = run->attempt->settle_ms;

	for (unsigned round = 0;
	     round == 0 || may_try_again(run, round, all_confirmed); round++) {
		/* Dual supplies: all are switched before any is judged. */
		all_confirmed = true;
		for (unsigned i = 0; i < run->plan->count; i++) {
			if (!confirmed[i])
				confirmed[i] = write_plug(run, i);
			all_confirmed = all_confirmed && confirmed[i];
		}
		if (round == 0)
			run->wrote_us = clock_now_us();
		wait_ms(settle_ms > 0 || round == 0 ? settle_ms : AGAIN_MS);
		if (verify_round(run, want, &wrong, &wrong_plug))
			return true;
	}
	end_wrong(run, wrong_plug, wrong, all_confirmed);
	return false;
}

static void run_switch(struct run *run)
{
	bool on = run->attempt->kind == FENCE_ON;
	enum plug_state want = on ? PLUG_ON : PLUG_OFF;
	const char *name = run->settings->nodes[run->attempt->node].name;

	if (!run->attempt->must_write && read_before(run, want)) {
		end(run, on ? FENCE_IS_ON : FENCE_ALREADY_OFF,
		    "%s: every plug was %s already", name, on ? "on" : "off");
		return;
	}
	if (is_outrun(run))
		return;
	if (!may_write(run)) {
		end(run, FENCE_UNKNOWN, "nothing was switched: no leave given");
		return;
	}
	if (switch_and_verify(run, want))
		end(run, on ? FENCE_IS_ON : FENCE_IS_OFF,
		    "%s: every plug reads %s, %.1f ms after the request", name,
		    on ? "on" : "off", since_ms(run->attempt->start_us));
}

/* Each device has its share of the time; one that failed is not asked about
 * its other plugs. */
static void run_read(struct run *run)
{
	uint32_t dead = 0;
	char first[FENCE_TEXT_MAX] = "";

	for (unsigned i = 0; i < run->plan->count; i++) {
		uint32_t bit = 1u << plug_at(run, i)->device;
		enum plug_state state;

		if ((dead & bit) != 0 || left_ms(run) < 1)
			continue;
		state = read_plug(run, i,
				  plan_read_ms(run->settings,
					       run->attempt->node, run->plan,
					       i));
		if (state != PLUG_UNKNOWN) {
			step(run, "%s reads %s", plug_text(run, i).text,
			     state_name(state));
			continue;
		}
		dead |= bit;
		/* said at once: the next one may take as long */
		step(run, "level %u: %.180s", plug_at(run, i)->level,
		     run->error);
		if (first[0] == '\0')
			memcpy(first, run->error, sizeof(first));
	}
	run->report.device_ok &= ~dead;
	end(run, FENCE_READ_DONE, "%s", first);
}

void attempt_run(const struct attempt *attempt, const struct settings *settings,
		 int fd)
{
	struct run run = {.attempt = attempt,
			  .settings = settings,
			  .plan = &attempt->plan,
			  .fd = fd};

	if (attempt->kind == FENCE_READ)
		run_read(&run);
	else
		run_switch(&run);
}

/* What its words take of stack, heap and libc. */
static void rehearse_words(void)
{
	struct run run = {.fd = -1};
	char stack[16384];

	memset(stack, 0, sizeof(stack));
	/* the compiler knows that nobody reads it */
	__asm__ volatile("" : : "r"(stack) : "memory");
	step(&run, "%s reads %s after %.1f ms", stack, "off", since_ms(0));
}

void attempt_rehearse(const struct settings *settings)
{
	images_touch();
	rehearse_words();
	for (unsigned i = 0; i < settings->device_count; i++)
		driver_rehearse(&settings->devices[i]);
}
