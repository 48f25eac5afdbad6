/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: secrets stay, sizes are bounded, the archive is a tar, the journal's copy is consistent.
 */
#include "shared/folder.h"

#include "base/file.h"
#include "base/log_line.h"
#include "crypto/digest.h"
#include "export/bundle.h"
#include "export/collect.h"
#include "export/secrets.h"
#include "protocol/json.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

/* Secrets -------------------------------------------------------------------------------------- */

static void names_of_secrets(void **state)
{
    (void)state;
    static const char *const secrets[] = {"password",   "password_file", "SWAPSTACK_MQTT_PASSWORD",
                                          "client_key", "key_file",      "key",
                                          "api-key",    "idToken",       "tokens",
                                          "pin",        "user.pin",      "wifi_psk"};
    static const char *const others[] = {"user",    "monkey", "keep_alive_s", "spinning", "level",
                                         "max_soc", "broker", "keyboard",     "opinion",  ""};
    for (size_t i = 0; i < CHECK_COUNT(secrets); i++)
        if (!secrets_is_name(secrets[i], strlen(secrets[i])))
            fail_msg("%s is not taken for a secret", secrets[i]);
    for (size_t i = 0; i < CHECK_COUNT(others); i++)
        if (secrets_is_name(others[i], strlen(others[i])))
            fail_msg("%s is taken for a secret", others[i]);
}

typedef int64_t scrub(const char *text, size_t length, struct strbuf *to);

static void becomes(scrub *scrub_it, const char *text, const char *wanted, int removed)
{
    SCOPE_STRBUF struct strbuf clean = STRBUF_INIT;
    int64_t count = scrub_it(text, strlen(text), &clean);
    assert_string_equal(strbuf_text(&clean), wanted);
    assert_int_equal(count, removed);
}

static void settings_without_secrets(void **state)
{
    (void)state;
    becomes(secrets_scrub_settings,
            "[mqtt]\nuser = station\npassword = hunter 2\n  goes on here\nbroker = h:1\n",
            "[mqtt]\nuser = station\npassword = (removed)\nbroker = h:1\n", 1);
    becomes(secrets_scrub_settings, "; password = old\n#token: x\r\nkey_file =\n",
            "; password = (removed)\n#token: (removed)\r\nkey_file =\n", 2);
    becomes(secrets_scrub_settings, "export SWAPSTACK_MQTT_PASSWORD=x y\nA=b",
            "export SWAPSTACK_MQTT_PASSWORD=(removed)\nA=b", 1);
    becomes(secrets_scrub_settings, "broker = mqtts://me:pass@host:8883/x\nurl = http://host/a@b\n",
            "broker = mqtts://(removed)@host:8883/x\nurl = http://host/a@b\n", 1);
    becomes(secrets_scrub_settings,
            "a = 1\n-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\nb = 2\n",
            "a = 1\n(removed)\nb = 2\n", 1);
    becomes(secrets_scrub_settings,
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 0);
}

static void text_without_secrets(void **state)
{
    (void)state;
    becomes(secrets_scrub_text, "login user=u password=p rest token=\"a b\"c end\n",
            "login user=u password=(removed) rest token=(removed) end\n", 2);
    becomes(secrets_scrub_text, "Authorization: Bearer abc def\nnext: line\n",
            "Authorization: (removed)\nnext: line\n", 1);
    becomes(secrets_scrub_text, "configuration taken key=max_soc value=95\n",
            "configuration taken key=max_soc value=95\n", 0);
}

