// SPDX-License-Identifier: GPL-2.0
/*
 * The memory's file, see memory.h.
 *
 * A text is believed when it is, byte by byte, what memory_format() makes of what
 * was read in it. So there is one way to write a memory, and no second parser
 * whose leniency could hide damage.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>

#include "memory.h"

#define MAGIC		"samr-memory"
#define VERSION		1
#define LINES		7
#define FILE_NEW	MEMORY_FILE ".new"
#define DIGEST_HEX	BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE)

static const struct {
	uint32_t flag;
	const char *word;
} flag_words[] = {
	{ MEMORY_LAST, "last-survivor" },
	{ MEMORY_LEFT, "left-cleanly" },
	{ MEMORY_GONE, "gone" },
	{ MEMORY_FORCED, "forced" },
};

#define FLAG_WORDS	(sizeof(flag_words) / sizeof(flag_words[0]))

static void __attribute__((format(printf, 2, 3))) explain(char *why,
							   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, MEMORY_TEXT_MAX, fmt, ap);
	va_end(ap);
}

/* "1,3" of a mask; "none" of 0. */
static size_t format_members(uint64_t members, char *text, size_t size)
{
	size_t at = 0;
	int id;

	for (id = 1; id < 64; id++)
		if (members & 1ULL << id)
			at += (size_t)snprintf(text + at, size - at, "%s%d",
					       at ? "," : "", id);
	return at ? at : (size_t)snprintf(text, size, "none");
}

static void format_flags(uint32_t flags, char *text, size_t size)
{
	size_t at = 0, i;

	for (i = 0; i < FLAG_WORDS; i++)
		if (flags & flag_words[i].flag)
			at += (size_t)snprintf(text + at, size - at, "%s%s",
					       at ? "," : "",
					       flag_words[i].word);
	if (!at)
		snprintf(text, size, "none");
}

static void digest_of(const char *text, size_t len, char hex[DIGEST_HEX + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, (const uint8_t *)text);
	sha256_digest(&ctx, sizeof(digest), digest);
	base16_encode_update(hex, sizeof(digest), digest);
	hex[DIGEST_HEX] = '\0';
}

size_t memory_format(const struct memory *m, char *text, size_t size)
{
	char members[200], flags[64], hex[DIGEST_HEX + 1];
	size_t at;

	format_members(m->members, members, sizeof(members));
	format_flags(m->flags, flags, sizeof(flags));
	at = (size_t)snprintf(text, size,
			      MAGIC " %d\ncluster %" PRIu32 "\nnode %" PRIu32
			      "\nepoch %" PRIu64 "\nmembers %s\nflags %s\n",
			      VERSION, m->cluster, m->node, m->epoch, members,
			      flags);
	digest_of(text, at, hex);
	at += (size_t)snprintf(text + at, size - at, "sha256 %s\n", hex);
	return at;
}

/* The rest of the line that begins with @key and a space; NULL: there is none. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && *text) {
		if (!strncmp(text, key, len) && text[len] == ' ')
			return text + len + 1;
		text = strchr(text, '\n');
		text += !!text;
	}
	return NULL;
}

static uint64_t number_of(const char *text, const char *key)
{
	const char *v = value_of(text, key);
	uint64_t n = 0;

	for (; v && *v >= '0' && *v <= '9'; v++)
		n = n * 10 + (uint64_t)(*v - '0');
	return n;
}

static uint64_t members_of(const char *text)
{
	const char *v = value_of(text, "members");
	uint64_t set = 0;
	unsigned int id = 0;

	for (; v; v++) {
		if (*v >= '0' && *v <= '9') {
			id = id * 10 + (unsigned int)(*v - '0');
			continue;
		}
		if (id > 0 && id < 64)
			set |= 1ULL << id;
		id = 0;
		if (*v != ',')
			break;
	}
	return set;
}

static uint32_t flags_of(const char *text)
{
	const char *v = value_of(text, "flags");
	uint32_t flags = 0;
	size_t i, len;

	while (v) {
		len = strcspn(v, ",\n");
		for (i = 0; i < FLAG_WORDS; i++)
			if (strlen(flag_words[i].word) == len &&
			    !strncmp(v, flag_words[i].word, len))
				flags |= flag_words[i].flag;
		v = v[len] == ',' ? v + len + 1 : NULL;
	}
	return flags;
}

static unsigned int lines_of(const char *text, size_t size)
{
	unsigned int n = 0;

	while (size--)
		n += *text++ == '\n';
	return n;
}

/* What a text is that is not what memory_format() writes. */
static enum memory_state judge(const char *text, size_t size, char *why)
{
	size_t whole = strlen(MAGIC " 1\n");

	if (size >= whole && !strncmp(text, MAGIC " ", strlen(MAGIC " ")) &&
	    number_of(text, MAGIC) != VERSION &&
	    lines_of(text, size) >= LINES) {
		explain(why, "it is of version %" PRIu64
			", this samrd knows version %d",
			number_of(text, MAGIC), VERSION);
		return MEMORY_VERSION;
	}
	if (lines_of(text, size) < LINES) {
		explain(why, "it ends after %zu bytes, in line %u of %d", size,
			lines_of(text, size) + 1, LINES);
		return MEMORY_TRUNCATED;
	}
	explain(why, "its checksum or its form is wrong");
	return MEMORY_CORRUPT;
}

