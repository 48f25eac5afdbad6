/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of GB/T 27930-2015, made of the lines in fields.h. */
#include "can/j1939.h"
#include "gbt27930/message.h"

#include <assert.h>
#include <string.h>

#define ROW(type, name, spn, byte, bit, bits, divisor, offset, low, high, unit, choices, label)    \
    {GBT_TYPE_##type,          #name, unit,    choices, label, spn,                                \
     ((byte)-1) * 8 + (bit)-1, bits,  divisor, offset,  low,   high,                               \
     offsetof(OWNER, name)},

#define OWNER struct gbt_chm
static const struct gbt_field CHM[] = {GBT_CHM_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bhm
static const struct gbt_field BHM[] = {GBT_BHM_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_crm
static const struct gbt_field CRM[] = {GBT_CRM_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_brm
static const struct gbt_field BRM[] = {GBT_BRM_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bcp
static const struct gbt_field BCP[] = {GBT_BCP_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_cts
static const struct gbt_field CTS[] = {GBT_CTS_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_cml
static const struct gbt_field CML[] = {GBT_CML_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bro
static const struct gbt_field BRO[] = {GBT_BRO_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_cro
static const struct gbt_field CRO[] = {GBT_CRO_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bcl
static const struct gbt_field BCL[] = {GBT_BCL_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bcs
static const struct gbt_field BCS[] = {GBT_BCS_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_ccs
static const struct gbt_field CCS[] = {GBT_CCS_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bsm
static const struct gbt_field BSM[] = {GBT_BSM_FIELDS(ROW)};
#undef OWNER
#define OWNER __typeof__(((struct gbt_bmv *)0)->items[0])
static const struct gbt_field BMV[] = {GBT_BMV_ITEM(ROW)};
#undef OWNER
#define OWNER __typeof__(((struct gbt_bmt *)0)->items[0])
static const struct gbt_field BMT[] = {GBT_BMT_ITEM(ROW)};
#undef OWNER
#define OWNER __typeof__(((struct gbt_bsp *)0)->items[0])
static const struct gbt_field BSP[] = {GBT_BSP_ITEM(ROW)};
#undef OWNER
#define OWNER struct gbt_bst
static const struct gbt_field BST[] = {GBT_BST_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_cst
static const struct gbt_field CST[] = {GBT_CST_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bsd
static const struct gbt_field BSD[] = {GBT_BSD_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_csd
static const struct gbt_field CSD[] = {GBT_CSD_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_bem
static const struct gbt_field BEM[] = {GBT_BEM_FIELDS(ROW)};
#undef OWNER
#define OWNER struct gbt_cem
static const struct gbt_field CEM[] = {GBT_CEM_FIELDS(ROW)};
#undef OWNER

/* Bytes of an item on the bus and in its struct. */
#define ITEM_BMV 2, sizeof(((struct gbt_bmv *)0)->items[0])
#define ITEM_BMT 1, sizeof(((struct gbt_bmt *)0)->items[0])
#define ITEM_BSP 1, sizeof(((struct gbt_bsp *)0)->items[0])
#define ITEM_CHM 0, 0
#define ITEM_BHM 0, 0
#define ITEM_CRM 0, 0
#define ITEM_BRM 0, 0
#define ITEM_BCP 0, 0
#define ITEM_CTS 0, 0
#define ITEM_CML 0, 0
#define ITEM_BRO 0, 0
#define ITEM_CRO 0, 0
#define ITEM_BCL 0, 0
#define ITEM_BCS 0, 0
#define ITEM_CCS 0, 0
#define ITEM_BSM 0, 0
#define ITEM_BST 0, 0
#define ITEM_CST 0, 0
#define ITEM_BSD 0, 0
#define ITEM_CSD 0, 0
#define ITEM_BEM 0, 0
#define ITEM_CEM 0, 0

/* clang-format off */
#define SPEC(name, sender, pgn, priority, length, least, period, title)                            \
    [GBT_##name] = {GBT_##name, #name, title,                                                      \
                    sender, (sender) == GBT_PACK ? GBT_CHARGER : GBT_PACK, priority, pgn,          \
                    length, least, period, name, sizeof(name) / sizeof((name)[0]), ITEM_##name},
/* clang-format on */
static const struct gbt_spec SPECS[GBT_KIND_COUNT] = {GBT_MESSAGES(SPEC)};

const struct gbt_spec *gbt_spec(enum gbt_kind kind)
{
    assert(kind < GBT_KIND_COUNT);
    return &SPECS[kind];
}

const struct gbt_spec *gbt_find(uint32_t pgn, uint8_t sender)
{
    for (size_t i = 0; i < GBT_KIND_COUNT; i++)
        if (SPECS[i].pgn == pgn && SPECS[i].sender == sender)
            return &SPECS[i];
    return NULL;
}

const struct gbt_spec *gbt_find_name(const char *name)
{
    for (size_t i = 0; i < GBT_KIND_COUNT; i++)
        if (strcmp(SPECS[i].name, name) == 0)
            return &SPECS[i];
    return NULL;
}

uint32_t gbt_identifier(const struct gbt_spec *spec)
{
    return j1939_join((struct j1939_id){.priority = spec->priority,
                                        .pgn = spec->pgn,
                                        .destination = spec->receiver,
                                        .source = spec->sender});
}

const char *gbt_choice(const struct gbt_field *field, unsigned value, size_t *length)
{
    const char *at = field->choices;
    while (at && *at) {
        unsigned code = 0;
        for (; *at != ':'; at++)
            code = code * 10 + (unsigned)(*at - '0');
        size_t size = strcspn(++at, ";");
        if (code == value) {
            *length = size;
            return at;
        }
        at += size + (at[size] == ';');
    }
    return NULL;
}

#define DIALECT_NAME(name, text) #name,
#define DIALECT_TEXT(name, text) text,

const char *gbt_dialect_name(enum gbt_dialect_number number)
{
    static const char *const NAMES[] = {GBT_DIALECTS(DIALECT_NAME)};
    assert(number < GBT_DIALECT_COUNT);
    return NAMES[number];
}

const char *gbt_dialect_text(enum gbt_dialect_number number)
{
    static const char *const TEXTS[] = {GBT_DIALECTS(DIALECT_TEXT)};
    assert(number < GBT_DIALECT_COUNT);
    return TEXTS[number];
}
