/* SPDX-License-Identifier: GPL-2.0 */
/* The cluster that service_fake.h plays, for suites that link with what stands above it. */
#ifndef SAMR_TESTS_FAKE_H
#define SAMR_TESTS_FAKE_H

/** fake_begin - it knows of nothing that was told to it before */
void fake_begin(void);

#endif /* SAMR_TESTS_FAKE_H */
