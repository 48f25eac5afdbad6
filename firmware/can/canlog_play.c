/* SPDX-License-Identifier: Apache-2.0 */
#include "can/canlog.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include <errno.h>
#include <string.h>

struct player {
    FILE *file;
    char *path;
    char interface[CANDUMP_INTERFACE_SIZE]; /* "" all */
    int64_t (*now_us)(void *clock);
    void *clock;
    int64_t begin_us;  /* of playing, on `now_us` */
    int64_t origin_us; /* of the capture, on its own count */
    bool begun, waiting, complained;
    struct candump_line line; /* the next one, when waiting */
    size_t number;
};

static void player_free(struct player **player)
{
    if (*player == NULL)
        return;
    if ((*player)->file)
        (void)fclose((*player)->file);
    free((*player)->path);
    free(*player);
}

static void player_close(void *self)
{
    struct player *player = self;
    player_free(&player);
}

static void complain(struct player *player, const struct err *err)
{
    if (!player->complained)
        log_warning("can", "%s:%zu: %s; passed over, as are others like it", player->path,
                    player->number, err->text);
    player->complained = true;
}

/* Reads up to the next frame of the interface. False: the capture is over. */
static bool read_line(struct player *player)
{
    SCOPE_FREE char *text = NULL;
    size_t room = 0;
    ssize_t length;
    int64_t before_us = player->line.at_us;
    while ((length = getline(&text, &room, player->file)) >= 0) {
        struct err err = {0};
        player->number++;
        if (length > 0 && text[length - 1] == '\n')
            length--;
        int kind = candump_parse(text, (size_t)length, &player->line, &err);
        if (kind < 0)
            complain(player, &err);
        if (kind <= 0 ||
            (*player->interface && strcmp(player->interface, player->line.interface) != 0))
            continue;
        if (player->line.at_us == CANDUMP_TIME_NONE)
            player->line.at_us = player->begun ? before_us + CLOCK_US_PER_MS : 0;
        return true;
    }
    return false;
}

static int player_receive(void *self, struct canframe *frame, int64_t *at_us, struct err *err)
{
    struct player *player = self;
    (void)err;
    if (!player->waiting && !(player->waiting = read_line(player)))
        return 0;
    int64_t now_us = player->now_us(player->clock);
    if (!player->begun) {
        player->begun = true;
        player->begin_us = now_us;
        player->origin_us = player->line.at_us;
    }
    if (player->line.at_us - player->origin_us > now_us - player->begin_us)
        return 0;
    *frame = player->line.frame;
    if (at_us)
        *at_us = player->line.at_us;
    player->waiting = false;
    return 1;
}

static int player_send(void *self, const struct canframe *frame, struct err *err)
{
    (void)self;
    (void)frame;
    (void)err;
    return 0;
}

int canlog_play(struct canbus *bus, const char *path, const char *interface,
                int64_t (*now_us)(void *clock), void *clock, struct err *err)
{
    SCOPE(player_free) struct player *player = calloc(1, sizeof *player);
    if (player == NULL || (player->path = strdup(path)) == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", path);
    player->file = fopen(path, "re");
    if (player->file == NULL)
        return err_set_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_NOT_FOUND, errno,
                             "the capture %s cannot be opened", path);
    if (interface)
        (void)snprintf(player->interface, sizeof player->interface, "%s", interface);
    player->now_us = now_us;
    player->clock = clock;
    *bus = (struct canbus){SCOPE_STEAL(player), player_send, player_receive, player_close};
    return 0;
}
