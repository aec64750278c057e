// SPDX-License-Identifier: GPL-2.0
/*
 * The loop of a client.
 *
 * Statements are sent without waiting for those before; they are executed in
 * their order, and answered in it. What only reads waits for those before, and those behind
 * wait for it, as one head alone answers it. When the session is gone nothing is sent again
 * by itself: what has been executed nobody can tell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <samr/samr.h>
#include "call.h"
#include "client.h"
#include "collect.h"
#include "shell.h"
#include "split.h"

/* Between two tries while this head can order nothing. */
#define UNREACHABLE_MS		100

/* The heads set room aside for so many answers at once. */
#define WINDOW			16

/* Without its head a session lives so long. */
#define EXPIRY_MS		60000

/* A unit without an answer. They are answered in the order of their numbers. */
struct sent {
	struct asker *a;
	unsigned long line;
	int64_t at_ms;
};

struct asker {
	struct samr_sql_client_config cfg;
	struct samr_input *in;
	struct samr_collect collect;
	struct samr_client *c;		/* NULL: no session (any more) */
	struct samr_batch_buf buf;
	struct sent sent[WINDOW];
	unsigned int first, count;	/* of @sent */
	bool ended;			/* the input */
	bool quit;
	bool failed, unknown, undone;
	bool stuck, said_stuck;
	bool asking;			/* the unit without an answer is a query */
	bool prompted, greeted;
};

static volatile sig_atomic_t got_signal;

