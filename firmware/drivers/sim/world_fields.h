/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the plant is kept: each struct's fields by name, type and place, with the range that a
 * value must lie in. Saving and loading walk the same tables, so neither can forget a field.
 */
#ifndef SWAPSTACK_SIM_WORLD_FIELDS_H
#define SWAPSTACK_SIM_WORLD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

enum field_type {
    FIELD_REAL,    /* double */
    FIELD_INTEGER, /* int64_t */
    FIELD_INT,     /* int, enum or uint32_t of at most 31 bits */
    FIELD_BOOL,
    FIELD_TEXT, /* char[IO_ID_SIZE] */
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    double min, max;
    bool optional; /* files from before it do not have it: it stays as it is */
};

/* Each ends with name == NULL. */
extern const struct field PACK_FIELDS[], CHARGER_FIELDS[], BAY_FIELDS[], VEHICLE_FIELDS[],
    VISIT_FIELDS[], FAULT_FIELDS[], WORLD_FIELDS[];

#define WORLD_FORMAT  "swapstack-sim-world"
#define WORLD_VERSION 1
/* Everything before the body of the file; %016llx is the check sum of the body. */
#define WORLD_HEADER                                                                               \
    "{\"format\":\"" WORLD_FORMAT "\",\"version\":%d,\"check\":\"%016llx\",\"world\":"

#endif
