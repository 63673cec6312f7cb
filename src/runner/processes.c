/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: one process of each name must run. The end of the one that was found is
 * told by its pidfd, everywhere and at once; a start by the kernel's process
 * events, and where there are none, by a look each second.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "process_events.h"
#include "runner.h"
#include "tracker.h"

#define COMM_MAX      16       /* TASK_COMM_LEN, with its zero */
#define LOOK_US	      1000000  /* without events */
#define LOOK_RARE_US  10000000 /* with them, in case one was lost */
#define OPEN_US	      10000000 /* the events are asked for again */
#define EVENTS_A_TURN 64

struct processes;
struct process {
	struct watched end; /* the pidfd of pid */
	struct processes *all;
	struct check check;
	pid_t pid; /* 0 = none is known */
	char name[SETTINGS_NAME_MAX], comm[COMM_MAX];
};

struct processes {
	struct watched events;
	bool has_events; /* the kernel said that they will come */
	bool is_told;	 /* the log has it that there are none */
	int64_t look_us;
	int64_t open_us; /* not before are events asked for, again */
	unsigned count;
	struct process at[]; /* INSTANCES_MAX * TRACK_PROCESSES_MAX */
};

/* ---- /proc ---- */

/* Its name, if it runs and is no zombie. */
static bool read_comm(pid_t pid, char comm[COMM_MAX])
{
	char path[40], text[256], *open_at, *close_at;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return false;
	text[got] = '\0';
	/* PID (NAME) STATE ..., and a name may hold anything */
	open_at = strchr(text, '(');
	close_at = strrchr(text, ')');
	if (open_at == NULL || close_at == NULL || close_at[1] != ' ' ||
	    strchr("ZXx", close_at[2]) != NULL)
		return false;
	*close_at = '\0';
	snprintf(comm, COMM_MAX, "%.*s", COMM_MAX - 1, open_at + 1);
	return true;
}

/* ---- found, lost ---- */

static void say(struct tracker *tracker, struct process *process,
		enum check_state state)
{
	char why[CHECK_TEXT_MAX];

	if (process->check.state == state)
		return;
	process->check.state = state;
	snprintf(why, sizeof(why), "no process %s runs", process->name);
	memcpy(process->check.why, why, sizeof(why));
	tracker_changed(tracker);
}

/* What had its name may have ended, or have another name, since it was seen. */
static void adopt(struct tracker *tracker, struct process *process, pid_t pid)
{
	char comm[COMM_MAX];

	process->end.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process->end.fd < 0 || !tracker_watch(tracker, &process->end))
		return;
	if (!read_comm(pid, comm) || strcmp(comm, process->comm) != 0) {
		tracker_unwatch(tracker, &process->end);
		return;
	}
	process->pid = pid;
	say(tracker, process, CHECK_GOOD);
}

static void offer(struct tracker *tracker, struct processes *processes,
		  pid_t pid)
{
	char comm[COMM_MAX];

	if (!read_comm(pid, comm))
		return;
	for (unsigned i = 0; i < processes->count; i++)
		if (processes->at[i].pid == 0 &&
		    strcmp(processes->at[i].comm, comm) == 0)
			adopt(tracker, &processes->at[i], pid);
}

static unsigned missing(const struct processes *processes)
{
	unsigned count = 0;

	for (unsigned i = 0; i < processes->count; i++)
		count += processes->at[i].pid == 0;
	return count;
}

/* All that run, for those names of which none is known. */
static void look(struct tracker *tracker, struct processes *processes)
{
	DIR *folder = missing(processes) > 0 ? opendir("/proc") : NULL;
	struct dirent *entry;

	while (folder != NULL && missing(processes) > 0 &&
	       (entry = readdir(folder)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0)
			offer(tracker, processes, pid);
	}
	if (folder != NULL)
		closedir(folder);
	for (unsigned i = 0; i < processes->count; i++)
		if (processes->at[i].pid == 0)
			say(tracker, &processes->at[i], CHECK_BAD);
}

static void forget(struct tracker *tracker, struct process *process)
{
	tracker_unwatch(tracker, &process->end);
	process->pid = 0;
}

static void process_ended(struct tracker *tracker, struct watched *watched,
			  uint32_t events)
{
	struct process *process = (struct process *)watched;

	(void)events;
	forget(tracker, process);
	/* another one of its name may run */
	look(tracker, process->all);
}

