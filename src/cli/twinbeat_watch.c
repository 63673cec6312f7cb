/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-watch, what twinbeat watch is on a terminal: the picture of twinbeat
 * status, twice a second. A program of its own, so that the commands that one
 * needs at three in the morning do not hang on ncurses. All stands there in
 * words; how a line is drawn differs by bold and reverse, too, so that nobody
 * has to tell colours apart.
 */
#include <curses.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/standard_fds.h"
#include "client.h"
#include "text.h"
#include "view.h"
#include "watch.h"

/* A key of the cursor is more than one byte; a modem may keep them apart. */
#define ESCAPE_MS 100

struct picture {
	json_t *status; /* or NULL, and in error why */
	char error[CLIENT_ERROR_MAX];
	char *text; /* as wide as the window, with the marks of tones */
	size_t size;
	int lines; /* of it */
	int top;   /* the first one in the window */
};

/* The last line of the window is ours. */
static int room(void)
{
	return LINES > 1 ? LINES - 1 : 0;
}

static void picture_ask(struct picture *picture, const char *run_dir)
{
	json_decref(picture->status);
	picture->status = watch_look(run_dir, picture->error);
}

/* Of what was asked last, in the window of now. */
static void picture_render(struct picture *picture)
{
	FILE *out;

	free(picture->text);
	picture->text = NULL;
	picture->lines = 0;
	out = open_memstream(&picture->text, &picture->size);
	if (!out)
		return;
	terminal_mark_tones(out);
	/* never in the last column: there some terminals wrap */
	text_fold_at(COLS > 20 ? (unsigned)COLS - 1 : 20);
	if (picture->status)
		view_status(out, picture->status);
	else
		text_wrap(out, "", 2, picture->error);
	terminal_mark_tones(NULL);
	if (fclose(out) != 0)
		return;
	for (const char *c = picture->text; (c = strchr(c, '\n')); c++)
		picture->lines++;
	if (picture->top > picture->lines - room())
		picture->top = picture->lines - room();
	if (picture->top < 0)
		picture->top = 0;
}

/* ---- drawing ---- */

static attr_t attributes[TERMINAL_TONES] = {
	[TONE_PLAIN] = A_NORMAL, [TONE_HEAD] = A_BOLD,	 [TONE_GOOD] = A_NORMAL,
	[TONE_WARN] = A_BOLD,	 [TONE_BAD] = A_REVERSE,
};

/* Colours come on top of what is there without them. */
static void add_colours(void)
{
	static const short colours[TERMINAL_TONES] = {
		[TONE_GOOD] = COLOR_GREEN,
		[TONE_WARN] = COLOR_YELLOW,
		[TONE_BAD] = COLOR_RED,
	};
	const char *refused = getenv("NO_COLOR");
	short background = -1; /* that of the terminal */

	if ((refused && refused[0]) || !has_colors() || start_color() != OK)
		return;
	if (use_default_colors() != OK)
		background = COLOR_BLACK;
	for (short tone = 0; tone < TERMINAL_TONES; tone++)
		if (colours[tone] != 0 &&
		    init_pair(tone, colours[tone], background) == OK)
			attributes[tone] |= (attr_t)COLOR_PAIR(tone);
}

/* A tone that begins above the window goes on in it. */
static void draw_text(const struct picture *picture)
{
	int row = -picture->top;
	const char *c = picture->text;

	attrset(A_NORMAL);
	while (c && *c && row < room()) {
		size_t length = strcspn(c, TERMINAL_MARKS "\n");
		int x = getcurx(stdscr);

		if (row >= 0 && length > 0 && x < COLS)
			addnstr(c, (int)length < COLS - x ? (int)length
							  : COLS - x);
		c += length;
		if (*c == '\n') {
			row++;
			if (row >= 0)
				move(row, 0);
		} else if (*c) {
			attrset((int)attributes[*c - TERMINAL_MARK]);
		}
		c += *c != '\0';
	}
	attrset(A_NORMAL);
}

