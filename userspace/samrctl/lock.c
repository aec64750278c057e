// SPDX-License-Identifier: GPL-2.0
/*
 * Locks: a command that runs on one head at a time, and what locks there are.
 *
 * The command dies with this process: the kernel sees to that. So a lock that is
 * handed on because its holder was killed has nobody working under it any more. It
 * is also stopped when this head is put out of the view, as the others go on then.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/samr_netlink.h>
#include <samr/samr.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* The service that locks live in unless another one is named. */
#define SERVICE		4294967295U
#define SERVICE_NAME	"samr-locks"

#define JOIN_MS		30000
#define LOOK_MS		50	/* between two looks at the command */
#define FOR_EVER	(-1)

struct job {
	const char *name;
	const char *value;
	uint32_t service;
	int wait_ms;
	int conflict;
	bool once;
	bool clear;
	char **command;
};

static volatile sig_atomic_t caught;

/* Who may declare services declares this one on the way. */
static void declare(void)
{
	const struct verb *add = args_verb(&group_object, "add");
	struct arg args[KEYS_MAX] = {
		{ .text = "", .num = SERVICE },
		{ .text = SERVICE_NAME },
	};

	nl_try(add, args, NULL, NULL, EEXIST);
}

static struct samr *open_locks(uint32_t service)
{
	struct samr *m;
	int err = samr_open(&m, service, SAMR_OPEN_LOCKS);

	if (err == -EADDRNOTAVAIL && service == SERVICE) {
		declare();
		err = samr_open(&m, service, SAMR_OPEN_LOCKS);
	}
	if (!err)
		err = samr_join(m, JOIN_MS);
	if (err)
		die(EXIT_REFUSED, "cannot use locks: %s", samr_strerror(err));
	return m;
}

static void print_lock(const struct samr_lock_event *ev)
{
	char text[SAMR_LOCK_VALUE_MAX + 1];

	print_object(NULL, NULL);
	print_word("name", (const char *)ev->name, STRONG);
	if (ev->owner_node) {
		print_num("node", ev->owner_node);
		print_num("port", ev->owner_port);
	}
	print_mark("owner-dead", ev->flags & SAMR_LOCK_OWNERDEAD, BAD);
	print_num("waiting", ev->waiting);
	if (ev->value_len) {
		memcpy(text, ev->value, ev->value_len);
		text[ev->value_len] = 0;
		print_str("value", text);
	}
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	struct samr *m = open_locks(args[0].text ? (uint32_t)args[0].num :
						   SERVICE);
	struct samr_lock_event ev = { .name = "" };
	char name[sizeof(ev.name)] = "";
	int n;

	(void)v;
	print_list(NULL);
	while ((n = samr_lock_next(m, name, JOIN_MS, &ev)) > 0) {
		print_lock(&ev);
		memcpy(name, ev.name, sizeof(name));
	}
	print_end();
	samr_close(m);
	if (n < 0)
		die(EXIT_REFUSED, "cannot read the locks: %s",
		    samr_strerror(n));
	return EXIT_OK;
}

static const struct key show_keys[] = {
	{ .name = "service", .type = ARG_U32, .min = 1, .max = UINT32_MAX },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "the locks that anything is known of", 0, show_keys, show },
	{ }
};

const struct object lock_object = {
	"lock", "run a command on one head at a time: lock NAME -- COMMAND",
	verbs
};

static uint32_t number(const char *what, const char *text, unsigned long most)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n > most)
		die(EXIT_USAGE, "%s '%s': a number of 0..%lu is needed", what,
		    text, most);
	return (uint32_t)n;
}

static void parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		{ "nonblock", no_argument, NULL, 'n' },
		{ "wait", required_argument, NULL, 'w' },
		{ "conflict-exit-code", required_argument, NULL, 'E' },
		{ "value", required_argument, NULL, 'v' },
		{ "once", no_argument, NULL, 'o' },
		{ "clear", no_argument, NULL, 'c' },
		{ "service", required_argument, NULL, 's' },
		{ }
	};
	int c;

	*job = (struct job){ .service = SERVICE, .wait_ms = FOR_EVER,
			     .conflict = EXIT_REFUSED };
	optind = 0;
	while ((c = getopt_long(argc, argv, "+nw:E:", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			job->wait_ms = 0;
			break;
		case 'w':
			job->wait_ms = (int)(1000 * number("wait", optarg,
							   2000000));
			break;
		case 'E':
			job->conflict = (int)number("conflict-exit-code",
						    optarg, 255);
			break;
		case 'v':
			job->value = optarg;
			break;
		case 'o':
			job->once = true;
			break;
		case 'c':
			job->clear = true;
			break;
		case 's':
			job->service = number("service", optarg, UINT32_MAX);
			break;
		default:
			die(EXIT_USAGE, "see samrctl(8)");
		}
	}
	job->name = argv[optind];
	if (!job->name || !*job->name || strlen(job->name) > SAMR_LOCK_NAME_MAX)
		die(EXIT_USAGE, "a lock's name has 1..%d bytes",
		    SAMR_LOCK_NAME_MAX);
	job->command = &argv[optind + 1];
	if (*job->command && !strcmp(*job->command, "--"))
		job->command++;
	if (!*job->command != job->clear)
		die(EXIT_USAGE, "lock NAME -- COMMAND [ARGUMENT]..., or lock --clear NAME");
	if (job->once && job->value)
		die(EXIT_USAGE, "--once stores a value of its own");
	if (job->value && strlen(job->value) > SAMR_LOCK_VALUE_MAX)
		die(EXIT_USAGE, "a lock's value has up to %d bytes",
		    SAMR_LOCK_VALUE_MAX);
}

