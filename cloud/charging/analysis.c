/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/analysis.h"

#include "base/strbuf.h"
#include "base/textmap.h"
#include "charging/analysis_key.h"
#include "charging/apportion.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_SECOND 1e6
#define US_PER_HOUR   3.6e9
#define US_PER_MINUTE INT64_C(60000000)
#define NANO          1e9

struct group {
    struct analysis_group shown;
    char *name;   /* owned: the keys in one text, for the map */
    size_t share; /* its place in the shares of the process under way; SIZE_MAX: none */
};

/* What the process under way has in each of its groups. */
struct shares {
    struct group **groups; /* owned, as the arrays below; of `size` each */
    int64_t *us, *energy, *counter, *parts;
    size_t count, size;
};

struct analysis {
    enum analysis_key keys[ANALYSIS_KEYS_MAX];
    size_t key_count;
    bool by_clock;         /* intervals are divided at full hours */
    struct textmap groups; /* of owned struct group */
    size_t group_count;
    struct shares shares;
};

int analysis_new(struct analysis **to, const enum analysis_key *keys, size_t count, struct err *err)
{
    struct analysis *analysis = calloc(1, sizeof *analysis);
    if (!analysis)
        return err_set(err, ERR_NOMEM, "analysis: out of memory");
    assert(count <= ANALYSIS_KEYS_MAX);
    analysis->key_count = count;
    for (size_t i = 0; i < count; i++) {
        analysis->keys[i] = keys[i];
        analysis->by_clock = analysis->by_clock || analysis_key_is_clock(keys[i]);
    }
    *to = analysis;
    return 0;
}

static void group_free(void *value)
{
    struct group *group = value;
    free(group->name);
    free(group);
}

void analysis_free(struct analysis *analysis)
{
    if (!analysis)
        return;
    textmap_free(&analysis->groups, group_free);
    free(analysis->shares.groups);
    free(analysis->shares.us);
    free(analysis->shares.energy);
    free(analysis->shares.counter);
    free(analysis->shares.parts);
    free(analysis);
}

/* Groups -----------------------------------------------------------------------------------------
 */

static struct group *add_group(struct analysis *analysis, const struct analysis_group *like,
                               const char *name)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    group->shown = *like;
    group->shown.peak_kw = NAN;
    group->share = SIZE_MAX;
    group->name = strdup(name);
    if (!group->name || textmap_add(&analysis->groups, group->name, group) < 0) {
        group_free(group);
        return NULL;
    }
    analysis->group_count++;
    return group;
}

static struct group *find_group(struct analysis *analysis, const struct analysis_moment *moment)
{
    struct analysis_group like = {0};
    char name[ANALYSIS_KEYS_MAX * ANALYSIS_KEY_SIZE] = "";
    size_t length = 0;
    for (size_t i = 0; i < analysis->key_count; i++) {
        analysis_key_write(analysis->keys[i], moment, like.key[i], &like.order[i]);
        length += (size_t)snprintf(name + length, sizeof name - length, "%s%s", i ? "\n" : "",
                                   like.key[i]);
    }
    struct group *group = textmap_find(&analysis->groups, name);
    return group ? group : add_group(analysis, &like, name);
}

/* Shares of a process ----------------------------------------------------------------------------
 */

static bool grow(struct shares *shares)
{
    size_t size = shares->size ? shares->size * 2 : 64;
    struct group **groups = realloc(shares->groups, size * sizeof *groups);
    if (groups)
        shares->groups = groups;
    int64_t **arrays[] = {&shares->us, &shares->energy, &shares->counter, &shares->parts};
    bool grown = groups != NULL;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        int64_t *more = realloc(*arrays[i], size * sizeof *more);
        if (more)
            *arrays[i] = more;
        grown = grown && more;
    }
    if (grown)
        shares->size = size;
    return grown;
}

static int take_part(struct analysis *analysis, const struct analysis_moment *moment,
                     int64_t length_us, int64_t counter, struct err *err)
{
    struct shares *shares = &analysis->shares;
    struct group *group = find_group(analysis, moment);
    if (!group || (shares->count == shares->size && !grow(shares)))
        return err_set(err, ERR_NOMEM, "analysis: out of memory");
    if (group->share == SIZE_MAX) {
        group->share = shares->count++;
        shares->groups[group->share] = group;
        shares->us[group->share] = shares->energy[group->share] = 0;
        shares->counter[group->share] = 0;
    }
    double power_kw = moment->power_kw;
    shares->us[group->share] += length_us;
    shares->counter[group->share] += counter;
    if (power_kw > 0) /* in W·s/1000 */
        shares->energy[group->share] +=
            llround(power_kw * ((double)length_us / US_PER_SECOND) * 1e6);
    if (power_kw >= 0 && !(power_kw <= group->shown.peak_kw))
        group->shown.peak_kw = power_kw;
    return 0;
}

/* Where the clock on the wall shows the next full hour, or jumps. */
static int64_t hour_end_us(const struct zone *zone, int64_t at_us)
{
    struct zone_local local = zone_local(zone, at_us);
    int64_t end_us = at_us + (60 - local.minute_of_day % 60) * US_PER_MINUTE - local.into_minute_us;
    return zone_next_change_us(zone, at_us, end_us);
}

/* In 1e-4 kWh, so that a part of an interval keeps its part of a step. */
static int64_t counter_part(double added_kwh, int64_t part_us, int64_t all_us)
{
    double part = all_us > 0 ? (double)part_us / (double)all_us : 1;
    return isnan(added_kwh) ? 0 : llround(added_kwh * part * 1e6);
}

