// SPDX-License-Identifier: GPL-2.0
/* Clients whose sessions are streams, see client_stream.h. */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "client_inside.h"
#include "client_stream.h"
#include "payload.h"

/* Longest segment, bytes: several fit into a window. */
#define SEGMENT_MAX	16384U
/* Fewer bytes may be added to what is not sent yet, of which there may be so many. */
#define SMALL		512U
#define SMALL_ROOM	1500U
/* So many pieces of the output are acknowledged at once: the heads keep few of them. */
#define PIECES		16
/* A closed socket waits so long for the end of the output. */
#define LINGER_MS	60000

static struct samr_client_stream *of_side(struct samr_side *side)
{
	return container_of(side, struct samr_client_stream, side);
}

static u32 segment_most(const struct samr_client_stream *st)
{
	return min(SEGMENT_MAX, max(st->window / 4, 1U));
}

/* Bytes of its program: its end has none. */
static u32 bytes_of(const struct samr_segment *g)
{
	return g->len - g->fin;
}

/* ---- segments ---- */

static void segment_free(struct samr_segment *g)
{
	if (!g)
		return;
	kfree_skb(g->skb);
	kfree(g);
}

static void drop(struct samr_client *cl, struct samr_segment *g)
{
	cl->charged -= g->charge;
	cl->unsettled -= bytes_of(g);
	list_del(&g->link);
	segment_free(g);
}

static void drop_all(struct samr_client *cl)
{
	struct samr_segment *g, *next;

	list_for_each_entry_safe(g, next, &cl->stream->segments, link)
		drop(cl, g);
}

/* With room for more, if it is short. */
static struct sk_buff *gather(struct msghdr *msg, u32 len, gfp_t gfp)
{
	const u32 head = sizeof(struct samr_request_payload);
	struct sk_buff *skb;

	if (len >= SMALL)
		return samr_payload_request(msg, len, gfp);
	skb = alloc_skb(head + SMALL_ROOM, gfp);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_put_zero(skb, head);
	if (copy_from_iter_full(skb_put(skb, len), len, &msg->msg_iter))
		return skb;
	kfree_skb(skb);
	return ERR_PTR(-EFAULT);
}

/* The bytes in front: they are the same whenever it is sent again. */
static void put_head(struct samr_client *cl, struct samr_segment *g)
{
	const struct samr_request_payload p = {
		.id	= cpu_to_be64(cl->id),
		.acked	= cpu_to_be64(cl->acked),
	};

	/* Whoever made it has left room there: it can not fail. */
	WARN_ON_ONCE(skb_store_bits(g->skb, 0, &p, sizeof(p)));
}

static void append(struct samr_client *cl, struct samr_segment *g)
{
	put_head(cl, g);
	g->number = cl->next;
	cl->next += g->len;
	g->charge = g->skb->truesize + sizeof(*g);
	cl->charged += g->charge;
	cl->unsettled += bytes_of(g);
	list_add_tail(&g->link, &cl->stream->segments);
}

/* The last one, if nobody has it but us, and it can still be changed. */
static struct samr_segment *open_one(struct samr_client *cl)
{
	struct samr_segment *g;

	if (list_empty(&cl->stream->segments))
		return NULL;
	g = list_last_entry(&cl->stream->segments, struct samr_segment, link);
	return g->number < cl->send || g->place || g->fin ||
	       skb_shared(g->skb) || skb_cloned(g->skb) ? NULL : g;
}

/* Return: whether the bytes of @skb, which may be of one piece, went there. */
static bool add_to(struct samr_client *cl, const struct sk_buff *skb, u32 len)
{
	const u32 head = sizeof(struct samr_request_payload);
	struct samr_segment *g = open_one(cl);

	if (!g || skb_is_nonlinear(skb) || skb_is_nonlinear(g->skb) ||
	    len > SMALL || skb_tailroom(g->skb) < (int)len ||
	    g->len + len > segment_most(cl->stream))
		return false;
	skb_put_data(g->skb, skb->data + head, len);
	g->len += len;
	cl->next += len;
	cl->unsettled += len;
	return true;
}

static void put_end(struct samr_client *cl)
{
	struct samr_client_stream *st = cl->stream;
	struct samr_segment *g = open_one(cl);

	if (!st->last)
		return;
	if (g && g->len < segment_most(st)) {
		g->fin = true;
		g->len++;
		cl->next++;
		segment_free(st->last);
	} else {
		append(cl, st->last);
	}
	st->last = NULL;
}

