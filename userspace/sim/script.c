// SPDX-License-Identifier: GPL-2.0
/*
 * Scenario files, see script.h: read, run block by block, compare or rewrite.
 *
 * A block is lines of commands, a line "----", and the transcript up to an
 * empty line. All else (comments, empty lines) stays as it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "script.h"
#include "sim.h"

#define RULE	"----"

struct script {
	const char *path;
	char *text;		/* the file, lines ended by 0 */
	char **line;
	size_t lines;
	FILE *out;		/* what the file should say */
	char *result;
	size_t result_len;
	u32 wrong;
};

static void load(struct script *s)
{
	size_t room = 0, len = 0, n;
	FILE *f = fopen(s->path, "r");
	char buf[4096], *p;

	if (!f)
		sim_fail("cannot be read");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		s->text = realloc(s->text, len + n + 1);
		memcpy(s->text + len, buf, n);
		len += n;
	}
	fclose(f);
	if (!len)
		sim_fail("is empty");
	s->text[len] = 0;
	for (p = s->text; *p; ) {
		s->line = sim_grow(s->line, s->lines, &room, sizeof(*s->line));
		s->line[s->lines++] = p;
		p += strcspn(p, "\n");
		if (*p)
			*p++ = 0;
	}
}

static const char *line_at(const struct script *s, size_t i)
{
	return i < s->lines ? s->line[i] : "";
}

/* The first line that differs, told; @at is where the expected ones begin. */
static void compare(struct script *s, size_t at, size_t count, char *got)
{
	size_t i = 0, len;
	bool end;

	for (;;) {
		len = strcspn(got, "\n");
		end = !*got;
		if (end && i == count)
			return;
		if (end || i == count || strlen(s->line[at + i]) != len ||
		    strncmp(s->line[at + i], got, len))
			break;
		got += len + 1;
		i++;
	}
	s->wrong++;
	printf("%s:%zu: transcript differs\n  must be: %s\n  is:      %.*s\n",
	       s->path, at + i + 1, i < count ? s->line[at + i] : "(its end)",
	       end ? 9 : (int)len, end ? "(its end)" : got);
}

/* Run the block whose commands are lines @from .. @rule; returns its end. */
static size_t run_block(struct script *s, struct scenario *sc, size_t from,
			size_t rule)
{
	size_t i, end = rule + 1;
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);

	scenario_output(sc, out);
	for (i = from; i < rule; i++) {
		fprintf(s->out, "%s\n", s->line[i]);
		if (*s->line[i] && *s->line[i] != '#')
			scenario_command(sc, s->line[i], i + 1);
	}
	scenario_output(sc, NULL);
	fclose(out);
	while (*line_at(s, end))
		end++;
	compare(s, rule + 1, end - rule - 1, got);
	fprintf(s->out, RULE "\n%s", got);
	free(got);
	return end;
}

static void run_blocks(struct script *s, struct scenario *sc)
{
	size_t i = 0, rule;

	while (i < s->lines) {
		for (rule = i; rule < s->lines; rule++)
			if (!strcmp(s->line[rule], RULE))
				break;
		if (rule == s->lines)
			break;
		i = run_block(s, sc, i, rule);
	}
	/* Commands without a transcript at the end of the file. */
	for (; i < s->lines; i++) {
		fprintf(s->out, "%s\n", s->line[i]);
		if (*s->line[i] && *s->line[i] != '#')
			scenario_command(sc, s->line[i], i + 1);
	}
}

static void store(const struct script *s)
{
	FILE *f = fopen(s->path, "w");

	if (!f || fwrite(s->result, 1, s->result_len, f) != s->result_len ||
	    fclose(f))
		sim_fail("cannot be written");
}

bool script_run(const char *path, bool update)
{
	struct script s = { .path = path };
	struct scenario *sc;

	sim_run.script = path;
	load(&s);
	s.out = open_memstream(&s.result, &s.result_len);
	sim_watchdog(20);
	sc = scenario_new();
	run_blocks(&s, sc);
	scenario_end(sc);
	sim_watchdog(0);
	fclose(s.out);
	if (update && s.wrong) {
		store(&s);
		printf("%s: updated\n", path);
		s.wrong = 0;
	}
	free(s.result);
	free(s.line);
	free(s.text);
	return !s.wrong;
}
