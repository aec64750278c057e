// SPDX-License-Identifier: GPL-2.0
/*
 * The loop of samr-sql.
 *
 * What changes the database is handed to the session and answered when it has
 * been executed here. A query waits for all of this head's earlier statements,
 * so that a user sees what he has written, and runs on a connection that can
 * only read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "collect.h"
#include "command.h"
#include "shell.h"

#define PROGRESS_MS		1000
#define PROGRESS_TTY_MS		200

/* No answer for so long is worth a word. */
#define STALL_MS		10000
#define STALL_LOOK_S		1

/* SQLite's steps between two looks whether the user wants a statement to end. */
#define WATCH_STEPS		10000

enum state {
	GOING,
	QUIT,			/* stop now */
	SAID_ALL,		/* the input has ended */
};

struct shell {
	struct samr_shell_config cfg;
	struct samr_session *session;
	struct samr_input *in;
	enum state state;
	bool failed;
	int signal;

	struct samr_collect collect;
	bool prompted;
	bool greeted;
	bool full;			/* the session had no room for a unit */
	bool checking;
	int64_t stall_ms;		/* when to say that nothing comes */
	uint64_t stall_position;	/* where it was then */
	bool stall_said;
	int64_t progress_ms;
	bool progress_shown;
	bool progress_tty;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A progress line that is rewritten in place ends before other text. */
static void clear_progress(struct shell *sh)
{
	if (sh->progress_shown && sh->progress_tty)
		fputs("\r\033[K", stderr);
	sh->progress_shown = false;
}

static void complain(struct shell *sh, unsigned long line, const char *text)
{
	clear_progress(sh);
	fflush(stdout);
	if (sh->in->tty)
		fprintf(stderr, "Error: %s\n", text);
	else
		fprintf(stderr, "%s: line %lu: %s\n", sh->cfg.name, line, text);
	sh->failed = true;
	if (sh->cfg.bail)
		sh->state = QUIT;
}

static void on_note(void *arg, const char *text)
{
	struct shell *sh = arg;

	clear_progress(sh);
	if (sh->prompted)
		putc('\n', stderr);
	sh->prompted = false;
	fprintf(stderr, "%s: %s\n", sh->cfg.name, text);
}

static void on_result(void *arg, unsigned long line,
		      const struct samr_apply_unit *u)
{
	struct shell *sh = arg;

	if (u->rows && *u->rows) {
		clear_progress(sh);
		fputs(u->rows, stdout);
	}
	if (u->error)
		complain(sh, line, u->error);
}

static void on_check(void *arg, unsigned int heads, const uint8_t *digest,
		     bool equal)
{
	struct shell *sh = arg;
	char hex[SAMR_DIGEST_HEX];

	sh->checking = false;
	samr_digest_hex(digest, hex);
	printf("%u %s databases: %s\n", heads, equal ? "equal" : "DIFFERENT",
	       hex);
	fflush(stdout);
}

static void on_lost(void *arg, unsigned long first, unsigned long last,
		    size_t count)
{
	struct shell *sh = arg;
	char text[200];

	snprintf(text, sizeof(text), "no answer to %zu statements or transactions of this head, the last one of line %lu: the others may have executed them or not",
		 count, last);
	complain(sh, first, text);
}

static void on_refused(void *arg, unsigned long line, const char *text)
{
	complain(arg, line, text);
}

static bool on_full(void *arg)
{
	struct shell *sh = arg;

	sh->full = samr_session_full(sh->session);
	return sh->full;
}

static void on_unit(void *arg, const char *sql, size_t len, unsigned long line)
{
	struct shell *sh = arg;
	const char *why = samr_session_submit(sh->session, sql, len, line);

	if (why)
		complain(sh, line, why);
}

/* Queries. */

/* The signal that waits to end us, or 0. */
static int look_for_signal(void *arg)
{
	sigset_t pending;

	(void)arg;
	sigpending(&pending);
	return sigismember(&pending, SIGTERM) ? SIGTERM :
	       sigismember(&pending, SIGINT) ? SIGINT : 0;
}

static void run_query(struct shell *sh, const char *sql, size_t len,
		      unsigned long line)
{
	sqlite3 *db = samr_apply_reader(samr_session_apply(sh->session));
	const struct timespec now = { 0 };
	sqlite3_stmt *st;
	sigset_t interrupt;
	bool first = true, reads;
	int rc;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	rc = sqlite3_prepare_v2(db, sql, (int)len, &st, NULL);
	if (rc != SQLITE_OK) {
		complain(sh, line, sqlite3_errmsg(db));
		return;
	}
	clear_progress(sh);
	/* EXPLAIN counts as what it explains. */
	reads = sqlite3_stmt_readonly(st) || sqlite3_stmt_isexplain(st);
	while (reads && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (first)
			samr_print_head(&sh->cfg.print, st, stdout);
		first = false;
		samr_print_row(&sh->cfg.print, st, stdout);
	}
	if (!reads)
		complain(sh, line, "this statement writes in a way that cannot go through the order");
	else if (rc != SQLITE_DONE)
		complain(sh, line, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	/* Who typed ^C meant the query, which has heard it. */
	if (rc == SQLITE_INTERRUPT && sh->in->tty)
		sigtimedwait(&interrupt, NULL, &now);
}

/* Return: false: it has to wait. */
static bool on_query(void *arg, const char *sql, size_t len, unsigned long line)
{
	struct shell *sh = arg;

	if (samr_session_pending(sh->session))
		return false;
	run_query(sh, sql, len, line);
	return true;
}

static const struct samr_collect_ops collect_ops = {
	.complain = on_refused,
	.full = on_full,
	.submit = on_unit,
	.query = on_query,
};

/* Return: false: it has to wait. */
static bool take_command(struct shell *sh, const char *text, size_t len,
			 unsigned long line)
{
	struct samr_command_context ctx = {
		.session = sh->session,
		.print = &sh->cfg.print,
		.bail = &sh->cfg.bail,
	};
	char why[256];

	if (sh->collect.open && samr_command_reads(text, len)) {
		samr_collect_refuse(&sh->collect, line, "a command that reads");
		return true;
	}
	if (samr_session_pending(sh->session))
		return false;
	clear_progress(sh);
	switch (samr_command_run(&ctx, text, len, why, sizeof(why))) {
	case SAMR_COMMAND_DONE:
		break;
	case SAMR_COMMAND_QUIT:
		sh->state = QUIT;
		break;
	case SAMR_COMMAND_CHECKING:
		sh->checking = true;
		break;
	case SAMR_COMMAND_WRONG:
		complain(sh, line, why);
	}
	return true;
}

static void take_end(struct shell *sh)
{
	samr_collect_end(&sh->collect);
	if (sh->state != GOING)
		return;
	sh->state = SAID_ALL;
	if (sh->cfg.end == SAMR_SHELL_WAIT && !sh->in->tty)
		samr_session_bye(sh->session);
}

/* With --bail nothing is begun before the last thing has been answered. */
static bool one_at_a_time(const struct shell *sh)
{
	return sh->in->tty || sh->cfg.bail;
}

/* Take all of the input that can be taken now. Return: more must be read. */
static bool take_input(struct shell *sh)
{
	const char *text;
	unsigned long line;
	size_t len;
	bool done;

	while (sh->state == GOING && !sh->checking) {
		if (one_at_a_time(sh) && samr_session_pending(sh->session))
			return false;
		switch (samr_input_next(sh->in, &text, &len, &line)) {
		case SAMR_INPUT_MORE:
			return true;
		case SAMR_INPUT_END:
			take_end(sh);
			return false;
		case SAMR_INPUT_STATEMENT:
			done = samr_collect_take(&sh->collect, text, len, line);
			break;
		case SAMR_INPUT_COMMAND:
		default:
			done = take_command(sh, text, len, line);
		}
		if (!done)
			return false;
		samr_input_done(sh->in, len);
	}
	return false;
}

static void prompt(struct shell *sh)
{
	if (!sh->in->tty || sh->prompted)
		return;
	if (!sh->greeted)
		puts(".help lists the commands; SQL ends with a semicolon.");
	sh->greeted = true;
	fputs(samr_input_inside(sh->in) ? "     ...> " :
	      sh->collect.open ? "samr-sql*> " : "samr-sql> ", stdout);
	fflush(stdout);
	sh->prompted = true;
}

static void show_progress(struct shell *sh)
{
	const struct samr_input *in = sh->in;
	struct samr_session_stats st;
	int64_t now = now_ms();
	double seconds;

	if (now < sh->progress_ms)
		return;
	sh->progress_ms = now + (sh->progress_tty ? PROGRESS_TTY_MS :
						    PROGRESS_MS);
	samr_session_stats(sh->session, &st);
	seconds = st.seconds > 0.001 ? st.seconds : 0.001;
	clear_progress(sh);
	fprintf(stderr, "head %" PRIu64 ": ",
		samr_session_peers(sh->session)->self_node);
	if (in->total)
		fprintf(stderr, "%3llu %% read, ",
			(in->read - (in->buf.len - in->pos)) * 100 / in->total);
	fprintf(stderr, "%llu own and %llu other statements executed, %.0f rows/s%s",
		st.own, st.units - st.own, (double)st.rows / seconds,
		sh->progress_tty ? "" : "\n");
	sh->progress_shown = true;
}

static void show_stats(struct shell *sh)
{
	struct samr_session_stats st;

	samr_session_stats(sh->session, &st);
	clear_progress(sh);
	fprintf(stderr,
		"stats: head %" PRIu64 " position %" PRIu64 " statements %llu rows %llu seconds %.3f own %llu own_rows %llu failed %llu messages %llu gap_us %.0f latency_us min %.0f p50 %.0f p99 %.0f max %.0f\n",
		samr_session_peers(sh->session)->self_node, st.position,
		st.units, st.rows, st.seconds, st.own, st.own_rows, st.failed,
		st.messages, (double)st.gap_ns / 1000,
		samr_session_latency(sh->session, 0),
		samr_session_latency(sh->session, 500),
		samr_session_latency(sh->session, 990),
		samr_session_latency(sh->session, 1000));
}

/* Is there something that only the order can answer? */
static bool waits_for_order(const struct shell *sh,
			    enum samr_session_state state)
{
	unsigned int here = samr_session_peers(sh->session)->count;

	if (samr_session_taking(sh->session))
		return false;
	/* For heads that are not here it is not the order that waits. */
	return samr_session_pending(sh->session) || sh->checking ||
	       (state == SAMR_SESSION_WAITING &&
		(!here || here >= sh->cfg.session.heads));
}

/* Somebody looks at a terminal on which nothing happens: say why, once. */
static void watch_stall(struct shell *sh, bool waits)
{
	struct samr_session_stats st;

	samr_session_stats(sh->session, &st);
	if (!waits || !sh->stall_ms || st.position != sh->stall_position) {
		sh->stall_position = st.position;
		sh->stall_ms = waits ? now_ms() + STALL_MS : 0;
		sh->stall_said = false;
	} else if (!sh->stall_said && now_ms() >= sh->stall_ms) {
		on_note(sh, "no answer for 10 s: the order waits for a head or a member; samrctl status shows them");
		sh->stall_said = true;
	}
}

/* Wait for the session, for input if @read, for signals always. */
static void wait_and_read(struct shell *sh, bool read, bool waits)
{
	struct pollfd p[2] = {
		{ .fd = samr_session_fd(sh->session),
		  .events = samr_session_events(sh->session) },
		{ .fd = read ? sh->in->fd : -1, .events = POLLIN },
	};
	struct timespec wait = {
		.tv_nsec = (sh->progress_tty ? PROGRESS_TTY_MS :
					       PROGRESS_MS / 2) * 1000000L,
	};
	const struct timespec look = { .tv_sec = STALL_LOOK_S }, now = { 0 };
	sigset_t none;
	int err;

	sigemptyset(&none);
	fflush(stdout);
	if (ppoll(p, 2, samr_session_more(sh->session) ? &now :
		  sh->cfg.progress ? &wait : waits ? &look : NULL, &none) < 0)
		return;
	if (read && p[1].revents) {
		sh->prompted = false;
		err = samr_input_read(sh->in);
		if (err) {
			complain(sh, sh->in->line, strerror(-err));
			sh->in->end = true;
		}
	}
}

static volatile sig_atomic_t got_signal;

static void on_signal(int number)
{
	got_signal = number;
}

/* Return: is there anything left to do? */
static bool go_on(struct shell *sh)
{
	if (got_signal || sh->state == QUIT)
		return false;
	return !(sh->state == SAID_ALL &&
		 (sh->cfg.end == SAMR_SHELL_LEAVE || sh->in->tty) &&
		 !samr_session_pending(sh->session));
}

/*
 * ^C at the prompt drops the line, as elsewhere: leaving is said, since whoever
 * has left cannot come back before all are stopped. While an answer is waited
 * for it ends the wait, and with it this program.
 */
static bool drop_line(struct shell *sh, enum samr_session_state state)
{
	if (got_signal != SIGINT || !sh->in->tty || sh->state != GOING ||
	    state != SAMR_SESSION_RUNNING || waits_for_order(sh, state))
		return false;
	got_signal = 0;
	puts(samr_input_inside(sh->in) ? "" : "\n.quit leaves");
	samr_input_drop(sh->in);
	sh->prompted = false;
	return true;
}

/* Take input and send it while there is some and room. Return: as take_input(). */
static bool take_and_send(struct shell *sh)
{
	bool read;

	do {
		sh->full = false;
		read = take_input(sh);
		samr_session_send(sh->session);
	} while (sh->full && !samr_session_full(sh->session));
	return read;
}

/*
 * Nothing is received between take_and_send() and waiting, so whatever the input
 * waits for has yet to come and will end the wait.
 */
static enum samr_session_state loop(struct shell *sh)
{
	enum samr_session_state state = SAMR_SESSION_WAITING;
	bool read, waits;

	while (go_on(sh) || drop_line(sh, state)) {
		state = samr_session_step(sh->session);
		if (state > SAMR_SESSION_RUNNING)
			break;
		read = state == SAMR_SESSION_RUNNING && take_and_send(sh);
		if (!go_on(sh))
			break;
		if (read)
			prompt(sh);
		if (state == SAMR_SESSION_RUNNING && sh->cfg.progress)
			show_progress(sh);
		waits = waits_for_order(sh, state);
		watch_stall(sh, waits);
		wait_and_read(sh, read, waits);
	}
	return state;
}

static int verdict(struct shell *sh, enum samr_session_state state)
{
	size_t pending = samr_session_pending(sh->session);

	clear_progress(sh);
	if (state == SAMR_SESSION_REFUSED || state == SAMR_SESSION_BROKEN)
		fprintf(stderr, "%s: %s\n", sh->cfg.name,
			samr_session_error(sh->session));
	/* It may have ended a statement instead of a wait. */
	if (!got_signal && state == SAMR_SESSION_BROKEN)
		got_signal = look_for_signal(NULL);
	if (state == SAMR_SESSION_REFUSED)
		return SAMR_SHELL_REFUSED;
	if (pending && (got_signal || state == SAMR_SESSION_BROKEN))
		fprintf(stderr, "%s: no answer to %zu statements or transactions of this head: the others may execute them or not\n",
			sh->cfg.name, pending);
	if (state == SAMR_SESSION_BROKEN && !got_signal)
		return SAMR_SHELL_BROKEN;
	if (sh->cfg.stats)
		show_stats(sh);
	if (got_signal)
		return 128 + got_signal;
	if (samr_session_diverged(sh->session))
		return SAMR_SHELL_DIVERGED;
	return sh->failed ? SAMR_SHELL_FAILED : SAMR_SHELL_OK;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

int samr_shell_run(const struct samr_shell_config *cfg)
{
	struct shell sh = { .cfg = *cfg, .in = cfg->input };
	struct samr_session_config *s = &sh.cfg.session;
	int status;

	s->print = &sh.cfg.print;
	s->result = on_result;
	s->check = on_check;
	s->lost = on_lost;
	s->note = on_note;
	s->arg = &sh;
	sh.progress_tty = isatty(STDERR_FILENO);
	sh.collect = (struct samr_collect){
		.ops = &collect_ops, .arg = &sh, .forgiving = sh.in->tty,
		.keys = s->db.foreign_keys ? SAMR_COLLECT_KEYS_ON :
					     SAMR_COLLECT_KEYS_OFF,
	};
	catch_signals();
	if (!samr_session_open(&sh.session, s)) {
		fprintf(stderr, "%s: %s\n", cfg->name,
			samr_session_error(sh.session));
		status = SAMR_SHELL_BROKEN;
	} else {
		samr_apply_watch(samr_session_apply(sh.session), WATCH_STEPS,
				 look_for_signal, NULL);
		status = verdict(&sh, loop(&sh));
	}
	samr_session_close(sh.session);
	samr_collect_free(&sh.collect);
	/* Also when it was an earlier part of the output. */
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "%s: the output could not be written\n",
			cfg->name);
		if (status == SAMR_SHELL_OK)
			status = SAMR_SHELL_FAILED;
	}
	return status;
}
