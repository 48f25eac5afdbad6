/* SPDX-License-Identifier: Apache-2.0 */
/* What a session is told before it connects: configuration and last will. */
#include "mqtt/session_internal.h"

#include "base/args.h"
#include <stdlib.h>
#include <string.h>

int session_options_from_config(struct session_options *options, const struct config *config,
                                char *host, size_t host_size, struct err *err)
{
    int rc =
        args_host_port(config_text(config, "mqtt", "broker"), host, host_size, &options->port, err);
    if (rc < 0)
        return rc;
    options->host = host;
    options->user = config_text(config, "mqtt", "user");
    options->password_file = config_text(config, "mqtt", "password_file");
    options->ca_file = config_text(config, "mqtt", "ca_file");
    options->cert_file = config_text(config, "mqtt", "cert_file");
    options->key_file = config_text(config, "mqtt", "key_file");
    options->keep_alive_s = (int)config_integer(config, "mqtt", "keep_alive_s");
    options->backoff_min_ms = (int)config_integer(config, "mqtt", "backoff_min_ms");
    options->backoff_max_ms = (int)config_integer(config, "mqtt", "backoff_max_ms");
    bool has_cert = options->cert_file[0] != '\0', has_key = options->key_file[0] != '\0';
    if (has_cert != has_key || (has_cert && options->ca_file[0] == '\0'))
        return err_set(err, ERR_CONFIG,
                       "[mqtt] cert_file and key_file belong together and need ca_file");
    if (options->password_file[0] != '\0' && options->user[0] == '\0')
        return err_set(err, ERR_CONFIG, "[mqtt] password_file needs user");
    if (options->backoff_max_ms < options->backoff_min_ms)
        return err_set(err, ERR_CONFIG, "[mqtt] backoff_max_ms must not be below backoff_min_ms");
    return 0;
}

int session_set_will(struct session *session, const char *topic, const void *payload, size_t length,
                     struct err *err)
{
    struct session_will will = {
        .topic = strdup(topic), .payload = malloc(length + 1), .length = length};
    if (!will.topic || !will.payload) {
        free(will.topic);
        free(will.payload);
        return err_set(err, ERR_NOMEM, "out of memory");
    }
    memcpy(will.payload, payload, length);
    pthread_mutex_lock(&session->lock);
    struct session_will before = session->will;
    session->will = will;
    pthread_mutex_unlock(&session->lock);
    free(before.topic);
    free(before.payload);
    return 0;
}
