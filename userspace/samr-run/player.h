/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of a replica (--replay): one that others can be given is kept by its program; one that has come is
 * played to the program before it takes part. See tape.h for how they speak.
 */
#ifndef SAMR_RUN_PLAYER_H
#define SAMR_RUN_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

/** player_new - a log that begins now; ends this process if there can be none */
void player_new(uint32_t service, uint64_t seed, uint64_t bound, uint64_t time);

/**
 * player_take - a log has come, in @fd, behind the line of snapshot.h
 *
 * All of it is read first: when anything is wrong with it this process ends, and no program was
 * begun with a part of it.
 */
void player_take(uint32_t service, uint64_t seed, uint64_t bound, int fd);

/** player_prepare - before the program's process is made */
void player_prepare(void);

/** player_child_begins - in the process that becomes the program: what it finds in its environment */
void player_child_begins(void);

/** player_started - the program was */
void player_started(void);

/** player_fd - readable when player_step() has something to do; -1: never */
int player_fd(void);

/** player_step - give the program its next input, read what it writes */
void player_step(void);

/** player_wait_ms - until player_step() has something to say; -1: for ever */
int player_wait_ms(void);

/**
 * player_log - the log as it is now, to be given to others
 * @len: its length
 *
 * Return: a descriptor; -1: there is none any more.
 */
int player_log(uint64_t *len);

/** player_stop - the program was killed: what there is is void */
void player_stop(void);

#endif /* SAMR_RUN_PLAYER_H */
