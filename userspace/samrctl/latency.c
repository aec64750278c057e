// SPDX-License-Identifier: GPL-2.0
/* How long own messages take, see latency.h. */
#include <stdio.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "latency.h"
#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* A drawing has at most so many rows; its bars at most so many columns. */
#define ROWS	24
#define BAR	40

/* Steps of a doubling, and the first one's end, ns. */
#define PARTS	4
#define FIRST	256

uint64_t latency_from(uint32_t i)
{
	if (!i)
		return 0;
	return (uint64_t)(PARTS + (i - 1) % PARTS)
		<< (__builtin_ctz(FIRST / PARTS) + (i - 1) / PARTS);
}

static void read_counts(struct histogram *h, const struct nlattr *a)
{
	uint32_t i;

	h->steps = a ? mnl_attr_get_payload_len(a) / sizeof(uint64_t) : 0;
	if (h->steps > LATENCY_STEPS_MAX)
		h->steps = 0;
	if (h->steps)
		memcpy(h->count, mnl_attr_get_payload(a),
		       h->steps * sizeof(uint64_t));
	for (i = 0; i < h->steps; i++)
		h->total += h->count[i];
}

/**
 * struct eye - who looks at histograms
 * @see: called with each
 * @data: for it
 */
struct eye {
	void (*see)(const struct histogram *h, void *data);
	void *data;
};

static int each_histogram(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	const struct eye *eye = data;
	struct histogram h = { };

	if (mnl_attr_get_type(a) != SAMR_A_STATS_HISTOGRAM)
		return MNL_CB_OK;
	nl_nested(a, tb);
	h.name = nl_str(tb[SAMR_A_HISTOGRAM_NAME]);
	h.sum = nl_u64(tb[SAMR_A_HISTOGRAM_SUM]);
	read_counts(&h, tb[SAMR_A_HISTOGRAM_COUNTS]);
	eye->see(&h, eye->data);
	return MNL_CB_OK;
}

void latency_each(const struct nlmsghdr *nlh,
		  void (*see)(const struct histogram *h, void *data), void *data)
{
	struct eye eye = { .see = see, .data = data };

	mnl_attr_parse(nlh, 4, each_histogram, &eye);
}

/* The end of the step in which the message stands that @part of all are before. */
static uint64_t within_us(const struct histogram *h, double part)
{
	uint64_t seen = 0;
	uint32_t i;

	for (i = 0; i + 1 < h->steps; i++) {
		seen += h->count[i];
		if (seen && seen >= h->total * part)
			break;
	}
	return (latency_from(i + 1) + 999) / 1000;
}

static void print_words(const struct histogram *h)
{
	print_num("messages", h->total);
	if (!h->total)
		return;
	print_us("mean", (h->sum / h->total + 500) / 1000);
	print_us("p50", within_us(h, 0.5));
	print_us("p99", within_us(h, 0.99));
	print_us("max", within_us(h, 1));
}

static void summarise(const struct histogram *h, void *data)
{
	const bool *zeros = data;

	if (!h->total && !*zeros)
		return;
	print_object(h->name, h->name);
	print_words(h);
	print_end();
}

static void see_any(const struct histogram *h, void *data)
{
	*(bool *)data |= h->total != 0;
}

void latency_summaries(const struct nlmsghdr *nlh, bool zeros)
{
	bool any = false;

	latency_each(nlh, see_any, &any);
	print_object("latency", any ? "latency" : "latency: all 0");
	latency_each(nlh, summarise, &zeros);
	print_end();
}

static const char *time_text(uint64_t ns, char *text, size_t size)
{
	if (ns < 10000)
		snprintf(text, size, "%.1fus", ns / 1e3);
	else if (ns < 10000000)
		snprintf(text, size, "%.0fus", ns / 1e3);
	else
		snprintf(text, size, "%.0fms", ns / 1e6);
	return text;
}

static uint64_t sum_of(const struct histogram *h, uint32_t from, uint32_t n)
{
	uint64_t sum = 0;

	for (; n && from < h->steps; n--)
		sum += h->count[from++];
	return sum;
}

/* A row for each step between the first and the last; or for more, if these are many. */
static void draw(const struct histogram *h)
{
	uint32_t first = 0, last = h->steps - 1, each = 1, i;
	char from[16], bar[BAR + 1];
	uint64_t most = 0, n;
	int len;

	while (!h->count[first])
		first++;
	while (!h->count[last])
		last--;
	while ((last - first) / each >= ROWS)
		each *= 2;
	for (i = first; i <= last; i += each) {
		n = sum_of(h, i, each);
		most = n > most ? n : most;
	}
	for (i = first; i <= last; i += each) {
		n = sum_of(h, i, each);
		len = (int)((double)n / most * BAR + 0.5);
		/* What is there can be seen. */
		len = n && !len ? 1 : len;
		memset(bar, '#', len);
		bar[len] = 0;
		print_note(PLAIN, "  %7s %-*s %llu",
			   time_text(latency_from(i), from, sizeof(from)), BAR,
			   bar, (unsigned long long)n);
	}
}

static void print_steps(const struct histogram *h)
{
	uint32_t i;

	print_list("steps");
	for (i = 0; i < h->steps; i++) {
		if (!h->count[i])
			continue;
		print_object(NULL, NULL);
		print_num("from_ns", latency_from(i));
		print_num("messages", h->count[i]);
		print_end();
	}
	print_end();
}

static void show_one(const struct histogram *h, void *data)
{
	bool *any = data;

	print_object(h->name, h->name);
	print_words(h);
	if (print_json())
		print_steps(h);
	print_end();
	if (h->total)
		draw(h);
	*any |= h->total;
}

static void show_message(const struct nlmsghdr *nlh, void *data)
{
	latency_each(nlh, show_one, data);
}

int latency_show(const struct verb *v, const struct arg *args)
{
	struct nl_answer answer;
	bool any = false;

	(void)args;
	nl_fetch(v, NULL, &answer);
	print_object(NULL, NULL);
	nl_each(&answer, show_message, &any);
	print_end();
	if (!any)
		print_note(PLAIN, "Nothing was sent from this head yet.");
	return EXIT_OK;
}
