/* SPDX-License-Identifier: Apache-2.0 */
/* The plant as JSON text. Reals are written with 17 digits, which read back to the same bits. */
#include "drivers/sim/world.h"

#include "drivers/sim/world_check.h"
#include "drivers/sim/world_fields.h"
#include <inttypes.h>
#include <math.h>

struct writer {
    struct strbuf text;
    const char *broken; /* name of a field that is no number, NULL: none */
};

static void write_text(struct strbuf *to, const char *text)
{
    strbuf_append_char(to, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20)
            strbuf_printf(to, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            strbuf_printf(to, "\\%c", c);
        else
            strbuf_append_char(to, *text);
    }
    strbuf_append_char(to, '"');
}

static void write_value(struct writer *writer, const struct field *field, const void *at)
{
    double real;
    switch (field->type) {
    case FIELD_REAL:
        real = *(const double *)at;
        if (!(real >= field->min && real <= field->max))
            writer->broken = field->name;
        strbuf_printf(&writer->text, "%.17g", real);
        break;
    case FIELD_INTEGER:
        strbuf_printf(&writer->text, "%" PRId64, *(const int64_t *)at);
        break;
    case FIELD_INT:
        strbuf_printf(&writer->text, "%d", *(const int *)at);
        break;
    case FIELD_BOOL:
        strbuf_append_text(&writer->text, *(const bool *)at ? "true" : "false");
        break;
    case FIELD_TEXT:
        write_text(&writer->text, at);
        break;
    }
}

/* `{"a":1,"b":2` without the closing brace, so that members may follow. */
static void open_object(struct writer *writer, const struct field *fields, const void *object)
{
    for (const struct field *field = fields; field->name != NULL; field++) {
        strbuf_printf(&writer->text, "%c\"%s\":", field == fields ? '{' : ',', field->name);
        write_value(writer, field, (const char *)object + field->offset);
    }
}

static void write_object(struct writer *writer, const struct field *fields, const void *object)
{
    open_object(writer, fields, object);
    strbuf_append_char(&writer->text, '}');
}

static void write_pack(struct writer *writer, bool has_pack, const struct sim_pack *pack)
{
    strbuf_append_text(&writer->text, ",\"pack\":");
    if (has_pack)
        write_object(writer, PACK_FIELDS, pack);
    else
        strbuf_append_text(&writer->text, "null");
}

static void write_packs(struct writer *writer, const struct sim_vehicle *vehicle)
{
    strbuf_append_text(&writer->text, ",\"packs\":[");
    for (int i = 0; i < vehicle->pack_count; i++) {
        if (i > 0)
            strbuf_append_char(&writer->text, ',');
        write_object(writer, PACK_FIELDS, &vehicle->packs[i]);
    }
    strbuf_append_text(&writer->text, "]}");
}

static void write_world(struct writer *writer, const struct sim_world *world)
{
    struct strbuf *text = &writer->text;
    open_object(writer, WORLD_FIELDS, world);
    strbuf_append_text(text, ",\"visit\":");
    write_object(writer, VISIT_FIELDS, &world->visit);
    for (int i = 0; i < world->bay_count; i++) {
        strbuf_append_text(text, i == 0 ? ",\"bays\":[\n" : ",\n");
        open_object(writer, BAY_FIELDS, &world->bays[i]);
        strbuf_append_text(text, ",\"charger\":");
        write_object(writer, CHARGER_FIELDS, &world->bays[i].charger);
        write_pack(writer, world->bays[i].has_pack, &world->bays[i].pack);
        strbuf_append_char(text, '}');
    }
    strbuf_append_text(text, "],\"vehicles\":[");
    for (size_t i = 0; i < world->vehicle_count; i++) {
        strbuf_append_text(text, i == 0 ? "\n" : ",\n");
        open_object(writer, VEHICLE_FIELDS, &world->vehicles[i]);
        write_packs(writer, &world->vehicles[i]);
    }
    strbuf_printf(text, "],\"script\":\"%016" PRIx64 "\",\"faults\":[", world->script_mark);
    for (size_t i = 0; i < world->script.count; i++) {
        if (i > 0)
            strbuf_append_char(text, ',');
        write_object(writer, FAULT_FIELDS, &world->faults[i]);
    }
    strbuf_append_text(text, "]}");
}

int world_save(const struct sim_world *world, struct strbuf *to, struct err *err)
{
    struct writer writer = {0};
    write_world(&writer, world);
    int result = 0;
    if (strbuf_failed(&writer.text))
        result = err_set(err, ERR_NOMEM, "no memory to save the simulated plant");
    else if (writer.broken != NULL)
        result = err_set(err, ERR_INVALID, "the simulated plant is broken: %s is out of range",
                         writer.broken);
    if (result == 0) {
        strbuf_printf(to, WORLD_HEADER, WORLD_VERSION,
                      (unsigned long long)world_check(writer.text.text, writer.text.length));
        strbuf_append(to, writer.text.text, writer.text.length);
        strbuf_append_text(to, "}\n");
        if (strbuf_failed(to))
            result = err_set(err, ERR_NOMEM, "no memory to save the simulated plant");
    }
    strbuf_free(&writer.text);
    return result;
}
