// SPDX-License-Identifier: GPL-2.0
/* samr-sql: a replicated SQLite. Options, and what needs no other head. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "call.h"
#include "client.h"
#include "det.h"
#include "dump.h"
#include "shell.h"

#define DEFAULT_SERVICE		42
#define DEFAULT_HEADS		3
#define DEFAULT_BATCH		64
#define DEFAULT_WINDOW		4
#define PATIENCE_MS		10000
#define TIMEOUT_S		60
#define TIMEOUT_MAX_S		1000000	/* fits in int as milliseconds */
#define ROWS_MAX		65536

enum { USAGE = 2 };

static const char *program = "samr-sql";

static const char help[] =
"usage: samr-sql [OPTIONS] DB        a head with a database: SQL from standard input\n"
"                                    or -c goes to all heads\n"
"       samr-sql [OPTIONS]           a client: the heads execute it, whichever die\n"
"       samr-sql --dump DB           this head's database as SQL\n"
"       samr-sql --digest DB         SHA-256 of that\n"
"\n"
"  -s, --service ID        id of the replicated service (42)\n"
"  -c, --command SQL       run this instead of standard input; may be repeated,\n"
"                          with or without a semicolon at the end\n"
"      --bail              stop at the first error\n"
"  -j, --json              rows as JSON, one object a line\n"
"  -H, --headers           rows begin with the columns' names\n"
"      --separator TEXT    between columns (|)\n"
"\n"
"of a client:\n"
"      --timeout SECONDS   wait so long for an answer (60; 0: for ever)\n"
"      --rows-max BYTES    of the rows of one statement (65536)\n"
"      --reads HOW         a query shows what any client was told (linear, the\n"
"                          default), or this one (session), or goes through the\n"
"                          order (order)\n"
"\n"
"of a head:\n"
"  -n, --heads N           begin when so many heads are here (3)\n"
"      --wait              at the end of the input: go on until all heads are\n"
"                          there, then stop together (the default)\n"
"      --leave             at the end of the input: stop at once\n"
"      --stay              at the end of the input: go on until killed\n"
"      --foreign-keys      enforce foreign keys; the same at all heads\n"
"      --agreed            show results before enough heads hold the statement\n"
"      --sync full|normal|off  how hard to write to the disk (normal)\n"
"      --batch N           at most N statements in a message (64)\n"
"      --window N          at most N messages under way (4)\n"
"      --progress          say how far it is\n"
"      --stats             say at the end what was done\n"
"\n"
"  -V, --version  -h, --help\n"
"\n"
"Exit status: 0 ok; 1 a statement failed; 2 wrong usage; 3 this head had to stop;\n"
"4 it may not take part; 5 databases differ; 6 a client cannot tell whether a\n"
"statement was executed; 7 a client could not reach the service, and a statement\n"
"was not executed; 128 + n after signal n.\n";

enum {
	OPT_WAIT = 256, OPT_LEAVE, OPT_STAY, OPT_BAIL, OPT_FOREIGN_KEYS,
	OPT_AGREED, OPT_SYNC, OPT_BATCH, OPT_WINDOW, OPT_SEPARATOR,
	OPT_PROGRESS, OPT_STATS, OPT_DUMP, OPT_DIGEST, OPT_TIMEOUT,
	OPT_ROWS_MAX, OPT_READS,
};

static const struct option options[] = {
	{ "service", required_argument, NULL, 's' },
	{ "heads", required_argument, NULL, 'n' },
	{ "command", required_argument, NULL, 'c' },
	{ "wait", no_argument, NULL, OPT_WAIT },
	{ "leave", no_argument, NULL, OPT_LEAVE },
	{ "stay", no_argument, NULL, OPT_STAY },
	{ "bail", no_argument, NULL, OPT_BAIL },
	{ "foreign-keys", no_argument, NULL, OPT_FOREIGN_KEYS },
	{ "agreed", no_argument, NULL, OPT_AGREED },
	{ "sync", required_argument, NULL, OPT_SYNC },
	{ "batch", required_argument, NULL, OPT_BATCH },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "json", no_argument, NULL, 'j' },
	{ "headers", no_argument, NULL, 'H' },
	{ "separator", required_argument, NULL, OPT_SEPARATOR },
	{ "progress", no_argument, NULL, OPT_PROGRESS },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "rows-max", required_argument, NULL, OPT_ROWS_MAX },
	{ "reads", required_argument, NULL, OPT_READS },
	{ "dump", no_argument, NULL, OPT_DUMP },
	{ "digest", no_argument, NULL, OPT_DIGEST },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

