/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/plants.h"

int plants_open(struct plants *plants, const struct board *board, const struct env *env,
                struct err *err)
{
    *plants = (struct plants){0};
    for (size_t i = 0; board_driver(board, i); i++) {
        const struct driver_ops *ops = driver_find(board_driver(board, i));
        struct engine_plant *plant = &plants->list[plants->count];
        int code = 0;
        if (!ops || plants->count == ENGINE_PLANTS_MAX)
            code = err_set(err, ERR_CONFIG, "%s: driver %s cannot be used", board->origin,
                           board_driver(board, i));
        else
            code = ops->open(&plant->self, board, env, err);
        if (code) {
            plants_close(plants);
            return code;
        }
        plant->ops = ops;
        plant->roles = &plants->roles[plants->count];
        roles_of(&plants->roles[plants->count], board, ops->name);
        plants->count++;
    }
    if (plants->count == 0)
        return err_set(err, ERR_CONFIG, "%s: no role has a driver", board->origin);
    return 0;
}

void plants_close(struct plants *plants)
{
    while (plants->count) {
        const struct engine_plant *plant = &plants->list[--plants->count];
        plant->ops->close(plant->self);
    }
}
