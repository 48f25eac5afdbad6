/* SPDX-License-Identifier: Apache-2.0 */
#include "shared/check.h"

#include "base/config.h"
#include "base/daemon.h"
#include "base/log.h"
#include "base/scope.h"

static const struct config_key keys[] = {
    {"mqtt", "broker", CONFIG_TEXT, "127.0.0.1:1883", 0, 0, NULL, "Broker as HOST:PORT."},
    {"mqtt", "keep_alive_s", CONFIG_INTEGER, "60", 5, 65535, NULL, "Keep-alive in seconds."},
    {"mqtt", "own_topic", CONFIG_BOOL, "off", 0, 0, NULL, "Publish below info/DEVICE."},
    {"station", "price_per_kwh", CONFIG_REAL, "1.5", 0, 100, NULL, "Price of a kWh."},
    {"station", "unknown", CONFIG_CHOICE, "accept", 0, 0, "accept|hold|refuse", "Newcomers."},
    {"mqtt", "user", CONFIG_TEXT, "", 0, 0, NULL,
     "User name. This help is long enough that it has to be broken into more than one line of the "
     "example, which must not happen within a word, and µ counts as one column: µµµµ."},
};

static struct config *make(void)
{
    struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(config_new(&config, keys, CHECK_COUNT(keys), &err), 0);
    return config;
}

static int read_text(struct config *config, const char *text, struct err *err)
{
    return config_read_text(config, text, strlen(text), "x.ini", err);
}

static void holds_defaults(void **state)
{
    (void)state;
    SCOPE(config_free_scope) struct config *config = make();
    assert_string_equal(config_text(config, "mqtt", "broker"), "127.0.0.1:1883");
    assert_int_equal(config_integer(config, "mqtt", "keep_alive_s"), 60);
    assert_false(config_bool(config, "mqtt", "own_topic"));
    assert_true(config_real(config, "station", "price_per_kwh") == 1.5);
    assert_string_equal(config_text(config, "station", "unknown"), "accept");
    assert_false(config_is_set(config, "mqtt", "broker"));
}

static void reads_ini(void **state)
{
    (void)state;
    SCOPE(config_free_scope) struct config *config = make();
    struct err err = {0};
    const char *text = "\xef\xbb\xbf; comment\r\n[mqtt]\r\n  broker = host:1 ; inline\r\n"
                       "user=a;b\n\towntopic_is_not_here = \n";
    /* The indented line is a line of its own, not a continuation of `user`. */
    assert_int_equal(read_text(config, text, &err), ERR_CONFIG);
    check_sentence(&err, "x.ini:5: [mqtt] owntopic_is_not_here: there is no such key");
    assert_string_equal(config_text(config, "mqtt", "broker"), "host:1");
    assert_string_equal(config_text(config, "mqtt", "user"), "a;b");
    assert_true(config_is_set(config, "mqtt", "user"));
    assert_int_equal(
        read_text(config, "[station]\nprice_per_kwh : 2.25\n[mqtt]\nown_topic=Yes", &err), 0);
    assert_true(config_real(config, "station", "price_per_kwh") == 2.25);
    assert_true(config_bool(config, "mqtt", "own_topic"));
}

