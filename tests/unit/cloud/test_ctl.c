/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl without a broker: words, text, tables, JSON, what a result means, what changed. */
#include "base/scope.h"
#include "base/strbuf.h"
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/live_changes.h"
#include "ctl/output.h"
#include "ctl/text.h"

#include "cloud/support.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Words ------------------------------------------------------------------------------------------
 */

static int find(const char *const *words, const struct ctl_verb **verb, int *used, struct err *err)
{
    char *argv[8] = {(char *)(uintptr_t) "swapctl"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    struct args *args = NULL;
    int rc = args_parse(&args, &CTL_SPEC, argc, argv, err);
    if (rc == 0)
        rc = ctl_find_verb(args, verb, used, err);
    args_free(args);
    return rc;
}

static void test_verbs_are_found(void **state)
{
    (void)state;
    const struct ctl_verb *verb = NULL;
    struct err err = {0};
    int used = 0;
    assert_int_equal(
        find((const char *const[]){"--json", "battery", "--db", "x.db", "history", "B-1", NULL},
             &verb, &used, &err),
        0);
    assert_string_equal(verb->subject, "battery");
    assert_string_equal(verb->name, "history");
    assert_int_equal(used, 2);
    assert_int_equal(find((const char *const[]){"backup", "file", NULL}, &verb, &used, &err), 0);
    assert_string_equal(verb->subject, "backup");
    assert_int_equal(used, 1);
}

static void test_wrong_words_name_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        const char *sentence;
    } cases[] = {
        {{NULL}, "which command? for example: station list"},
        {{"swpa", "list"}, "'swpa list' is no command; did you mean 'swap list'?"},
        {{"battery"},
         "'battery' needs one of: list, show, history, health, where, holder, utilisation, way, "
         "lock, "
         "unlock, "
         "locks, area list, area set, area clear, model"},
        {{"battery", "hystory", "B"},
         "'battery hystory' is no command; did you mean 'battery "
         "history'?"},
        {{"battery", "dismantle"},
         "'battery dismantle' is no command; 'battery' knows: list, show, "
         "history, health, where, holder, utilisation, way, lock, unlock, locks, area list, area "
         "set, area "
         "clear, model"},
        {{"battery", "show"}, "'battery show' needs a word: BID"},
        {{"battery", "model", "B"}, "'battery model' needs two words: BID MODEL"},
        {{"alert", "ack"}, "'alert ack' needs a word: ID…"},
        {{"backup"}, "'backup' needs a word: FILE"},
        {{"swap", "list", "now"}, "'now' is one word too many after 'swap list'"},
        {{"backup", "a", "b"}, "'b' is one word too many after 'backup'"},
        {{"zzzzzz"}, "'zzzzzz' is no command"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ctl_verb *verb = NULL;
        struct err err = {0};
        int used = 0;
        assert_int_equal(find(cases[i].words, &verb, &used, &err), ERR_USAGE);
        assert_string_equal(err.text, cases[i].sentence);
    }
}

/* Text -------------------------------------------------------------------------------------------
 */

static void test_outside_text_is_made_harmless(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *text;
    } cases[] = {
        {"plain", 5, "plain"},
        {"\x1b[2Jred", 7, "\\x1b[2Jred"},
        {"a\nb\0c", 5, "a\\x0ab\\x00c"},
        {"\xc3\xa9\xe6\xad\xa3", 5, "\xc3\xa9\xe6\xad\xa3"},
        {"\xff\xfe", 2, "\\xff\\xfe"},
        {"\xc0\xaf", 2, "\\xc0\\xaf"},          /* overlong */
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"}, /* surrogate */
        {"\xe6\xad", 2, "\\xe6\\xad"},          /* cut */
        {"\xc2\x9b"
         "2J",
         4, "\\xc2\\x9b2J"}, /* C1: CSI */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        text_append_safe(&text, cases[i].bytes, cases[i].length);
        assert_string_equal(strbuf_text(&text), cases[i].text);
    }
}

