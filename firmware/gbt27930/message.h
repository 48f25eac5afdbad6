/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 22 messages of GB/T 27930-2015 between a DC charger (address 0x56) and the battery management
 * system of a pack (0xF4): structs, identifiers, decoding and encoding by tables. Pure.
 *
 * The tables follow clause 9 (tables 3 to 7: PGN, priority, length, period) and clause 10 (tables 8
 * to 29: fields); they are quoted second-hand, see docs/can.md for where sources disagree. Frames
 * of GB/T 27930-2023 class A are the same.
 */
#ifndef SWAPSTACK_GBT27930_MESSAGE_H
#define SWAPSTACK_GBT27930_MESSAGE_H

#include "base/err.h"
#include "gbt27930/fields.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GBT_CHARGER 0x56 /* addresses, table 2 */
#define GBT_PACK    0xF4

/* name, sender, PGN, priority, length in bytes, least length that is taken, period in ms, title.
 * Those of more than 8 bytes go through the transport protocol. */
#define GBT_MESSAGES(X)                                                                            \
    X(CHM, GBT_CHARGER, 0x002600, 6, 3, 3, 250, "charger handshake")                               \
    X(BHM, GBT_PACK, 0x002700, 6, 2, 2, 250, "pack handshake")                                     \
    X(CRM, GBT_CHARGER, 0x000100, 6, 8, 8, 250, "charger recognition")                             \
    X(BRM, GBT_PACK, 0x000200, 7, 49, 41, 250, "pack recognition")                                 \
    X(BCP, GBT_PACK, 0x000600, 7, 13, 13, 500, "pack's charging parameters")                       \
    X(CTS, GBT_CHARGER, 0x000700, 6, 7, 7, 500, "charger's time")                                  \
    X(CML, GBT_CHARGER, 0x000800, 6, 8, 6, 250, "charger's limits")                                \
    X(BRO, GBT_PACK, 0x000900, 4, 1, 1, 250, "pack ready")                                         \
    X(CRO, GBT_CHARGER, 0x000A00, 4, 1, 1, 250, "charger ready")                                   \
    X(BCL, GBT_PACK, 0x001000, 6, 5, 5, 50, "charge demand")                                       \
    X(BCS, GBT_PACK, 0x001100, 7, 9, 9, 250, "charging state of the pack")                         \
    X(CCS, GBT_CHARGER, 0x001200, 6, 8, 6, 50, "charging state of the charger")                    \
    X(BSM, GBT_PACK, 0x001300, 6, 7, 7, 250, "pack status")                                        \
    X(BMV, GBT_PACK, 0x001500, 7, 512, 2, 10000, "cell voltages")                                  \
    X(BMT, GBT_PACK, 0x001600, 7, 128, 1, 10000, "pack temperatures")                              \
    X(BSP, GBT_PACK, 0x001700, 7, 16, 1, 10000, "reserved by the pack")                            \
    X(BST, GBT_PACK, 0x001900, 4, 4, 4, 10, "pack stops charging")                                 \
    X(CST, GBT_CHARGER, 0x001A00, 4, 4, 4, 10, "charger stops charging")                           \
    X(BSD, GBT_PACK, 0x001C00, 6, 7, 7, 250, "pack statistics")                                    \
    X(CSD, GBT_CHARGER, 0x001D00, 6, 8, 8, 250, "charger statistics")                              \
    X(BEM, GBT_PACK, 0x001E00, 2, 4, 4, 250, "pack error")                                         \
    X(CEM, GBT_CHARGER, 0x001F00, 2, 4, 4, 250, "charger error")

#define GBT_SIZE_MAX 512 /* of an encoded message */

#define GBT_AS_ENUM(name, sender, pgn, priority, length, least, period, title) GBT_##name,
enum gbt_kind { GBT_MESSAGES(GBT_AS_ENUM) GBT_KIND_COUNT };
#undef GBT_AS_ENUM

/* --- one struct per message: struct gbt_chm … struct gbt_cem, members as in fields.h --- */

