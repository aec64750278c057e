// SPDX-License-Identifier: GPL-2.0
/*
 * How available a service on several heads is, by the common model: heads fail
 * and are repaired independently of each other, and one that is left does the
 * service. In series with these stands the recovery from a failure, during which
 * nothing is served; with n heads there are n times as many failures.
 *
 *	A_head     = MTTF / (MTTF + MTTR)
 *	A_recovery = MTTF / (MTTF + n * recovery)
 *	A          = (1 - (1 - A_head)^n) * A_recovery
 *
 * Computed by what is missing from 1, which keeps its digits.
 */
#include <stdio.h>
#include <unistd.h>

#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

#define HEADS		16
#define HEADS_DEFAULT	4
#define YEAR		(365 * 24 * 3600.0)
#define HOURS_MAX	(1000000ULL * 3600)	/* a hundred years and more */
#define RECOVERY_MAX	(24 * 3600 * 1000000ULL)

/* In the order of the keys. */
enum { MTTF, MTTR, COUNT, RECOVERY };

/* 1 - A */
static double unavailable(double mttf, double mttr, double recovery, int n)
{
	double head = mttr / (mttf + mttr);
	double change = n * recovery / (mttf + n * recovery);
	double all = 1;
	int i;

	for (i = 0; i < n; i++)
		all *= head;
	return all + change - all * change;
}

static int nines(double u)
{
	int n = 0;

	for (; u <= 0.1 && n < 15; u *= 10)
		n++;
	return n;
}

/* Mean of what this cluster has measured, in seconds. */
static double measured(uint64_t *times)
{
	uint64_t sum;

	*times = 0;
	if (access("/sys/module/samr", F_OK))
		return 0;
	*times = stats_counter(SAMR_STATS_SCOPE_ORDER, "recoveries");
	sum = stats_counter(SAMR_STATS_SCOPE_ORDER, "recovery-ns");
	return *times ? sum / 1e9 / *times : 0;
}

static double recovery_of(const struct arg *arg, uint64_t *times)
{
	double s = arg->text ? arg->num / 1e6 : measured(times);

	if (!arg->text && !*times)
		die(EXIT_REFUSED, "no recovery was measured here yet: say "
		    "'recovery TIME', such as recovery 500ms");
	return s;
}

static void print_row(double mttf, double mttr, double recovery, int n)
{
	double u = unavailable(mttf, mttr, recovery, n);
	int count = nines(u);
	char heading[24];

	snprintf(heading, sizeof(heading), "heads %d", n);
	print_object(NULL, heading);
	if (print_json())
		print_num("heads", n);
	print_percent("availability", 100 * (1 - u), count < 2 ? 3 : count + 1);
	print_num("nines", count);
	print_span("downtime-a-year", u * YEAR);
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	double mttf = args[MTTF].num, mttr = args[MTTR].num, recovery;
	int n, heads = args[COUNT].text ? (int)args[COUNT].num : HEADS_DEFAULT;
	uint64_t times = 0;

	(void)v;
	recovery = recovery_of(&args[RECOVERY], &times);
	print_object(NULL, NULL);
	print_span("mttf", mttf);
	print_span("mttr", mttr);
	print_span("recovery", recovery);
	if (times)
		print_num("measured", times);
	print_list("rows");
	for (n = 1; n <= heads; n++)
		print_row(mttf, mttr, recovery, n);
	print_end();
	print_end();
	return EXIT_OK;
}

static const struct key keys[] = {
	[MTTF] = { .name = "mttf", .type = ARG_HOURS, .required = true,
		   .min = 1, .max = HOURS_MAX },
	[MTTR] = { .name = "mttr", .type = ARG_HOURS, .required = true,
		   .min = 1, .max = HOURS_MAX },
	[COUNT] = { .name = "heads", .type = ARG_U32, .min = 1, .max = HEADS },
	[RECOVERY] = { .name = "recovery", .type = ARG_TIME, .max = RECOVERY_MAX },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "of a service on 1 and more heads, each failing every MTTF and repaired within MTTR",
	  0, keys, show },
	{ }
};

const struct object availability_object = {
	"availability", "what several heads gain, from failure, repair and recovery times",
	verbs
};
