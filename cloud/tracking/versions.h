/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of batteries: order, and the history that statements about them make. Pure. */
#ifndef SWAPSTACK_TRACKING_VERSIONS_H
#define SWAPSTACK_TRACKING_VERSIONS_H

#include "store/battery.h"
#include <stddef.h>

/* <0, 0, >0. Runs of digits compare as numbers, everything else by byte: 1.9 < 1.10, v2 < v10. */
int version_compare(const char *a, const char *b);

/* Turns statements ("at this time it had this version") into a history of changes, in place:
 * ordered by time (equal times keep their order, and the last of an instant holds), without
 * repetitions. Returns how many are left. */
size_t versions_to_history(struct version_row *rows, size_t count);

#endif
