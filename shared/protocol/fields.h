/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON objects as tables: one row says where a field stands in the JSON and in the C struct, of
 * which kind it is and which values it may have. Setting to absent, decoding and encoding all read
 * the same table, so that they cannot disagree. Used by the message files of this folder only.
 */
#ifndef SWAPSTACK_PROTOCOL_FIELDS_H
#define SWAPSTACK_PROTOCOL_FIELDS_H

#include "base/err.h"
#include "base/strbuf.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum field_kind {
    FIELD_TEXT,    /* char[]; absent "" */
    FIELD_HEX,     /* char[] of hex digits, at least `min`, kept in lower case; absent "" */
    FIELD_JOINED,  /* char[]: a text, or an array of texts and numbers joined with ","; absent "" */
    FIELD_INTEGER, /* int64_t within min..max; absent MESSAGE_ABSENT */
    FIELD_REAL,    /* double within min..max; absent NAN */
    FIELD_TRI,     /* enum message_bool; absent TRI_ABSENT */
    FIELD_BOOL,    /* bool; absent false, written always */
    FIELD_FLAG,    /* bool; absent false, written when true */
    FIELD_TIME,    /* struct timestamp; absent TIMESTAMP_ABSENT */
    FIELD_TIME_US, /* int64_t µs since 1970; absent MESSAGE_ABSENT */
    FIELD_GROUP,   /* a nested object whose fields lie in the same struct; `group` */
};

struct field {
    const char *name; /* in the JSON; NULL ends the table */
    enum field_kind kind;
    size_t offset;       /* in the struct */
    size_t size;         /* TEXT, HEX, JOINED: bytes of the array with its NUL */
    double min, max;     /* INTEGER, REAL */
    const char *choices; /* TEXT: the allowed texts, divided by '|'; NULL: any */
    const struct field *group;
    bool required;
};

/* Rows of tables. `type` is the struct, `member` its member. */
#define FIELD_AT(type, member)   .offset = offsetof(type, member)
#define FIELD_SIZE(type, member) .size = sizeof(((type *)0)->member)

#define TEXT_FIELD(json, type, member, ...)                                                        \
    {                                                                                              \
        .name = (json), .kind = FIELD_TEXT, FIELD_AT(type, member), FIELD_SIZE(type, member),      \
        __VA_ARGS__                                                                                \
    }
#define HEX_FIELD(json, type, member, ...)                                                         \
    {                                                                                              \
        .name = (json), .kind = FIELD_HEX, FIELD_AT(type, member), FIELD_SIZE(type, member),       \
        __VA_ARGS__                                                                                \
    }
#define INTEGER_FIELD(json, type, member, least, most, ...)                                        \
    {                                                                                              \
        .name = (json), .kind = FIELD_INTEGER, FIELD_AT(type, member), .min = (least),             \
        .max = (most), __VA_ARGS__                                                                 \
    }
#define REAL_FIELD(json, type, member, least, most, ...)                                           \
    {                                                                                              \
        .name = (json), .kind = FIELD_REAL, FIELD_AT(type, member), .min = (least), .max = (most), \
        __VA_ARGS__                                                                                \
    }
#define PLAIN_FIELD(json, field_kind, type, member, ...)                                           \
    {                                                                                              \
        .name = (json), .kind = (field_kind), FIELD_AT(type, member), __VA_ARGS__                  \
    }
#define GROUP_FIELD(json, fields)                                                                  \
    {                                                                                              \
        .name = (json), .kind = FIELD_GROUP, .group = (fields)                                     \
    }
#define FIELDS_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }
#define FIELD_REQUIRED .required = true
#define FIELD_ANY      .required = false

#define FIELD_INTEGER_MAX                                                                          \
    9007199254740991.0 /* 2^53 - 1: whole numbers that JSON carries exactly                        \
                        */

/* Where in the message we are, for sentences: "data.battery[3]". */
struct path {
    char text[128];
    size_t length;
};

/* Goes into a member or an element (index >= 0, name NULL); returns the length to go back to. */
size_t path_enter(struct path *path, const char *name, int index);
void path_leave(struct path *path, size_t length);
/* ERR_INVALID: "data.battery[3].soc: SENTENCE". `name` may be NULL: the path itself. */
int path_refuse(const struct path *path, const char *name, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets every field of the table to its absent value. */
void fields_init(const struct field *fields, void *base);

/* Decodes `object` (a JSON object) into the struct at `base`. Unknown members are left alone. */
int fields_decode(const struct field *fields, const cJSON *object, void *base, struct path *path,
                  struct err *err);

/* The same for a value that must be an object: sets all fields to absent first. */
int object_decode(const struct field *fields, const cJSON *value, void *base, struct path *path,
                  struct err *err);

/* The member `name` of an object; NULL when it is absent or null. */
const cJSON *json_member(const cJSON *object, const char *name);
/* What a value is, for sentences: "an object", "a text", "140". Writes into `to`. */
const char *json_describe(const cJSON *value, char *to, size_t size);
/* Checks the array member and its length; *array is NULL when it is absent. */
int json_member_array(const cJSON *object, const char *name, size_t most, const cJSON **array,
                      struct path *path, struct err *err);

/* Writes one JSON object: begin, members, end. */
struct object_writer {
    struct strbuf *to;
    bool comma; /* the next member needs one before it */
};
void object_begin(struct object_writer *writer, struct strbuf *to);
void object_key(struct object_writer *writer, const char *name);
void object_end(struct object_writer *writer);

/* Writes the present fields as members. Values are held to the same rules as in decoding. */
int fields_encode(const struct field *fields, const void *base, struct object_writer *writer,
                  struct path *path, struct err *err);

/* A whole object: begin, fields, end. */
int object_encode(const struct field *fields, const void *base, struct strbuf *to,
                  struct path *path, struct err *err);

/* The rules of one value, shared by both directions. */
int field_check_text(const struct field *field, const char *text, const struct path *path,
                     struct err *err);
int field_check_number(const struct field *field, double value, const struct path *path,
                       struct err *err);

#endif