static void on_signal(int number)
{
	if (number != SIGCHLD)
		caught = number;
}

static void catch_signals(void)
{
	const struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGCHLD, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	/* The terminal sends these to the command itself. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
}

static void run_child(const struct job *job, const char *value, bool dead,
		      pid_t parent)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setenv("SAMR_LOCK_VALUE", value, 1);
	if (dead)
		setenv("SAMR_LOCK_OWNERDEAD", "1", 1);
	else
		unsetenv("SAMR_LOCK_OWNERDEAD");
	execvp(job->command[0], job->command);
	fprintf(stderr, "samrctl: cannot run '%s': %s\n", job->command[0],
		strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/*
 * Until the command ends. What is delivered meanwhile is read, so that it does
 * not hold up the group; that is also how one hears that the lock is lost.
 */
static int supervise(struct samr *m, const struct job *job, const char *value,
		     bool dead, int *err)
{
	pid_t self = getpid(), child;
	struct samr_received r;
	int status, n;

	catch_signals();
	child = fork();
	if (child < 0)
		die(EXIT_REFUSED, "cannot run '%s': %s", job->command[0],
		    strerror(errno));
	if (!child)
		run_child(job, value, dead, self);
	*err = 0;
	while (waitpid(child, &status, *err ? 0 : WNOHANG) != child) {
		if (caught) {
			kill(child, caught);
			caught = 0;
		}
		if (*err)
			continue;
		n = samr_recv(m, &r, LOOK_MS);
		if (n > 0 || n == -ETIMEDOUT || n == -EINTR)
			continue;
		*err = n ? n : -EPIPE;
		fprintf(stderr, "samrctl: lock '%s' is lost, the command is stopped: %s\n",
			job->name, samr_strerror(*err));
		kill(child, SIGTERM);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* The job was started before: what became of it, if that is known. */
static int started_before(struct samr *m, const struct job *job,
			  const char *value)
{
	int code, err = samr_lock_return(m, job->name);

	if (err)
		die(EXIT_REFUSED, "cannot give the lock back: %s",
		    samr_strerror(err));
	if (sscanf(value, "done %d", &code) == 1)
		return code;
	fprintf(stderr, "samrctl: '%s' was started before, and has not ended as far as anybody knows: %s\n",
		job->name, value);
	return job->conflict;
}

/* What the next one shall find if this one dies. */
static void mark(struct samr *m, const struct job *job)
{
	const struct samr_view_member *self = samr_self(m);
	const char *value = job->value;
	char text[SAMR_LOCK_VALUE_MAX];
	int err;

	if (job->once) {
		snprintf(text, sizeof(text), "started node %llu pid %d",
			 self ? (unsigned long long)self->node : 0, getpid());
		value = text;
	}
	if (!value)
		return;
	err = samr_lock_store(m, job->name, value, strlen(value));
	if (err)
		die(EXIT_REFUSED, "cannot store a value in the lock: %s",
		    samr_strerror(err));
}

static int give_back(struct samr *m, const struct job *job, int code)
{
	char text[32];
	int err;

	snprintf(text, sizeof(text), "done %d", code);
	if (job->clear)
		err = samr_unlock(m, job->name, "", 0);
	else
		err = samr_unlock(m, job->name, job->once ? text : NULL,
				  job->once ? strlen(text) : 0);
	if (err)
		die(EXIT_REFUSED, "cannot give the lock back: %s",
		    samr_strerror(err));
	samr_close(m);
	return code;
}

int lock_command(int argc, char **argv)
{
	char value[SAMR_LOCK_VALUE_MAX + 1] = "";
	struct samr_lock_event ev;
	struct samr *m;
	struct job job;
	int err, code;

	parse(argc, argv, &job);
	m = open_locks(job.service);
	err = job.wait_ms ? samr_lock(m, job.name, job.wait_ms, &ev) :
			    samr_trylock(m, job.name, &ev);
	if (err == -EBUSY || err == -ETIMEDOUT)
		return job.conflict;
	if (err && err != -EOWNERDEAD)
		die(EXIT_REFUSED, "cannot take lock '%s': %s", job.name,
		    samr_strerror(err));
	memcpy(value, ev.value, ev.value_len);
	if (job.clear)
		return give_back(m, &job, EXIT_OK);
	if (job.once && *value)
		return started_before(m, &job, value);
	mark(m, &job);
	code = supervise(m, &job, value, err == -EOWNERDEAD, &err);
	return err ? EXIT_REFUSED : give_back(m, &job, code);
}
