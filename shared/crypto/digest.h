/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes over the PSA API of Mbed TLS. PSA is not thread-safe before 3.6: calls are serialised. */
#ifndef SWAPSTACK_CRYPTO_DIGEST_H
#define SWAPSTACK_CRYPTO_DIGEST_H

#include <stddef.h>

#define DIGEST_HEX_SIZE 65 /* 64 lower-case hex digits and NUL */

/* SHA-256 (FIPS 180-4) of the bytes as hex text. Aborts only when PSA itself cannot start. */
void digest_sha256_hex(const void *bytes, size_t length, char hex[DIGEST_HEX_SIZE]);

/* Command identity (design/protocol.md): the first 16 hex digits of the payload's SHA-256. */
void digest_short(const void *bytes, size_t length, char hex[17]);

#endif
