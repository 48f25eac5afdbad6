/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/versions.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compares the runs of digits at both places and steps over them. Leading zeros do not count. */
static int compare_numbers(const char **a, const char **b)
{
    while (**a == '0')
        (*a)++;
    while (**b == '0')
        (*b)++;
    size_t a_length = 0, b_length = 0;
    while (is_digit((*a)[a_length]))
        a_length++;
    while (is_digit((*b)[b_length]))
        b_length++;
    int order = a_length != b_length ? (a_length < b_length ? -1 : 1) : memcmp(*a, *b, a_length);
    *a += a_length;
    *b += b_length;
    return order;
}

int version_compare(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            int order = compare_numbers(&a, &b);
            if (order != 0)
                return order;
            continue;
        }
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        a++;
        b++;
    }
    return (*a != '\0') - (*b != '\0');
}

/* Insertion sort: stable, and the rows nearly always come in order. */
static void sort(struct version_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct version_row row = rows[i];
        size_t at = i;
        for (; at > 0 && rows[at - 1].since_us > row.since_us; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

size_t versions_to_history(struct version_row *rows, size_t count)
{
    size_t kept = 0;
    sort(rows, count);
    for (size_t i = 0; i < count; i++) {
        bool superseded = i + 1 < count && rows[i + 1].since_us == rows[i].since_us;
        bool repeated = kept > 0 && strcmp(rows[kept - 1].version, rows[i].version) == 0;
        if (!superseded && !repeated)
            rows[kept++] = rows[i];
    }
    return kept;
}