struct job {
	struct samr_shell_config cfg;
	struct samr_input input;
	bool text;
	int offline;			/* OPT_DUMP, OPT_DIGEST or 0 */
	unsigned int timeout_s;
	size_t rows_max;
	enum samr_sql_reads reads;
	const char *of_head;		/* an option for heads only; or NULL */
	const char *of_client;
};

__attribute__((noreturn))
static void usage(const char *what, const char *value)
{
	fprintf(stderr, "%s: %s%s\n%s: see %s --help\n", program, what, value,
		program, program);
	exit(USAGE);
}

static unsigned int number(const char *option, const char *text,
			   unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < min || n > max) {
		fprintf(stderr, "%s: --%s %s: must be a number from %lu to %lu\n",
			program, option, text, min, max);
		exit(USAGE);
	}
	return (unsigned int)n;
}

static void set_sync(struct job *j, const char *text)
{
	if (strcmp(text, "full") && strcmp(text, "normal") &&
	    strcmp(text, "off"))
		usage("--sync must be full, normal or off, not ", text);
	j->cfg.session.db.synchronous = text;
}

static void set_reads(struct job *j, const char *text)
{
	if (!strcmp(text, "linear"))
		j->reads = SAMR_SQL_READS_LINEAR;
	else if (!strcmp(text, "session"))
		j->reads = SAMR_SQL_READS_SESSION;
	else if (!strcmp(text, "order"))
		j->reads = SAMR_SQL_READS_ORDER;
	else
		usage("--reads must be linear, session or order, not ", text);
}

static void add_text(struct job *j, const char *text)
{
	if (!samr_input_text(&j->input, text)) {
		fprintf(stderr, "%s: no memory\n", program);
		exit(SAMR_SHELL_BROKEN);
	}
	j->text = true;
}

/* Is it for heads only, for clients only? */
static void note_option(struct job *j, int option)
{
	size_t i;

	for (i = 0; options[i].name && options[i].val != option; i++)
		;
	switch (option) {
	case OPT_TIMEOUT:
	case OPT_ROWS_MAX:
	case OPT_READS:
		j->of_client = options[i].name;
		break;
	case 'n':
	case OPT_BATCH:
	case OPT_WINDOW:
	case OPT_SYNC:
	case OPT_FOREIGN_KEYS:
	case OPT_AGREED:
	case OPT_WAIT:
	case OPT_LEAVE:
	case OPT_STAY:
	case OPT_PROGRESS:
	case OPT_STATS:
		j->of_head = options[i].name;
	}
}

static void set_separator(struct job *j, const char *text)
{
	if (strlen(text) > SAMR_CALL_SEPARATOR_MAX)
		usage("--separator is longer than 255 bytes: ", text);
	j->cfg.print.separator = text;
}

