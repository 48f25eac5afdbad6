/* SPDX-License-Identifier: Apache-2.0 */
/* What form.c and form_csv.c share. Nobody else includes this. */
#ifndef SWAPSTACK_TRACKING_FORM_INTERNAL_H
#define SWAPSTACK_TRACKING_FORM_INTERNAL_H

#include "tracking/form.h"

/* Sets the text field `name`; ERR_INVALID when it is too long. */
int form_put_text(struct exchange_form *form, const char *name, const char *text, struct err *err);
/* Reads event_time. */
int form_put_time(struct exchange_form *form, const char *text, struct err *err);

#endif
