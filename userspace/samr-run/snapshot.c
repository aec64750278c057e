// SPDX-License-Identifier: GPL-2.0
/* A state on its way, see snapshot.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapshot.h"

#define LINE_MAX_BYTES	64

static const char *const names[] = {
	[SNAPSHOT_FRESH] = "fresh",
	[SNAPSHOT_SAVED] = "saved",
	[SNAPSHOT_NONE] = "none",
	[SNAPSHOT_BROKEN] = "broken",
	[SNAPSHOT_LOG] = "log",
	[SNAPSHOT_NO_LOG] = "no-log",
};

int snapshot_file(void)
{
	const char *folder = getenv("TMPDIR");
	char *path;
	int fd;

	if (!folder || !*folder)
		folder = "/var/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	/* The file system knows only files with names. */
	if (asprintf(&path, "%s/samr-run.XXXXXX", folder) < 0)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

bool snapshot_begin(int fd, const struct snapshot *s)
{
	char line[LINE_MAX_BYTES];
	int len = snprintf(line, sizeof(line), "samr-run 1 %s %" PRIu64 "\n",
			   names[s->kind], s->time);

	return write(fd, line, (size_t)len) == len;
}

bool snapshot_read(int fd, struct snapshot *s)
{
	char line[LINE_MAX_BYTES] = "", name[16], *end;
	int kind, used = 0;

	if (pread(fd, line, sizeof(line) - 1, 0) < 0)
		return false;
	end = strchr(line, '\n');
	if (!end)
		return false;
	*end = 0;
	if (sscanf(line, "samr-run 1 %15s %" SCNu64 "%n", name, &s->time, &used) != 2 ||
	    line + used != end)
		return false;
	for (kind = 0; kind < SNAPSHOT_KINDS; kind++)
		if (!strcmp(name, names[kind]))
			break;
	s->kind = (enum snapshot_kind)kind;
	return kind < SNAPSHOT_KINDS && lseek(fd, end + 1 - line, SEEK_SET) >= 0;
}
