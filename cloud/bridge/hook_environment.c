/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/hook.h"

#include "base/scope.h"
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "SWAPSTACK_ALERT_"

static const char *const KEPT[] = {"PATH=", "HOME=", "LANG=", "TZ="};

/* Variables one behind the other, each with its NUL; their number. */
struct variables {
    struct strbuf text;
    size_t count;
};

static void end_variable(struct variables *to)
{
    strbuf_append(&to->text, "", 1);
    to->count++;
}

static void add_field(struct variables *to, const cJSON *item)
{
    strbuf_append_text(&to->text, PREFIX);
    for (const char *c = item->string; *c; c++)
        strbuf_append_char(&to->text, (char)toupper((unsigned char)*c));
    strbuf_append_char(&to->text, '=');
    if (cJSON_IsString(item))
        strbuf_append_text(&to->text, item->valuestring);
    else if (cJSON_IsNumber(item))
        strbuf_printf(&to->text, "%.15g", item->valuedouble);
    end_variable(to);
}

static void add_kept(struct variables *to, char *const *environment)
{
    for (; *environment; environment++)
        for (size_t i = 0; i < sizeof KEPT / sizeof KEPT[0]; i++)
            if (strncmp(*environment, KEPT[i], strlen(KEPT[i])) == 0) {
                strbuf_append_text(&to->text, *environment);
                end_variable(to);
            }
}

/* The pointers and, behind them, what they point to. */
static char **in_one_block(const struct variables *from)
{
    size_t table = (from->count + 1) * sizeof(char *);
    char **block = malloc(table + from->text.length);
    if (!block)
        return NULL;
    char *text = (char *)block + table;
    if (from->text.length > 0)
        memcpy(text, from->text.text, from->text.length);
    for (size_t i = 0; i < from->count; i++) {
        block[i] = text;
        text += strlen(text) + 1;
    }
    block[from->count] = NULL;
    return block;
}

char **hook_environment(const char *payload, char *const *environment)
{
    struct variables variables = {.text = STRBUF_INIT};
    cJSON *object = cJSON_Parse(payload);
    const cJSON *item;
    char **block = NULL;
    add_kept(&variables, environment);
    cJSON_ArrayForEach(item, object)
    {
        if (item->string)
            add_field(&variables, item);
    }
    if (cJSON_IsObject(object) && !strbuf_failed(&variables.text))
        block = in_one_block(&variables);
    cJSON_Delete(object);
    strbuf_free(&variables.text);
    return block;
}
