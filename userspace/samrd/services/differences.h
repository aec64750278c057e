/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Members of services that give different replies. The kernel finds it out, and does
 * what it was told to; here the admin is told.
 */
#ifndef SAMRD_DIFFERENCES_H
#define SAMRD_DIFFERENCES_H

struct differences;
struct samrd;

/** differences_new - nothing was told yet; NULL without memory. To be freed by free(3) */
struct differences *differences_new(void);

/** differences_look - groups are different now: tell what is new */
void differences_look(struct samrd *d, struct differences *known);

#endif /* SAMRD_DIFFERENCES_H */
