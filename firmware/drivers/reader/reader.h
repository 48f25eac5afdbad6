/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver `reader`: cards and codes of drivers from a serial reader or keypad, one token per line
 * (lines.h). Address of the role `reader`, its only one:
 *
 *     /dev/ttyS2 [baud=9600] [answers=on]       8 data bits, no parity, 1 stop bit
 *
 * With answers=on each answer goes back as a line: `accepted`, or the code of the refusal. A device
 * that is not there, or goes away, is tried again every second: a station works without it.
 */
#ifndef SWAPSTACK_READER_READER_H
#define SWAPSTACK_READER_READER_H

#include "drivers/driver.h"

extern const struct driver_ops reader_driver;

#endif
