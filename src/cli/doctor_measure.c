/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cables. The daemon holds the ports, so that nobody else can speak on
 * them; what it counts while we look on is the measurement: beats that came
 * against those that should have, damaged ones, and the round trip.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../wire/beat.h"
#include "client.h"
#include "doctor_measure.h"

#define MEASURE_MS 3000
#define EVERY_MS   250
#define WORK_MS	   20
/* beats that are under way at either end of the time */
#define EDGE 2
/* percent */
#define LOSS_WARN 2
#define LOSS_BAD  20

struct cable {
	const struct settings_link *link;
	int64_t first_rx, last_rx, first_errors, last_errors;
	int64_t first_ms, last_ms; /* when they were counted */
	int64_t most_rtt_ms, sum_rtt_ms;
	unsigned rtt_count;
};

static int64_t count_errors(const json_t *link)
{
	const json_t *errors = json_object_get(link, "errors");

	return client_number(errors, "auth", 0) +
	       client_number(errors, "framing", 0) +
	       client_number(errors, "loop", 0);
}

static void look(struct cable *cables, const struct settings *settings,
		 const json_t *status)
{
	const json_t *link;
	size_t at;

	json_array_foreach(json_object_get(status, "links"), at, link)
	{
		const char *name = client_string(link, "name");
		int64_t rtt_ms = client_number(link, "rtt_ms", -1);
		struct cable *cable;
		unsigned i = 0;

		while (i < LINKS_MAX &&
		       (!settings->links[i].configured ||
			strcmp(settings->links[i].name, name) != 0))
			i++;
		/* of one that is down there is nothing to measure */
		if (i == LINKS_MAX ||
		    !strcmp(client_string(link, "type"), "vrrp") ||
		    (strcmp(client_string(link, "state"), "up") != 0 &&
		     strcmp(client_string(link, "state"), "half") != 0))
			continue;
		cable = &cables[i];
		cable->last_rx = client_number(link, "rx", 0);
		cable->last_errors = count_errors(link);
		cable->last_ms = clock_now_ms();
		if (!cable->link) {
			cable->link = &settings->links[i];
			cable->first_rx = cable->last_rx;
			cable->first_errors = cable->last_errors;
			cable->first_ms = cable->last_ms;
		}
		if (rtt_ms < 0)
			continue;
		cable->rtt_count++;
		cable->sum_rtt_ms += rtt_ms;
		if (rtt_ms > cable->most_rtt_ms)
			cable->most_rtt_ms = rtt_ms;
	}
}

/* "; a beat takes 3.5 ms at 115200 baud", or "". */
static void describe_speed(const struct settings *settings,
			   const struct settings_link *link, char *text,
			   size_t size)
{
	size_t bytes = beat_wire_size(settings->instance_count);

	text[0] = '\0';
	if (link->baud > 0)
		snprintf(text, size, "; a beat takes %.1f ms at %u baud",
			 (double)bytes * 10 * 1000 / link->baud, link->baud);
}

static const char remedy[] =
	"see the plug, the length and the ground of the cable, or a lower "
	"baud; on Ethernet, the switch port's counters";

static void tell(struct doctor *doctor, const struct settings *settings,
		 const struct cable *cable)
{
	int64_t elapsed_ms = cable->last_ms - cable->first_ms;
	int64_t came = cable->last_rx - cable->first_rx;
	int64_t damaged = cable->last_errors - cable->first_errors;
	int64_t due = elapsed_ms * 1000 / cable->link->interval_us;
	int64_t lost = due - came > EDGE ? due - came : 0;
	int64_t percent = due > 0 ? 100 * lost / due : 0;
	enum doctor_verdict verdict = DOCTOR_OK;
	char speed[80], round[80] = "no round trip measured";

	if (due <= EDGE)
		return; /* the daemon answered once only */
	if (percent >= LOSS_WARN || damaged > 0 ||
	    cable->most_rtt_ms > cable->link->dead_ms / 2)
		verdict = DOCTOR_WARN;
	if (percent >= LOSS_BAD || 100 * damaged / due >= LOSS_BAD)
		verdict = DOCTOR_BAD;
	describe_speed(settings, cable->link, speed, sizeof(speed));
	if (cable->rtt_count > 0)
		snprintf(round, sizeof(round),
			 "round trip %lld ms, at most %lld ms",
			 (long long)(cable->sum_rtt_ms / cable->rtt_count),
			 (long long)cable->most_rtt_ms);
	doctor_say(doctor, verdict, "cable", verdict ? remedy : "",
		   "%s: %lld beats in %.1f s, %lld lost, %lld damaged, %s%s",
		   cable->link->name, (long long)came,
		   (double)elapsed_ms / 1000, (long long)lost,
		   (long long)damaged, round, speed);
}

