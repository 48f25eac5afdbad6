/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/can/can_address.h"

#include "base/nearest.h"
#include "core/text.h"
#include <ctype.h>
#include <math.h>
#include <net/if.h>

#define GBT (1U << CAN_PROFILE_GBT27930)
#define CIA (1U << CAN_PROFILE_CIA418)

static int wrong(const struct address_word *word, struct err *err, const char *right)
{
    return err_set(err, ERR_CONFIG, "%s=%s: %s", word->key, word->value, right);
}

/* The index of a word in a list that ends with NULL; -1. */
static int choose(const char *text, const char *const *choices)
{
    for (int i = 0; choices[i]; i++)
        if (text_equal(text, choices[i]))
            return i;
    return -1;
}

static int take_profile(struct can_address *to, const struct address_word *word, struct err *err)
{
    static const char *const NAMES[] = {"gbt27930", "cia418", NULL};
    int index = choose(word->value, NAMES);
    if (index < 0)
        return wrong(word, err, "the profiles are gbt27930 and cia418");
    to->profile = index == 0 ? CAN_PROFILE_GBT27930 : CAN_PROFILE_CIA418;
    return 0;
}

static bool is_interface_name(const char *text)
{
    size_t length = strlen(text);
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("._-", *at))
            return false;
    return length > 0 && length < IFNAMSIZ;
}

static int take_bus(struct can_address *to, const struct address_word *word, struct err *err)
{
    bool file = strncmp(word->value, CAN_FILE_PREFIX, strlen(CAN_FILE_PREFIX)) == 0;
    if (file ? word->value[strlen(CAN_FILE_PREFIX)] == '\0' : !is_interface_name(word->value))
        return wrong(word, err,
                     "the name of a network interface (can0) or file: and the path of a capture");
    TEXT_SET(to->bus, word->value);
    return 0;
}

static int take_interface(struct can_address *to, const struct address_word *word, struct err *err)
{
    if (!is_interface_name(word->value))
        return wrong(word, err, "the name of an interface in the capture, for example can0");
    TEXT_SET(to->interface, word->value);
    return 0;
}

static int take_record(struct can_address *to, const struct address_word *word, struct err *err)
{
    if (word->value[0] != '/')
        return wrong(word, err, "an absolute path is needed");
    TEXT_SET(to->record, word->value);
    return 0;
}

static int take_bid(struct can_address *to, const struct address_word *word, struct err *err)
{
    static const char *const NAMES[] = {"serial", "vin", NULL};
    int index = choose(word->value, NAMES);
    if (index < 0)
        return wrong(word, err, "serial (maker and pack number) or vin");
    to->bid = index == 0 ? CAN_BID_SERIAL : CAN_BID_VIN;
    return 0;
}

static int take_number(struct can_address *to, const struct address_word *word, struct err *err)
{
    if (!address_integer(word->value, 1, INT64_C(4294967294), &to->number))
        return wrong(word, err, "the charger's number, a whole one from 1 to 4294967294");
    return 0;
}

static int take_node(struct can_address *to, const struct address_word *word, struct err *err)
{
    int64_t node;
    if (!address_integer(word->value, 1, 127, &node))
        return wrong(word, err, "a node has a whole number from 1 to 127 (0x7f)");
    to->node = (uint8_t)node;
    return 0;
}

static int take_chemistry(struct can_address *to, const struct address_word *word, struct err *err)
{
    static const char *const NAMES[] = {"lfp", "nmc", "lto", NULL};
    static const enum io_chemistry KINDS[] = {IO_CHEMISTRY_LFP, IO_CHEMISTRY_NMC, IO_CHEMISTRY_LTO};
    int index = choose(word->value, NAMES);
    if (index < 0)
        return wrong(word, err, "lfp, nmc or lto");
    to->chemistry = KINDS[index];
    return 0;
}

static int take_type(struct can_address *to, const struct address_word *word, struct err *err)
{
    if (!address_integer(word->value, 0, 65535, &to->type))
        return wrong(word, err, "the value of object 6020h:1, a whole number from 0 to 65535");
    return 0;
}

static int take_scale(struct can_address *to, const struct address_word *word, struct err *err)
{
    static const char *const NAMES[] = {"cia418", "adrd5161", NULL};
    int index = choose(word->value, NAMES);
    if (index < 0)
        return wrong(word, err, "cia418 or adrd5161");
    to->scale = index == 0 ? CAN_SCALE_CIA418 : CAN_SCALE_ADRD5161;
    return 0;
}

