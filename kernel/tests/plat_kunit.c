// SPDX-License-Identifier: GPL-2.0
/* Blobs: an sk_buff as the core sees it. */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "../cluster.h"
#include "../plat.h"

#define LEN	1000

static u8 bytes[LEN];

static int plat_init(struct kunit *test)
{
	int i;

	for (i = 0; i < LEN; i++)
		bytes[i] = i * 7;
	return 0;
}

static struct samr_blob *filled(struct kunit *test, u32 len)
{
	struct samr_blob *b = samr_blob_new(len);

	KUNIT_ASSERT_NOT_NULL(test, b);
	samr_blob_put_data(b, bytes, len);
	return b;
}

/* A frame as a driver may give it: some bytes in the head, the rest in pages. */
static struct sk_buff *paged(struct kunit *test, u32 head, u32 len)
{
	struct sk_buff *skb = alloc_skb(head, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, page);
	skb_put_data(skb, bytes, head);
	memcpy(page_address(page), bytes + head, len - head);
	skb_add_rx_frag(skb, 0, page, 0, len - head, PAGE_SIZE);
	return skb;
}

static void plat_blob_holds_what_was_put(struct kunit *test)
{
	struct samr_blob *b = samr_blob_new(LEN), *c = filled(test, 300);
	u8 scratch[LEN];

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, samr_blob_len(b), 0);
	samr_blob_put_data(b, bytes, 100);
	samr_blob_put_blob(b, c, 100, 200);
	KUNIT_EXPECT_EQ(test, samr_blob_len(b), 300);
	KUNIT_EXPECT_EQ(test, memcmp(samr_blob_peek(b, 0, 300, scratch), bytes, 300), 0);
	samr_blob_set_data(b, 10, "xyz", 3);
	KUNIT_EXPECT_EQ(test, memcmp(samr_blob_peek(b, 10, 3, scratch), "xyz", 3), 0);
	samr_blob_put(b);
	samr_blob_put(c);
}

static void plat_peek_stays_inside(struct kunit *test)
{
	struct samr_blob *b = filled(test, 100);
	u8 scratch[8];

	KUNIT_EXPECT_NOT_NULL(test, samr_blob_peek(b, 92, 8, scratch));
	KUNIT_EXPECT_NULL(test, samr_blob_peek(b, 93, 8, scratch));
	KUNIT_EXPECT_NULL(test, samr_blob_peek(b, 101, 0, scratch));
	KUNIT_EXPECT_NULL(test, samr_blob_peek(b, U32_MAX, 8, scratch));
	samr_blob_put(b);
}

static void plat_peek_across_pages(struct kunit *test)
{
	struct sk_buff *skb = paged(test, 64, LEN);
	struct samr_blob *b = samr_blob_of_skb(skb);
	u8 scratch[100];
	const void *p;

	p = samr_blob_peek(b, 20, 100, scratch);
	KUNIT_EXPECT_PTR_EQ(test, p, (const void *)scratch);
	KUNIT_EXPECT_EQ(test, memcmp(p, bytes + 20, 100), 0);
	samr_blob_put(b);
}

static void check_slice(struct kunit *test, struct samr_blob *b, u32 off, u32 len)
{
	struct samr_blob *s = samr_blob_slice(b, off, len);
	u8 *scratch = kunit_kmalloc(test, LEN, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, samr_blob_len(s), len);
	KUNIT_EXPECT_EQ(test, memcmp(samr_blob_peek(s, 0, len, scratch),
				     bytes + off, len), 0);
	samr_blob_put(s);
}

static void plat_slices_hold_their_part(struct kunit *test)
{
	struct samr_blob *b = filled(test, LEN);
	struct samr_blob *p = samr_blob_of_skb(paged(test, 64, LEN));
	u8 scratch[100];
	static const u32 at[][2] = {
		{ 0, LEN }, { 0, 1 }, { LEN - 1, 1 }, { 60, 10 }, { 500, 0 },
		{ 100, 800 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		check_slice(test, b, at[i][0], at[i][1]);
		check_slice(test, p, at[i][0], at[i][1]);
	}
	samr_blob_put(b);
	/* A slice outlives what it was cut from. */
	b = samr_blob_slice(p, 100, 100);
	samr_blob_put(p);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, samr_blob_len(b), 100);
	KUNIT_EXPECT_EQ(test, memcmp(samr_blob_peek(b, 0, 100, scratch),
				     bytes + 100, 100), 0);
	samr_blob_put(b);
}

