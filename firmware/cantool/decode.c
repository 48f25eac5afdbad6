/* SPDX-License-Identifier: Apache-2.0 */
#include "cantool/decode.h"

#include "base/clock.h"
#include "base/scope.h"
#include "can/canbus.h"
#include "gbt27930/listener.h"
#include "gbt27930/print.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES_MAX 64
#define COMPLAINTS_MAX 20

struct segment {
    char interface[CANDUMP_INTERFACE_SIZE];
    struct gbt_listener listener;
};

struct decode {
    struct decode_options options;
    struct segment *segments[INTERFACES_MAX]; /* owned */
    size_t segment_count;
};

struct decode *decode_new(const struct decode_options *options)
{
    struct decode *decode = calloc(1, sizeof *decode);
    if (decode)
        decode->options = *options;
    return decode;
}

void decode_free(struct decode *decode)
{
    for (size_t i = 0; decode && i < decode->segment_count; i++)
        free(decode->segments[i]);
    free(decode);
}

void decode_free_scope(struct decode **decode)
{
    decode_free(*decode);
}

static int find_segment(struct decode *decode, const char *interface, struct segment **found,
                        struct err *err)
{
    for (size_t i = 0; i < decode->segment_count; i++) {
        *found = decode->segments[i];
        if (strcmp((*found)->interface, interface) == 0)
            return 0;
    }
    if (decode->segment_count == INTERFACES_MAX)
        return err_set(err, ERR_FULL, "more than %d interfaces in one capture", INTERFACES_MAX);
    *found = calloc(1, sizeof **found);
    if (*found == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    memcpy((*found)->interface, interface, sizeof(*found)->interface);
    gbt_listener_init(&(*found)->listener);
    decode->segments[decode->segment_count++] = *found;
    return 0;
}

static void print_hex(struct strbuf *to, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        strbuf_printf(to, "%02X", bytes[i]);
}

static const char *sender_name(uint8_t sender)
{
    return sender == GBT_CHARGER ? "charger" : "pack";
}

/* What a frame said, ready for printing. */
struct saying {
    const struct candump_line *line;
    struct gbt_heard heard;
    bool decoded; /* message and notes are valid */
    struct gbt_message message;
    struct gbt_notes notes;
    struct err err; /* why it was not decoded */
};

/* --- for people --- */

static void print_origin(const struct candump_line *line, struct strbuf *to)
{
    if (line->at_us != CANDUMP_TIME_NONE)
        strbuf_printf(to, "%lld.%06lld ", (long long)(line->at_us / CLOCK_US_PER_SECOND),
                      (long long)(line->at_us % CLOCK_US_PER_SECOND));
    strbuf_printf(to, "%-5s ", line->interface);
}

static void print_frame(const struct canframe *frame, struct strbuf *to)
{
    strbuf_printf(to, "%-7s ", frame->error ? "error" : "frame");
    strbuf_printf(to, frame->extended || frame->error ? "%08X" : "%03X", (unsigned)frame->id);
    strbuf_printf(to, " [%u]%s", frame->length, frame->remote ? " remote request" : "");
    for (int i = 0; i < frame->length && !frame->remote; i++)
        strbuf_printf(to, " %02X", frame->data[i]);
}

static void print_message(const struct saying *saying, struct strbuf *to)
{
    const struct gbt_heard *heard = &saying->heard;
    strbuf_printf(to, "%-7s ", sender_name(heard->sender));
    if (heard->spec)
        strbuf_printf(to, "%s  ", heard->spec->name);
    else
        strbuf_printf(to, "PGN %06X  ", (unsigned)heard->pgn);
    if (heard->kind == GBT_HEARD_BROKEN) {
        strbuf_printf(to, "transfer broken off: %s", heard->reason);
        return;
    }
    if (saying->decoded) {
        gbt_print(&saying->message, &saying->notes, to);
    } else {
        strbuf_printf(to, "%s: ", saying->err.code ? saying->err.text : "not known");
        print_hex(to, heard->bytes, heard->length);
    }
    for (unsigned i = 0; i < GBT_DIALECT_COUNT; i++)
        if (saying->notes.dialects >> i & 1)
            strbuf_printf(to, " [%s]", gbt_dialect_text((enum gbt_dialect_number)i));
}

static void print_text(const struct saying *saying, struct strbuf *to)
{
    print_origin(saying->line, to);
    if (saying->heard.kind == GBT_HEARD_MESSAGE || saying->heard.kind == GBT_HEARD_BROKEN)
        print_message(saying, to);
    else
        print_frame(&saying->line->frame, to);
    strbuf_append_char(to, '\n');
}

/* --- for programs --- */

static void add_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t length)
{
    SCOPE_STRBUF struct strbuf hex = STRBUF_INIT;
    print_hex(&hex, bytes, length);
    (void)cJSON_AddStringToObject(object, name, strbuf_text(&hex));
}

