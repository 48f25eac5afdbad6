/* SPDX-License-Identifier: Apache-2.0 */
/* The console's configuration keys and command line. */
#ifndef SWAPSTACK_CONSOLE_OPTIONS_H
#define SWAPSTACK_CONSOLE_OPTIONS_H

#include "base/args.h"
#include "base/config.h"

extern const struct config_key CONSOLE_KEYS[];
extern const size_t CONSOLE_KEY_COUNT;
extern const struct args_spec CONSOLE_SPEC;

/* The line to serve, DEVICE@SPEED, into `device`; "" : standard input and output. `board` as tty:
 * what board.ini in [console] board says. ERR_CONFIG when the board has none. */
int options_device(const struct config *config, char *device, size_t size, struct err *err);

#endif
