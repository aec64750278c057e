/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages for people: to the journal, each kind with an id by which it can be
 * found, or to standard error. samrd(8) lists the ids. Neither is waited for: what
 * it does not take at once is lost, and how much that was stands before the next one.
 */
#ifndef SAMRD_LOG_H
#define SAMRD_LOG_H

#include <syslog.h>

/**
 * enum log_id - kinds of messages; LOG_ID_NONE has none
 */
enum log_id {
	LOG_ID_NONE,
	LOG_ID_STARTED,
	LOG_ID_STOPPED,
	LOG_ID_CONFIG,		/* a configuration came into force */
	LOG_ID_REFUSED,		/* a configuration was refused */
	LOG_ID_VIEW,
	LOG_ID_WEDGED,
	LOG_ID_OUT,		/* this head is out of the view */
	LOG_ID_FENCE_ASKED,
	LOG_ID_FENCE_ATTEMPT,
	LOG_ID_FENCE_DONE,
	LOG_ID_ALERT,
	LOG_ID_HOOK,
	LOG_ID_SERVICE,		/* a member of a service ended */
	LOG_ID_ROLE,		/* a service that runs on one of two heads */
	LOG_IDS,
};

#define LOG_JOURNAL	"/run/systemd/journal/socket"

/**
 * log_start - before the first message
 * @journal: LOG_JOURNAL; NULL: to standard error even where that would take them
 */
void log_start(const char *journal);

/**
 * log_message - one message
 * @priority: LOG_ERR ... LOG_DEBUG
 * @id: see there
 * @format: one line, without a newline
 */
void log_message(int priority, enum log_id id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** log_id_text - 32 hexadecimal digits, or "" */
const char *log_id_text(enum log_id id);

#define log_error(...)	log_message(LOG_ERR, LOG_ID_NONE, __VA_ARGS__)
#define log_info(...)	log_message(LOG_INFO, LOG_ID_NONE, __VA_ARGS__)

#endif /* SAMRD_LOG_H */
