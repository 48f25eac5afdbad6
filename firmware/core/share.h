/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Max-min fair sharing: nobody gets more than he wants, nobody who wants more gets less than
 * another, and nothing is left while somebody wants it. What one cannot use, the others get. Pure;
 * the same wants always give the same shares.
 */
#ifndef SWAPSTACK_CORE_SHARE_H
#define SWAPSTACK_CORE_SHARE_H

/* gives[i] of `total` for wants[i]; both have `count` entries. What is negative or NAN counts as 0.
 */
void share_fairly(const double *wants, int count, double total, double *gives);

#endif