static int take_interval(struct analysis *analysis, struct analysis_moment *moment,
                         const struct interval *interval, struct err *err)
{
    int64_t from_us = interval->from_us, all_us = interval->to_us - interval->from_us;
    int status = 0;
    moment->power_kw = interval->power_kw;
    moment->level = interval->later->battery_level;
    moment->temperature_c = interval->later->outside_temp_c;
    do {
        int64_t end_us = interval->to_us;
        moment->at_us = from_us;
        if (analysis->by_clock && from_us < end_us) {
            int64_t hour_us = hour_end_us(moment->zone, from_us);
            end_us = hour_us < end_us ? hour_us : end_us;
        }
        status = take_part(analysis, moment, end_us - from_us,
                           counter_part(interval->added_kwh, end_us - from_us, all_us), err);
        from_us = end_us;
    } while (status == 0 && from_us < interval->to_us);
    return status;
}

static void divide(struct shares *shares, int64_t whole, const int64_t *first,
                   const int64_t *second)
{
    if (!apportion(whole, first, shares->count, shares->parts) &&
        !apportion(whole, second, shares->count, shares->parts) &&
        !apportion(whole, shares->us, shares->count, shares->parts))
        shares->parts[0] = whole;
}

static int64_t nano(double kwh)
{
    return llround(decimal_round(kwh, 2) * 100) * 10000000;
}

static void settle_energies(struct shares *shares, const struct history_row *process)
{
    bool added = !isnan(process->charge_energy_added), used = !isnan(process->charge_energy_used);
    if (used) {
        divide(shares, nano(process->charge_energy_used), shares->energy, shares->us);
        for (size_t i = 0; i < shares->count; i++) {
            struct analysis_group *group = &shares->groups[i]->shown;
            group->used_nano += shares->parts[i];
            group->both_used_nano += added ? shares->parts[i] : 0;
        }
    }
    if (added) {
        divide(shares, nano(process->charge_energy_added), shares->counter, shares->energy);
        for (size_t i = 0; i < shares->count; i++) {
            struct analysis_group *group = &shares->groups[i]->shown;
            group->added_nano += shares->parts[i];
            group->both_added_nano += used ? shares->parts[i] : 0;
        }
    }
}

static void settle(struct shares *shares, const struct history_row *process)
{
    settle_energies(shares, process);
    bool priced = process->cost != STORE_NULL;
    if (priced)
        divide(shares, process->cost, shares->energy, shares->us);
    for (size_t i = 0; i < shares->count; i++) {
        struct analysis_group *group = &shares->groups[i]->shown;
        group->processes++;
        group->us += shares->us[i];
        group->priced += priced;
        group->cost += priced ? shares->parts[i] : 0;
    }
}

int analysis_add(struct analysis *analysis, const struct history_row *process,
                 const struct zone *zone, const struct intervals *intervals, struct err *err)
{
    struct shares *shares = &analysis->shares;
    struct analysis_moment moment = {.process = process,
                                     .zone = zone,
                                     .at_us = process->start_date_us,
                                     .level = process->start_battery_level,
                                     .power_kw = NAN,
                                     .temperature_c = NAN};
    int status = 0;
    shares->count = 0;
    for (size_t i = 1; i < intervals->count && status == 0; i++) {
        struct interval interval = intervals_at(intervals, i);
        status = take_interval(analysis, &moment, &interval, err);
    }
    if (intervals->count < 2)
        status =
            take_part(analysis, &moment, process->end_date_us - process->start_date_us, 0, err);
    if (status == 0)
        settle(shares, process);
    for (size_t i = 0; i < shares->count; i++)
        shares->groups[i]->share = SIZE_MAX;
    return status;
}

/* Results ----------------------------------------------------------------------------------------
 */

static int by_keys(const void *left, const void *right)
{
    const struct analysis_group *a = *(struct analysis_group *const *)left;
    const struct analysis_group *b = *(struct analysis_group *const *)right;
    for (size_t i = 0; i < ANALYSIS_KEYS_MAX; i++) {
        if (a->order[i] != b->order[i])
            return a->order[i] < b->order[i] ? -1 : 1;
        int order = strcmp(a->key[i], b->key[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

struct listing {
    struct analysis_group **list;
    size_t count;
};

static void list_group(void *self, void *value)
{
    struct listing *listing = self;
    struct group *group = value;
    listing->list[listing->count++] = &group->shown;
}

int analysis_each(struct analysis *analysis,
                  int (*each)(void *self, const struct analysis_group *group, struct err *err),
                  void *self, struct err *err)
{
    struct listing listing = {
        .list = calloc(analysis->group_count + 1, sizeof *listing.list),
    };
    if (!listing.list)
        return err_set(err, ERR_NOMEM, "analysis: out of memory");
    textmap_each(&analysis->groups, list_group, &listing);
    qsort(listing.list, listing.count, sizeof *listing.list, by_keys);
    int status = 0;
    for (size_t i = 0; i < listing.count && status == 0; i++)
        status = each(self, listing.list[i], err);
    free(listing.list);
    return status;
}

double analysis_efficiency(const struct analysis_group *group)
{
    return group->both_used_nano > 0
               ? (double)group->both_added_nano / (double)group->both_used_nano
               : (double)NAN;
}

double analysis_mean_kw(const struct analysis_group *group)
{
    return group->us > 0 ? (double)group->used_nano / NANO / ((double)group->us / US_PER_HOUR)
                         : (double)NAN;
}