static void json_without_secrets(void **state)
{
    (void)state;
    becomes(secrets_scrub_json,
            "{\"a\":1, \"password\":\"x\",\"b\":[{\"tokens\":[\"t\",{\"c\":1}]}]}",
            "{\"a\":1,\"password\":\"(removed)\",\"b\":[{\"tokens\":\"(removed)\"}]}", 2);
    becomes(
        secrets_scrub_json,
        "{\"items\":[{\"key\":\"mqtt.password\",\"value\":7},{\"key\":\"max_soc\",\"value\":9}]}",
        "{\"items\":[{\"key\":\"mqtt.password\",\"value\":\"(removed)\"},"
        "{\"key\":\"max_soc\",\"value\":9}]}",
        1);
    becomes(secrets_scrub_json, "{\"text\":\"password=x y\"}",
            "{\"text\":\"password=(removed) y\"}", 1);
    /* the user of a local start is the driver's token, others are names */
    becomes(secrets_scrub_json,
            "[{\"requestId\":\"local-a-1-1\",\"user\":\"04A2\"},"
            "{\"request_id\":\"local-a-1-2\",\"user\":\"04A3\",\"body\":{\"user\":\"x\"}},"
            "{\"requestId\":\"r1\",\"user\":\"1234\"}]",
            "[{\"requestId\":\"local-a-1-1\",\"user\":\"(removed)\"},"
            "{\"request_id\":\"local-a-1-2\",\"user\":\"(removed)\",\"body\":{\"user\":\"x\"}},"
            "{\"requestId\":\"r1\",\"user\":\"1234\"}]",
            2);
    becomes(secrets_scrub_json, "{ \"a\" : 1 }", "{ \"a\" : 1 }", 0); /* its form, too */
    /* no UTF-8, until the password in the URL is out */
    becomes(secrets_scrub_json, "{\"a_token\":\"http://u\xf3:p@h\"}", "{\"a_token\":\"(removed)\"}",
            2);
    becomes(secrets_scrub_json, "no json password=x", "no json password=(removed)", 1);
}

/* Archive and bundle --------------------------------------------------------------------------- */

static void unpack(const char *path, struct strbuf *to)
{
    gzFile gz = gzopen(path, "rb");
    char chunk[4096];
    int got;
    assert_non_null(gz);
    while ((got = gzread(gz, chunk, sizeof chunk)) > 0)
        strbuf_append(to, chunk, (size_t)got);
    assert_int_equal(got, 0);
    assert_int_equal(gzclose(gz), Z_OK);
}

/* The file's bytes within a tar; NULL: it is not there. Checks every header on the way. */
static const char *find_in_tar(const struct strbuf *tar, const char *name, size_t *length)
{
    assert_int_equal(tar->length % 512, 0);
    for (size_t at = 0; at + 512 <= tar->length;) {
        const char *header = tar->text + at;
        if (header[0] == '\0')
            return NULL;
        assert_memory_equal(header + 257, "ustar\00000", 8);
        unsigned sum = 0;
        for (size_t i = 0; i < 512; i++)
            sum += i >= 148 && i < 156 ? ' ' : (unsigned char)header[i];
        assert_int_equal(strtoul(header + 148, NULL, 8), sum);
        *length = strtoul(header + 124, NULL, 8);
        if (strcmp(header, name) == 0)
            return header + 512;
        at += 512 + (*length + 511) / 512 * 512;
    }
    return NULL;
}

static void bundle_is_bounded_and_listed(void **state)
{
    (void)state;
    char path[96], lines[4000];
    struct bundle bundle;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf tar = STRBUF_INIT;
    (void)snprintf(path, sizeof path, "%s/b.tar.gz", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % 40 == 39 ? '\n' : 'x';
    assert_int_equal(bundle_begin(&bundle, fd, 3000, INT64_C(1790000000000000), &err), 0);
    assert_int_equal(bundle_add(&bundle, "a.txt", "hello", 5, false, &err), 0);
    assert_int_equal(bundle_add(&bundle, "empty", "", 0, false, &err), 0);
    assert_int_equal(bundle_add(&bundle, "big", lines, sizeof lines, false, &err), 0);
    assert_int_equal(bundle_add(&bundle, "log", lines, sizeof lines, true, &err), 0);
    assert_int_equal(bundle_add(&bundle, "late", lines, 480, true, &err), 0);
    bundle_miss(&bundle, "other", "it is \"gone\"\n");
    assert_true(bundle.bytes <= 3000);
    assert_int_equal(bundle_add(&bundle, "../x", "y", 1, false, &err), ERR_INVALID);
    assert_int_equal(bundle_end(&bundle, true, &err), 0);
    (void)close(fd);
    unpack(path, &tar);

    size_t length;
    const char *bytes = find_in_tar(&tar, "a.txt", &length);
    assert_int_equal(length, 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_null(find_in_tar(&tar, "big", &length));
    assert_null(find_in_tar(&tar, "late", &length));
    const char *log = find_in_tar(&tar, "log", &length);
    assert_non_null(log);
    assert_int_equal(length % 40, 0); /* whole lines, the last ones */
    assert_in_range(length, 2900, 2995);
    char hex[DIGEST_HEX_SIZE];
    digest_sha256_hex(log, length, hex);

    SCOPE_JSON cJSON *root = NULL;
    bytes = find_in_tar(&tar, "manifest.json", &length);
    assert_int_equal(json_parse(bytes, length, &root, &err), 0);
    const cJSON *files = cJSON_GetObjectItem(root, "files"), *file;
    assert_int_equal(cJSON_GetArraySize(files), 3);
    file = cJSON_GetArrayItem(files, 2);
    assert_string_equal(cJSON_GetObjectItem(file, "sha256")->valuestring, hex);
    assert_int_equal(cJSON_GetObjectItem(file, "left_out_before")->valueint,
                     4000 - cJSON_GetObjectItem(file, "bytes")->valueint);
    const cJSON *missing = cJSON_GetObjectItem(root, "missing");
    assert_int_equal(cJSON_GetArraySize(missing), 3);
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(missing, 2), "why")->valuestring,
                        "it is \"gone\"\\x0a");
}

