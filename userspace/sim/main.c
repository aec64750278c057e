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
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "fail.h"
#include "gap.h"
#include "leaf.h"
#include "memory.h"
#include "room.h"
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
	bool failures;
	bool gaps;
	bool rooms;
};

/* The most that any seed took of something. */
struct most {
	u64 amount;
	u64 seed;
};

/* What the workers share. */
struct progress {
	u64 next;
	u64 done;
	u64 failed;
	struct most cpu;	/* time, ns */
	struct most memory;	/* resident, KiB */
	u64 spent;		/* CPU time of all seeds, ns */
	u64 lived;		/* and their virtual time, ns */
	int lock;
};

static const char usage[] =
"Usage: sim [OPTION]...\n"
"       sim --script [--update] FILE...\n"
"\n"
"Run a cluster of samr's cores, in virtual time, from a seed.\n"
"\n"
"  --seed S           this seed (1)\n"
"  --seeds A..B       all seeds from A to B\n"
"  --failures         heads die, stand still, are cut off, leave\n"
"  --gaps             some are cut off: how long are the others held up?\n"
"  --rooms            with samrd's decisions, fences, disks and losses of power\n"
"  --nodes N          2 to 16 heads, whatever the seed says\n"
"  --jobs J           in J processes (1)\n"
"  --trace            print every step\n"
"  --trace-from MS    but not before this virtual time\n"
"  --capture FILE     write all frames there, as tcpdump does; one process\n"
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

/* Numbers of the options; those from VALUES on have an argument. */
enum { TRACE = 1, QUIET, STOP, MARKS, LEAVES, SCRIPT, UPDATE, FAILURES,
       GAPS, ROOMS, VERSION, HELP, VALUES, SEED = VALUES, SEEDS, NODES, JOBS, FROM, UNTIL, CAPTURE, PATIENCE };

static const struct option option_list[] = {
	{ "trace", 0, NULL, TRACE }, { "quiet", 0, NULL, QUIET },
	{ "stop", 0, NULL, STOP }, { "marks", 0, NULL, MARKS },
	{ "leaves", 0, NULL, LEAVES }, { "script", 0, NULL, SCRIPT },
	{ "update", 0, NULL, UPDATE }, { "failures", 0, NULL, FAILURES },
	{ "gaps", 0, NULL, GAPS }, { "rooms", 0, NULL, ROOMS },
	{ "version", 0, NULL, VERSION },
	{ "help", 0, NULL, HELP }, { "seed", 1, NULL, SEED },
	{ "seeds", 1, NULL, SEEDS }, { "nodes", 1, NULL, NODES },
	{ "jobs", 1, NULL, JOBS }, { "trace-from", 1, NULL, FROM },
	{ "until", 1, NULL, UNTIL }, { "patience", 1, NULL, PATIENCE },
	{ "capture", 1, NULL, CAPTURE },
	{ }
};

