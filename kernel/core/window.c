// SPDX-License-Identifier: GPL-2.0
/* A window of numbered messages, see window.h. */
#include "window.h"
#include "seqno.h"

int samr_window_init(struct samr_window *w, u32 size)
{
	w->slot = NULL;
	w->size = size;
	w->base = 1;
	w->came = 0;
	if (!size || (size & (size - 1)))
		return -EINVAL;
	w->slot = samr_alloc_table(size, sizeof(*w->slot));
	return w->slot ? 0 : -ENOMEM;
}

static struct samr_slot *slot_of(const struct samr_window *w, u64 s)
{
	return &w->slot[s & (w->size - 1)];
}

void samr_window_clear(struct samr_slot *slot)
{
	samr_msg_put(slot->msg);
	memset(slot, 0, sizeof(*slot));
}

void samr_window_fini(struct samr_window *w)
{
	u32 i;

	if (!w->slot)
		return;
	for (i = 0; i < w->size; i++)
		samr_window_clear(&w->slot[i]);
	samr_free_table(w->slot);
	w->slot = NULL;
}

struct samr_slot *samr_window_at(const struct samr_window *w, u64 s)
{
	return samr_seqno_in(s, w->base, w->size) ? slot_of(w, s) : NULL;
}

void samr_window_advance(struct samr_window *w, u64 base)
{
	u64 s, end = min(base, samr_seqno_last(w->base, w->size) + 1);

	for (s = w->base; s < end; s++)
		samr_window_clear(slot_of(w, s));
	if (base > w->base)
		w->base = base;
}

void samr_window_reset(struct samr_window *w, u64 base)
{
	u32 i;

	for (i = 0; i < w->size; i++)
		samr_window_clear(&w->slot[i]);
	w->base = base;
	w->came = 0;
}
