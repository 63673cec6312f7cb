/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_WORD_DISTANCE_H
#define BASE_WORD_DISTANCE_H
/*
 * The letters to insert, delete, replace or swap with their neighbour that make
 * one word the other, for "did you mean". WORD_DISTANCE_MAX for words of 64
 * letters and more.
 */
#define WORD_DISTANCE_MAX 99

unsigned word_distance(const char *a, const char *b);
#endif