/* What of the other end's DTR and RTS gets here, wire by wire. */
static void describe_wires(const json_t *wires, char *text, size_t size)
{
	bool dsr = json_is_true(json_object_get(wires, "dsr"));
	bool dcd = json_is_true(json_object_get(wires, "dcd"));
	bool cts = json_is_true(json_object_get(wires, "cts"));
	const char *dtr = dsr && dcd ? "DTR as DSR and DCD"
			  : dsr	     ? "DTR as DSR, not as DCD"
				     : "DTR as DCD, not as DSR";
	const char *rts =
		json_is_true(json_object_get(wires, "rts_returns"))
			? "; CTS is this end's own RTS (a sense cable: a plug "
			  "pulled here is told from a dark peer)"
		: !cts ? "; RTS does not (no CTS)"
		: json_is_true(json_object_get(wires, "cts_is_peers"))
			? ", RTS as CTS"
			: "; CTS is up, but was not seen to follow the other "
			  "end's RTS";

	text[0] = '\0';
	if (dsr || dcd)
		snprintf(text, size, ": %s%s", dtr, rts);
}

/* A cable that R18 cannot use; wires: NULL = the daemon is an older one. */
static const char *describe_poor(const json_t *wires)
{
	if (json_is_true(json_object_get(wires, "bridged")))
		return "DSR and DCD are joined to this end's own DTR: no modem "
		       "lines of the other end get here";
	if (json_is_true(json_object_get(wires, "cts_is_peers")))
		return "RTS and CTS are crossed, but no DTR of the other end "
		       "gets here as DSR or DCD";
	return "a cable of three wires: no modem lines of the other end get "
	       "here";
}

/* What the daemon has found by lowering DTR and RTS (twinbeat-lines). */
static void tell_line(struct doctor *doctor, const struct settings *settings,
		      const json_t *link)
{
	const char *name = client_string(link, "name");
	const char *line = client_string(link, "line");
	const json_t *wires = json_object_get(link, "wires");
	bool is_wanted = settings->hurry_ms > 0;
	char text[200];

	describe_wires(wires, text, sizeof(text));
	if (!strcmp(line, "ok"))
		doctor_say(doctor, DOCTOR_OK, "cable", "",
			   "%s: the modem lines of the other end get here%s",
			   name, text);
	else if (!strcmp(line, "three-wire"))
		doctor_say(doctor, is_wanted ? DOCTOR_WARN : DOCTOR_OK, "cable",
			   is_wanted ? "a cable with DTR to the other end's "
				       "DSR and DCD, or hurry_ms = 0"
				     : "",
			   "%s: %s%s", name, describe_poor(wires),
			   is_wanted ? ", so that their fall hastens nothing "
				       "(links.hurry_ms)"
				     : "");
}

void doctor_measure(const struct cli *cli, struct doctor *doctor,
		    const struct settings *settings, const json_t *status)
{
	struct cable cables[LINKS_MAX];
	int64_t end_ms = clock_now_ms() + MEASURE_MS, next_ms = 0;
	char error[CLIENT_ERROR_MAX];
	enum client_result result;
	struct progress progress;
	struct probe *probe;
	const json_t *link;
	json_t *now;
	size_t at;

	memset(cables, 0, sizeof(cables));
	progress_begin(&progress, isatty(STDERR_FILENO) ? stderr : NULL,
		       "listening to cables and network for 3 s");
	probe = doctor_probe_begin(doctor, settings);
	while (clock_now_ms() < end_ms) {
		if (clock_now_ms() >= next_ms) {
			next_ms = clock_now_ms() + EVERY_MS;
			now = client_fetch_status(cli->run_dir, 1000, &result,
						  error);
			look(cables, settings, now);
			json_decref(now);
		}
		doctor_probe_work(probe);
		progress_tick(&progress);
		poll(NULL, 0, WORK_MS);
	}
	progress_end(&progress);
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (cables[i].link)
			tell(doctor, settings, &cables[i]);
	json_array_foreach(json_object_get(status, "links"), at, link)
		tell_line(doctor, settings, link);
	doctor_probe_end(probe, status);
}
