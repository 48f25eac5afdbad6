/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for people and for programs. */
#ifndef SWAPSTACK_GBT27930_PRINT_H
#define SWAPSTACK_GBT27930_PRINT_H

#include "base/strbuf.h"
#include "gbt27930/message.h"
#include <cjson/cJSON.h>

/* Appends "max voltage 603.0 V, …" in one line. What is not available is left out, status fields
 * are named only when they are not 0 ("all normal"), a value out of its range gets a '!'. `notes`
 * may be NULL. */
void gbt_print(const struct gbt_message *message, const struct gbt_notes *notes, struct strbuf *to);

/* An object with every field under its name in fields.h: numbers, words of the choices, texts,
 * BYTES as hexadecimal digits, null for "not available"; a list is an array "items". The caller
 * owns it; NULL when out of memory. */
cJSON *gbt_json(const struct gbt_message *message);

#endif