static struct samr_segment *find(const struct samr_client *cl, u64 number)
{
	struct samr_segment *g;

	list_for_each_entry(g, &cl->stream->segments, link)
		if (g->number == number)
			return g;
	return NULL;
}

bool samr_client_stream_fill(struct samr_client *cl, struct samr_submit *s)
{
	struct samr_segment *g;

	if (cl->state != SAMR_CLIENT_CONNECTED || cl->full ||
	    cl->stream->abort || cl->send >= cl->next)
		return false;
	g = find(cl, cl->send);
	if (WARN_ON_ONCE(!g))
		return false;
	s->kind = SAMR_KIND_REQUEST;
	s->flags = g->fin ? SAMR_MSG_FIN : 0;
	s->arg = g->number;
	s->len = g->skb->len;
	s->payload = samr_blob_of_skb(skb_get(g->skb));
	cl->send += g->len;
	cl->flying++;
	return true;
}

void samr_client_stream_told(struct samr_client *cl, const struct samr_msg *msg)
{
	struct samr_segment *g = find(cl, msg->meta.arg);

	if (msg->result == SAMR_SES_ORDERED) {
		if (g)
			g->place = msg->meta.gseq;
		return;
	}
	/* Behind the end of the input, or repeated: it has its place. */
	if (find(cl, msg->next))
		cl->send = min(cl->send, msg->next);
}

void samr_client_stream_lost(struct samr_client *cl)
{
	struct samr_segment *g;

	list_for_each_entry(g, &cl->stream->segments, link)
		g->place = 0;
}

static void has_room(struct samr_client *cl)
{
	struct samr_side *side = &cl->stream->side;

	if (side->full && cl->charged <= side->sndbuf / 2)
		samr_side_writable(side);
}

bool samr_client_stream_attached(struct samr_client *cl, u64 next, u64 place)
{
	struct samr_segment *g;

	if (next > cl->next)
		return false;
	list_for_each_entry(g, &cl->stream->segments, link) {
		if (g->number >= next)
			break;
		/* It was sent as it is, or not at all. */
		if (g->number + g->len > next)
			return false;
		/* The head that says so may die with it: it stays when that stays. */
		g->place = place;
	}
	cl->send = next;
	return next == cl->next || find(cl, next);
}

bool samr_client_stream_settle(struct samr_client *cl, u64 stable)
{
	struct samr_segment *g, *next;
	bool unstable = false;

	list_for_each_entry_safe(g, next, &cl->stream->segments, link) {
		unstable = g->place;
		if (!g->place || g->place > stable)
			break;
		drop(cl, g);
		unstable = false;
	}
	has_room(cl);
	return unstable;
}

/* ---- its session ---- */

static bool lingers(const struct samr_client_stream *st)
{
	return time_before(jiffies,
			   st->closed_at + msecs_to_jiffies(LINGER_MS));
}

/* Its socket is closed: is there anything to wait for still? */
static bool is_over(const struct samr_client *cl)
{
	const struct samr_client_stream *st = cl->stream;

	if (cl->flying)
		return false;
	return st->abort || st->end == SAMR_END_RESET ||
	       (st->end && cl->send == cl->next) || !lingers(st);
}

u8 samr_client_stream_op(struct samr_client *cl)
{
	struct samr_client_stream *st = cl->stream;

	switch (cl->state) {
	case SAMR_CLIENT_CONNECTING:
		if (cl->ops)
			return SAMR_SESSION_OPEN;
		break;
	case SAMR_CLIENT_RESUMING:
		if (cl->ops || (!st->abort && cl->unsettled))
			return SAMR_SESSION_ATTACH;
		/* It expires, as nobody comes for it. */
		break;
	case SAMR_CLIENT_CONNECTED:
		if (!cl->ops && is_over(cl))
			return SAMR_SESSION_CLOSE;
		if (!cl->ops && !cl->flying)
			samr_client_enlist(cl, LINGER_MS + 1);
		return cl->tell && cl->acked > cl->told ? SAMR_SESSION_ACK : 0;
	case SAMR_CLIENT_GONE:
		return cl->ending ? SAMR_SESSION_CLOSE : 0;
	default:
		return 0;
	}
	cl->state = SAMR_CLIENT_GONE;
	drop_all(cl);
	return 0;
}

bool samr_client_stream_smaller(struct samr_client *cl)
{
	struct samr_client_stream *st = cl->stream;

	if (st->window <= SAMR_CLIENT_WINDOW)
		return false;
	st->window = max(st->window / 2, SAMR_CLIENT_WINDOW);
	return true;
}

