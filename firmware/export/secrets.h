/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes passwords, keys and tokens out of what leaves the station in a bundle. Pure. Rather too
 * much than too little: a value goes by the name that it stands under.
 *
 * Everywhere: private keys in PEM, and user:password in URLs.
 */
#ifndef SWAPSTACK_EXPORT_SECRETS_H
#define SWAPSTACK_EXPORT_SECRETS_H

#include "base/strbuf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRETS_REMOVED "(removed)"

/* Is this the name of a secret (password_file, SWAPSTACK_MQTT_PASSWORD, api-key, idToken, pin …)?
 */
bool secrets_is_name(const char *name, size_t length);

/* An INI or environment file: `name = value` of such a name, commented out or not, with the
 * indented lines that continue the value. Each appends to `to` and returns how many values it
 * removed. */
int64_t secrets_scrub_settings(const char *text, size_t length, struct strbuf *to);

/* Any text: `name=value` up to the blank or quote that ends it; `password: …` to the line's end. */
int64_t secrets_scrub_text(const char *text, size_t length, struct strbuf *to);

/* JSON: members of such a name at any depth, and the value of {"key": such a name, "value": …}.
 * What is no JSON is scrubbed as text. */
int64_t secrets_scrub_json(const char *text, size_t length, struct strbuf *to);

#endif