static void test_cells_have_their_width(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
        bool right;
        const char *cell;
    } cases[] = {
        {"ab", 4, false, "ab  "},
        {"ab", 4, true, "  ab"},
        {"abcd", 4, false, "abcd"},
        {"abcde", 4, false, "abc…"},
        {"正在充电", 8, false, "正在充电"},
        {"正在充电", 6, false, "正在… "},
        {"", 2, false, "  "},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPE_STRBUF struct strbuf cell = STRBUF_INIT;
        text_append_cell(&cell, cases[i].text, cases[i].columns, cases[i].right);
        assert_string_equal(strbuf_text(&cell), cases[i].cell);
        assert_int_equal(text_columns(strbuf_text(&cell)), cases[i].columns);
    }
}

/* Tables and JSON --------------------------------------------------------------------------------
 */

static const struct report_column columns[] = {
    {"id", REPORT_INTEGER, 0, "ID"},  {"at", REPORT_TIME, 0, "AT"},
    {"price", REPORT_MONEY, 0, NULL}, {"soc", REPORT_REAL, 1, "SOC %"},
    {"on", REPORT_BOOL, 0, NULL},     {"raw", REPORT_BYTES, 0, NULL},
    {"name", REPORT_TEXT, 0, "NAME"}, {NULL, REPORT_TEXT, 0, NULL}};
static const struct report report = {"things", "", columns};

static const struct report_value full[] = {{true, 7, 0, NULL, 0},
                                           {true, INT64_C(1795249530123456), 0, NULL, 0},
                                           {true, 12345, 0, NULL, 0},
                                           {true, 0, 93.25, NULL, 0},
                                           {true, 1, 0, NULL, 0},
                                           {true, 0, 0, "\xff\"", 2},
                                           {true, 0, 0, "a \"name\" that is long", 21}};
static const struct report_value empty[COUNT(full)] = {{false, 0, 0, NULL, 0}};

static char *print_table(size_t width)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    SCOPE(output_table_free_scope) struct output_table table = {.report = &report};
    assert_int_equal(output_collect(&table, &report, full, NULL), 0);
    assert_int_equal(output_collect(&table, &report, empty, NULL), 0);
    output_print_table(&table, to, width);
    fclose(to);
    return text;
}

static void test_tables_are_aligned(void **state)
{
    (void)state;
    SCOPE_FREE char *whole = print_table(0);
    assert_string_equal(whole, "ID  AT                    SOC %  NAME\n"
                               " 7  2026-11-21T08:25:30Z   93.2  a \"name\" that is long\n"
                               " -  -                         -  -\n");
    SCOPE_FREE char *cut = print_table(46);
    assert_string_equal(cut, "ID  AT                    SOC %  NAME\n"
                             " 7  2026-11-21T08:25:30Z   93.2  a \"name\" tha…\n"
                             " -  -                         -  -\n");
}

static void test_json_has_all_columns(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    struct output_array array;
    output_array_begin(&array, to);
    assert_int_equal(output_array_row(&array, &report, full, NULL), 0);
    assert_int_equal(output_array_row(&array, &report, empty, NULL), 0);
    output_array_end(&array);
    fclose(to);
    assert_string_equal(
        text, "[{\"id\":7,\"at\":\"2026-11-21T08:25:30.123456Z\",\"price\":1.2345,\"soc\":93.25,"
              "\"on\":true,\"raw\":\"\\\\xff\\\"\",\"name\":\"a \\\"name\\\" that is long\"},\n"
              " {\"id\":null,\"at\":null,\"price\":null,\"soc\":null,\"on\":null,\"raw\":null,"
              "\"name\":null}]\n");
    free(text);
}

/* Results ----------------------------------------------------------------------------------------
 */

static bool judge(const struct message *command, struct command_outcome *outcome, const char *json)
{
    return command_judge(command, json, strlen(json), outcome);
}

