/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which samples of a closed process are kept when it is thinned. Pure.
 *
 * Kept: the first and the last in order of arrival and in order of date, so that start, end and the
 * counter's difference can still be read off; of every column with numbers the first sample with
 * its least and its greatest value, so that peaks stay; the first sample with each
 * fast_charger_type; and otherwise one per interval. Samples are kept whole and in their order.
 */
#ifndef SWAPSTACK_RETENTION_THIN_H
#define SWAPSTACK_RETENTION_THIN_H

#include "store/sample.h"

/* Moves the samples that are kept to the front and returns how many they are. `interval_us` > 0.
 * ERR_NOMEM as SIZE_MAX: then nothing has moved. */
size_t thin_samples(struct charge_sample *samples, size_t count, int64_t interval_us);

#endif
