/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SunSpec discovery: a device says itself what it is and where its registers are. `SunS` stands at
 * holding register 40000, 50000 or 0; behind it a chain of models, each with id and length, ends
 * with id 0xFFFF. Model 1 is the identity; 201 to 204 are meters with integers and powers of ten,
 * 211 to 214 the same with floats. (SunSpec Device Information Model Specification 1.1; layouts of
 * the models: SunSpec Information Model Reference.)
 *
 * A pure walker: it says what it wants to read next and takes the registers; who reads, when, and
 * what happens in between is the caller's.
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_SUNSPEC_H
#define SWAPSTACK_DRIVERS_MODBUS_SUNSPEC_H

#include "drivers/modbus/map.h"

#define SUNSPEC_REGISTERS_MAX 66 /* of one request: model 1 with its newer length */

enum sunspec_step { SUNSPEC_MARK, SUNSPEC_HEADER, SUNSPEC_IDENTITY, SUNSPEC_DONE, SUNSPEC_FAILED };

struct sunspec {
    enum sunspec_step step;
    int base;         /* which of the places of the mark is tried */
    uint32_t address; /* of the model (its id) that is looked at */
    int models;       /* seen so far */
    /* What was found: */
    char maker[33], model[33], version[17], serial[33]; /* of model 1; printable ASCII */
    uint16_t meter;                                     /* 201 .. 204, 211 .. 214; 0: none */
    uint16_t meter_address;                             /* of the meter model's id */
};

void sunspec_begin(struct sunspec *walk);
/* What it wants to read next (function 3). False: it is at its end, `step` says how. */
bool sunspec_wants(const struct sunspec *walk, uint16_t *address, uint16_t *count);
/* Takes what was read; NULL: the device refused it (an exception), which is no more than "not
 * here". Returns 0, or ERR_PROTOCOL and a sentence when there is no SunSpec device or no meter in
 * it. */
int sunspec_take(struct sunspec *walk, const uint16_t *registers, struct err *err);

/* The map of the meter found: import_wh. Only after SUNSPEC_DONE. */
void sunspec_map(const struct sunspec *walk, struct modbus_map *map);

/* Walks to the end over a function that reads `count` holding registers: 0, ERR_REFUSED for an
 * exception, or another code, which ends the walk and is returned. */
typedef int sunspec_read(void *self, uint16_t address, uint16_t count, uint16_t *to,
                         struct err *err);
int sunspec_discover(struct sunspec *walk, sunspec_read *read, void *self, struct err *err);

#endif