void samr_client_stream_gone(struct samr_client *cl, int err)
{
	struct samr_side *side = &cl->stream->side;

	drop_all(cl);
	/* Of an output that has ended nothing is missing; who writes on gets EPIPE. */
	samr_side_break(side, side->over ? 0 : -err);
}

/* ---- the output ---- */

/* All but what waits counts as read. */
static void has_read(struct samr_client *cl)
{
	struct samr_client_stream *st = cl->stream;

	cl->acked = st->got;
	if (st->side.in.bytes)
		cl->acked -= st->side.in.bytes + !!st->end;
	if (cl->acked - cl->told >= st->window / 2 || st->pieces >= PIECES) {
		cl->tell = true;
		st->pieces = 0;
	}
}

/* What lies behind the first @off bytes. */
static struct samr_msg *rest_of(struct samr_msg *msg, u32 off)
{
	struct samr_meta meta = msg->meta;
	struct samr_msg *rest;

	if (!off)
		return samr_msg_get(msg);
	meta.arg += off;
	meta.len -= off;
	rest = samr_msg_new(&meta);
	if (rest && samr_msg_take(rest, 0, msg, off))
		return rest;
	samr_msg_put(rest);
	return NULL;
}

static bool take_bytes(struct samr_client *cl, struct samr_msg *msg)
{
	struct samr_client_stream *st = cl->stream;
	u64 end = msg->meta.arg + msg->meta.len;
	struct samr_msg *rest;

	/* It comes again when the session was attached again. */
	if (end <= st->got + 1 || st->end)
		return true;
	if (!cl->ops || st->side.deaf) {
		st->got = end - 1;
		st->pieces++;
		has_read(cl);
		return true;
	}
	rest = rest_of(msg, st->got + 1 - msg->meta.arg);
	if (!rest)
		return false;
	INIT_LIST_HEAD(&rest->link);
	samr_input_add(&st->side.in, rest);
	st->got = end - 1;
	samr_side_readable(&st->side);
	return true;
}

static void take_end(struct samr_client *cl, u8 end)
{
	struct samr_client_stream *st = cl->stream;

	st->got++;
	st->end = end;
	has_read(cl);
	if (end == SAMR_END_RESET) {
		samr_side_break(&st->side, ECONNRESET);
		return;
	}
	st->side.over = true;
	st->side.broken |= end == SAMR_END_CLOSED;
	samr_side_changed(&st->side, 0);
}

bool samr_client_stream_output(struct samr_client *cl, struct samr_msg *msg)
{
	static const u8 end_of[] = {
		[SAMR_SES_SHUT]		= SAMR_END_SHUT,
		[SAMR_SES_CLOSED]	= SAMR_END_CLOSED,
		[SAMR_SES_RESET]	= SAMR_END_RESET,
	};
	u8 end = msg->result < ARRAY_SIZE(end_of) ? end_of[msg->result] : 0;
	u64 got = cl->stream->got;

	/* Some before it are missing: it must come again. */
	if (msg->meta.arg > got + 1)
		return false;
	if (!end)
		return take_bytes(cl, msg);
	if (msg->meta.arg == got + 1 && !cl->stream->end)
		take_end(cl, end);
	return true;
}

/* ---- what its socket asks for ---- */

static int may_write(struct samr_client *cl)
{
	const struct samr_side *side = &cl->stream->side;
	int err = READ_ONCE(cl->svc->all->err);

	lockdep_assert_held(&cl->svc->lock);
	if (err)
		return err;
	if (cl->state == SAMR_MEMBER_BOUND)
		return -ENOTCONN;
	if (side->broken || side->shut)
		return -EPIPE;
	return cl->state == SAMR_CLIENT_CONNECTING ? -EAGAIN : 0;
}

static int room_in(struct samr_client *cl)
{
	struct samr_client_stream *st = cl->stream;
	int err = may_write(cl);

	if (!err && cl->charged >= READ_ONCE(st->side.sndbuf))
		err = -EAGAIN;
	if (err == -EAGAIN)
		st->side.full = true;
	return err ?: (int)segment_most(st);
}

static int room(struct samr_side *side)
{
	int ret;

	spin_lock_bh(&side->svc->lock);
	ret = room_in(of_side(side)->cl);
	spin_unlock_bh(&side->svc->lock);
	return ret;
}

