/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration and command line of swap-bridge. */
#ifndef SWAPSTACK_BRIDGE_OPTIONS_H
#define SWAPSTACK_BRIDGE_OPTIONS_H

#include "base/args.h"
#include "base/config.h"
#include "bridge/courier.h"
#include "ingest/ingest.h"

extern const struct config_key OPTIONS_KEYS[];
extern const size_t OPTIONS_KEY_COUNT;
extern const struct args_spec OPTIONS_ARGS;

/* The part of the configuration that the ingest takes (and takes again at SIGHUP). `prefix` points
 * into `config`. */
void options_ingest(const struct config *config, struct ingest_options *options);

/* The same of the couriers. */
void options_couriers(const struct config *config, struct courier_settings *settings);

#endif
