/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/psa_guard.h"

#include <pthread.h>

/* Belongs to the library's state, not to ours. */
static pthread_mutex_t psa_lock = PTHREAD_MUTEX_INITIALIZER;

psa_status_t psa_guard_enter(void)
{
    (void)pthread_mutex_lock(&psa_lock);
    /* May be called again and again; after the first time it does nothing. */
    return psa_crypto_init();
}

void psa_guard_leave(void)
{
    (void)pthread_mutex_unlock(&psa_lock);
}
