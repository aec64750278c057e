// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers that are the same at all replicas: those of one generator, which begins
 * anew with each place of the order that was read, in the order in which the program asks,
 * whatever it asks by. So they are also the same at a replica that came later, and has asked
 * less often. For that reason the C library's own generators, which remember what they were
 * asked, are replaced as well, and not only their seeds.
 *
 * They are no secret to who knows the seed. A program that makes keys of them is not to be
 * run like this.
 */
#define _GNU_SOURCE
#include "preload.h"

#include <fcntl.h>
#include <pthread.h>
#include <samr/samr.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

static struct samr_random generator;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t seed, place;

static void begin(void)
{
	const char *text = getenv(SEED_VARIABLE);

	seed = text ? strtoull(text, NULL, 10) : 0;
	samr_random_init(&generator, seed);
}

/* Neighbours are far apart as seeds: their generators are. */
static void renew(void)
{
	uint64_t now = preload_place();

	if (now == place)
		return;
	place = now;
	samr_random_init(&generator, seed);
	samr_random_init(&generator, samr_random_next(&generator) ^ now);
}

/* Whether this process is a replica; only those are given what is the same everywhere. */
static bool ours(void)
{
	const struct rules *r = preload_rules();
	unsigned int i;

	for (i = 0; i < r->count; i++)
		if (r->rule[i].listen)
			return true;
	return false;
}

static void fill(void *to, size_t len)
{
	pthread_once(&once, begin);
	pthread_mutex_lock(&lock);
	renew();
	samr_random_bytes(&generator, to, len);
	pthread_mutex_unlock(&lock);
}

EXPORT ssize_t getrandom(void *to, size_t len, unsigned int flags)
{
	if (!ours())
		return REAL(getrandom)(to, len, flags);
	fill(to, len);
	return (ssize_t)len;
}

EXPORT int getentropy(void *to, size_t len)
{
	if (!ours() || len > 256)
		return REAL(getentropy)(to, len);
	fill(to, len);
	return 0;
}

/* The C library has these since 2.36 only; older programs cannot call them. */
EXPORT void arc4random_buf(void *to, size_t len);
EXPORT uint32_t arc4random(void);
EXPORT uint32_t arc4random_uniform(uint32_t bound);

void arc4random_buf(void *to, size_t len)
{
	if (ours())
		fill(to, len);
	else
		REAL(arc4random_buf)(to, len);
}

uint32_t arc4random(void)
{
	uint32_t x;

	arc4random_buf(&x, sizeof(x));
	return x;
}

uint32_t arc4random_uniform(uint32_t bound)
{
	uint32_t x, skip = bound ? -bound % bound : 0;

	do
		x = arc4random();
	while (x < skip);
	return bound ? x % bound : 0;
}

/* As many of the lower bits as the C library's function has. */
static uint64_t bits(unsigned int count)
{
	uint64_t x;

	fill(&x, sizeof(x));
	return x & ((UINT64_C(1) << count) - 1);
}

EXPORT long random(void)
{
	return ours() ? (long)bits(31) : REAL(random)();
}

EXPORT int rand(void)
{
	return ours() ? (int)bits(31) : REAL(rand)();
}

EXPORT long lrand48(void)
{
	return ours() ? (long)bits(31) : REAL(lrand48)();
}

EXPORT long mrand48(void)
{
	return ours() ? (long)bits(32) - (INT64_C(1) << 31) : REAL(mrand48)();
}

EXPORT double drand48(void)
{
	return ours() ? (double)bits(48) / (double)(UINT64_C(1) << 48) : REAL(drand48)();
}

/* --- the files --- */

static bool is_device(const char *path)
{
	return path && (!strcmp(path, "/dev/urandom") || !strcmp(path, "/dev/random"));
}

/*
 * A descriptor with 64 KiB of numbers: more than any program is known to read by one that it
 * opened, and the end of the file, which is seen, for one that does.
 */
#define FILE_BYTES	(64 << 10)

static int device_fd(int flags)
{
	int fd = memfd_create("samr-run random", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	unsigned char bytes[4096];
	size_t done;

	for (done = 0; fd >= 0 && done < FILE_BYTES; done += sizeof(bytes)) {
		fill(bytes, sizeof(bytes));
		if (pwrite(fd, bytes, sizeof(bytes), (off_t)done) < 0) {
			close(fd);
			fd = -1;
		}
	}
	return fd;
}

static ssize_t device_read(void *cookie, char *to, size_t len)
{
	(void)cookie;
	fill(to, len);
	return (ssize_t)len;
}

static FILE *device_file(void)
{
	return fopencookie(NULL, "r", (cookie_io_functions_t){ .read = device_read });
}

#define OPEN(name)							\
EXPORT int name(const char *path, int flags, ...)			\
{									\
	mode_t mode = 0;						\
	va_list args;							\
									\
	if (flags & (O_CREAT | __O_TMPFILE)) {				\
		va_start(args, flags);					\
		mode = va_arg(args, mode_t);				\
		va_end(args);						\
	}								\
	if (is_device(path) && ours())					\
		return device_fd(flags);				\
	return REAL(name)(path, flags, mode);				\
}

OPEN(open)
OPEN(open64)

EXPORT int openat(int at, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (is_device(path) && ours())
		return device_fd(flags);
	return REAL(openat)(at, path, flags, mode);
}

#define FOPEN(name)							\
EXPORT FILE *name(const char *restrict path, const char *restrict mode)	\
{									\
	return is_device(path) && ours() ? device_file() :		\
	       REAL(name)(path, mode);					\
}

FOPEN(fopen)
FOPEN(fopen64)
