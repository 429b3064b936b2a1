/* SPDX-License-Identifier: MIT */
/* sha256.h - the SHA-256 digest (FIPS 180-4) of bytes in memory. */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include "core/base.h"

#define SHA256_SIZE 32

/* Writes the digest of `bytes`. */
void sha256(struct span bytes, uint8_t digest[SHA256_SIZE]);

#endif
