// SPDX-License-Identifier: GPL-2.0
/* The dot commands, in one table. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "dump.h"

struct call {
	struct samr_command_context *ctx;
	const char *arg;		/* "" without one */
	char *why;
	size_t size;
};

struct command {
	const char *name;
	const char *args;
	const char *help;
	bool reads;
	enum samr_command_result (*run)(struct call *c);
};

static enum samr_command_result wrong(struct call *c, const char *why)
{
	snprintf(c->why, c->size, "%s", why);
	return SAMR_COMMAND_WRONG;
}

static sqlite3 *reader(struct call *c)
{
	return samr_apply_reader(samr_session_apply(c->ctx->session));
}

/* A setting that has two values. */
static enum samr_command_result set(struct call *c, bool *value,
				    const char *yes, const char *no)
{
	if (strcmp(c->arg, yes) && strcmp(c->arg, no)) {
		snprintf(c->why, c->size, "give %s or %s", yes, no);
		return SAMR_COMMAND_WRONG;
	}
	*value = !strcmp(c->arg, yes);
	return SAMR_COMMAND_DONE;
}

static enum samr_command_result run_bail(struct call *c)
{
	return set(c, c->ctx->bail, "on", "off");
}

static enum samr_command_result run_headers(struct call *c)
{
	return set(c, &c->ctx->print->headers, "on", "off");
}

static enum samr_command_result run_mode(struct call *c)
{
	return set(c, &c->ctx->print->json, "json", "list");
}

static enum samr_command_result run_digest(struct call *c)
{
	const char *why = samr_dump_print_digest(reader(c));

	return why ? wrong(c, why) : SAMR_COMMAND_DONE;
}

static enum samr_command_result run_dump(struct call *c)
{
	const char *why = samr_dump_print(reader(c));

	return why ? wrong(c, why) : SAMR_COMMAND_DONE;
}

static enum samr_command_result run_check(struct call *c)
{
	samr_session_check(c->ctx->session);
	return SAMR_COMMAND_CHECKING;
}

static enum samr_command_result run_quit(struct call *c)
{
	(void)c;
	return SAMR_COMMAND_QUIT;
}

/* Print the first column of each row. */
static enum samr_command_result list(struct call *c, const char *sql)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(reader(c), sql, -1, &st, NULL) != SQLITE_OK)
		return wrong(c, sqlite3_errmsg(reader(c)));
	sqlite3_bind_text(st, 1, c->arg, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW)
		puts((const char *)sqlite3_column_text(st, 0));
	if (sqlite3_finalize(st) != SQLITE_OK)
		return wrong(c, sqlite3_errmsg(reader(c)));
	return SAMR_COMMAND_DONE;
}

static enum samr_command_result run_schema(struct call *c)
{
	return list(c, "SELECT sql || ';' FROM sqlite_schema WHERE sql NOT NULL "
		    "AND tbl_name <> '" SAMR_POSITION_TABLE "' AND (?1 = '' OR tbl_name = ?1 COLLATE NOCASE) ORDER BY rowid");
}

static enum samr_command_result run_stats(struct call *c)
{
	struct samr_session_stats st;

	samr_session_stats(c->ctx->session, &st);
	printf("statements  %llu (%llu of this head, %llu of them failed)\n"
	       "rows        %llu (%llu by this head)\n"
	       "seconds     %.3f\nmessages    %llu\n",
	       st.units, st.own, st.failed, st.rows, st.own_rows, st.seconds,
	       st.messages);
	if (st.messages)
		printf("latency     min %.0f us, p50 %.0f us, p99 %.0f us, max %.0f us\n",
		       samr_session_latency(c->ctx->session, 0),
		       samr_session_latency(c->ctx->session, 500),
		       samr_session_latency(c->ctx->session, 990),
		       samr_session_latency(c->ctx->session, 1000));
	return SAMR_COMMAND_DONE;
}

static enum samr_command_result run_status(struct call *c)
{
	const struct samr_peers *p = samr_session_peers(c->ctx->session);
	struct samr_session_stats st;
	unsigned int i;

	samr_session_stats(c->ctx->session, &st);
	printf("position    %" PRIu64 " (began at %" PRIu64 ")\n", st.position,
	       p->start);
	for (i = 0; i < p->count; i++) {
		const struct samr_peers_one *o = &p->one[i];

		printf("head %-6" PRIu64 " %s%s\n", o->node,
		       o->gone ? "has gone" : o->bye ? "has said all" : "is here",
		       o->node == p->self_node && o->port == p->self_port ?
		       " (this one)" : "");
	}
	return SAMR_COMMAND_DONE;
}

static enum samr_command_result run_tables(struct call *c)
{
	return list(c, "SELECT name FROM sqlite_schema WHERE type IN "
		    "('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
		    "AND name <> '" SAMR_POSITION_TABLE "' AND ?1 = '' "
		    "ORDER BY name");
}

static enum samr_command_result run_help(struct call *c);

static const struct command commands[] = {
	{ "bail", "on|off", "stop at the first error", false, run_bail },
	{ "check", "", "compare the databases of all heads", true, run_check },
	{ "digest", "", "SHA-256 of this head's dump", true, run_digest },
	{ "dump", "", "this head's database as SQL", true, run_dump },
	{ "exit", "", "leave", false, run_quit },
	{ "headers", "on|off", "show the columns' names", false, run_headers },
	{ "help", "", "this list", false, run_help },
	{ "mode", "list|json", "how rows are shown", false, run_mode },
	{ "quit", "", "leave", false, run_quit },
	{ "schema", "[TABLE]", "CREATE statements", true, run_schema },
	{ "stats", "", "what was done since the beginning", false, run_stats },
	{ "status", "", "who takes part", false, run_status },
	{ "tables", "", "names of tables and views", true, run_tables },
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static enum samr_command_result run_help(struct call *c)
{
	size_t i;

	(void)c;
	for (i = 0; i < COMMANDS; i++)
		printf(".%-8s %-10s %s\n", commands[i].name, commands[i].args,
		       commands[i].help);
	return SAMR_COMMAND_DONE;
}

static size_t word(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && !strchr(" \t\r", p[n]))
		n++;
	return n;
}

static const struct command *find(const char *line, size_t len)
{
	size_t i, n = word(line, len);

	for (i = 0; i < COMMANDS; i++)
		if (n == strlen(commands[i].name) + 1 &&
		    !memcmp(line + 1, commands[i].name, n - 1))
			return &commands[i];
	return NULL;
}

bool samr_command_reads(const char *line, size_t len)
{
	const struct command *c = find(line, len);

	return c && c->reads;
}

enum samr_command_result samr_command_run(struct samr_command_context *ctx,
					  const char *line, size_t len,
					  char *why, size_t size)
{
	const struct command *cmd = find(line, len);
	struct call c = { .ctx = ctx, .why = why, .size = size };
	enum samr_command_result r;
	char *arg;
	size_t n;

	if (!cmd) {
		snprintf(why, size, "no such command: %.*s; .help lists them",
			 (int)(len > 40 ? 40 : len), line);
		return SAMR_COMMAND_WRONG;
	}
	n = word(line, len);
	while (n < len && strchr(" \t\r", line[n]))
		n++;
	arg = strndup(line + n, word(line + n, len - n));
	if (!arg)
		return wrong(&c, "no memory");
	c.arg = arg;
	if (*arg && !*cmd->args) {
		snprintf(why, size, ".%s takes no argument", cmd->name);
		r = SAMR_COMMAND_WRONG;
	} else {
		r = cmd->run(&c);
	}
	free(arg);
	return r;
}