/* True: one that was known has become another program. */
static bool verify(struct tracker *tracker, struct processes *processes,
		   pid_t only)
{
	bool is_lost = false;

	for (unsigned i = 0; i < processes->count; i++) {
		struct process *process = &processes->at[i];
		char comm[COMM_MAX];

		if (process->pid == 0 || (only != 0 && process->pid != only))
			continue;
		/* its end is its pidfd's to tell */
		if (read_comm(process->pid, comm) &&
		    strcmp(comm, process->comm) != 0) {
			forget(tracker, process);
			is_lost = true;
		}
	}
	return is_lost;
}

/* ---- events ---- */

static void take_events(struct tracker *tracker, struct watched *watched,
			uint32_t unused)
{
	struct processes *processes = (struct processes *)watched;
	pid_t pid;

	(void)unused;
	for (unsigned i = 0; i < EVENTS_A_TURN; i++)
		switch (process_events_read(watched->fd, &pid)) {
		case PROCESS_NOTHING:
			return;
		case PROCESS_OTHER:
			break;
		case PROCESS_ANSWERED:
			processes->has_events = true;
			runner_log(LOG_INFO, "tracked processes: the kernel "
					     "tells of those that start");
			break;
		case PROCESS_NAMED:
			if (verify(tracker, processes, pid))
				look(tracker, processes);
			offer(tracker, processes, pid);
			break;
		case PROCESS_LOST:
			processes->look_us = 0;
			break;
		}
}

/* Again and again: what they lack may be a descriptor, for a moment. */
static void open_events(struct tracker *tracker, struct processes *processes,
			int64_t now_us)
{
	const char *why = "it does not answer";

	if (processes->events.fd >= 0 || now_us < processes->open_us)
		return;
	processes->open_us = now_us + OPEN_US;
	processes->events.fd = process_events_open(&why);
	if (processes->events.fd >= 0 &&
	    tracker_watch(tracker, &processes->events))
		return;
	if (processes->is_told)
		return;
	processes->is_told = true;
	runner_log(LOG_NOTICE,
		   "tracked processes: the kernel does not tell of those that "
		   "start (%s): a look each second instead; it does for root "
		   "and outside of containers",
		   why);
}

/* ---- all of them ---- */

static const struct process *find(const struct processes *processes,
				  const char *name)
{
	for (unsigned i = 0; i < processes->count; i++)
		if (strcmp(processes->at[i].name, name) == 0)
			return &processes->at[i];
	return NULL;
}

static void add(struct processes *processes, const char *name)
{
	struct process *process = &processes->at[processes->count++];

	process->end = (struct watched){process_ended, -1};
	process->all = processes;
	snprintf(process->name, sizeof(process->name), "%s", name);
	snprintf(process->comm, sizeof(process->comm), "%.*s", COMM_MAX - 1,
		 name);
}

struct processes *processes_begin(struct tracker *tracker)
{
	const struct settings *settings = tracker_settings(tracker);
	unsigned most = 0;
	struct processes *processes;

	for (unsigned i = 0; i < settings->instance_count; i++)
		most += settings->instances[i].process_count;
	processes =
		calloc(1, sizeof(*processes) + most * sizeof(processes->at[0]));
	if (processes == NULL)
		return NULL;
	processes->events = (struct watched){take_events, -1};
	for (unsigned i = 0; i < settings->instance_count; i++)
		for (unsigned k = 0; k < settings->instances[i].process_count;
		     k++)
			if (find(processes,
				 settings->instances[i].processes[k]) == NULL)
				add(processes,
				    settings->instances[i].processes[k]);
	return processes;
}

int64_t processes_step(struct tracker *tracker, struct processes *processes,
		       int64_t now_us)
{
	if (processes->count == 0)
		return INT64_MAX;
	open_events(tracker, processes, now_us);
	if (now_us >= processes->look_us) {
		verify(tracker, processes, 0);
		look(tracker, processes);
		processes->look_us =
			now_us +
			(processes->has_events ? LOOK_RARE_US : LOOK_US);
	}
	return processes->look_us;
}

const struct check *processes_of(const struct processes *processes,
				 const char *name)
{
	return &find(processes, name)->check;
}
