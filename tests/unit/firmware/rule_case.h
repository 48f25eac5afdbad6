/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as tables: a fault strikes the simulated plant, and within a window of time the plant
 * itself shows the reaction, which lasts. Needs cmocka.h before it. */
#ifndef SWAPSTACK_TESTS_RULE_CASE_H
#define SWAPSTACK_TESTS_RULE_CASE_H

#include "firmware/rule_rig.h"

typedef bool rule_seen(const struct rule_rig *rig);

struct rule_case {
    const char *rule;   /* its number and what is broken */
    const char *script; /* fault script; its first line is the one that counts, unless `from` */
    const char *packs;  /* NULL: as above */
    bool swap;          /* a vehicle is called */
    rule_seen *from;    /* the time counts from when this is first seen */
    rule_seen *reacted;
    double least_s, most_s; /* the reaction comes within this window */
    enum fault_code fault;  /* is active then, FAULT_COUNT: none */
    int slot;
    double holds_s;     /* the reaction is still seen all this time later */
    const char *reason; /* how the swap ends, NULL: not looked at */
    void (*tune)(struct engine_options *options);
};

static inline double rig_seconds(const struct rule_rig *rig, int64_t since_us)
{
    return (double)(rig->now_us - since_us) / 1e6;
}

/* When the script lets the fault strike: the plant's step may end a little later. */
static inline int64_t rule_strikes_us(const struct rule_rig *rig)
{
    const struct script_rule *rule = &rig->world->script.rules[0];
    const struct fault_state *fault = &rig->world->faults[0];
    double age_s = (double)rig->world->age_us / 1e6 - fault->since_s;
    double late_s = (rule->timed ? age_s : fault->condition_s) - rule->after_s;
    return rig->now_us - limits_us(fault->since_s + late_s);
}

/* When the time begins to count. */
static inline int64_t rule_begins(struct rule_rig *rig, const struct rule_case *rule)
{
    for (int64_t end_us = rig->now_us + 600 * CLOCK_US_PER_SECOND; rig->now_us < end_us;
         rig_loop(rig)) {
        const struct fault_state *fault = &rig->world->faults[0];
        if (rule->from ? rule->from(rig) : fault->fired)
            return rule->from ? rig->now_us : rule_strikes_us(rig);
    }
    fail_msg("%s: it never came to that", rule->rule);
    return 0;
}

static inline void rule_check(const struct rule_case *rule)
{
    static struct rule_rig rig;
    rig_open(&rig, rule->packs, rule->script);
    if (rule->tune)
        rule->tune(&rig.options);
    rig_start(&rig);
    if (rule->swap) {
        rig_run(&rig, 8);
        rig_swap(&rig, "c1", "VEH-1", "");
        assert_string_equal(rig.answer, "");
    }
    int64_t since_us = rule_begins(&rig, rule);
    while (!rule->reacted(&rig) && rig_seconds(&rig, since_us) <= rule->most_s + 1)
        rig_loop(&rig);
    double took_s = rig_seconds(&rig, since_us);
    if (!rule->reacted(&rig) || took_s > rule->most_s || took_s < rule->least_s)
        fail_msg("rule %s: after %.3f s, wanted %.3f to %.3f s", rule->rule, took_s, rule->least_s,
                 rule->most_s);
    print_message("rule %s: after %.3f s\n", rule->rule, took_s);
    if (rule->fault != FAULT_COUNT && !rig_has(&rig, rule->fault, rule->slot))
        fail_msg("rule %s: no %s in slot %d", rule->rule, fault_name(rule->fault), rule->slot);
    int64_t until_us = rig.now_us + limits_us(rule->holds_s);
    for (; rig.now_us < until_us; rig_loop(&rig))
        if (!rule->reacted(&rig))
            fail_msg("rule %s: the reaction does not last", rule->rule);
    for (int i = 0; rule->reason && i < 3000 && !rig.outcome[0]; i++)
        rig_loop(&rig);
    if (rule->reason && !strstr(rig.reason, rule->reason))
        fail_msg("rule %s: the swap ends \"%s\" %s, wanted %s", rule->rule, rig.outcome, rig.reason,
                 rule->reason);
    rig_close(&rig);
}

#define rule_check_all(cases)                                                                      \
    for (size_t rule_ = 0; rule_ < sizeof(cases) / sizeof *(cases); rule_++)                       \
    rule_check(&(cases)[rule_])

#endif
