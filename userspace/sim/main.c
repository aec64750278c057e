// SPDX-License-Identifier: GPL-2.0
/*
 * sim: runs simulated clusters from seeds, or scenarios.
 *
 * Runs are spread over worker processes. A run that fails ends its worker, with
 * whatever state the core left behind; another one takes its place.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "leaf.h"
#include "memory.h"
#include "run.h"
#include "script.h"
#include "sim.h"

#define JOBS_MAX	64

struct options {
	u64 first;
	u64 last;
	struct run_options run;
	u32 jobs;
	bool quiet;
	bool stop;
	bool marks;
	bool leaves;
	bool script;
	bool update;
};

/* What the workers share. */
struct progress {
	u64 next;
	u64 done;
	u64 failed;
};

static const char usage[] =
"Usage: sim [OPTION]...\n"
"       sim --script [--update] FILE...\n"
"\n"
"Run a cluster of samr's cores, in virtual time, from a seed.\n"
"\n"
"  --seed S           this seed (1)\n"
"  --seeds A..B       all seeds from A to B\n"
"  --nodes N          2 to 16 heads, whatever the seed says\n"
"  --jobs J           in J processes (1)\n"
"  --trace            print every step\n"
"  --trace-from MS    but not before this virtual time\n"
"  --until MS         stop then, without the final checks\n"
"  --quiet            print failures and the summary only\n"
"  --stop             stop at the first failure\n"
"  --patience S       CPU seconds for one run (60)\n"
"  --marks            print how often each coverage mark was reached\n"
"  --leaves           test the core's leaves on their own\n"
"  --script           run scenarios and compare what they print\n"
"  --update           ... and write it into them instead\n"
"  --version          print the version\n";

static void __attribute__((noreturn)) misuse(const char *what, const char *arg)
{
	fprintf(stderr, "sim: %s: %s\n%s", what, arg, usage);
	exit(2);
}

static u64 number(const char *text, u64 most, char **end)
{
	char *stop;
	u64 n;

	errno = 0;
	n = strtoull(text, &stop, 10);
	if (errno || stop == text || n > most || (!end && *stop))
		misuse("not a number that is allowed here", text);
	if (end)
		*end = stop;
	return n;
}

static void parse_seeds(struct options *o, const char *text)
{
	char *rest;

	o->first = number(text, U64_MAX, &rest);
	if (strncmp(rest, "..", 2))
		misuse("not of the form A..B", text);
	o->last = number(rest + 2, U64_MAX, NULL);
	if (o->last < o->first)
		misuse("ends before it begins", text);
}

static void parse(struct options *o, int argc, char **argv)
{
	enum { SEED = 1, SEEDS, NODES, JOBS, TRACE, FROM, UNTIL, QUIET, STOP,
	       PATIENCE, MARKS, LEAVES, SCRIPT, UPDATE, VERSION, HELP };
	static const struct option list[] = {
		{ "seed", 1, NULL, SEED }, { "seeds", 1, NULL, SEEDS },
		{ "nodes", 1, NULL, NODES }, { "jobs", 1, NULL, JOBS },
		{ "trace", 0, NULL, TRACE }, { "trace-from", 1, NULL, FROM },
		{ "until", 1, NULL, UNTIL }, { "quiet", 0, NULL, QUIET },
		{ "stop", 0, NULL, STOP }, { "marks", 0, NULL, MARKS },
		{ "patience", 1, NULL, PATIENCE },
		{ "leaves", 0, NULL, LEAVES },
		{ "script", 0, NULL, SCRIPT }, { "update", 0, NULL, UPDATE },
		{ "version", 0, NULL, VERSION }, { "help", 0, NULL, HELP },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case SEED:
			o->first = number(optarg, U64_MAX, NULL);
			o->last = o->first;
			break;
		case SEEDS:
			parse_seeds(o, optarg);
			break;
		case NODES:
			o->run.nodes = number(optarg, 16, NULL);
			if (o->run.nodes < 2)
				misuse("a cluster has 2 to 16 heads", optarg);
			break;
		case JOBS:
			o->jobs = number(optarg, JOBS_MAX, NULL);
			if (!o->jobs)
				misuse("at least one process", optarg);
			break;
		case TRACE:
			o->run.trace = true;
			break;
		case FROM:
			o->run.trace = true;
			o->run.from = number(optarg, 1000000, NULL) * SAMR_MSEC;
			break;
		case UNTIL:
			o->run.until = number(optarg, 1000000, NULL) * SAMR_MSEC;
			break;
		case QUIET:
			o->quiet = true;
			break;
		case STOP:
			o->stop = true;
			break;
		case PATIENCE:
			o->run.patience = number(optarg, 3600, NULL);
			break;
		case MARKS:
			o->marks = true;
			break;
		case LEAVES:
			o->leaves = true;
			break;
		case SCRIPT:
			o->script = true;
			break;
		case UPDATE:
			o->update = true;
			break;
		case VERSION:
			printf("sim %s\n", sim_version);
			exit(0);
		case HELP:
			printf("%s", usage);
			exit(0);
		default:
			fprintf(stderr, "%s", usage);
			exit(2);
		}
	}
	if (!o->script && optind < argc)
		misuse("unexpected argument", argv[optind]);
}