static int write(struct samr_side *side, struct msghdr *msg, u32 len, gfp_t gfp)
{
	struct samr_client *cl = of_side(side)->cl;
	size_t before = msg_data_left(msg);
	struct samr_segment *g;
	int ret = room(side);

	if (ret < 0)
		return ret;
	g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	if (!g)
		return -ENOMEM;
	len = min_t(u32, len, ret);
	g->len = len;
	g->skb = gather(msg, len, gfp);
	if (IS_ERR(g->skb)) {
		ret = PTR_ERR(g->skb);
		kfree(g);
		return ret;
	}
	spin_lock_bh(&cl->svc->lock);
	ret = room_in(cl);
	if (ret > 0 && !add_to(cl, g->skb, len)) {
		append(cl, g);
		g = NULL;
	}
	spin_unlock_bh(&cl->svc->lock);
	segment_free(g);
	if (ret > 0) {
		samr_client_drive(cl);
		return len;
	}
	iov_iter_revert(&msg->msg_iter, before - msg_data_left(msg));
	return ret;
}

static void passed(struct samr_side *side, u32 pieces)
{
	struct samr_client *cl = of_side(side)->cl;
	bool tell;

	spin_lock_bh(&cl->svc->lock);
	cl->stream->pieces += pieces;
	has_read(cl);
	tell = cl->tell;
	spin_unlock_bh(&cl->svc->lock);
	if (tell)
		samr_client_drive(cl);
	else
		samr_client_late(cl);
}

static void shut(struct samr_side *side)
{
	struct samr_client *cl = of_side(side)->cl;

	spin_lock_bh(&cl->svc->lock);
	side->shut = true;
	if (cl->state != SAMR_CLIENT_GONE)
		put_end(cl);
	samr_side_changed(side, 0);
	spin_unlock_bh(&cl->svc->lock);
	samr_client_drive(cl);
}

static const struct samr_side_ops how = {
	.room	= room,
	.write	= write,
	.passed	= passed,
	.shut	= shut,
};

/* ---- its life ---- */

static struct samr_segment *end_new(void)
{
	struct samr_segment *g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);

	if (!g)
		return NULL;
	g->skb = alloc_skb(sizeof(struct samr_request_payload), GFP_KERNEL);
	if (!g->skb) {
		kfree(g);
		return NULL;
	}
	skb_put_zero(g->skb, sizeof(struct samr_request_payload));
	g->fin = true;
	g->len = 1;
	return g;
}

int samr_client_be_stream(struct samr_client *cl, u32 window)
{
	struct samr_client_stream *st = kzalloc(sizeof(*st),
						GFP_KERNEL_ACCOUNT);

	if (!st)
		return -ENOMEM;
	st->last = end_new();
	if (!st->last) {
		kfree(st);
		return -ENOMEM;
	}
	st->cl = cl;
	st->window = clamp(window ?: SAMR_CLIENT_WINDOW, 1U, SAMR_STREAM_WINDOW);
	st->side.how = &how;
	st->side.svc = cl->svc;
	st->side.ops = cl->ops;
	st->side.ctx = cl->ctx;
	samr_input_init(&st->side.in);
	INIT_LIST_HEAD(&st->segments);
	cl->stream = st;
	return 0;
}

void samr_client_stream_free(struct samr_client_stream *st)
{
	LIST_HEAD(free);

	if (!st)
		return;
	drop_all(st->cl);
	segment_free(st->last);
	samr_input_clear(&st->side.in, &free);
	samr_log_free(&free);
	kfree(st);
}

void samr_client_stream_close(struct samr_client *cl, bool abort)
{
	struct samr_client_stream *st = cl->stream;
	struct samr_service *svc = cl->svc;
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	st->abort = abort || st->side.in.bytes ||
		    cl->state == SAMR_CLIENT_CONNECTING;
	samr_input_clear(&st->side.in, &free);
	has_read(cl);
	cl->ops = NULL;
	cl->ctx = NULL;
	st->side.ops = NULL;
	st->side.ctx = NULL;
	st->side.shut = true;
	st->closed_at = jiffies;
	if (cl->state == SAMR_MEMBER_BOUND)
		cl->state = SAMR_CLIENT_GONE;
	else if (!st->abort && cl->state != SAMR_CLIENT_GONE)
		put_end(cl);
	atomic_dec(&svc->all->bound);
	spin_unlock_bh(&svc->lock);
	samr_log_free(&free);
	samr_client_drive(cl);
	samr_client_delist(cl);
}