#define GBT_MEMBER_REAL(name, bits)   double name;
#define GBT_MEMBER_COUNT(name, bits)  int64_t name;
#define GBT_MEMBER_BCD(name, bits)    int64_t name;
#define GBT_MEMBER_CODE(name, bits)   uint8_t name;
#define GBT_MEMBER_STATUS(name, bits) uint8_t name;
#define GBT_MEMBER_TEXT(name, bits)   char name[(bits) / 8 + 1];
#define GBT_MEMBER_BYTES(name, bits)  uint8_t name[(bits) / 8];
#define GBT_AS_MEMBER(type, name, spn, byte, bit, bits, divisor, offset, low, high, unit, choices, \
                      label)                                                                       \
    GBT_MEMBER_##type(name, bits)

/* clang-format off */
struct gbt_chm { GBT_CHM_FIELDS(GBT_AS_MEMBER) };
struct gbt_bhm { GBT_BHM_FIELDS(GBT_AS_MEMBER) };
struct gbt_crm { GBT_CRM_FIELDS(GBT_AS_MEMBER) };
struct gbt_brm { GBT_BRM_FIELDS(GBT_AS_MEMBER) };
struct gbt_bcp { GBT_BCP_FIELDS(GBT_AS_MEMBER) };
struct gbt_cts { GBT_CTS_FIELDS(GBT_AS_MEMBER) };
struct gbt_cml { GBT_CML_FIELDS(GBT_AS_MEMBER) };
struct gbt_bro { GBT_BRO_FIELDS(GBT_AS_MEMBER) };
struct gbt_cro { GBT_CRO_FIELDS(GBT_AS_MEMBER) };
struct gbt_bcl { GBT_BCL_FIELDS(GBT_AS_MEMBER) };
struct gbt_bcs { GBT_BCS_FIELDS(GBT_AS_MEMBER) };
struct gbt_ccs { GBT_CCS_FIELDS(GBT_AS_MEMBER) };
struct gbt_bsm { GBT_BSM_FIELDS(GBT_AS_MEMBER) };
struct gbt_bmv { size_t count; struct { GBT_BMV_ITEM(GBT_AS_MEMBER) } items[256]; };
struct gbt_bmt { size_t count; struct { GBT_BMT_ITEM(GBT_AS_MEMBER) } items[128]; };
struct gbt_bsp { size_t count; struct { GBT_BSP_ITEM(GBT_AS_MEMBER) } items[16]; };
struct gbt_bst { GBT_BST_FIELDS(GBT_AS_MEMBER) };
struct gbt_cst { GBT_CST_FIELDS(GBT_AS_MEMBER) };
struct gbt_bsd { GBT_BSD_FIELDS(GBT_AS_MEMBER) };
struct gbt_csd { GBT_CSD_FIELDS(GBT_AS_MEMBER) };
struct gbt_bem { GBT_BEM_FIELDS(GBT_AS_MEMBER) };
struct gbt_cem { GBT_CEM_FIELDS(GBT_AS_MEMBER) };

struct gbt_message {
    enum gbt_kind kind;
    union {
        struct gbt_chm chm; struct gbt_bhm bhm; struct gbt_crm crm; struct gbt_brm brm;
        struct gbt_bcp bcp; struct gbt_cts cts; struct gbt_cml cml; struct gbt_bro bro;
        struct gbt_cro cro; struct gbt_bcl bcl; struct gbt_bcs bcs; struct gbt_ccs ccs;
        struct gbt_bsm bsm; struct gbt_bmv bmv; struct gbt_bmt bmt; struct gbt_bsp bsp;
        struct gbt_bst bst; struct gbt_cst cst; struct gbt_bsd bsd; struct gbt_csd csd;
        struct gbt_bem bem; struct gbt_cem cem;
    };
};
/* clang-format on */

/* Values of CODE and STATUS fields that decisions hang on. */
enum { GBT_RESULT_UNIDENTIFIED = 0x00, GBT_RESULT_IDENTIFIED = 0xAA };
enum { GBT_NOT_READY = 0x00, GBT_IS_READY = 0xAA };
enum { GBT_PERMIT_NO = 0, GBT_PERMIT_YES = 1 };
enum { GBT_MODE_VOLTAGE = 1, GBT_MODE_CURRENT = 2 };
enum { GBT_STATE_NORMAL = 0, GBT_STATE_SET = 1, GBT_STATE_UNTRUSTED = 2, GBT_STATE_ABSENT = 3 };

/* --- tables --- */