#define RESULT(device, id, outcome, reason)                                                        \
    "{\"device\":\"" device                                                                        \
    "\",\"type\":19,\"time\":\"2026-11-21\",\"v\":1,\"data\":{\"command\":"                        \
    "\"" id "\",\"digest\":\"0123456789abcdef\",\"type\":1,\"outcome\":\"" outcome                 \
    "\",\"reason\":"                                                                               \
    "\"" reason "\"}}"

static void test_outcomes_only_go_forward(void **state)
{
    (void)state;
    struct message command;
    struct command_outcome outcome = {.stage = COMMAND_SENT};
    message_init(&command, MESSAGE_SERVER_ASK_CHARGE);
    strcpy(command.device, "1231");
    strcpy(command.id, "abc");
    const char *other = RESULT("1232", "abc", "done", ""), *id = RESULT("1231", "abd", "done", "");
    const char *accepted = RESULT("1231", "abc", "accepted", "");
    const char *done = RESULT("1231", "abc", "done", "all well");
    assert_false(judge(&command, &outcome, "no json"));
    assert_false(judge(&command, &outcome, other));
    assert_false(judge(&command, &outcome, id));
    assert_int_equal(outcome.stage, COMMAND_SENT);
    assert_true(judge(&command, &outcome, accepted));
    assert_int_equal(outcome.stage, COMMAND_ACCEPTED);
    assert_false(judge(&command, &outcome, accepted)); /* a repeat */
    assert_true(judge(&command, &outcome, done));
    assert_int_equal(outcome.stage, COMMAND_DONE);
    assert_string_equal(outcome.reason, "all well");
    assert_false(judge(&command, &outcome, accepted)); /* late */
    assert_int_equal(outcome.stage, COMMAND_DONE);
    message_free(&command);
}

/* Changes ----------------------------------------------------------------------------------------
 */

static void test_changes_are_told_once(void **state)
{
    (void)state;
    struct live_changes *changes = live_changes_new();
    assert_non_null(changes);
    assert_int_equal(live_changes_note(changes, "swap", "1", "running", NULL), 1);
    assert_int_equal(live_changes_note(changes, "alert", "1", "raised", NULL), 1);
    live_changes_end(changes);
    assert_int_equal(live_changes_note(changes, "swap", "1", "running", NULL), 0);
    assert_int_equal(live_changes_note(changes, "alert", "1", "cleared", NULL), 1);
    live_changes_end(changes);
    assert_int_equal(live_changes_note(changes, "swap", "1", "done", NULL), 1);
    live_changes_end(changes); /* the alert left the window … */
    assert_int_equal(live_changes_note(changes, "alert", "1", "cleared", NULL),
                     1); /* … and is new */
    live_changes_free(changes);
}

static void test_example_configuration_is_current(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    config_write_example(CTL_KEYS, CTL_KEY_COUNT, CTL_SPEC.program, to);
    fclose(to);
    SCOPE_FCLOSE FILE *shipped = fopen(SOURCE_DIR "/cloud/ctl/swapctl.example.ini", "rb");
    assert_non_null(shipped);
    SCOPE_FREE char *bytes = calloc(1, size + 2);
    size_t length = fread(bytes, 1, size + 1, shipped);
    assert_int_equal(length, size); /* else: swapctl --example-config > swapctl.example.ini */
    assert_memory_equal(bytes, text, size);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs_are_found),
        cmocka_unit_test(test_wrong_words_name_what_would_be_right),
        cmocka_unit_test(test_outside_text_is_made_harmless),
        cmocka_unit_test(test_cells_have_their_width),
        cmocka_unit_test(test_tables_are_aligned),
        cmocka_unit_test(test_json_has_all_columns),
        cmocka_unit_test(test_outcomes_only_go_forward),
        cmocka_unit_test(test_changes_are_told_once),
        cmocka_unit_test(test_example_configuration_is_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