static void refuses_with_file_line_and_what_would_be_right(void **state)
{
    (void)state;
    char long_line[400] = "[mqtt]\nuser = ";
    memset(long_line + strlen(long_line), 'u', 300);
    const struct {
        const char *text, *sentence;
    } cases[] = {
        {"[mqtt]\nkeep_alive_s = abc\n",
         "x.ini:2: [mqtt] keep_alive_s = abc: not a whole number from 5 to 65535"},
        {"[mqtt]\nkeep_alive_s = 4", "x.ini:2: [mqtt] keep_alive_s = 4: not a whole number"},
        {"[mqtt]\nkeep_alive_s = 60.5", "not a whole number"},
        {"[mqtt]\nkeep_alive_s =", "not a whole number"},
        {"[mqtt]\nkeep_alive_s = 99999999999999999999", "not a whole number"},
        {"[station]\nprice_per_kwh = inf", "not a decimal number from 0 to 100"},
        {"[station]\nprice_per_kwh = 0x10", "not a decimal number"},
        {"[station]\nprice_per_kwh = 1.5kWh", "not a decimal number"},
        {"[station]\nprice_per_kwh = 1e99999", "not a decimal number"},
        {"[mqtt]\nown_topic = maybe", "neither on nor off"},
        {"[station]\n\nunknown = hol", "x.ini:3: [station] unknown = hol: not one of accept|hold|"},
        {"[station]\nunknown = accept|hold", "not one of"},
        {"[mqtt]\nkeep_alve_s = 5", "there is no such key; did you mean keep_alive_s?"},
        {"[mqt]\nbroker = a:1", "[mqt]: there is no such section; did you mean [mqtt]?"},
        {"[xyzzy]\nbroker = a:1", "x.ini:2: [xyzzy]: there is no such section"},
        {"broker = a:1", "x.ini:1: broker stands before the first [section]"},
        {"[mqtt]\n\nbroker", "x.ini:3: \"broker\" is neither [section], name = value nor a"},
        {"[mqtt\nbroker = a:1", "x.ini:1: \"[mqtt\" is neither"},
        {"[mqtt]\nwrong\nkeep_alive_s = abc", "x.ini:2: \"wrong\""},
        {"[mqtt]\nkeep_alive_s = abc\nwrong", "x.ini:2: [mqtt] keep_alive_s = abc"},
        {long_line, "x.ini:2: the line has 307 bytes, at most 197 are read"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        SCOPE(config_free_scope) struct config *config = make();
        struct err err = {0};
        assert_int_equal(read_text(config, cases[i].text, &err), ERR_CONFIG);
        check_sentence(&err, cases[i].sentence);
    }
}

static void refuses_nul_bytes(void **state)
{
    (void)state;
    SCOPE(config_free_scope) struct config *config = make();
    struct err err = {0};
    assert_int_equal(config_read_text(config, "[mqtt]\nuser=a\0b\n", 16, "x.ini", &err),
                     ERR_CONFIG);
    check_sentence(&err, "x.ini:2: the line holds a NUL byte");
}

static void longest_line_is_read_whole(void **state)
{
    (void)state;
    char text[260] = "[mqtt]\nuser=";
    memset(text + strlen(text), 'u', 192); /* 197 bytes in the line */
    SCOPE(config_free_scope) struct config *config = make();
    struct err err = {0};
    assert_int_equal(read_text(config, text, &err), 0);
    assert_int_equal(strlen(config_text(config, "mqtt", "user")), 192);
}

static void reads_environment(void **state)
{
    (void)state;
    SCOPE(config_free_scope) struct config *config = make();
    struct err err = {0};
    char known[] = "SWAPSTACK_MQTT_KEEP_ALIVE_S=77", other[] = "SWAPSTACK_ENGINE_BOARD=x";
    char near[] = "SWAPSTACK_MQTT_USER_NAME=y", empty[] = "SWAPSTACK_MQTT_BROKER=";
    char *const good[] = {known, other, near, empty, NULL};
    assert_int_equal(config_read_environment(config, good, &err), 0);
    assert_int_equal(config_integer(config, "mqtt", "keep_alive_s"), 77);
    assert_string_equal(config_text(config, "mqtt", "user"), "");
    assert_string_equal(config_text(config, "mqtt", "broker"), "");
    char wrong[] = "SWAPSTACK_MQTT_KEEP_ALIVE_S=soon";
    char *const bad[] = {wrong, NULL};
    assert_int_equal(config_read_environment(config, bad, &err), ERR_CONFIG);
    check_sentence(&err, "SWAPSTACK_MQTT_KEEP_ALIVE_S: [mqtt] keep_alive_s = soon: not a whole");
}

static void reads_files(void **state)
{
    (void)state;
    char path[] = "/tmp/swapstack-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "[mqtt]\nuser = me\nuser = you\n", 28), 28);
    (void)close(fd);
    SCOPE(config_free_scope) struct config *config = make();
    struct err err = {0};
    assert_int_equal(config_read_file(config, path, &err), 0);
    assert_string_equal(config_text(config, "mqtt", "user"), "you");
    (void)unlink(path);
    assert_int_equal(config_read_file(config, path, &err), ERR_CONFIG);
    check_sentence(&err, "cannot be opened: No such file");
    assert_int_equal(config_read_file(config, "/", &err), ERR_CONFIG);
    check_sentence(&err, "/ cannot be read: Is a directory");
}

static void wrong_default_is_found_at_once(void **state)
{
    (void)state;
    const struct config_key wrong[] = {
        {"a", "b", CONFIG_INTEGER, "0", 1, 9, NULL, "Out of its own range."}};
    struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(config_new(&config, wrong, 1, &err), ERR_CONFIG);
    assert_null(config);
    check_sentence(&err, "default of [a] b = 0: not a whole number from 1 to 9");
}

static char *write_example(size_t *length)
{
    char *text = NULL;
    FILE *to = open_memstream(&text, length);
    assert_non_null(to);
    config_write_example(keys, CHECK_COUNT(keys), "swap-test", to);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void example_names_everything_once(void **state)
{
    (void)state;
    size_t length = 0;
    SCOPE_FREE char *text = write_example(&length);
    for (size_t i = 0; i < CHECK_COUNT(keys); i++) {
        char line[128];
        (void)snprintf(line, sizeof line, *keys[i].fallback ? "\n;%s = %s\n" : "\n;%s =%s\n",
                       keys[i].name, keys[i].fallback);
        const char *first = strstr(text, line);
        assert_non_null(first);
        assert_null(strstr(first + 1, line));
    }
    /* Keys of a section stand together although the table mixes them. */
    assert_true(strstr(text, ";user =") < strstr(text, "[station]"));
    assert_non_null(strstr(text, "; A whole number from 5 to 65535.\n"));
    assert_non_null(strstr(text, "; One of: accept, hold, refuse.\n"));
}

static void example_keeps_to_96_columns(void **state)
{
    (void)state;
    size_t length = 0;
    SCOPE_FREE char *text = write_example(&length);
    size_t longest = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t columns = 0;
        for (const char *at = line; *at; at++)
            columns += ((unsigned char)*at & 0xc0) != 0x80;
        longest = columns > longest ? columns : longest;
    }
    assert_in_range(longest, 80, 96);
}

static void example_without_comments_gives_the_defaults(void **state)
{
    (void)state;
    size_t length = 0;
    SCOPE_FREE char *text = write_example(&length);
    for (size_t i = 0; i + 1 < length; i++) { /* ";name" is a key, "; text" a comment */
        if ((i == 0 || text[i - 1] == '\n') && text[i] == ';' && text[i + 1] != ' ')
            text[i] = ' ';
    }
    SCOPE(config_free_scope) struct config *config = make();
    struct err err = {0};
    if (config_read_text(config, text, length, "example", &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < CHECK_COUNT(keys); i++) {
        assert_true(config_is_set(config, keys[i].section, keys[i].name));
        assert_string_equal(config_text(config, keys[i].section, keys[i].name), keys[i].fallback);
    }
}

static const struct config_key daemon_keys[] = {DAEMON_CONFIG_KEYS};

static int configure_daemon(const char *text, struct clock *clock, struct err *err)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    assert_int_equal(config_new(&config, daemon_keys, CHECK_COUNT(daemon_keys), err), 0);
    assert_int_equal(read_text(config, text, err), 0);
    return daemon_configure(config, clock, err);
}

static void daemon_takes_level_and_clock(void **state)
{
    (void)state;
    struct clock clock;
    struct err err = {0};
    assert_int_equal(configure_daemon("[log]\nlevel = warning\n[clock]\norigin_wall = 5\n"
                                      "origin_plant = 1700000000000000\nspeed = 60",
                                      &clock, &err),
                     0);
    assert_int_equal(log_get_level(), LOG_LEVEL_WARNING);
    assert_int_equal(clock.origin_wall_us, 5);
    assert_int_equal(clock.origin_plant_us, 1700000000000000);
    assert_true(clock.speed == 60);
    assert_int_equal(configure_daemon("", &clock, &err), 0);
    assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
    assert_int_equal(clock_plant_from_wall_us(&clock, 123), 123);
    assert_int_equal(configure_daemon("[clock]\nspeed = 60", &clock, &err), ERR_CONFIG);
    check_sentence(&err, "[clock] speed = 60 needs [clock] origin_wall");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_defaults),
        cmocka_unit_test(reads_ini),
        cmocka_unit_test(refuses_with_file_line_and_what_would_be_right),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(longest_line_is_read_whole),
        cmocka_unit_test(reads_environment),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(wrong_default_is_found_at_once),
        cmocka_unit_test(example_names_everything_once),
        cmocka_unit_test(example_keeps_to_96_columns),
        cmocka_unit_test(example_without_comments_gives_the_defaults),
        cmocka_unit_test(daemon_takes_level_and_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