static void full_disk_is_an_error(void **state)
{
    (void)state;
    struct bundle bundle;
    struct err err = {0};
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        skip();
    assert_int_equal(bundle_begin(&bundle, fd, 1 << 20, 0, &err), 0);
    (void)bundle_add(&bundle, "a.txt", "hello", 5, false, &err);
    assert_int_equal(bundle_end(&bundle, true, &err), ERR_IO);
    check_sentence(&err, "the bundle cannot be written: No space left on device");
    (void)close(fd);
}

/* Logs ----------------------------------------------------------------------------------------- */

/* A line that lost a secret is sealed again: the bundle's logs read like the station's. */
static void scrubbed_log_lines_are_sealed(void **state)
{
    (void)state;
    char logs[80], file[128], path[96], line[LOG_LINE_MAX];
    struct bundle bundle;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf tar = STRBUF_INIT;
    (void)snprintf(logs, sizeof logs, "%s/log", folder);
    assert_int_equal(mkdir(logs, 0700), 0);
    (void)snprintf(file, sizeof file, "%s/prog.00000001.log", logs);
    FILE *to = fopen(file, "we");
    static const char *const texts[] = {"plain words", "login password=hunter2 ok"};
    for (size_t i = 0; i < 2; i++) {
        size_t length =
            log_line_format(line, INT64_C(1790000000000000), LOG_LEVEL_INFO, "m", texts[i]);
        length = log_line_seal(line, length);
        assert_int_equal(fwrite(line, 1, length, to), length);
    }
    (void)fclose(to);
    (void)snprintf(path, sizeof path, "%s/b.tar.gz", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const struct collect_places places = {.logs = logs};
    assert_int_equal(bundle_begin(&bundle, fd, 1 << 20, 0, &err), 0);
    assert_int_equal(collect_logs(&bundle, &places, &err), 0);
    assert_int_equal(bundle.secrets, 1);
    assert_int_equal(bundle_end(&bundle, true, &err), 0);
    (void)close(fd);
    unpack(path, &tar);
    size_t length;
    const char *at = find_in_tar(&tar, "logs/prog.00000001.log", &length);
    assert_non_null(at);
    for (const char *end = at + length, *stop; at < end; at = stop + 1) {
        struct log_line parts;
        stop = memchr(at, '\n', (size_t)(end - at));
        assert_non_null(stop);
        assert_true(log_line_parse(at, (size_t)(stop - at), &parts));
        assert_null(memmem(parts.text, parts.text_length, "hunter2", 7));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_secrets),       cmocka_unit_test(settings_without_secrets),
        cmocka_unit_test(text_without_secrets),   cmocka_unit_test(json_without_secrets),
        IN_FOLDER(bundle_is_bounded_and_listed),  cmocka_unit_test(full_disk_is_an_error),
        IN_FOLDER(scrubbed_log_lines_are_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