static void on_signal(int number)
{
	got_signal = number;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(struct asker *a, unsigned long line, const char *text,
		size_t len)
{
	fflush(stdout);
	if (a->in->tty)
		fprintf(stderr, "Error: %.*s\n", (int)len, text);
	else
		fprintf(stderr, "%s: line %lu: %.*s\n", a->cfg.name, line,
			(int)len, text);
}

static void fail(struct asker *a, unsigned long line, const char *text,
		 size_t len)
{
	say(a, line, text, len);
	a->failed = true;
	if (a->cfg.bail)
		a->quit = true;
}

/* What follows could depend on a statement of which nobody knows: so no more is sent. */
static void give_up(struct asker *a, unsigned long line, bool *what,
		    const char *text)
{
	say(a, line, text, strlen(text));
	*what = true;
	if (!a->in->tty)
		a->quit = true;
}

static void take_answer(struct asker *a, unsigned long line, const void *reply,
			size_t len)
{
	const char *text;
	size_t n;

	switch (samr_call_result(reply, len, &text, &n)) {
	case SAMR_CALL_DONE:
		fwrite(text, 1, n, stdout);
		break;
	case SAMR_CALL_FAILED:
		fail(a, line, text, n);
		break;
	case SAMR_CALL_NOT_BEGUN:
		give_up(a, line, &a->undone, "not executed: the heads wait for each other, and have not begun");
		break;
	default:
		give_up(a, line, &a->unknown, "outcome unknown: the answer is none of samr-sql: is this another service?");
	}
}

static void on_done(void *ctx, int result, const void *reply, size_t len);

static bool is_no_query(const struct asker *a, int result, const void *reply,
			size_t len)
{
	const char *text;
	size_t n;

	return a->asking && !result &&
	       samr_call_result(reply, len, &text, &n) == SAMR_CALL_NO_QUERY;
}

/* The head cannot tell by itself: all of them can. */
static bool send_as_request(struct asker *a, struct sent *s)
{
	a->asking = false;
	return !samr_call_async(a->c, a->buf.p, a->buf.len, on_done, s);
}

static void on_done(void *ctx, int result, const void *reply, size_t len)
{
	struct sent *s = ctx;
	struct asker *a = s->a;

	if (is_no_query(a, result, reply, len) && send_as_request(a, s))
		return;
	a->asking = false;
	a->first = (a->first + 1) % WINDOW;
	a->count--;
	a->stuck = a->said_stuck = false;
	if (!result)
		take_answer(a, s->line, reply, len);
	else if (result == -ECANCELED)
		give_up(a, s->line, &a->undone, "not executed: the session with the service is gone");
	else
		give_up(a, s->line, &a->unknown, "outcome unknown: the session with the service is gone; this was executed once, or not at all");
}

/* Signals end the wait. */
static int open_session(struct asker *a)
{
	const struct samr_session_opts opts = {
		.reply_max = (uint32_t)(a->cfg.rows_max + SAMR_CALL_HEADER),
		.expiry = EXPIRY_MS,
	};
	sigset_t set, before;
	int err;

	if (a->c)
		return 0;
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, &before);
	err = got_signal ? -EINTR :
	      samr_connect(&a->c, a->cfg.service, &opts,
			   a->cfg.timeout_ms ? a->cfg.timeout_ms : -1);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void not_sent(struct asker *a, unsigned long line, int err)
{
	char text[400];

	if (err == -ECONNREFUSED)
		snprintf(text, sizeof(text), "not executed: no head runs service %u: start samr-sql with a database on the heads",
			 a->cfg.service);
	else
		snprintf(text, sizeof(text), "not executed: service %u: %s",
			 a->cfg.service, samr_strerror(err));
	give_up(a, line, &a->undone, text);
}

static int hand_over(struct asker *a, bool query, struct sent *s)
{
	unsigned int flags = a->cfg.reads == SAMR_SQL_READS_LINEAR ?
			     SAMR_QUERY_LINEAR : 0;
	int err;

	if (!query || a->buf.len > SAMR_QUERY_LEN_MAX)
		return samr_call_async(a->c, a->buf.p, a->buf.len, on_done, s);
	err = samr_query_async(a->c, a->buf.p, a->buf.len, flags, on_done, s);
	if (!err)
		a->asking = true;
	return err;
}

/* Send one unit. Return: 0; -EAGAIN, -EHOSTUNREACH: not now; or why it cannot be. */
static int try_send(struct asker *a, const char *sql, size_t len,
		    unsigned long line, bool query)
{
	struct sent *s = &a->sent[(a->first + a->count) % WINDOW];
	int err = open_session(a);

	if (err)
		return err;
	if (!samr_call_ask(&a->buf, &a->cfg.print, a->cfg.rows_max, sql, len))
		return -ENOMEM;
	*s = (struct sent){ .a = a, .line = line, .at_ms = now_ms() };
	err = hand_over(a, query, s);
	if (!err)
		a->count++;
	return err;
}

static void drop_session(struct asker *a)
{
	samr_disconnect(a->c);
	a->c = NULL;
}

/* There will be no answer to what was sent. */
static void lose(struct asker *a, const char *why)
{
	char text[300];

	drop_session(a);
	for (; a->count; a->count--) {
		snprintf(text, sizeof(text), "%s: %s",
			 a->asking ? "not answered" : "outcome unknown", why);
		give_up(a, a->sent[a->first].line,
			a->asking ? &a->undone : &a->unknown, text);
		a->first = (a->first + 1) % WINDOW;
	}
	a->asking = false;
}

/* Take the answers that are there. */
static void run_ends(struct asker *a)
{
	int err = a->c ? samr_client_run(a->c, 0) : 0;

	switch (err) {
	case -EINTR:
		break;
	case -EHOSTUNREACH:
		a->stuck = true;
		if (!a->said_stuck)
			fprintf(stderr, "%s: this head cannot order anything for now: it is cut off, or waits for a fence; waiting\n",
				a->cfg.name);
		a->said_stuck = true;
		break;
	case -ECONNRESET:
		/* All had their ends. */
		lose(a, "the session with the service is gone");
		break;
	default:
		a->stuck = false;
		if (err < 0)
			lose(a, samr_strerror(err));
	}
}

static bool late(const struct asker *a, int64_t since_ms)
{
	return a->cfg.timeout_ms && now_ms() - since_ms > a->cfg.timeout_ms;
}

static void watch_time(struct asker *a)
{
	char text[200];

	if (!a->count || !late(a, a->sent[a->first].at_ms))
		return;
	snprintf(text, sizeof(text), "no answer for %d s%s",
		 a->cfg.timeout_ms / 1000, a->asking ? "" :
		 "; this will be executed if it was not yet");
	lose(a, text);
}

/* Wait for answers, for input if @read, for signals always. */
static void wait_for(struct asker *a, bool read, short events)
{
	/* The descriptor of a head that is stuck is ready all the time. */
	const bool look = a->c && (a->count || events & POLLOUT) && !a->stuck;
	struct pollfd p[2] = {
		{ .fd = look ? samr_client_fd(a->c) : -1, .events = events },
		{ .fd = read ? a->in->fd : -1, .events = POLLIN },
	};
	const struct timespec soon = {
		.tv_nsec = UNREACHABLE_MS * 1000000L,
	};
	sigset_t none;
	int err;

	sigemptyset(&none);
	fflush(stdout);
	if (ppoll(p, 2, a->count || !read ? &soon : NULL, &none) < 0 ||
	    !p[1].revents)
		return;
	a->prompted = false;
	err = samr_input_read(a->in);
	if (err) {
		fail(a, a->in->line, strerror(-err), strlen(strerror(-err)));
		a->in->end = true;
	}
}

static bool on_full(void *arg)
{
	const struct asker *a = arg;

	return a->count == WINDOW || a->asking;
}

/*
 * The kernel counts bytes, too, and may have no room for now. A session that is gone
 * with nothing under way is of no concern: another one does as well, once.
 */
static void send_unit(struct asker *a, const char *sql, size_t len,
		      unsigned long line, bool query)
{
	int64_t since = now_ms();
	bool again = true;
	int err;

	if (len > SAMR_REQUEST_LEN_MAX - SAMR_CALL_REQUEST -
		  SAMR_CALL_SEPARATOR_MAX) {
		static const char text[] =
			"longer than one message of the order can be (1 MiB)";

		fail(a, line, text, sizeof(text) - 1);
		return;
	}
	while ((err = try_send(a, sql, len, line, query))) {
		if (err == -ECONNRESET && again && !a->count) {
			again = false;
			drop_session(a);
			continue;
		}
		if ((err != -EAGAIN && err != -EHOSTUNREACH) ||
		    late(a, since) || got_signal)
			break;
		a->stuck = err == -EHOSTUNREACH;
		wait_for(a, false, POLLIN | POLLOUT);
		run_ends(a);
		watch_time(a);
		if (a->quit)
			break;
	}
	if (err)
		not_sent(a, line, err);
}

static void on_unit(void *arg, const char *sql, size_t len, unsigned long line)
{
	send_unit(arg, sql, len, line, false);
}

/* It shows what was answered before: so it waits for that. */
static bool on_query(void *arg, const char *sql, size_t len, unsigned long line)
{
	struct asker *a = arg;
	bool query = a->cfg.reads != SAMR_SQL_READS_ORDER &&
		     samr_split_reads(sql, len);

	if (query ? a->count : on_full(a))
		return false;
	send_unit(a, sql, len, line, query);
	return true;
}

static void on_refused(void *arg, unsigned long line, const char *text)
{
	fail(arg, line, text, strlen(text));
}

static const struct samr_collect_ops collect_ops = {
	.complain = on_refused,
	.full = on_full,
	.submit = on_unit,
	.query = on_query,
};

static void take_command(struct asker *a, const char *text, size_t len,
			 unsigned long line)
{
	static const char why[] =
		"a client knows .quit only; the other commands are for a head, which has a database";

	if ((len == 5 && (!memcmp(text, ".quit", 5) || !memcmp(text, ".exit", 5))))
		a->quit = true;
	else
		fail(a, line, why, sizeof(why) - 1);
}

/* Take all of the input that can be taken now. Return: more must be read. */
static bool take_input(struct asker *a)
{
	const char *text;
	unsigned long line;
	size_t len;

	while (!a->quit && !a->ended && !got_signal) {
		if ((a->in->tty || a->cfg.bail) && a->count)
			return false;
		switch (samr_input_next(a->in, &text, &len, &line)) {
		case SAMR_INPUT_MORE:
			return true;
		case SAMR_INPUT_END:
			samr_collect_end(&a->collect);
			a->ended = true;
			return false;
		case SAMR_INPUT_STATEMENT:
			if (!samr_collect_take(&a->collect, text, len, line))
				return false;
			break;
		case SAMR_INPUT_COMMAND:
			take_command(a, text, len, line);
		}
		samr_input_done(a->in, len);
	}
	return false;
}

static void prompt(struct asker *a)
{
	if (!a->in->tty || a->prompted)
		return;
	if (!a->greeted)
		puts("A client of the heads: SQL ends with a semicolon, .quit leaves.");
	a->greeted = a->prompted = true;
	fputs(samr_input_inside(a->in) ? "     ...> " :
	      a->collect.open ? "samr-sql*> " : "samr-sql> ", stdout);
}

/* ^C at the prompt drops the line, as elsewhere. */
static bool drop_line(struct asker *a)
{
	if (got_signal != SIGINT || !a->in->tty || a->count || a->quit)
		return false;
	got_signal = 0;
	puts(samr_input_inside(a->in) ? "" : "\n.quit leaves");
	samr_input_drop(a->in);
	a->prompted = false;
	return true;
}

static void loop(struct asker *a)
{
	bool read;

	while (!got_signal || drop_line(a)) {
		run_ends(a);
		watch_time(a);
		read = take_input(a);
		if ((a->quit || a->ended) && !a->count)
			return;
		if (read)
			prompt(a);
		if (!got_signal)
			wait_for(a, read, POLLIN);
	}
}

/* What was not even read must not be taken for done. */
static void say_rest(struct asker *a)
{
	const char *text;
	unsigned long line;
	size_t len;

	if (a->in->tty || (!a->unknown && !a->undone))
		return;
	if (samr_input_next(a->in, &text, &len, &line) != SAMR_INPUT_END)
		fprintf(stderr, "%s: nothing from line %lu on was executed\n",
			a->cfg.name, line);
}

static int verdict(struct asker *a)
{
	say_rest(a);
	if (got_signal && a->count)
		fprintf(stderr, "%s: no answer to %u statements or transactions, the first one of line %lu: they will be executed if they were not yet\n",
			a->cfg.name, a->count, a->sent[a->first].line);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "%s: the output could not be written\n",
			a->cfg.name);
		a->failed = true;
	}
	if (got_signal)
		return 128 + got_signal;
	if (a->unknown)
		return SAMR_CLIENT_UNKNOWN;
	if (a->undone)
		return SAMR_CLIENT_UNDONE;
	return a->failed ? SAMR_SHELL_FAILED : SAMR_SHELL_OK;
}

int samr_sql_client_run(const struct samr_sql_client_config *cfg)
{
	const struct sigaction sa = { .sa_handler = on_signal };
	struct asker a = { .cfg = *cfg, .in = cfg->input };
	int status;

	a.collect = (struct samr_collect){
		.ops = &collect_ops, .arg = &a, .forgiving = a.in->tty,
		.keys = SAMR_COLLECT_KEYS_UNKNOWN,
	};
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	loop(&a);
	status = verdict(&a);
	samr_disconnect(a.c);
	samr_collect_free(&a.collect);
	free(a.buf.p);
	return status;
}
