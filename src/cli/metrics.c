/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat metrics: the status as metrics, on stdout, or in a file that
 * node_exporter reads at any moment: whole or not at all, and readable by it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/replace_file.h"
#include "../status/metrics.h"
#include "client.h"

#define METRICS_MODE 0644

static int write_file(const struct cli *cli, const char *path,
		      const json_t *status, enum metrics_format format)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int result = CLI_FAILED;

	if (memory)
		metrics_write(memory, status, format);
	if (!memory || fclose(memory))
		cli_error(cli, "no memory for the metrics");
	else if (replace_file_mode(path, METRICS_MODE, text, size))
		cli_error(cli, "cannot write %s: %s", path, strerror(errno));
	else
		result = CLI_OK;
	free(text);
	return result;
}

int command_metrics(const struct cli *cli, int argc, char **argv)
{
	const char *path = NULL, *word = NULL;
	const struct cli_option options[] = {{"--format", NULL, &word},
					     {"--output", NULL, &path}};
	int result = cli_parse(cli, argc, argv, options, 2, NULL, 0, NULL);
	enum metrics_format format = METRICS_OPENMETRICS;
	json_t *status, *director;
	int reached, written;

	if (result >= 0)
		return result;
	/* the collector of files reads no OpenMetrics */
	if (word ? !strcmp(word, "prometheus") : path != NULL) {
		format = METRICS_PROMETHEUS;
	} else if (word && strcmp(word, "openmetrics") != 0) {
		cli_error(cli, "--format is openmetrics or prometheus, not %s",
			  word);
		return CLI_USAGE;
	}
	/* no daemon: twinbeat_up 0, not a file of an hour ago */
	status = client_status(cli, false, &reached);
	director = status ? director_ask(cli) : NULL;
	if (director)
		json_object_set_new(status, "director", director);
	if (path) {
		written = write_file(cli, path, status, format);
	} else {
		metrics_write(stdout, status, format);
		written = fflush(stdout) ? CLI_FAILED : CLI_OK;
	}
	json_decref(status);
	return written != CLI_OK ? written : reached;
}
