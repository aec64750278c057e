// SPDX-License-Identifier: GPL-2.0
/*
 * "samrctl status --watch": frames that take each other's place.
 *
 * A frame is made by a process of its own, whose output is kept until it is
 * whole: so nothing is seen half drawn, and one that ends with an error is a
 * frame like any other. It is drawn over the one before, without clearing the
 * screen first, so that nothing flickers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nl.h"
#include "print.h"
#include "status.h"

#define SETTLE_MS	50	/* a change is seldom alone */

/**
 * struct frame - what a process has printed
 * @text: not terminated
 * @len: of it
 * @status: its exit status
 */
struct frame {
	char *text;
	size_t len;
	int status;
};

static void read_all(int fd, struct frame *f)
{
	ssize_t n;

	f->text = NULL;
	f->len = 0;
	do {
		f->text = realloc(f->text, f->len + 4096);
		if (!f->text)
			die(EXIT_REFUSED, "no memory");
		n = read(fd, f->text + f->len, 4096);
		f->len += n > 0 ? n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
}

static void __attribute__((noreturn)) child(int fd, int (*show)(void))
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	nl_close();
	exit(show());
}

static void make(struct frame *f, int (*show)(void))
{
	int fds[2], status = 0;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds))
		die(EXIT_REFUSED, "no pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die(EXIT_REFUSED, "no process: %s", strerror(errno));
	if (!pid) {
		close(fds[0]);
		child(fds[1], show);
	}
	close(fds[1]);
	read_all(fds[0], f);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	f->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_REFUSED;
}

/* ---- the screen ---- */

#define BEGIN_SCREEN	"\033[?1049h\033[?25l\033[2J"
#define END_SCREEN	"\033[?25h\033[?1049l"
#define BEGIN_FRAME	"\033[?2026h\033[H"	/* where it is known: all at once */
#define END_FRAME	"\033[J\033[?2026l"

static void screen_size(size_t *rows, size_t *columns)
{
	struct winsize w = { };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		w.ws_row = 0;
	*rows = w.ws_row ? w.ws_row : 24;
	*columns = w.ws_col ? w.ws_col : 80;
}

/* One line, cut before the screen's last column; colours take no room. */
static void draw_line(const char *line, size_t len, size_t columns)
{
	size_t i, at = 0;

	for (i = 0; i < len; i++) {
		if (line[i] == '\033') {
			while (i < len && line[i] != 'm')
				putchar(line[i++]);
			if (i < len)
				putchar('m');
		} else if (at + 1 < columns) {
			putchar(line[i]);
			/* The bytes that follow in UTF-8 take no room. */
			at += i + 1 == len || (line[i + 1] & 0xc0) != 0x80;
		}
	}
	fputs("\033[K", stdout);
}

static void draw_foot(size_t left, uint64_t interval_us, size_t columns)
{
	time_t now = time(NULL);
	char text[120], clock[16], more[40] = "";
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (left)
		snprintf(more, sizeof(more), "(%zu more lines) ", left);
	snprintf(text, sizeof(text),
		 "%s%s, every %g s and at each change; Ctrl-C ends", more,
		 clock, interval_us / 1e6);
	draw_line(text, strlen(text), columns);
}

static void draw(const struct frame *f, uint64_t interval_us)
{
	const char *line = f->text, *end = f->text + f->len, *next;
	size_t rows, columns, row = 1, left = 0;

	screen_size(&rows, &columns);
	fputs(BEGIN_FRAME, stdout);
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', end - line);
		if (!next)
			next = end;
		if (row++ >= rows) {
			left++;
			continue;
		}
		draw_line(line, next - line, columns);
		putchar('\n');
	}
	draw_foot(left, interval_us, columns);
	fputs(END_FRAME, stdout);
	fflush(stdout);
}

static void put_frame(const struct frame *f, bool first)
{
	if (!first && !print_json())
		putchar('\n');
	fwrite(f->text, 1, f->len, stdout);
	if (fflush(stdout))
		die(EXIT_REFUSED, "cannot write the output");
}

/* ---- events ---- */

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Return: it is over. */
static bool take_signal(int fd, bool screen)
{
	struct signalfd_siginfo s;

	while (read(fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGWINCH)
			continue;
		if (s.ssi_signo != SIGTSTP)
			return true;
		if (screen)
			fputs(END_SCREEN, stdout);
		fflush(stdout);
		raise(SIGSTOP);
		if (screen)
			fputs(BEGIN_SCREEN, stdout);
	}
	return false;
}

/* The module may come and go: the descriptor of its events, or -1. */
static int subscribe(void)
{
	nl_close();
	return nl_loaded() ? nl_subscribe() : -1;
}

/* Until something has happened. Return: it is over. */
static bool pause_for(uint64_t interval_us, int events, int sigs, bool screen)
{
	struct pollfd fds[] = {
		{ .fd = sigs, .events = POLLIN },
		{ .fd = events, .events = POLLIN },
	};
	char buffer[8192];
	ssize_t n;

	if (poll(fds, 2, interval_us / 1000) <= 0)
		return false;
	if (fds[0].revents && take_signal(sigs, screen))
		return true;
	if (!fds[1].revents)
		return false;
	usleep(SETTLE_MS * 1000);
	do
		n = recv(events, buffer, sizeof(buffer), MSG_DONTWAIT);
	while (n > 0 || (n < 0 && errno == ENOBUFS));
	return false;
}

int watch(uint64_t interval_us, int (*show)(void))
{
	bool screen = isatty(STDOUT_FILENO) && !print_json(), first = true;
	int sigs = signals(), events = subscribe();
	struct frame f;
	bool over;

	if (screen)
		fputs(BEGIN_SCREEN, stdout);
	do {
		make(&f, show);
		if (screen)
			draw(&f, interval_us);
		else
			put_frame(&f, first);
		free(f.text);
		first = false;
		/* Membership in the group of events ends with the module. */
		if (events < 0 || f.status == verdict_exit(VERDICT_STOPPED))
			events = subscribe();
		over = pause_for(interval_us, events, sigs, screen);
	} while (!over);
	if (screen)
		fputs(END_SCREEN, stdout);
	return f.status;
}