enum memory_state memory_parse(const char *text, size_t size, uint32_t cluster,
			       uint32_t node, struct memory *m, char *why)
{
	char own[MEMORY_TEXT_MAX], copy[MEMORY_TEXT_MAX + 1];
	struct memory got = { 0 };
	size_t len;

	*why = '\0';
	*m = (struct memory){ .cluster = cluster, .node = node };
	len = size < MEMORY_TEXT_MAX ? size : MEMORY_TEXT_MAX;
	memcpy(copy, text, len);
	copy[len] = '\0';
	got.cluster = (uint32_t)number_of(copy, "cluster");
	got.node = (uint32_t)number_of(copy, "node");
	got.epoch = number_of(copy, "epoch");
	got.members = members_of(copy);
	got.flags = flags_of(copy);
	len = memory_format(&got, own, sizeof(own));
	if (len != size || memcmp(own, text, len))
		return judge(copy, size < MEMORY_TEXT_MAX ? size :
			     MEMORY_TEXT_MAX, why);
	if (got.cluster != cluster) {
		explain(why, "it is of cluster %" PRIu32
			", this is a head of cluster %" PRIu32, got.cluster,
			cluster);
		return MEMORY_CLUSTER;
	}
	if (got.node != node) {
		explain(why, "it is of head %" PRIu32 ", this is head %" PRIu32,
			got.node, node);
		return MEMORY_NODE;
	}
	*m = got;
	return MEMORY_FOUND;
}

/* All bytes up to @size; -errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t at = 0;
	ssize_t n;

	while (at < size) {
		n = read(fd, buf + at, size - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

/* @why, with the file in front and what follows from it behind. */
static void complete(const char *folder, char *why)
{
	char what[MEMORY_TEXT_MAX];

	snprintf(what, sizeof(what), "%s", why);
	explain(why, "%.200s/" MEMORY_FILE ": %.150s. This head joins a cluster"
		" that runs, and starts none by itself", folder, what);
}

enum memory_state memory_load(const char *folder, uint32_t cluster,
			      uint32_t node, struct memory *m, char *why)
{
	char path[4096], text[MEMORY_TEXT_MAX + 1];
	enum memory_state s;
	ssize_t n;
	int fd;

	*why = '\0';
	*m = (struct memory){ .cluster = cluster, .node = node };
	if (snprintf(path, sizeof(path), "%s/" MEMORY_FILE, folder) >=
	    (int)sizeof(path)) {
		explain(why, "the name of its folder is too long");
		return MEMORY_UNREADABLE;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return MEMORY_NONE;
	n = fd < 0 ? -errno : read_all(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		explain(why, "it cannot be read: %s", strerror((int)-n));
		s = MEMORY_UNREADABLE;
	} else {
		s = memory_parse(text, (size_t)n, cluster, node, m, why);
	}
	if (s != MEMORY_FOUND)
		complete(folder, why);
	return s;
}

static int write_all(int fd, const char *buf, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(fd, buf, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		buf += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The folder itself is new: its name has to last, too. */
static int make_folder(const char *folder)
{
	char parent[4096];
	char *slash;
	int fd, err = 0;

	if (mkdir(folder, 0700))
		return errno == EEXIST ? 0 : -errno;
	snprintf(parent, sizeof(parent), "%s", folder);
	slash = strrchr(parent, '/');
	if (slash)
		*(slash == parent ? slash + 1 : slash) = '\0';
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		err = -errno;
	if (fd >= 0)
		close(fd);
	/* One that is there is not synced again. */
	if (err)
		rmdir(folder);
	return err;
}

/* Write the new file, whole and on disk, beside the old one. */
static int write_new(int dir, const char *text, size_t len)
{
	int err, fd = openat(dir, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC |
			     O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir, FILE_NEW, dir, MEMORY_FILE))
		err = -errno;
	if (err)
		unlinkat(dir, FILE_NEW, 0);
	return err;
}

int memory_save(const char *folder, const struct memory *m, char *why)
{
	char text[MEMORY_TEXT_MAX];
	size_t len = memory_format(m, text, sizeof(text));
	int dir, err;

	*why = '\0';
	err = make_folder(folder);
	dir = err ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!err && dir < 0)
		err = -errno;
	if (!err)
		err = write_new(dir, text, len);
	if (!err && fsync(dir))
		err = -errno;
	if (dir >= 0)
		close(dir);
	if (err)
		explain(why, "%.200s/" MEMORY_FILE
			": cannot be written: %.100s. No head is taken into the"
			" view before it can", folder, strerror(-err));
	return err;
}

static const struct {
	const char *text, *word;
} states[] = {
	[MEMORY_FOUND]	    = { "is good", "found" },
	[MEMORY_NONE]	    = { "is empty: this head was in no view yet", "none" },
	[MEMORY_UNREADABLE] = { "cannot be read", "unreadable" },
	[MEMORY_TRUNCATED]  = { "is truncated", "truncated" },
	[MEMORY_CORRUPT]    = { "is corrupt", "corrupt" },
	[MEMORY_VERSION]    = { "is of another version", "other-version" },
	[MEMORY_CLUSTER]    = { "is of another cluster", "other-cluster" },
	[MEMORY_NODE]	    = { "is of another head", "other-node" },
};

const char *memory_state_text(enum memory_state s)
{
	return s <= MEMORY_NODE ? states[s].text : "is not known";
}

const char *memory_state_word(enum memory_state s)
{
	return s <= MEMORY_NODE ? states[s].word : "unknown";
}