static void plat_small_slice_lets_large_frame_go(struct kunit *test)
{
	struct samr_blob *b = samr_blob_new(30000), *s;

	KUNIT_ASSERT_NOT_NULL(test, b);
	samr_blob_put_data(b, bytes, LEN);
	s = samr_blob_slice(b, 10, 20);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_LT(test, samr_blob_skb(s)->truesize, 2048);
	KUNIT_EXPECT_EQ(test, memcmp(samr_blob_skb(s)->data, bytes + 10, 20), 0);
	samr_blob_put(s);
	samr_blob_put(b);
}

static void plat_action_lives_in_its_blob(struct kunit *test)
{
	struct samr_blob *b = filled(test, 10);
	struct samr_action *a = samr_blob_action(b);

	KUNIT_EXPECT_PTR_EQ(test, samr_blob_of_action(a), b);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)a, (u8 *)samr_blob_skb(b)->cb);
	samr_blob_put(b);
}

static void plat_references(struct kunit *test)
{
	struct samr_blob *b = filled(test, 10);
	samr_ref_t r;

	KUNIT_EXPECT_PTR_EQ(test, samr_blob_get(b), b);
	samr_blob_put(b);
	KUNIT_EXPECT_EQ(test, samr_blob_len(b), 10);
	samr_blob_put(b);
	samr_blob_put(NULL);
	samr_ref_set(&r, 2);
	samr_ref_get(&r);
	KUNIT_EXPECT_FALSE(test, samr_ref_put(&r));
	KUNIT_EXPECT_FALSE(test, samr_ref_put(&r));
	KUNIT_EXPECT_TRUE(test, samr_ref_put(&r));
}

static void plat_memory_is_zeroed(struct kunit *test)
{
	u8 *p = samr_alloc(LEN), *t = samr_alloc_table(4096, LEN);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, LEN));
	KUNIT_EXPECT_NULL(test, memchr_inv(t, 0, 4096 * LEN));
	KUNIT_EXPECT_NULL(test, samr_alloc_table(SIZE_MAX / 2, 4));
	samr_free(p);
	samr_free_table(t);
	samr_free(NULL);
	samr_free_table(NULL);
}

static void check_compact(struct kunit *test, struct sk_buff *skb, u32 len,
			  bool wanted)
{
	bool copied;

	skb = samr_plat_compact(skb, len, &copied);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, copied, wanted);
	KUNIT_EXPECT_FALSE(test, skb_is_nonlinear(skb));
	KUNIT_EXPECT_EQ(test, skb->len, len);
	KUNIT_EXPECT_EQ(test, memcmp(skb->data, bytes, len), 0);
	KUNIT_EXPECT_LE(test, skb->truesize, 4 * SKB_TRUESIZE(len));
	consume_skb(skb);
}

static void plat_compact_keeps_what_fits(struct kunit *test)
{
	check_compact(test, samr_blob_skb(filled(test, LEN)), LEN, false);
	check_compact(test, samr_blob_skb(filled(test, LEN)), LEN - 40, false);
}

static void plat_compact_copies_out_of_pages(struct kunit *test)
{
	struct samr_blob *large = samr_blob_new(30000);

	check_compact(test, paged(test, 64, LEN), LEN, true);
	check_compact(test, paged(test, 64, LEN), 60, true);
	KUNIT_ASSERT_NOT_NULL(test, large);
	samr_blob_put_data(large, bytes, LEN);
	check_compact(test, samr_blob_skb(large), 100, true);
}

/* The example of SipHash's authors: the bytes 0 to 15 are the key, 0 to 7 the message. */
static void plat_keyed_is_siphash(struct kunit *test)
{
	const struct samr_key key = {
		{ 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL }
	};

	KUNIT_EXPECT_EQ(test, samr_keyed(&key, 0x0706050403020100ULL),
			0x93f5f5799a932462ULL);
}

static struct kunit_case plat_cases[] = {
	KUNIT_CASE(plat_blob_holds_what_was_put),
	KUNIT_CASE(plat_peek_stays_inside),
	KUNIT_CASE(plat_peek_across_pages),
	KUNIT_CASE(plat_slices_hold_their_part),
	KUNIT_CASE(plat_small_slice_lets_large_frame_go),
	KUNIT_CASE(plat_action_lives_in_its_blob),
	KUNIT_CASE(plat_references),
	KUNIT_CASE(plat_memory_is_zeroed),
	KUNIT_CASE(plat_compact_keeps_what_fits),
	KUNIT_CASE(plat_compact_copies_out_of_pages),
	KUNIT_CASE(plat_keyed_is_siphash),
	{ }
};

static struct kunit_suite plat_suite = {
	.name = "samr_plat",
	.init = plat_init,
	.test_cases = plat_cases,
};
kunit_test_suite(plat_suite);
