/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSA keeps its key slots and random generator in the process; before Mbed TLS 3.6 it guards them
 * with nothing. What the files of crypto/ share; nobody else includes this.
 */
#ifndef SWAPSTACK_CRYPTO_PSA_GUARD_H
#define SWAPSTACK_CRYPTO_PSA_GUARD_H

#include <psa/crypto.h>

/* Initialises PSA and keeps other threads out until psa_guard_leave, which must follow also when it
 * failed. */
psa_status_t psa_guard_enter(void);
void psa_guard_leave(void);

#endif
