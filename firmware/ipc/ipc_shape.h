/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields a packet of each type has: the one table that decoding and its sentences follow. */
#ifndef SWAPSTACK_IPC_IPC_SHAPE_H
#define SWAPSTACK_IPC_IPC_SHAPE_H

#include "ipc/ipc.h"
#include <stdbool.h>

enum ipc_kind { IPC_END, IPC_TEXT, IPC_INTEGER, IPC_REAL, IPC_BOOL, IPC_OBJECT };

struct ipc_field {
    const char *name; /* "mark.boot" is the member boot of the object mark */
    enum ipc_kind kind;
    bool required;
    const char *choices; /* TEXT: the allowed texts, divided by '|'; NULL: any */
};

enum { IPC_FIELDS_MAX = 10 };

struct ipc_shape {
    const char *name;
    struct ipc_field
        fields[IPC_FIELDS_MAX]; /* a row of kind IPC_END, or the array's end, ends it */
};

extern const struct ipc_shape IPC_SHAPES[IPC_TYPE_COUNT];

#endif
