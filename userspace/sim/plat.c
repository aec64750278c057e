// SPDX-License-Identifier: GPL-2.0
/*
 * The core's platform in user space, see core/plat.h and memory.h.
 *
 * Invariant: each allocation has a header that names its home and size, so that
 * it is taken off the right account, on whatever node it is freed.
 */
#include <stdlib.h>

#include "memory.h"
#include "pool.h"
#include "sim.h"

#define MAGIC_LIVE	0x5a3c96e1u
#define MAGIC_FREE	0xdeadf8eeu
#define POISON_MAX	512

/* One node that takes more than this is a violation by itself, not a fault. */
#define HOME_BYTES_MAX	(1ULL << 30)

struct chunk {
	u32 magic;
	u32 home;
	size_t size;
	size_t charged;
};

struct samr_blob {
	u32 refs;
	u32 off;
	u32 len;
	bool own;		/* made by samr_blob_new(): has an action */
	struct buffer *buf;
	struct samr_action action;
};

static struct {
	u32 home;
	struct rng rng;
	struct memory_use use[MEMORY_HOMES + 1];
	u32 fail_ppm[MEMORY_HOMES];
	u32 fail_next[MEMORY_HOMES];
	u32 fail_after[MEMORY_HOMES];
} mem;

void memory_enter(u32 home)
{
	mem.home = home;
}

const struct memory_use *memory_use_of(u32 home)
{
	return &mem.use[home];
}

void memory_reset(u64 seed)
{
	memset(&mem, 0, sizeof(mem));
	rng_init(&mem.rng, seed, 'm');
}

void memory_fail_rate(u32 home, u32 ppm)
{
	mem.fail_ppm[home] = ppm;
}

void memory_fail_next(u32 home, u32 count, u32 after)
{
	mem.fail_next[home] = count;
	mem.fail_after[home] = after;
}

static void charge(u32 home, s64 bytes, int objects)
{
	struct memory_use *u[2] = { &mem.use[home], &mem.use[MEMORY_HOMES] };
	int i;

	for (i = 0; i < 2; i++) {
		u[i]->bytes += bytes;
		u[i]->objects += objects;
		u[i]->peak = max(u[i]->peak, u[i]->bytes);
	}
	if (home && u[0]->bytes > HOME_BYTES_MAX)
		sim_fail("node %u holds more than %llu MiB of memory", home,
			 HOME_BYTES_MAX >> 20);
}

static bool refuse(void)
{
	u32 home = mem.home;

	if (!home)
		return false;
	if (mem.fail_next[home] && mem.fail_after[home]) {
		mem.fail_after[home]--;
		return false;
	}
	if (mem.fail_next[home])
		mem.fail_next[home]--;
	else if (!rng_ppm(&mem.rng, mem.fail_ppm[home]))
		return false;
	mem.use[home].failed++;
	mem.use[MEMORY_HOMES].failed++;
	return true;
}

/* @size bytes, of which @charged count. */
static void *chunk_new(size_t size, size_t charged)
{
	struct chunk *c = pool_get(sizeof(*c) + size);

	c->magic = MAGIC_LIVE;
	c->home = mem.home;
	c->size = size;
	c->charged = charged;
	charge(c->home, charged, 1);
	return c + 1;
}

static void chunk_free(const void *p)
{
	struct chunk *c = (struct chunk *)p - 1;

	if (c->magic != MAGIC_LIVE)
		sim_fail("memory freed %s", c->magic == MAGIC_FREE ?
			 "twice" : "that was never allocated");
	charge(c->home, -(s64)c->charged, -1);
	/* What still points here shall find rubbish. */
	memset(c + 1, 0x6b, min(c->size, (size_t)POISON_MAX));
	c->magic = MAGIC_FREE;
	__asm__ volatile("" : : "r" (c) : "memory");
	pool_put(c, sizeof(*c) + c->size);
}

void *samr_alloc(size_t size)
{
	void *p;

	if (refuse())
		return NULL;
	p = chunk_new(size, size);
	memset(p, 0, size);
	return p;
}

void samr_free(const void *p)
{
	if (p)
		chunk_free(p);
}

void *samr_alloc_table(size_t n, size_t size)
{
	return samr_alloc(n * size);
}

void samr_free_table(void *p)
{
	samr_free(p);
}

struct buffer *buffer_new(u32 room)
{
	struct buffer *b = chunk_new(sizeof(*b) + room, sizeof(*b) + room);

	b->refs = 1;
	b->len = 0;
	b->room = room;
	return b;
}

