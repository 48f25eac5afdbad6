/* SPDX-License-Identifier: Apache-2.0 */
/* What decoding, encoding and printing share: where a message's values are. */
#ifndef SWAPSTACK_GBT27930_INTERNAL_H
#define SWAPSTACK_GBT27930_INTERNAL_H

#include "gbt27930/message.h"

/* Where the fields of a message that is no list begin. */
static inline char *gbt_fields_of(struct gbt_message *message)
{
    return (char *)message + offsetof(struct gbt_message, chm);
}

/* How a list lies in its struct: count, then items. */
struct gbt_list {
    size_t *count;
    char *items;
};

static inline struct gbt_list gbt_list_of(struct gbt_message *message)
{
    switch (message->kind) {
    case GBT_BMV:
        return (struct gbt_list){&message->bmv.count, (char *)message->bmv.items};
    case GBT_BMT:
        return (struct gbt_list){&message->bmt.count, (char *)message->bmt.items};
    case GBT_BSP:
        return (struct gbt_list){&message->bsp.count, (char *)message->bsp.items};
    default:
        return (struct gbt_list){NULL, NULL};
    }
}

static inline uint32_t gbt_ones(const struct gbt_field *field)
{
    return field->bits >= 32 ? UINT32_MAX : (UINT32_C(1) << field->bits) - 1;
}

/* All ones say "not available" where they are no value. */
static inline bool gbt_is_absent(const struct gbt_field *field, uint32_t raw)
{
    return raw == gbt_ones(field) && raw > field->high;
}

#endif