static void add_notes(const struct saying *saying, cJSON *object)
{
    const struct gbt_spec *spec = saying->heard.spec;
    cJSON *dialects = cJSON_AddArrayToObject(object, "dialects");
    for (unsigned i = 0; i < GBT_DIALECT_COUNT; i++)
        if (saying->notes.dialects >> i & 1)
            (void)cJSON_AddItemToArray(
                dialects, cJSON_CreateString(gbt_dialect_name((enum gbt_dialect_number)i)));
    cJSON *invalid = cJSON_AddArrayToObject(object, "invalid");
    for (size_t i = 0; i < spec->field_count; i++)
        if (saying->notes.invalid >> i & 1)
            (void)cJSON_AddItemToArray(invalid, cJSON_CreateString(spec->fields[i].name));
}

static void add_message(const struct saying *saying, cJSON *object)
{
    const struct gbt_heard *heard = &saying->heard;
    (void)cJSON_AddStringToObject(object, "sender", sender_name(heard->sender));
    (void)cJSON_AddNumberToObject(object, "pgn", heard->pgn);
    if (heard->spec)
        (void)cJSON_AddStringToObject(object, "message", heard->spec->name);
    if (heard->kind == GBT_HEARD_BROKEN) {
        (void)cJSON_AddStringToObject(object, "broken", heard->reason);
        return;
    }
    add_hex(object, "data", heard->bytes, heard->length);
    if (saying->decoded) {
        (void)cJSON_AddItemToObject(object, "fields", gbt_json(&saying->message));
        add_notes(saying, object);
    } else if (saying->err.code) {
        (void)cJSON_AddStringToObject(object, "error", saying->err.text);
    }
}