static void set_option(struct job *j, int option, const char *value)
{
	struct samr_session_config *s = &j->cfg.session;

	note_option(j, option);
	switch (option) {
	case 's':
		s->service = number("service", value, 1, UINT32_MAX);
		break;
	case 'n':
		s->heads = number("heads", value, 1, SAMR_PEERS_MAX);
		break;
	case OPT_BATCH:
		s->batch = number("batch", value, 1, SAMR_BATCH_UNITS_MAX);
		break;
	case OPT_WINDOW:
		s->window = number("window", value, 1, 1000);
		break;
	case OPT_SYNC:
		set_sync(j, value);
		break;
	case OPT_FOREIGN_KEYS:
		s->db.foreign_keys = true;
		break;
	case OPT_AGREED:
		s->agreed = true;
		break;
	case OPT_WAIT:
		j->cfg.end = SAMR_SHELL_WAIT;
		break;
	case OPT_LEAVE:
		j->cfg.end = SAMR_SHELL_LEAVE;
		break;
	case OPT_STAY:
		j->cfg.end = SAMR_SHELL_STAY;
		break;
	case OPT_BAIL:
		j->cfg.bail = true;
		break;
	case OPT_PROGRESS:
		j->cfg.progress = true;
		break;
	case OPT_STATS:
		j->cfg.stats = true;
		break;
	case OPT_SEPARATOR:
		set_separator(j, value);
		break;
	case OPT_TIMEOUT:
		j->timeout_s = number("timeout", value, 0, TIMEOUT_MAX_S);
		break;
	case OPT_ROWS_MAX:
		j->rows_max = number("rows-max", value, SAMR_CALL_ROWS_MIN,
				     SAMR_CALL_ROWS_MAX);
		break;
	case OPT_READS:
		set_reads(j, value);
		break;
	case 'j':
		j->cfg.print.json = true;
		break;
	case 'H':
		j->cfg.print.headers = true;
		break;
	case 'c':
		add_text(j, value);
		break;
	case OPT_DUMP:
	case OPT_DIGEST:
		j->offline = option;
		break;
	case 'V':
		printf("samr-sql %s, SQLite %s\n", samr_version(),
		       sqlite3_libversion());
		exit(0);
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:	/* getopt has said what is wrong */
		fprintf(stderr, "%s: see %s --help\n", program, program);
		exit(USAGE);
	}
}

/* --dump and --digest: read the file, whoever else uses it. */
static int run_offline(const struct job *j)
{
	const char *path = j->cfg.session.db.path, *why;
	sqlite3 *db;
	int rc;

	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, PATIENCE_MS);
	if (rc != SQLITE_OK)
		why = sqlite3_errstr(rc);
	else if (j->offline == OPT_DUMP)
		why = samr_dump_print(db);
	else
		why = samr_dump_print_digest(db);
	sqlite3_close(db);
	if (why)
		fprintf(stderr, "%s: %s: %s\n", program, path, why);
	return why ? SAMR_SHELL_BROKEN : SAMR_SHELL_OK;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int run_client(struct job *j)
{
	const struct samr_sql_client_config cfg = {
		.name = program,
		.service = j->cfg.session.service,
		.input = &j->input,
		.print = j->cfg.print,
		.rows_max = j->rows_max,
		.timeout_ms = (int)j->timeout_s * 1000,
		.bail = j->cfg.bail,
		.reads = j->reads,
	};

	if (j->offline)
		usage("which database?", "");
	if (j->of_head)
		usage("a client has no database, and this option is for those that have one: --",
		      j->of_head);
	return samr_sql_client_run(&cfg);
}

static int run_head(struct job *j)
{
	if (!*j->cfg.session.db.path)
		usage("the database's name is empty", "");
	if (j->of_client)
		usage("a head has a database, and this option is for clients, which have none: --",
		      j->of_client);
	if (samr_det_init() != SQLITE_OK) {
		fprintf(stderr, "%s: SQLite does not start\n", program);
		return SAMR_SHELL_BROKEN;
	}
	return j->offline ? run_offline(j) : samr_shell_run(&j->cfg);
}

int main(int argc, char **argv)
{
	struct job j = {
		.timeout_s = TIMEOUT_S,
		.rows_max = ROWS_MAX,
		.cfg = {
			.name = program,
			.print.separator = "|",
			.session = {
				.service = DEFAULT_SERVICE,
				.heads = DEFAULT_HEADS,
				.batch = DEFAULT_BATCH,
				.window = DEFAULT_WINDOW,
				.db.synchronous = "normal",
				.db.patience_ms = PATIENCE_MS,
			},
		},
	};
	int o, status;

	while ((o = getopt_long(argc, argv, "s:n:c:jHVh", options, NULL)) != -1)
		set_option(&j, o, optarg);
	if (optind + 1 < argc)
		usage("one database only, but there is also ", argv[optind + 1]);
	if (!j.text && !j.offline)
		samr_input_file(&j.input, STDIN_FILENO);
	j.cfg.input = &j.input;
	if (!j.offline)
		block_signals();
	j.cfg.session.db.path = argv[optind];
	status = optind == argc ? run_client(&j) : run_head(&j);
	samr_input_free(&j.input);
	return status;
}
