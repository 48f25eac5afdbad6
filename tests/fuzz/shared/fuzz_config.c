/* SPDX-License-Identifier: Apache-2.0 */
/* Any file: a configuration whose values keep their rules, or a sentence that names the line. */
#include "base/config.h"
#include "base/daemon.h"
#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_key keys[] = {
    DAEMON_CONFIG_KEYS,
    {"mqtt", "broker", CONFIG_TEXT, "127.0.0.1:1883", 0, 0, NULL, "Broker."},
    {"mqtt", "keep_alive_s", CONFIG_INTEGER, "60", 5, 65535, NULL, "Keep-alive."},
    {"mqtt", "own_topic", CONFIG_BOOL, "off", 0, 0, NULL, "Own topic."},
    {"station", "price_per_kwh", CONFIG_REAL, "1.5", -1, 100, NULL, "Price."},
    {"station", "unknown", CONFIG_CHOICE, "accept", 0, 0, "accept|hold|refuse", "Newcomers."},
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    struct err err = {0};
    require(config_new(&config, keys, sizeof keys / sizeof keys[0], &err) == 0);
    int result = config_read_text(config, (const char *)data, size, "fuzz.ini", &err);
    require(result == 0 || result == ERR_CONFIG);
    require((result == 0) == (err.code == 0));
    require(result == 0 || strncmp(err.text, "fuzz.ini:", 9) == 0);
    /* Whatever was read before the error has passed its check. */
    int64_t keep_alive_s = config_integer(config, "mqtt", "keep_alive_s");
    require(keep_alive_s >= 5 && keep_alive_s <= 65535);
    double price = config_real(config, "station", "price_per_kwh");
    require(price >= -1 && price <= 100);
    (void)config_bool(config, "mqtt", "own_topic");
    require(strstr("accept hold refuse", config_text(config, "station", "unknown")) != NULL);
    require(strchr(config_text(config, "mqtt", "broker"), '\n') == NULL);
    return 0;
}
