// SPDX-License-Identifier: GPL-2.0
/*
 * What the core needs of the kernel: memory, blobs, reference counts.
 *
 * Invariants: a blob is an sk_buff; once anyone but its maker has seen it, its
 * bytes do not change. Blobs made here are linear; those that came from a
 * socket need not be. The action of a blob lives in skb->cb, from the step that
 * made it until it is run; lower layers may then use cb again.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "link.h"
#include "plat.h"

/* A slice shares memory of its frame unless that is so many times its own. */
#define SLICE_SHARE	8
/* What an sk_buff of its own costs at least, bytes. */
#define SLICE_COST	512
/* A received frame is kept as it came unless it is so many times too big. */
#define FRAME_SHARE	2

struct samr_blob {
	struct sk_buff skb;
};

static_assert(sizeof(struct samr_action) <= sizeof_field(struct sk_buff, cb));
static_assert(sizeof(samr_ref_t) == sizeof(refcount_t));

static DEFINE_PER_CPU(bool *, stepping);

static struct sk_buff *skb_of(struct samr_blob *b)
{
	return &b->skb;
}

static struct samr_blob *blob_of(struct sk_buff *skb)
{
	return container_of(skb, struct samr_blob, skb);
}

void *samr_alloc(size_t size)
{
	return kzalloc(size, GFP_ATOMIC | __GFP_NOWARN);
}

void samr_free(const void *p)
{
	kfree(p);
}

void *samr_alloc_table(size_t n, size_t size)
{
	return kvcalloc(n, size, GFP_KERNEL_ACCOUNT);
}

void samr_free_table(void *p)
{
	kvfree(p);
}

struct samr_blob *samr_blob_new(u32 room)
{
	struct sk_buff *skb;

	skb = alloc_skb(SAMR_LINK_HEADROOM + room + SAMR_LINK_TAILROOM,
			GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, SAMR_LINK_HEADROOM);
	return blob_of(skb);
}

void samr_blob_put_data(struct samr_blob *b, const void *data, u32 len)
{
	if (samr_assert(skb_tailroom(skb_of(b)) >= len))
		skb_put_data(skb_of(b), data, len);
}

void samr_blob_put_blob(struct samr_blob *b, const struct samr_blob *src,
			u32 off, u32 len)
{
	if (!samr_assert(skb_tailroom(skb_of(b)) >= len) ||
	    !samr_assert((u64)off + len <= src->skb.len))
		return;
	skb_copy_bits(&src->skb, off, skb_put(skb_of(b), len), len);
}

void samr_blob_set_data(struct samr_blob *b, u32 off, const void *data, u32 len)
{
	if (samr_assert((u64)off + len <= skb_headlen(skb_of(b))))
		memcpy(b->skb.data + off, data, len);
}

/* A few bytes of a large frame must not keep all of it. */
static struct sk_buff *slice_copy(const struct sk_buff *skb, u32 off, u32 len)
{
	struct sk_buff *s = alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);

	if (s)
		skb_copy_bits(skb, off, skb_put(s, len), len);
	return s;
}

struct samr_blob *samr_blob_slice(struct samr_blob *b, u32 off, u32 len)
{
	struct sk_buff *skb = skb_of(b);
	struct sk_buff *s;

	if (!samr_assert((u64)off + len <= skb->len))
		return NULL;
	if (skb->truesize > SLICE_SHARE * (len + SLICE_COST)) {
		s = slice_copy(skb, off, len);
		return s ? blob_of(s) : NULL;
	}
	s = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		return NULL;
	if (!pskb_pull(s, off) || pskb_trim(s, len)) {
		kfree_skb(s);
		return NULL;
	}
	return blob_of(s);
}

const void *samr_blob_peek(const struct samr_blob *b, u32 off, u32 len,
			   void *scratch)
{
	if ((u64)off + len > b->skb.len)
		return NULL;
	return skb_header_pointer(&b->skb, off, len, scratch);
}

u32 samr_blob_len(const struct samr_blob *b)
{
	return b->skb.len;
}

struct samr_blob *samr_blob_get(struct samr_blob *b)
{
	skb_get(skb_of(b));
	return b;
}

void samr_blob_put(struct samr_blob *b)
{
	consume_skb(b ? skb_of(b) : NULL);
}

struct samr_action *samr_blob_action(struct samr_blob *b)
{
	return (struct samr_action *)b->skb.cb;
}

struct samr_blob *samr_blob_of_action(struct samr_action *a)
{
	return blob_of(container_of((void *)a, struct sk_buff, cb));
}

void samr_ref_set(samr_ref_t *r, int n)
{
	refcount_set((refcount_t *)r, n);
}

void samr_ref_get(samr_ref_t *r)
{
	refcount_inc((refcount_t *)r);
}

bool samr_ref_put(samr_ref_t *r)
{
	return refcount_dec_and_test((refcount_t *)r);
}

void samr_broken(const char *what, const char *file, int line)
{
	bool *broken = this_cpu_read(stepping);

	WARN_ONCE(1, "samr: %s:%d: does not hold: %s\n", file, line, what);
	pr_err_ratelimited("samr: %s:%d: does not hold: %s\n", file, line, what);
	if (broken)
		*broken = true;
}

u64 samr_keyed(const struct samr_key *key, u64 x)
{
	const siphash_key_t k = { { key->half[0], key->half[1] } };

	return siphash_1u64(x, &k);
}

void samr_plat_step_begin(bool *broken)
{
	lockdep_assert_in_softirq();
	this_cpu_write(stepping, broken);
}

void samr_plat_step_end(void)
{
	this_cpu_write(stepping, NULL);
}

struct sk_buff *samr_plat_compact(struct sk_buff *skb, u32 len, bool *copied)
{
	struct sk_buff *s;

	*copied = false;
	if (!skb_is_nonlinear(skb) &&
	    skb->truesize <= FRAME_SHARE * SKB_TRUESIZE(len)) {
		__skb_trim(skb, len);
		return skb;
	}
	s = alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);
	if (s) {
		skb_copy_bits(skb, 0, skb_put(s, len), len);
		*copied = true;
	}
	consume_skb(skb);
	return s;
}