/* Take seeds until there is none left; a failure ends the process. */
static void __attribute__((noreturn)) work(const struct options *o,
					   struct progress *p)
{
	struct run_options run = o->run;
	char line[1024];
	u64 seed;

	sim_catch_signals();
	if (run.nodes)
		snprintf(sim_run.args, sizeof(sim_run.args), " --nodes %u",
			 run.nodes);
	for (;;) {
		seed = __atomic_fetch_add(&p->next, 1, __ATOMIC_RELAXED);
		if (seed > o->last || seed < o->first)
			break;
		run.seed = seed;
		run_seed(&run, line, sizeof(line));
		__atomic_fetch_add(&p->done, 1, __ATOMIC_RELAXED);
		if (!o->quiet) {
			printf("%s\n", line);
			fflush(stdout);
		}
	}
	exit(0);
}

static void start_worker(const struct options *o, struct progress *p)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("sim: fork");
		exit(1);
	}
	if (!pid)
		work(o, p);
}

static void run_workers(const struct options *o, struct progress *p)
{
	u32 running;
	int status;

	for (running = 0; running < o->jobs; running++)
		start_worker(o, p);
	while (running && wait(&status) > 0) {
		running--;
		if (!status)
			continue;
		p->failed++;
		if (WIFSIGNALED(status))
			printf("a worker was killed by signal %d\n",
			       WTERMSIG(status));
		if (o->stop)
			__atomic_store_n(&p->next, o->last + 1,
					 __ATOMIC_RELAXED);
		start_worker(o, p);
		running++;
	}
}

static void print_marks(void)
{
	u32 i, missed = 0;

	for (i = 0; i < marks_count(); i++) {
		printf("%12llu  %s\n", (unsigned long long)marks_hits(i),
		       marks_name(i));
		missed += !marks_hits(i);
	}
	printf("%u marks, %u never reached\n", marks_count(), missed);
}

static int run_scripts(const struct options *o, int argc, char **argv)
{
	int i, status, bad = 0;

	/* One process each: a violation ends it. */
	for (i = optind; i < argc; i++) {
		fflush(stdout);
		if (!fork()) {
			sim_catch_signals();
			exit(script_run(argv[i], o->update) ? 0 : 1);
		}
		bad += wait(&status) < 0 || status;
	}
	printf("%d scenarios, %d failed\n", argc - optind, bad);
	if (o->marks)
		print_marks();
	return bad || optind == argc;
}

int main(int argc, char **argv)
{
	struct options o = { .first = 1, .last = 1, .jobs = 1,
			     .run.patience = 60 };
	struct progress *p;
	struct timespec t0, t1;

	parse(&o, argc, argv);
	marks_init();
	if (o.leaves) {
		sim_catch_signals();
		sim_watchdog(o.run.patience);
		sim_run.script = "leaves";
		leaf_run(o.first);
		printf("leaves passed\n");
		return 0;
	}
	if (o.script)
		return run_scripts(&o, argc, argv);
	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		perror("sim: mmap");
		return 1;
	}
	p->next = o.first;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	run_workers(&o, p);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	if (o.marks)
		print_marks();
	printf("%llu seeds passed, %llu failed, %.1f s, %s\n",
	       (unsigned long long)p->done, (unsigned long long)p->failed,
	       (double)(t1.tv_sec - t0.tv_sec) +
	       (double)(t1.tv_nsec - t0.tv_nsec) / 1e9, sim_version);
	return p->failed != 0;
}