enum gbt_type {
    GBT_TYPE_REAL,
    GBT_TYPE_COUNT,
    GBT_TYPE_BCD,
    GBT_TYPE_CODE,
    GBT_TYPE_STATUS,
    GBT_TYPE_TEXT,
    GBT_TYPE_BYTES
};

struct gbt_field { /* a line of fields.h */
    enum gbt_type type;
    const char *name, *unit, *choices, *label; /* choices NULL: none */
    uint16_t spn, first_bit, bits;             /* first_bit from 0 */
    int32_t divisor, offset;
    uint32_t low, high;
    size_t at; /* offset of the member in its struct */
};

struct gbt_spec {
    enum gbt_kind kind;
    const char *name, *title;
    uint8_t sender, receiver, priority;
    uint32_t pgn;
    size_t length, least; /* bytes */
    int64_t period_ms;
    const struct gbt_field *fields; /* of the message, or of one item of its list */
    size_t field_count;
    size_t item_length, item_size; /* bytes on the bus and of the struct; 0: no list */
};

const struct gbt_spec *gbt_spec(enum gbt_kind kind);
/* The message that this sender sends with this PGN; NULL when there is none. */
const struct gbt_spec *gbt_find(uint32_t pgn, uint8_t sender);
/* The message of that name ("BCL"); NULL when there is none. */
const struct gbt_spec *gbt_find_name(const char *name);
/* Its 29-bit identifier when it goes as one frame. */
uint32_t gbt_identifier(const struct gbt_spec *spec);

/* The word of `choices` for a value of a CODE or STATUS field; NULL when it is none of them.
 * *length gets its length (it is not NUL-terminated). */
const char *gbt_choice(const struct gbt_field *field, unsigned value, size_t *length);

/* --- decoding and encoding --- */

/* What devices in the field send besides the standard, and is understood all the same. */
#define GBT_DIALECTS(X)                                                                            \
    X(SHORT_BRM, "BRM of the 2011 edition, without software version")                              \
    X(SHORT_CML, "CML of the 2011 edition, without least current")                                 \
    X(SHORT_CCS, "CCS of another edition (6 or 7 bytes)")                                          \
    X(LONG, "longer than the standard says; the rest is ignored")                                  \
    X(ZERO_PADDING, "unused bits are 0 instead of 1")                                              \
    X(PRODUCTION_DATE, "the production date cannot be right")                                      \
    X(CML_ORDER, "the charger's least output is above its greatest")                               \
    X(CTS_EMPTY, "no time in CTS")                                                                 \
    X(NO_HANDSHAKE, "no CHM and BHM, as in the 2011 edition")

#define GBT_AS_NUMBER(name, text) GBT_DIALECT_NUMBER_##name,
enum gbt_dialect_number { GBT_DIALECTS(GBT_AS_NUMBER) GBT_DIALECT_COUNT };
#undef GBT_AS_NUMBER
#define GBT_DIALECT(name) (UINT32_C(1) << GBT_DIALECT_NUMBER_##name)
/* "SHORT_BRM" and its sentence. */
const char *gbt_dialect_name(enum gbt_dialect_number number);
const char *gbt_dialect_text(enum gbt_dialect_number number);

struct gbt_notes {
    uint32_t dialects; /* GBT_DIALECT(…) */
    uint32_t invalid;  /* bit i: field i (in a list: of some item) is out of its range. Its value is
                          given all the same, but "not available" when it has none (BCD) */
};

/* Reads a message of `length` bytes. Missing bytes of a shorter edition are "not available".
 * ERR_INVALID with a sentence when the length is not one of the message's; then *message is
 * undefined. `notes` may be NULL. */
int gbt_decode(const struct gbt_spec *spec, const uint8_t *bytes, size_t length,
               struct gbt_message *message, struct gbt_notes *notes, struct err *err);

/* Writes the message as the edition of 2015 wants it, unused bits 1, to `bytes` of GBT_SIZE_MAX.
 * ERR_INVALID names the field that is out of its range. */
int gbt_encode(const struct gbt_message *message, uint8_t *bytes, size_t *length, struct err *err);

/* Every field "not available", status fields 0, codes 0, lists empty. */
void gbt_blank(struct gbt_message *message, enum gbt_kind kind);

#endif
