/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_LINK_WORDS_H
#define IPC_LINK_WORDS_H
/*
 * What a person looks at first when something is wrong with a link, by its
 * kind: the ends of the core's sentences, which knows neither ports nor wires.
 */
struct link_words {
	const char *lost;  /* our own side of it is */
	const char *down;  /* it fell silent */
	const char *half;  /* we hear, and are not heard */
	const char *never; /* nothing was heard since the start */
	const char *noise; /* and something came in that is no beat */
	const char *other; /* frames that are none: what may differ */
	const char *loop;  /* our own beats come back */
};
#endif
