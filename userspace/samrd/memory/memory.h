/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a head: the newest view that it was in, kept on disk, so that a
 * cluster that was down knows whom it has to wait for.
 *
 * A short text with a checksum. It is written to a second file, which is synced
 * and then renamed over the first; then the folder is synced. So the file is the
 * old one or the new one, whatever happens, and a write that fails keeps the old
 * one. What cannot be read is an error of its own and never taken for "nothing
 * yet": only a file that does not exist is that.
 */
#ifndef SAMRD_MEMORY_H
#define SAMRD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/**
 * enum memory_flag - more about a memory; as in the kernel's enum samr_saved_flag
 * @MEMORY_LAST: this head is the only one in the view: the last survivor
 * @MEMORY_LEFT: with GONE: it has left as its admin wanted
 * @MEMORY_GONE: this head is not in the view any more: it was put out, or has left
 * @MEMORY_FORCED: no view of the kernel: the admin has overridden the wait for
 *	the heads that are missing from it
 * @MEMORY_LOST: only told, never on disk: what is there cannot be read
 */
enum memory_flag {
	MEMORY_LAST	= 0x01,
	MEMORY_LEFT	= 0x02,
	MEMORY_GONE	= 0x04,
	MEMORY_FORCED	= 0x08,
	MEMORY_LOST	= 0x10,
};

/**
 * struct memory - what a head remembers
 * @cluster: id of the cluster, as in the kernel
 * @node: the head
 * @flags: MEMORY_*
 * @epoch: of the view; 0: it was in none yet, and was about to form the first one
 * @members: of the view, learners too, without the witness, a bit per id; not 0
 */
struct memory {
	uint32_t cluster;
	uint32_t node;
	uint32_t flags;
	uint64_t epoch;
	uint64_t members;
};

/**
 * enum memory_state - what was found on disk
 * @MEMORY_FOUND: a memory
 * @MEMORY_NONE: there is no file: this head was in no view yet
 * @MEMORY_UNREADABLE: the file cannot be opened or read
 * @MEMORY_TRUNCATED: it ends too early
 * @MEMORY_CORRUPT: its checksum or its form is wrong
 * @MEMORY_VERSION: another version of samrd has written it
 * @MEMORY_CLUSTER: it is of another cluster
 * @MEMORY_NODE: it is of another head
 */
enum memory_state {
	MEMORY_FOUND,
	MEMORY_NONE,
	MEMORY_UNREADABLE,
	MEMORY_TRUNCATED,
	MEMORY_CORRUPT,
	MEMORY_VERSION,
	MEMORY_CLUSTER,
	MEMORY_NODE,
};

#define MEMORY_FOLDER	"/var/lib/samr"
#define MEMORY_FILE	"memory"
#define MEMORY_TEXT_MAX	512

/**
 * memory_load - what is on disk
 * @folder: MEMORY_FOLDER
 * @cluster: id that it must name
 * @node: head that it must name
 * @m: filled in when it is MEMORY_FOUND; else zero but for cluster and node
 * @why: MEMORY_TEXT_MAX bytes: what is wrong, and what can be done; "" when
 *	nothing is
 */
enum memory_state memory_load(const char *folder, uint32_t cluster,
			      uint32_t node, struct memory *m, char *why);

/**
 * memory_save - put it on disk
 * @folder: MEMORY_FOLDER; made when it is missing
 * @m: what
 * @why: MEMORY_TEXT_MAX bytes: what went wrong
 *
 * Return: 0: it will be found after a loss of power; -errno: what was there before
 * is (or, when only the last sync failed, may be) still there.
 */
int memory_save(const char *folder, const struct memory *m, char *why);

/**
 * memory_format, memory_parse - the text, without a file
 * @text: its bytes; MEMORY_TEXT_MAX do for any
 * @size: of @text
 *
 * Return: length; what was found, with @m and @why as for memory_load().
 */
size_t memory_format(const struct memory *m, char *text, size_t size);
enum memory_state memory_parse(const char *text, size_t size, uint32_t cluster,
			       uint32_t node, struct memory *m, char *why);

/** memory_state_text - for people: "is truncated" */
const char *memory_state_text(enum memory_state s);

/** memory_state_word - for JSON and journal */
const char *memory_state_word(enum memory_state s);

#endif /* SAMRD_MEMORY_H */
