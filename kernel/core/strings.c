// SPDX-License-Identifier: GPL-2.0
/* Names for people and for counters, see strings.h. */
#include "strings.h"

const char *samr_strings_drop(enum samr_drop d)
{
	static const char *const name[SAMR_DROPS] = {
		[SAMR_DROP_NONE]	= "none",
		[SAMR_DROP_SHORT]	= "short",
		[SAMR_DROP_VERSION]	= "version",
		[SAMR_DROP_CLUSTER]	= "cluster",
		[SAMR_DROP_LENGTH]	= "length",
		[SAMR_DROP_CRC]		= "crc",
		[SAMR_DROP_KEY]		= "key",
		[SAMR_DROP_HEADER]	= "header",
		[SAMR_DROP_SELF]	= "self",
		[SAMR_DROP_DOMAIN]	= "domain",
		[SAMR_DROP_SOURCE]	= "source",
		[SAMR_DROP_INCARNATION]	= "incarnation",
		[SAMR_DROP_EPOCH]	= "epoch",
		[SAMR_DROP_RECORD]	= "record",
		[SAMR_DROP_UNKNOWN]	= "unknown",
		[SAMR_DROP_ROLE]	= "role",
		[SAMR_DROP_WINDOW]	= "window",
		[SAMR_DROP_DUPLICATE]	= "duplicate",
		[SAMR_DROP_CONFLICT]	= "conflict",
		[SAMR_DROP_MEMORY]	= "memory",
		[SAMR_DROP_LIMIT]	= "limit",
		[SAMR_DROP_VIEW]	= "view",
		[SAMR_DROP_SESSION]	= "session",
	};

	return (u32)d < SAMR_DROPS ? name[d] : "?";
}

const char *samr_strings_rec(u8 type)
{
	static const char *const name[] = {
		[SAMR_REC_SUBMIT]	= "SUBMIT",
		[SAMR_REC_ORDER]	= "ORDER",
		[SAMR_REC_NACK]		= "NACK",
		[SAMR_REC_BEAT]		= "BEAT",
		[SAMR_REC_HELLO]	= "HELLO",
		[SAMR_REC_VIEW]		= "VIEW",
		[SAMR_REC_CREDIT]	= "CREDIT",
		[SAMR_REC_CREDIT_ASK]	= "CREDIT_ASK",
		[SAMR_REC_PREPARE]	= "PREPARE",
		[SAMR_REC_ANSWER]	= "ANSWER",
		[SAMR_REC_TAKEN]	= "TAKEN",
		[SAMR_REC_ACCEPT]	= "ACCEPT",
		[SAMR_REC_ACCEPTED]	= "ACCEPTED",
		[SAMR_REC_REFUSE]	= "REFUSE",
		[SAMR_REC_DEAD]		= "DEAD",
		[SAMR_REC_STATE_ASK]	= "STATE_ASK",
		[SAMR_REC_STATE]	= "STATE",
		[SAMR_REC_STATE_GROUP]	= "STATE_GROUP",
		[SAMR_REC_STATE_LOCKS]	= "STATE_LOCKS",
		[SAMR_REC_STATE_SESSIONS] = "STATE_SESSIONS",
		[SAMR_REC_REPLY_ASK]	= "REPLY_ASK",
		[SAMR_REC_REPLY]	= "REPLY",
		[SAMR_REC_STREAM_ASK]	= "STREAM_ASK",
		[SAMR_REC_STREAM]	= "STREAM",
		[SAMR_REC_BARRIER_ASK]	= "BARRIER_ASK",
		[SAMR_REC_BARRIER]	= "BARRIER",
		[SAMR_REC_QUESTION]	= "QUESTION",
		[SAMR_REC_VERDICT]	= "VERDICT",
		[SAMR_REC_STATE_ALARMS]	= "STATE_ALARMS",
		[SAMR_REC_KNOCK]	= "KNOCK",
		[SAMR_REC_WELCOME]	= "WELCOME",
		[SAMR_REC_PIPE]		= "PIPE",
		[SAMR_REC_CARRY]	= "CARRY",
	};

	return type < ARRAY_SIZE(name) && name[type] ? name[type] : "?";
}

const char *samr_strings_kind(u8 kind)
{
	static const char *const name[] = {
		[SAMR_KIND_DATA]	= "data",
		[SAMR_KIND_JOIN]	= "join",
		[SAMR_KIND_LEAVE]	= "leave",
		[SAMR_KIND_RETIRE]	= "retire",
		[SAMR_KIND_LOCK]	= "lock",
		[SAMR_KIND_UNLOCK]	= "unlock",
		[SAMR_KIND_SNAPSHOT]	= "snapshot",
		[SAMR_KIND_STATE]	= "state",
		[SAMR_KIND_READ]	= "read",
		[SAMR_KIND_SESSION]	= "session",
		[SAMR_KIND_REQUEST]	= "request",
		[SAMR_KIND_STREAM]	= "stream",
		[SAMR_KIND_REPLIES]	= "replies",
		[SAMR_KIND_DIGEST]	= "digest",
		[SAMR_KIND_CONNECT]	= "connect",
		[SAMR_KIND_RETURN]	= "return",
		[SAMR_KIND_ALARM]	= "alarm",
		[SAMR_KIND_VIEW]	= "view",
		[SAMR_KIND_REPLY]	= "reply",
		[SAMR_KIND_QUERY]	= "query",
		[SAMR_KIND_ANSWER]	= "answer",
	};

	return kind < ARRAY_SIZE(name) ? name[kind] : "?";
}
