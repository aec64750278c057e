/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes of messages: from user space into an sk_buff, and out of a message.
 */
#ifndef SAMR_PAYLOAD_H
#define SAMR_PAYLOAD_H

#include <linux/gfp_types.h>
#include <linux/types.h>
#include <uapi/linux/samr.h>

struct msghdr;
struct samr_lock_note;
struct samr_msg;
struct sk_buff;

/**
 * samr_payload_new - gather the data of a sendmsg()
 * @msg: where it is; its iterator moves on
 * @len: how many bytes, 1 .. SAMR_MESSAGE_MAX
 * @gfp: how to allocate
 *
 * Return: an sk_buff of @len bytes, paged beyond a page and with a fragment
 * list beyond what the pages of one can hold; ERR_PTR(): -ENOMEM, -EFAULT.
 */
struct sk_buff *samr_payload_new(struct msghdr *msg, u32 len, gfp_t gfp);

/**
 * samr_payload_request - likewise, behind a struct samr_request_payload
 *
 * @len may be 0; what is in front is zero.
 */
struct sk_buff *samr_payload_request(struct msghdr *msg, u32 len, gfp_t gfp);

/** samr_payload_copy - the first @len bytes that a message has for its readers;
 * 0 or -EFAULT
 */
int samr_payload_copy(const struct samr_msg *m, struct msghdr *msg, u32 len);

/** samr_payload_copy_at - likewise, the @len bytes behind the first @off */
int samr_payload_copy_at(const struct samr_msg *m, u32 off, struct msghdr *msg,
			 u32 len);

/** samr_payload_view_len - bytes of the struct samr_view made of a JOIN or LEAVE */
u32 samr_payload_view_len(const struct samr_msg *m);

/**
 * samr_payload_copy_view - the first @len bytes of a struct samr_view
 * @m: JOIN or LEAVE that changed the group
 * @self: the receiving member; flags are not looked at
 * @msg: where to
 * @len: at most samr_payload_view_len()
 *
 * Return: 0 or -EFAULT.
 */
int samr_payload_copy_view(const struct samr_msg *m,
			   const struct samr_view_member *self,
			   struct msghdr *msg, u32 len);

/** samr_payload_snapshot_len - bytes of the struct samr_snapshot made of a SNAPSHOT */
u32 samr_payload_snapshot_len(const struct samr_msg *m);

/** samr_payload_copy_snapshot - the first @len bytes of it; 0 or -EFAULT */
int samr_payload_copy_snapshot(const struct samr_msg *m, struct msghdr *msg,
			       u32 len);
/**
 * samr_payload_copy_note - the first @len bytes of a struct samr_lock_event
 *
 * Return: 0 or -EFAULT.
 */
int samr_payload_copy_note(const struct samr_lock_note *note, struct msghdr *msg,
			   u32 len);

/** samr_payload_session - name of the session that a message is about, or 0 */
u64 samr_payload_session(const struct samr_msg *m);

/** samr_payload_copy_call - the first @len bytes of a struct samr_call_event, made of a
 * CONNECT, or of a RETURN that is no reply; 0 or -EFAULT
 */
int samr_payload_copy_call(const struct samr_msg *m, struct msghdr *msg, u32 len);

/** samr_payload_copy_alarm - likewise of a struct samr_alarm_event, made of an ALARM */
int samr_payload_copy_alarm(const struct samr_msg *m, struct msghdr *msg,
			    u32 len);

/** samr_payload_digest - what stands for the bytes of a reply; NULL: none */
u32 samr_payload_digest(struct sk_buff *skb);

/** samr_payload_diverged_len - bytes of the struct samr_diverged of a DIGEST */
u32 samr_payload_diverged_len(const struct samr_msg *m);

/** samr_payload_copy_diverged - the first @len bytes of them; 0 or -EFAULT */
int samr_payload_copy_diverged(const struct samr_msg *m, struct msghdr *msg,
			       u32 len);

#endif /* SAMR_PAYLOAD_H */