static int print_json(const struct saying *saying, struct strbuf *to, struct err *err)
{
    const struct candump_line *line = saying->line;
    char number[32];
    cJSON *object = cJSON_CreateObject();
    if (line->at_us != CANDUMP_TIME_NONE) {
        (void)snprintf(number, sizeof number, "%lld.%06lld",
                       (long long)(line->at_us / CLOCK_US_PER_SECOND),
                       (long long)(line->at_us % CLOCK_US_PER_SECOND));
        (void)cJSON_AddRawToObject(object, "time", number);
    }
    (void)cJSON_AddStringToObject(object, "interface", line->interface);
    if (saying->heard.kind == GBT_HEARD_MESSAGE || saying->heard.kind == GBT_HEARD_BROKEN) {
        add_message(saying, object);
    } else {
        (void)snprintf(number, sizeof number,
                       line->frame.extended || line->frame.error ? "%08X" : "%03X",
                       (unsigned)line->frame.id);
        (void)cJSON_AddStringToObject(object, line->frame.error ? "error_frame" : "frame", number);
        if (line->frame.remote)
            (void)cJSON_AddTrueToObject(object, "remote");
        add_hex(object, "data", line->frame.data, line->frame.remote ? 0 : line->frame.length);
    }
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (text == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    strbuf_printf(to, "%s\n", text);
    cJSON_free(text);
    return 0;
}

int decode_line(struct decode *decode, const struct candump_line *line, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct segment *segment;
    struct saying saying = {.line = line};
    int code = find_segment(decode, line->interface, &segment, err);
    if (code)
        return code;
    saying.heard = gbt_listener_on_frame(&segment->listener, &line->frame);
    if (saying.heard.kind == GBT_HEARD_PART && !decode->options.raw)
        return 0;
    if (saying.heard.kind == GBT_HEARD_MESSAGE && saying.heard.spec)
        saying.decoded = gbt_decode(saying.heard.spec, saying.heard.bytes, saying.heard.length,
                                    &saying.message, &saying.notes, &saying.err) == 0;
    if (decode->options.json)
        code = print_json(&saying, &text, err);
    else
        print_text(&saying, &text);
    if (!code && strbuf_failed(&text))
        code = err_set(err, ERR_NOMEM, "out of memory");
    if (!code && fwrite(strbuf_text(&text), 1, text.length, decode->options.to) != text.length)
        code = err_set_errno(err, ERR_IO, errno, "the output cannot be written");
    return code;
}

int decode_stream(struct decode *decode, FILE *from, const char *origin, FILE *complaints,
                  struct err *err)
{
    SCOPE_FREE char *text = NULL;
    size_t room = 0, number = 0, wrong = 0;
    ssize_t length;
    int code = 0;
    while (!code && (length = getline(&text, &room, from)) >= 0) {
        struct candump_line line;
        struct err why = {0};
        number++;
        if (length > 0 && text[length - 1] == '\n')
            length--;
        int kind = candump_parse(text, (size_t)length, &line, &why);
        if (kind > 0)
            code = decode_line(decode, &line, err);
        else if (kind < 0 && ++wrong <= COMPLAINTS_MAX)
            (void)fprintf(complaints, "%s:%zu: %s\n", origin, number, why.text);
    }
    if (!code && ferror(from))
        code =
            err_set_errno(err, ERR_IO, errno, "%s cannot be read after line %zu", origin, number);
    if (!code && fflush(decode->options.to) != 0)
        code = err_set_errno(err, ERR_IO, errno, "the output cannot be written");
    if (!code && wrong > 0)
        code = err_set(err, ERR_INVALID, "%s: %zu of %zu lines are none of candump's", origin,
                       wrong, number);
    return code;
}

/* Writes what has come in; the output is flushed once per burst. */
static int drain(struct decode *decode, struct canbus *bus, struct candump_line *line,
                 struct err *err)
{
    int code;
    while ((code = bus->receive(bus->self, &line->frame, &line->at_us, err)) > 0) {
        code = decode_line(decode, line, err);
        if (code)
            return code;
    }
    if (!code && fflush(decode->options.to) != 0)
        code = err_set_errno(err, ERR_IO, errno, "the output cannot be written");
    return code;
}

int decode_interface(struct decode *decode, const char *name, int stop_fd, double seconds,
                     struct err *err)
{
    struct canbus bus;
    struct candump_line line = {0};
    struct pollfd fds[2] = {{.events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
    int code = socketcan_open(&bus, name, &fds[0].fd, err);
    if (code)
        return code;
    (void)snprintf(line.interface, sizeof line.interface, "%s", name);
    int64_t end_us = clock_mono_us() + (int64_t)(seconds * 1e6);
    while (!code && !fds[1].revents) {
        int64_t left_us = end_us - clock_mono_us();
        if (seconds > 0 && left_us <= 0)
            break;
        if (poll(fds, 2,
                 seconds > 0 ? (int)(left_us / 1000 < 1000 ? left_us / 1000 + 1 : 1000) : 1000) <
                0 &&
            errno != EINTR)
            code = err_set_errno(err, ERR_SYSTEM, errno, "waiting for frames");
        else
            code = drain(decode, &bus, &line, err);
    }
    bus.close(bus.self);
    return code;
}
