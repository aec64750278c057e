/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heads by name. The kernel knows numbers only; names are those of the
 * configuration that samrd has, or would have.
 */
#ifndef SAMRCTL_NAMES_H
#define SAMRCTL_NAMES_H

#include <stddef.h>
#include <stdint.h>

/**
 * names_head - the id of the head with this name; 0: there is none
 * @why: then where was looked, as the end of a sentence
 * @size: of @why
 */
uint64_t names_head(const char *name, char *why, size_t size);

/** names_each - call @fn for the name of each head that has one */
void names_each(void (*fn)(const char *name));

#endif /* SAMRCTL_NAMES_H */
