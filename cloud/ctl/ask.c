/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl command ask-charge | ask-info | restart | disconnect: options to a message. */
#include "ctl/ask.h"

#include <string.h>

/* How long a result may take when --wait does not say (seconds, wall): a whole swap has 300 s for
 * the vehicle to come, 120 s to take the battery and its travels. */
#define WAIT_CHARGE_S  900
#define WAIT_INFO_S    15
#define WAIT_RESTART_S 90
#define WAIT_ACCEPT_S  15

static int put_name(const struct ctl *ctl, const char *option, char to[MESSAGE_NAME_SIZE],
                    struct err *err)
{
    const char *text = args_value(ctl->args, option);
    if (text && (strlen(text) == 0 || strlen(text) >= MESSAGE_NAME_SIZE))
        return err_set(err, ERR_USAGE, "--%s: 1 to %d bytes are right", option,
                       MESSAGE_NAME_SIZE - 1);
    if (text)
        memcpy(to, text, strlen(text) + 1);
    return 0;
}

int ask_begin(const struct ctl *ctl, int64_t type, struct message *message, struct err *err)
{
    const char *device = args_value(ctl->args, "device");
    if (!device)
        return err_set(err, ERR_USAGE, "which station? give --device ID");
    bool everybody = strcmp(device, "*") == 0;
    if (everybody && type != MESSAGE_SERVER_ASK_INFO)
        return err_set(err, ERR_USAGE, "--device '*' is for ask-info only");
    if (!everybody && !device_is_valid(device))
        return err_set(err, ERR_USAGE, "--device %s: 1 to 64 of A-Za-z0-9._- are right", device);
    message_init(message, type);
    memcpy(message->device, device, strlen(device) + 1);
    return 0;
}

int ask_plan(const struct ctl *ctl, enum command_until until, int64_t seconds,
             struct command_plan *to, struct err *err)
{
    int64_t wait_s;
    if (args_value(ctl->args, "wait") && args_value(ctl->args, "no-wait"))
        return err_set(err, ERR_USAGE, "--wait and --no-wait exclude each other");
    int rc = ctl_integer(ctl, "wait", 1, 7 * 24 * 3600, seconds, &wait_s, err);
    if (args_value(ctl->args, "no-wait"))
        until = COMMAND_UNTIL_SENT;
    else if (args_value(ctl->args, "wait"))
        until = COMMAND_UNTIL_END;
    *to = (struct command_plan){until, wait_s * 1000};
    return rc;
}

static int send(const struct ctl *ctl, struct message *message, enum command_until until,
                int64_t seconds, struct err *err)
{
    struct command_plan to;
    int rc = ask_plan(ctl, until, seconds, &to, err);
    if (rc == 0)
        rc = command_send(ctl, message, &to, err);
    message_free(message);
    return rc;
}

int ctl_ask_charge(const struct ctl *ctl, struct err *err)
{
    struct message message;
    int rc = ask_begin(ctl, MESSAGE_SERVER_ASK_CHARGE, &message, err);
    if (rc < 0)
        return rc;
    struct message_ask_charge *ask = &message.data.ask_charge;
    if (!args_value(ctl->args, "vehicle"))
        return err_set(err, ERR_USAGE, "which vehicle swaps? give --vehicle VID");
    if ((rc = put_name(ctl, "vehicle", ask->vehicle, err)) < 0 ||
        (rc = put_name(ctl, "user", ask->user, err)) < 0 ||
        (rc = put_name(ctl, "request-id", ask->request_id, err)) < 0 ||
        (rc = put_name(ctl, "battery", ask->battery, err)) < 0 ||
        (rc = ctl_integer(ctl, "count", 1, MESSAGE_SET_MAX, MESSAGE_ABSENT, &ask->count, err)) < 0)
        return rc;
    if (ask->user[0] == '\0')
        memcpy(ask->user, "operator", sizeof "operator");
    return send(ctl, &message, COMMAND_UNTIL_END, WAIT_CHARGE_S, err);
}

int ctl_ask_info(const struct ctl *ctl, struct err *err)
{
    struct message message;
    int rc = ask_begin(ctl, MESSAGE_SERVER_ASK_INFO, &message, err);
    return rc < 0 ? rc : send(ctl, &message, COMMAND_UNTIL_END, WAIT_INFO_S, err);
}

int ctl_ask_restart(const struct ctl *ctl, struct err *err)
{
    struct message message;
    const char *mode = args_value(ctl->args, "mode");
    if (mode && strcmp(mode, "service") != 0 && strcmp(mode, "reboot") != 0)
        return err_set(err, ERR_USAGE, "--mode %s: service or reboot are right", mode);
    int rc = ask_begin(ctl, MESSAGE_SERVER_ASK_RESTART, &message, err);
    if (rc < 0)
        return rc;
    snprintf(message.data.control.mode, sizeof message.data.control.mode, "%s", mode ? mode : "");
    return send(ctl, &message, COMMAND_UNTIL_END, WAIT_RESTART_S, err);
}

/* The end (back online) is as far away as the station was told to stay away: by default only the
 * acceptance is waited for. */
int ctl_ask_disconnect(const struct ctl *ctl, struct err *err)
{
    struct message message;
    int64_t seconds;
    int rc = ctl_integer(ctl, "seconds", 0, 7 * 24 * 3600, MESSAGE_ABSENT, &seconds, err);
    if (rc == 0)
        rc = ask_begin(ctl, MESSAGE_SERVER_ASK_DISCONNECT, &message, err);
    if (rc < 0)
        return rc;
    if (seconds != MESSAGE_ABSENT)
        message.data.control.seconds = (double)seconds;
    return send(ctl, &message, COMMAND_UNTIL_ACCEPTED, WAIT_ACCEPT_S, err);
}
