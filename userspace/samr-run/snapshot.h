/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A state on its way from one samr-run to another: a line that says what it is, and what
 * the program's own hook has written. It is kept in a file without a name.
 */
#ifndef SAMR_RUN_SNAPSHOT_H
#define SAMR_RUN_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum snapshot_kind - what it is
 * @SNAPSHOT_FRESH: none: the program has been given nothing since it was started
 * @SNAPSHOT_SAVED: what --save has written
 * @SNAPSHOT_NONE: there is one, but no --save
 * @SNAPSHOT_BROKEN: there is one, but --save has failed, again and again
 * @SNAPSHOT_LOG: a log of all input, with LOG_LAST behind it (log.h)
 * @SNAPSHOT_NO_LOG: there was one, and it was given up
 */
enum snapshot_kind {
	SNAPSHOT_FRESH,
	SNAPSHOT_SAVED,
	SNAPSHOT_NONE,
	SNAPSHOT_BROKEN,
	SNAPSHOT_LOG,
	SNAPSHOT_NO_LOG,
	SNAPSHOT_KINDS,
};

/**
 * struct snapshot - what its line says
 * @kind: see there
 * @time: the program's, ns
 */
struct snapshot {
	enum snapshot_kind kind;
	uint64_t time;
};

/** snapshot_file - an empty file; -1 with errno */
int snapshot_file(void);

/** snapshot_begin - its line; false with errno */
bool snapshot_begin(int fd, const struct snapshot *s);

/** snapshot_read - that line; the file is read behind it next; false: it is none */
bool snapshot_read(int fd, struct snapshot *s);

#endif /* SAMR_RUN_SNAPSHOT_H */
