/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client whose session is a stream: what it writes is cut into segments, and each is
 * kept until its place is stable; what the service writes waits here until it is read.
 *
 * client.c drives it as it drives every client. Its numbers count bytes: samr_client.next
 * is that of the next one that its program writes, samr_client.acked that of the last one
 * that it has read. The service's lock protects it.
 */
#ifndef SAMR_CLIENT_STREAM_H
#define SAMR_CLIENT_STREAM_H

#include "client.h"
#include "side.h"

/* Bytes that may be on their way in each direction, unless the program asks for more. */
#define SAMR_CLIENT_WINDOW	12288U

/**
 * struct samr_segment - bytes that were written, or the end, or both
 * @link: in samr_client_stream.segments, by number
 * @number: of the first byte
 * @len: numbers that it takes
 * @charge: what it takes of samr_client.charged
 * @place: in the order; 0: none yet
 * @fin: the input ends behind it
 * @skb: the bytes, with a struct samr_request_payload in front
 */
struct samr_segment {
	struct list_head link;
	u64 number;
	u32 len;
	u32 charge;
	u64 place;
	bool fin;
	struct sk_buff *skb;
};

/**
 * struct samr_client_stream - of a client
 * @side: what its socket sees of it
 * @cl: the client
 * @window: of the stream
 * @segments: struct samr_segment: not sent, on their way, or not stable yet
 * @last: the end of the input, made beforehand; NULL: it was written
 * @got: the output is here up to this number
 * @end: enum samr_end: how it has ended
 * @pieces: of it that were read and not acknowledged
 * @abort: it ends at once, whatever was not sent
 * @closed_at: jiffies when its socket was closed
 */
struct samr_client_stream {
	struct samr_side side;
	struct samr_client *cl;
	u32 window;
	struct list_head segments;
	struct samr_segment *last;
	u64 got;
	u8 end;
	u32 pieces;
	bool abort;
	unsigned long closed_at;
};

/**
 * samr_client_be_stream - a new client, not connected, gets a stream
 * @window: at most; 0: the default
 *
 * Return: 0, -ENOMEM.
 */
int samr_client_be_stream(struct samr_client *cl, u32 window);

/** samr_client_stream_close - its socket goes; @abort: the stream ends at once */
void samr_client_stream_close(struct samr_client *cl, bool abort);

/* ---- for client.c; the service is locked ---- */

/** samr_client_stream_free - of a client that is freed; NULL is allowed */
void samr_client_stream_free(struct samr_client_stream *st);

/** samr_client_stream_fill - the next segment, if one may be sent now */
bool samr_client_stream_fill(struct samr_client *cl, struct samr_submit *s);

/** samr_client_stream_op - enum samr_session_op of what is to be sent now; 0: nothing */
u8 samr_client_stream_op(struct samr_client *cl);

/** samr_client_stream_smaller - it was refused as too large; false: it is small already */
bool samr_client_stream_smaller(struct samr_client *cl);

/** samr_client_stream_told - a segment was delivered here, ordered or refused */
void samr_client_stream_told(struct samr_client *cl, const struct samr_msg *msg);

/** samr_client_stream_lost - this head has lost the view: no place counts any more */
void samr_client_stream_lost(struct samr_client *cl);

/**
 * samr_client_stream_attached - it goes on behind @next; false: that is not possible
 * @place: of the message that says so
 */
bool samr_client_stream_attached(struct samr_client *cl, u64 next, u64 place);

/** samr_client_stream_output - bytes of the output, or its end; false: they were not kept */
bool samr_client_stream_output(struct samr_client *cl, struct samr_msg *msg);

/** samr_client_stream_gone - so is its session; @err is negative */
void samr_client_stream_gone(struct samr_client *cl, int err);

/** samr_client_stream_settle - all up to place @stable stays; true: look again in a while */
bool samr_client_stream_settle(struct samr_client *cl, u64 stable);

#endif /* SAMR_CLIENT_STREAM_H */
