/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A service that runs on one of two heads: which one, and what its steps are.
 */
#ifndef SAMRD_ROLE_H
#define SAMRD_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "kernel/kernel.h"
#include "standby.h"

#define ROLE_ARGS_MAX	24

/** role_elected - which of the two; 0: neither is a voter of the view */
uint32_t role_elected(const struct kernel_view *v, const uint32_t id[2]);

/** struct role_step - what a step is; argv[0] NULL: nothing */
struct role_step {
	char *argv[ROLE_ARGS_MAX];
};

/**
 * role_steps - the programs of a service
 * @s: it
 * @step: STANDBY_RUNS of them, to be given to role_steps_free()
 * @systemd: this machine is run by it
 *
 * Return: NULL, or the name of a program that is not there, or "memory".
 */
const char *role_steps(const struct config_service *s, struct role_step *step,
		       bool systemd);

/** role_steps_free - the words of all of them */
void role_steps_free(struct role_step *step);

/** role_program - where it is, to be freed; NULL: nowhere */
char *role_program(const char *name);

/** role_device - as configured, or DRBD's name for it, in @text */
const char *role_device(const struct config_service *s, char *text, size_t size);

/** role_folder - as the kernel calls it: without links and more slashes; allocated */
char *role_folder(const char *path);

/**
 * role_is_mounted - is that block device mounted at that folder?
 * @list: /proc/self/mountinfo: it is asked of the kernel, not of the disk
 * @device: its number
 * @folder: as role_folder() has it
 */
bool role_is_mounted(const char *list, dev_t device, const char *folder);

#endif /* SAMRD_ROLE_H */
