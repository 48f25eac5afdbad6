/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of a closed charging process as one compact byte string, column by column. Pure and
 * exact: what is decoded is what was encoded, order and every bit of every number included.
 *
 *   "SWC" version:u8 columns:u8 samples:varint  column…  crc32:u32
 *   column:  id:u8 form:u8 length:varint payload
 *   forms:   CHUNK_NULL    no sample has a value; no payload
 *            CHUNK_DECIMAL nulls, exponent:i8, series: each value is an integer · 10^exponent
 *            CHUNK_BITS    nulls, doubles of 8 bytes (numbers that are no decimals)
 *            CHUNK_TEXT    nulls, texts:varint (length:varint bytes)…, series of their numbers
 *   nulls:   0:u8, or 1:u8 and a bit per sample (lowest first), set where a value is there
 *   series:  order:u8, the first `order` integers, then blocks of 64 differences of that order:
 *            least:integer width:u8 and per difference `width` bits above the least
 *   integer: a varint of its zigzag form; varint: 7 bits a byte, lowest first, at most 10 bytes
 *
 * All numbers are little-endian. The CRC (IEEE 802.3) covers everything before it. Another version
 * is refused by name; a column that is not known is one of another version.
 */
#ifndef SWAPSTACK_STORE_CHUNK_H
#define SWAPSTACK_STORE_CHUNK_H

#include "base/err.h"
#include "base/strbuf.h"
#include "store/sample.h"

#define CHUNK_VERSION 1

/* Appends the encoding of the samples, in their order, to `to`. ERR_NOMEM. */
int chunk_encode(const struct charge_sample *samples, size_t count, struct strbuf *to,
                 struct err *err);

/* Fills `to`, which charge_samples_free releases also after an error. ERR_INVALID says what is
 * damaged. */
int chunk_decode(const void *bytes, size_t length, struct charge_samples *to, struct err *err);

/* The same samples column by column, without the texts. Made for evaluating history: arrays that
 * are used again for the next chunk. Null: STORE_NULL and NAN. */
struct chunk_flat {
    size_t count;
    int64_t *date_us, *charger_phases;
    double *battery_level, *charge_energy_added, *charger_power, *charger_actual_current;
    double *charger_voltage, *ideal_battery_range_km, *rated_battery_range_km, *outside_temp;
    double *meter_wh;
    int64_t *scratch;
    size_t capacity; /* samples that fit into each array */
    void *room;      /* owned: all arrays */
};
/* `flat` is {0} before the first time. As chunk_decode otherwise (the texts are not looked at);
 * after an error it has no samples. */
int chunk_decode_flat(const void *bytes, size_t length, struct chunk_flat *flat, struct err *err);
void chunk_flat_free(struct chunk_flat *flat);

/* CRC-32 of the bytes, as it stands behind them. */
uint32_t chunk_crc(const void *bytes, size_t length);

#endif