struct buffer *buffer_get(struct buffer *b)
{
	b->refs++;
	return b;
}

void buffer_put(struct buffer *b)
{
	if (!--b->refs)
		chunk_free(b);
}

static struct samr_blob *blob_new(struct buffer *buf, u32 off, u32 len,
				  u32 charged)
{
	struct samr_blob *b = chunk_new(sizeof(*b), sizeof(*b) + charged);

	memset(b, 0, sizeof(*b));
	b->refs = 1;
	b->buf = buf;
	b->off = off;
	b->len = len;
	return b;
}

struct samr_blob *blob_of_buffer(struct buffer *buf, u32 off, u32 len)
{
	return blob_new(buffer_get(buf), off, len, len);
}

const u8 *blob_bytes(const struct samr_blob *b)
{
	return b->buf->bytes + b->off;
}

static bool inside(const struct samr_blob *b, u32 off, u32 len)
{
	return off <= b->len && len <= b->len - off;
}

struct samr_blob *samr_blob_new(u32 room)
{
	struct samr_blob *b;

	if (refuse())
		return NULL;
	b = blob_new(buffer_new(room), 0, 0, 0);
	b->own = true;
	return b;
}

/* Room for @len bytes behind those that @b has. */
static u8 *append(struct samr_blob *b, u32 len)
{
	u8 *p = b->buf->bytes + b->len;

	if (!b->own || b->refs != 1 || len > b->buf->room - b->len)
		sim_fail("%u bytes appended to a blob of %u that has room for %u",
			 len, b->len, b->buf->room);
	b->len += len;
	b->buf->len = b->len;
	return p;
}

void samr_blob_put_data(struct samr_blob *b, const void *data, u32 len)
{
	memcpy(append(b, len), data, len);
}

void samr_blob_put_blob(struct samr_blob *b, const struct samr_blob *src,
			u32 off, u32 len)
{
	if (!inside(src, off, len))
		sim_fail("bytes %u + %u read from a blob of %u", off, len,
			 src->len);
	memcpy(append(b, len), blob_bytes(src) + off, len);
}

void samr_blob_set_data(struct samr_blob *b, u32 off, const void *data,
			u32 len)
{
	if (!b->own || b->refs != 1 || !inside(b, off, len))
		sim_fail("bytes %u + %u overwritten in a blob of %u", off, len,
			 b->len);
	memcpy(b->buf->bytes + off, data, len);
}

struct samr_blob *samr_blob_slice(struct samr_blob *b, u32 off, u32 len)
{
	if (!inside(b, off, len))
		sim_fail("slice %u + %u of a blob of %u", off, len, b->len);
	if (refuse())
		return NULL;
	return blob_of_buffer(b->buf, b->off + off, len);
}

/* Always copied: whoever keeps the pointer too long is found out. */
const void *samr_blob_peek(const struct samr_blob *b, u32 off, u32 len,
			   void *scratch)
{
	if (!inside(b, off, len))
		return NULL;
	return memcpy(scratch, blob_bytes(b) + off, len);
}

u32 samr_blob_len(const struct samr_blob *b)
{
	return b->len;
}

struct samr_blob *samr_blob_get(struct samr_blob *b)
{
	if (!b->refs)
		sim_fail("reference taken to a blob that is gone");
	b->refs++;
	return b;
}

void samr_blob_put(struct samr_blob *b)
{
	if (!b)
		return;
	if (!b->refs)
		sim_fail("blob dropped once too often");
	if (--b->refs)
		return;
	buffer_put(b->buf);
	chunk_free(b);
}

struct samr_action *samr_blob_action(struct samr_blob *b)
{
	if (!b->own)
		sim_fail("action of a blob that has none");
	return &b->action;
}

struct samr_blob *samr_blob_of_action(struct samr_action *a)
{
	return container_of(a, struct samr_blob, action);
}

void samr_ref_set(samr_ref_t *r, int n)
{
	r->refs = n;
}

void samr_ref_get(samr_ref_t *r)
{
	if (r->refs <= 0)
		sim_fail("reference taken to an object that is gone");
	r->refs++;
}

bool samr_ref_put(samr_ref_t *r)
{
	if (r->refs <= 0)
		sim_fail("reference dropped once too often");
	return --r->refs == 0;
}

void samr_broken(const char *what, const char *file, int line)
{
	const char *base = strrchr(file, '/');

	sim_fail("broken invariant: %s, %s:%d", what, base ? base + 1 : file,
		 line);
}
