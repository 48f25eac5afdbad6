/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of messages and the table of types, shared by the files of this folder. Every pair of
 * functions follows the same contract: `path` says where the part stands; decoding sets absent
 * fields to their absent values and returns 0, ERR_INVALID or ERR_NOMEM with a sentence.
 */
#ifndef SWAPSTACK_PROTOCOL_PARTS_H
#define SWAPSTACK_PROTOCOL_PARTS_H

#include "protocol/fields.h"
#include "protocol/message.h"

typedef int decode_function(const cJSON *data, struct message *message, struct path *path,
                            struct err *err);
typedef int encode_function(const struct message *message, struct object_writer *writer,
                            struct path *path, struct err *err);

/* One type of message. */
struct message_kind {
    int64_t type;
    const char *name;
    bool command;               /* travels on control */
    bool data_optional;         /* `data` may be absent */
    const struct field *all;    /* every table field of the struct in message.data, for init */
    const struct field *fields; /* those that this type has */
    decode_function *decode;    /* what a table cannot say; NULL: nothing */
    encode_function *encode;
};

/* The kind of a type; NULL when it is not in the table. */
const struct message_kind *message_kind_find(int64_t type);

/* Sets the absent values of `data` for message->type; `data` is all zero before. */
void message_init_data(struct message *message);

/* Are journal, boot, lane, seq and prev a place, or absent? Holds in both directions. */
int message_check_place(const struct message *message, struct err *err);
/* Table of the envelope's fields but device, lane and clock, which are no plain values. */
extern const struct field message_envelope_fields[];

/* battery.c */
extern const struct field message_battery_fields[];

/* station.c: STATION_INFO */
extern const struct field message_station_fields[];
decode_function station_info_decode;
encode_function station_info_encode;

/* config_items.c: {key: {version, value}}; `object` NULL: none */
int config_items_decode(const cJSON *object, struct message_config *config, struct path *path,
                        struct err *err);
int config_items_encode(const struct message_config *config, struct object_writer *writer,
                        struct path *path, struct err *err);

/* The same as member `config` of an object; nothing is written when there are no items. */
int config_member_decode(const cJSON *object, struct message_config *config, struct path *path,
                         struct err *err);
int config_member_encode(const struct message_config *config, struct object_writer *writer,
                         struct path *path, struct err *err);

/* events.c: what stations say */
extern const struct field message_register_fields[], message_swap_event_fields[],
    message_fault_fields[], message_command_result_fields[], message_charge_session_fields[],
    message_status_fields[];
decode_function swap_event_decode;
encode_function swap_event_encode;

/* commands.c: what is said to stations */
extern const struct field message_ask_charge_all[], message_ask_charge_fields[],
    message_reserve_fields[], message_cancel_fields[];
extern const struct field message_control_all[], message_restart_fields[],
    message_disconnect_fields[], message_start_charge_fields[], message_stop_charge_fields[],
    message_update_fields[];
extern const struct field message_auth_list_fields[];
decode_function set_config_decode, auth_list_decode;
encode_function set_config_encode, auth_list_encode;

/* acks.c: what the bridge answers */
extern const struct field message_ack_fields[], message_register_result_fields[];
decode_function ack_decode, register_result_decode;
encode_function ack_encode, register_result_encode;

#endif