static int take_charge_v(struct can_address *to, const struct address_word *word, struct err *err)
{
    if (!address_real(word->value, 1, 1500, &to->charge_v))
        return wrong(word, err, "the end of charging in V, from 1 to 1500");
    return 0;
}

static const struct key {
    const char *name;
    unsigned profiles; /* that know it */
    int (*take)(struct can_address *to, const struct address_word *word, struct err *err);
} KEYS[] = {
    {"profile", GBT | CIA, take_profile},
    {"bus", GBT | CIA, take_bus},
    {"interface", GBT | CIA, take_interface},
    {"record", GBT | CIA, take_record},
    {"bid", GBT, take_bid},
    {"number", GBT, take_number},
    {"node", CIA, take_node},
    {"chemistry", CIA, take_chemistry},
    {"type", CIA, take_type},
    {"scale", CIA, take_scale},
    {"charge_v", CIA, take_charge_v},
};
#define KEY_COUNT (sizeof KEYS / sizeof *KEYS)

static int find_key(const struct address_word *word, size_t *index, struct err *err)
{
    struct nearest nearest = nearest_to(word->key);
    if (word->key[0] == '\0')
        return err_set(err, ERR_CONFIG,
                       "\"%s\" is no word of an address: key=value, as in profile=gbt27930 "
                       "bus=can1",
                       word->value);
    for (*index = 0; *index < KEY_COUNT; ++*index) {
        if (text_equal(word->key, KEYS[*index].name))
            return 0;
        nearest_offer(&nearest, KEYS[*index].name);
    }
    const char *meant = nearest_word(&nearest);
    return err_set(err, ERR_CONFIG, "%s is no word of this driver's addresses%s%s%s", word->key,
                   meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static int check_whole(const struct can_address *address, uint32_t given, struct err *err)
{
    const char *name = address->profile == CAN_PROFILE_GBT27930 ? "gbt27930" : "cia418";
    bool file = strncmp(address->bus, CAN_FILE_PREFIX, strlen(CAN_FILE_PREFIX)) == 0;
    if (address->profile == CAN_PROFILE_NONE)
        return err_set(err, ERR_CONFIG, "profile is missing: profile=gbt27930 or profile=cia418");
    if (address->bus[0] == '\0')
        return err_set(err, ERR_CONFIG, "bus is missing, for example bus=can0");
    for (size_t i = 0; i < KEY_COUNT; i++)
        if ((given >> i & 1) && !(KEYS[i].profiles >> address->profile & 1))
            return err_set(err, ERR_CONFIG, "%s has no meaning with profile=%s", KEYS[i].name,
                           name);
    if (address->interface[0] && !file)
        return err_set(err, ERR_CONFIG, "interface has a meaning with bus=file:PATH only");
    if (address->record[0] && file)
        return err_set(err, ERR_CONFIG, "record has no meaning with bus=file:PATH");
    if (address->profile != CAN_PROFILE_CIA418)
        return 0;
    if (address->node == 0)
        return err_set(err, ERR_CONFIG, "node is missing: node=1 to node=127");
    if (address->chemistry == IO_CHEMISTRY_UNKNOWN)
        return err_set(err, ERR_CONFIG, "chemistry is missing: lfp, nmc or lto");
    return 0;
}

int can_address_parse(struct can_address *address, const char *text, int slot, struct err *err)
{
    struct address_word word;
    uint32_t given = 0;
    int code;
    *address = (struct can_address){.number = slot, .type = -1, .charge_v = NAN};
    while ((code = address_next(&text, &word, err)) > 0) {
        size_t index;
        code = find_key(&word, &index, err);
        if (code)
            return code;
        if (given >> index & 1)
            return err_set(err, ERR_CONFIG, "%s is given twice", word.key);
        given |= UINT32_C(1) << index;
        code = KEYS[index].take(address, &word, err);
        if (code)
            return code;
    }
    return code ? ERR_CONFIG : check_whole(address, given, err);
}

bool can_address_same_bus(const struct can_address *a, const struct can_address *b)
{
    return text_equal(a->bus, b->bus) &&
           (!a->interface[0] || !b->interface[0] || text_equal(a->interface, b->interface));
}
