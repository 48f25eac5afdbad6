/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of a battery, against the rule as core/select.h states it, for random stations. */
#include "station_fixture.h"

#include "core/select.h"

static uint64_t seed = 1;

static int draw(int below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((seed >> 33) % (uint64_t)below);
}

/* Few values each, so that ties are common. */
static void make_pack(struct fixture *f, int slot)
{
    char bid[16];
    snprintf(bid, sizeof bid, "P-%d", slot);
    struct io_pack pack = fixture_pack(bid, 94 + draw(6));
    pack.soh_percent = 68 + draw(4) + 0.5 * draw(2);
    pack.cycles = draw(4) - 1; /* -1: it does not say */
    pack.rated_v = draw(4) ? 350 : 48;
    pack.at_us = f->now_us - (draw(8) ? 0 : 5000000); /* some are not heard any more */
    f->in.bays[slot - 1].pack = pack;
    f->in.bays[slot - 1].present = true;
    struct bay *bay = &f->station.bays[slot - 1];
    static const enum bay_state STATES[] = {BAY_READY,    BAY_READY, BAY_READY,      BAY_RESERVED,
                                            BAY_CHARGING, BAY_IDLE,  BAY_QUARANTINE, BAY_FAULT};
    TEXT_SET(bay->bid, bid);
    bay->state = STATES[draw(8)];
    bay->reservation = (struct reservation){0};
    if (bay->state == BAY_RESERVED)
        TEXT_SET(bay->reservation.vehicle, draw(2) ? "CAR-1" : "CAR-2");
}

/* The rule, in its own words: may it be given to CAR-1 at all? */
static bool may(const struct fixture *f, int slot, double rated_v)
{
    const struct bay *bay = &f->station.bays[slot - 1];
    const struct io_pack *pack = &f->in.bays[slot - 1].pack;
    bool ready = bay->state == BAY_READY ||
                 (bay->state == BAY_RESERVED && text_equal(bay->reservation.vehicle, "CAR-1"));
    bool heard = f->now_us - pack->at_us <= 1000000;
    bool type = isnan(rated_v) || fabs(pack->rated_v - rated_v) <= 0.15 * rated_v;
    return ready && heard && type && pack->soh_percent >= 70 &&
           !locks_has(&f->station.settings.locks, bay->bid);
}

/* Reserved first, then whole percent of health, then uses, then slot: negative when a is better. */
static int64_t order(const struct fixture *f, int a, int b)
{
    const struct io_pack *x = &f->in.bays[a - 1].pack, *y = &f->in.bays[b - 1].pack;
    int64_t keys[4] = {
        (f->station.bays[b - 1].state == BAY_RESERVED) -
            (f->station.bays[a - 1].state == BAY_RESERVED),
        (int64_t)floor(y->soh_percent) - (int64_t)floor(x->soh_percent),
        (x->cycles < 0 ? 1000000 : x->cycles) - (y->cycles < 0 ? 1000000 : y->cycles),
        a - b,
    };
    for (int i = 0; i < 4; i++)
        if (keys[i])
            return keys[i];
    return 0;
}

static void the_choice_is_the_rule(void **state)
{
    (void)state;
    static struct fixture f;
    int none = 0, tied = 0;
    const char *why = NULL;
    for (int round = 0; round < 3000; round++) {
        int bays = 1 + draw(12);
        fixture_init(&f, bays);
        f.station.started_us = f.now_us - 60000000;
        assert_int_equal(settings_set(&f.station.settings, "locked.1", "[\"P-2\"]", &why), 0);
        for (int slot = 1; slot <= bays; slot++)
            make_pack(&f, slot);
        f.in.now_us = f.now_us;
        double rated_v = draw(2) ? 350 : NAN;
        struct core_step step = {&f.station, &f.in, &f.actions};
        struct select_wish wish = {"", "r", "CAR-1", rated_v, 0};
        int best = 0;
        for (int slot = 1; slot <= bays; slot++) {
            if (!may(&f, slot, rated_v))
                continue;
            tied += best && floor(f.in.bays[best - 1].pack.soh_percent) ==
                                floor(f.in.bays[slot - 1].pack.soh_percent);
            if (!best || order(&f, slot, best) < 0)
                best = slot;
        }
        none += best == 0;
        assert_int_equal(select_ready(&step, &wish), best);
        assert_int_equal(select_ready(&step, &wish), best); /* and the same again */
        if (!best)
            continue;
        /* Asked for by name it is given too, and without it the next best. */
        wish.battery = f.station.bays[best - 1].bid;
        assert_int_equal(select_ready(&step, &wish), best);
        assert_null(select_refusal(&step, &wish));
        wish.battery = "";
        wish.except = SELECT_BIT(best);
        assert_int_not_equal(select_ready(&step, &wish), best);
    }
    assert_true(none > 50 && none < 2000 && tied > 500); /* the draw is worth something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_choice_is_the_rule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
