// SPDX-License-Identifier: GPL-3.0-or-later
/* libfreeipmi's sessions and the two commands that are needed; see bmc.h. */
#include <stdio.h>
#include <stdlib.h>

#include <freeipmi/freeipmi.h>

#include "bmc.h"

#define SUITE_17	17	/* SHA-256 and AES */
#define SUITE_3		3	/* SHA-1 and AES */
#define AGAIN_MS	300	/* a datagram without answer is sent again; at most */

/**
 * struct bmc - a session
 * @ctx: of the library
 * @suite: that was agreed on
 */
struct bmc {
	ipmi_ctx_t ctx;
	int suite;
};

static enum outcome outcome_of(int err)
{
	switch (err) {
	case IPMI_ERR_USERNAME_INVALID:
	case IPMI_ERR_PASSWORD_INVALID:
	case IPMI_ERR_K_G_INVALID:
	case IPMI_ERR_PERMISSION:
	case IPMI_ERR_PRIVILEGE_LEVEL_INSUFFICIENT:
	case IPMI_ERR_PRIVILEGE_LEVEL_CANNOT_BE_OBTAINED:
	case IPMI_ERR_AUTHENTICATION_TYPE_UNAVAILABLE:
	case IPMI_ERR_CIPHER_SUITE_ID_UNAVAILABLE:
	case IPMI_ERR_PASSWORD_VERIFICATION_TIMEOUT:
	case IPMI_ERR_IPMI_2_0_UNAVAILABLE:
		return REFUSED;
	case IPMI_ERR_CONNECTION_TIMEOUT:
	case IPMI_ERR_SESSION_TIMEOUT:
	case IPMI_ERR_HOSTNAME_INVALID:
	case IPMI_ERR_SYSTEM_ERROR:	/* no route to it, for example */
		return UNREACHABLE;
	case IPMI_ERR_OUT_OF_MEMORY:
	case IPMI_ERR_PARAMETERS:
	case IPMI_ERR_INTERNAL_ERROR:
		return INTERNAL;
	}
	return NO_STATUS;
}

/* BMCs say in different ways that they do not have a cipher suite. */
static bool about_the_suite(int err)
{
	return err == IPMI_ERR_CIPHER_SUITE_ID_UNAVAILABLE ||
	       err == IPMI_ERR_IPMI_ERROR ||
	       err == IPMI_ERR_BAD_RMCPPLUS_STATUS_CODE;
}

static int log_in(struct bmc *b, const struct request *r, int suite,
		  unsigned int time_ms)
{
	unsigned int again_ms = time_ms / 3 < AGAIN_MS ? time_ms / 3 : AGAIN_MS;

	b->ctx = ipmi_ctx_create();
	if (!b->ctx)
		return IPMI_ERR_OUT_OF_MEMORY;
	b->suite = suite;
	if (!ipmi_ctx_open_outofband_2_0(b->ctx, r->address,
					 r->user[0] ? r->user : NULL,
					 r->password[0] ? r->password : NULL,
					 r->k_g_len ? r->k_g : NULL, r->k_g_len,
					 r->privilege, suite, time_ms, again_ms,
					 r->workarounds, 0))
		return 0;
	return ipmi_ctx_errnum(b->ctx);
}

/* Its texts end with no full stop and hold no secrets. */
static enum outcome explain(const struct bmc *b, int err, char *why)
{
	snprintf(why, TEXT_MAX, "%s", b->ctx ? ipmi_ctx_errormsg(b->ctx) :
				      ipmi_ctx_strerror(err));
	return outcome_of(err);
}

static enum outcome explain_suite(const struct request *r, char *why)
{
	snprintf(why, TEXT_MAX, r->suite_3 ?
		 "neither cipher suite 17 nor 3 is accepted" :
		 "cipher suite 17 is not accepted, and 3 not allowed here");
	return REFUSED;
}

enum outcome bmc_open(const struct request *r, struct bmc **session, char *why)
{
	struct bmc *b = calloc(1, sizeof(*b));
	int err;

	if (!b) {
		snprintf(why, TEXT_MAX, "out of memory");
		return INTERNAL;
	}
	*session = b;
	/* One that does not answer at all may just not know of the suite. */
	err = log_in(b, r, SUITE_17,
		     r->suite_3 ? r->deadline_ms / 3 : r->deadline_ms);
	if (err && r->suite_3 &&
	    (about_the_suite(err) || err == IPMI_ERR_CONNECTION_TIMEOUT)) {
		ipmi_ctx_destroy(b->ctx);
		err = log_in(b, r, SUITE_3, r->deadline_ms);
	}
	if (err && about_the_suite(err))
		return explain_suite(r, why);
	return err ? explain(b, err, why) : DONE;
}

int bmc_suite(const struct bmc *b)
{
	return b->suite;
}

enum outcome bmc_power(struct bmc *b, bool on, char *why)
{
	fiid_obj_t answer = fiid_obj_create(tmpl_cmd_chassis_control_rs);
	enum outcome o = DONE;

	if (!answer) {
		snprintf(why, TEXT_MAX, "out of memory");
		return INTERNAL;
	}
	if (ipmi_cmd_chassis_control(b->ctx, on ? IPMI_CHASSIS_CONTROL_POWER_UP :
				     IPMI_CHASSIS_CONTROL_POWER_DOWN, answer))
		o = explain(b, ipmi_ctx_errnum(b->ctx), why);
	fiid_obj_destroy(answer);
	return o;
}

enum outcome bmc_is_on(struct bmc *b, bool *on, char *why)
{
	fiid_obj_t answer = fiid_obj_create(tmpl_cmd_get_chassis_status_rs);
	enum outcome o = NO_STATUS;
	uint64_t value;

	if (!answer) {
		snprintf(why, TEXT_MAX, "out of memory");
		return INTERNAL;
	}
	if (ipmi_cmd_get_chassis_status(b->ctx, answer)) {
		explain(b, ipmi_ctx_errnum(b->ctx), why);
	} else if (fiid_obj_get(answer, "current_power_state.power_is_on",
				&value) != 1) {
		snprintf(why, TEXT_MAX, "an answer without a power state");
	} else {
		*on = value;
		o = DONE;
	}
	fiid_obj_destroy(answer);
	return o;
}