static void draw(const struct picture *picture)
{
	char line[128], at[16];
	time_t now = time(NULL);
	struct tm tm;
	int last = picture->top + room();

	erase();
	move(0, 0);
	draw_text(picture);
	localtime_r(&now, &tm);
	strftime(at, sizeof(at), "%H:%M:%S", &tm);
	snprintf(line, sizeof(line), "%s  q ends", at);
	if (picture->top > 0 || last < picture->lines)
		snprintf(line, sizeof(line),
			 "%s  q ends  lines %d-%d of %d: arrows, space", at,
			 picture->top + 1,
			 last < picture->lines ? last : picture->lines,
			 picture->lines);
	mvaddnstr(LINES - 1, 0, line, COLS - 1);
	refresh();
}

/* ---- keys ---- */

/* False: enough. */
static bool take_key(struct picture *picture, int key)
{
	int page = room() > 1 ? room() - 1 : 1;

	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case KEY_UP:
	case 'k':
		picture->top--;
		break;
	case KEY_DOWN:
	case 'j':
		picture->top++;
		break;
	case KEY_PPAGE:
	case 'b':
		picture->top -= page;
		break;
	case KEY_NPAGE:
	case ' ':
		picture->top += page;
		break;
	case KEY_HOME:
	case 'g':
		picture->top = 0;
		break;
	case KEY_END:
	case 'G':
		picture->top = picture->lines;
		break;
	case KEY_RESIZE:
	case 'L' & 0x1f: /* what stands there now, the terminal alone knows */
		clearok(curscr, TRUE);
		break;
	default:
		break;
	}
	return true;
}

/* Until something is to be drawn. False: q, or the terminal is gone. */
static bool wait_keys(struct picture *picture, int64_t until_ms)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	int64_t left_ms = until_ms - clock_now_ms();
	bool is_readable = poll(&input, 1, left_ms > 0 ? (int)left_ms : 0) > 0;
	int key = getch();

	/* readable, and nothing to be read: nobody sits there any more */
	if (is_readable && key == ERR)
		return terminal_interrupted();
	for (; key != ERR; key = getch())
		if (!take_key(picture, key))
			return false;
	return true;
}

/* ---- */

/* A terminal that terminfo knows, and that can be drawn on. */
static bool open_screen(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    !newterm(NULL, stdout, stdin))
		return false;
	if (tigetstr("cup") && tigetstr("clear"))
		return true;
	endwin();
	return false;
}

static void watch_screen(const char *run_dir)
{
	struct picture picture = {.status = NULL};
	int64_t ask_ms = clock_now_ms();
	bool goes_on = true, comes_back = tigetstr("rmcup") != NULL;

	terminal_catch_quit();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	add_colours();
	while (goes_on && !terminal_interrupted()) {
		if (clock_now_ms() >= ask_ms) {
			picture_ask(&picture, run_dir);
			ask_ms = clock_now_ms() + WATCH_EVERY_MS;
		}
		picture_render(&picture);
		draw(&picture);
		goes_on = wait_keys(&picture, ask_ms);
	}
	endwin();
	if (!comes_back) /* the picture stays, and the shell goes on below */
		puts("");
	json_decref(picture.status);
	free(picture.text);
}

/* Started by twinbeat watch: twinbeat-watch RUN_DIR. */
int main(int argc, char **argv)
{
	standard_fds_open();
	if (argc != 2) {
		fputs("usage: twinbeat watch, which starts this\n", stderr);
		return CLI_USAGE;
	}
	setlocale(LC_CTYPE, "");
	/* the window counts, not what a shell once exported of it */
	unsetenv("LINES");
	unsetenv("COLUMNS");
	terminal_catch_interrupt();
	if (!open_screen()) {
		watch_say_no_screen();
		return watch_lines(argv[1]);
	}
	watch_screen(argv[1]);
	return CLI_OK;
}