static void set_flag(struct options *o, int c)
{
	switch (c) {
	case TRACE:
		o->run.trace = true;
		break;
	case QUIET:
		o->quiet = true;
		break;
	case STOP:
		o->stop = true;
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
	case FAILURES:
		o->failures = true;
		break;
	case GAPS:
		o->gaps = true;
		break;
	case ROOMS:
		o->rooms = true;
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

static void set_value(struct options *o, int c, const char *text)
{
	switch (c) {
	case SEED:
		o->first = number(text, U64_MAX, NULL);
		o->last = o->first;
		break;
	case SEEDS:
		parse_seeds(o, text);
		break;
	case NODES:
		o->run.nodes = number(text, 16, NULL);
		if (o->run.nodes < 2)
			misuse("a cluster has 2 to 16 heads", text);
		break;
	case JOBS:
		o->jobs = number(text, JOBS_MAX, NULL);
		if (!o->jobs)
			misuse("at least one process", text);
		break;
	case FROM:
		o->run.trace = true;
		o->run.from = number(text, 1000000, NULL) * SAMR_MSEC;
		break;
	case UNTIL:
		o->run.until = number(text, 1000000, NULL) * SAMR_MSEC;
		break;
	case CAPTURE:
		if (!capture_open(text))
			misuse("cannot be written", text);
		break;
	default:
		o->run.patience = number(text, 3600, NULL);
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", option_list, NULL)) != -1) {
		if (c >= VALUES && c != '?')
			set_value(o, c, optarg);
		else
			set_flag(o, c);
	}
	if (!o->script && optind < argc)
		misuse("unexpected argument", argv[optind]);
}

static u64 cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void note_most(struct most *m, u64 amount, u64 seed)
{
	if (amount <= m->amount)
		return;
	m->amount = amount;
	m->seed = seed;
}

/* A worker's peak never sinks: the seed that raises it is the one that counts. */
static void note_cost(struct progress *p, u64 seed, u64 cpu)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	while (__atomic_exchange_n(&p->lock, 1, __ATOMIC_ACQUIRE))
		;
	p->done++;
	p->spent += cpu;
	p->lived += sim_run.took;
	note_most(&p->cpu, cpu, seed);
	note_most(&p->memory, (u64)u.ru_maxrss, seed);
	__atomic_store_n(&p->lock, 0, __ATOMIC_RELEASE);
}

/* Take seeds until there is none left; a failure ends the process. */
static void __attribute__((noreturn)) work(const struct options *o,
					   struct progress *p)
{
	struct run_options run = o->run;
	char line[1024];
	u64 seed, cpu;

	sim_catch_signals();
	if (run.nodes)
		snprintf(sim_run.args, sizeof(sim_run.args), " --nodes %u",
			 run.nodes);
	if (o->failures)
		strcat(sim_run.args, " --failures");
	if (o->gaps)
		strcat(sim_run.args, " --gaps");
	if (o->rooms)
		strcat(sim_run.args, " --rooms");
	for (;;) {
		seed = __atomic_fetch_add(&p->next, 1, __ATOMIC_RELAXED);
		if (seed > o->last || seed < o->first)
			break;
		run.seed = seed;
		cpu = cpu_now();
		if (o->gaps)
			gap_seed(&run, line, sizeof(line));
		else if (o->rooms)
			room_seed(&run, line, sizeof(line));
		else if (o->failures)
			fail_seed(&run, line, sizeof(line));
		else
			run_seed(&run, line, sizeof(line));
		note_cost(p, seed, cpu_now() - cpu);
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

static void print_summary(const struct progress *p, const struct timespec *from,
			  const struct timespec *to)
{
	const struct most *cpu = &p->cpu, *memory = &p->memory;

	printf("slowest: seed %llu, %.1f s of CPU time; largest: seed %llu, %llu MiB\n",
	       (unsigned long long)cpu->seed, (double)cpu->amount / 1e9,
	       (unsigned long long)memory->seed,
	       (unsigned long long)memory->amount >> 10);
	printf("%llu seeds passed, %llu failed, %.1f s, %.1f cluster-minutes, %.0f of them a CPU-minute, %s\n",
	       (unsigned long long)p->done, (unsigned long long)p->failed,
	       (double)(to->tv_sec - from->tv_sec) +
	       (double)(to->tv_nsec - from->tv_nsec) / 1e9,
	       (double)p->lived / 60e9,
	       p->spent ? (double)p->lived / (double)p->spent : 0.0,
	       sim_version);
}

static int run_scripts(const struct options *o, int argc, char **argv)
{
	int i, status, bad = 0;

	/* One process each: a violation ends it. */
	for (i = optind; i < argc && !(bad && o->stop); i++) {
		fflush(stdout);
		if (!fork()) {
			sim_catch_signals();
			sim_watchdog(o->run.patience);
			exit(script_run(argv[i], o->update) ? 0 : 1);
		}
		bad += wait(&status) < 0 || status;
	}
	printf("%d scenarios, %d failed\n", i - optind, bad);
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
	print_summary(p, &t0, &t1);
	return p->failed != 0;
}
