/* SPDX-License-Identifier: MIT */
/* sha256.c - checks SHA-256 with the examples of FIPS 180-4 and with lengths around its blocks. */
#include "check.h"

#include "core/sha256.h"

/* The digest of these bytes must be these hexadecimal digits. */
static void expect_digest(const void *bytes, uint64_t size, const char *expected)
{
	uint8_t digest[SHA256_SIZE];
	char found[2 * SHA256_SIZE + 1];

	sha256((struct span){ bytes, size }, digest);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		snprintf(found + 2 * i, 3, "%02x", digest[i]);
	EXPECT_TEXT(found, expected);
}

TEST("no bytes at all have their digest")
{
	expect_digest(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST("the standard's examples of one and of two blocks come out right")
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	expect_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect_digest(two, sizeof(two) - 1,
	              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST("a million letters a come out right")
{
	uint8_t *letters = malloc(1000000);

	memset(letters, 'a', 1000000);
	expect_digest(letters, 1000000,
	              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(letters);
}

TEST("lengths around the end of a block come out right")
{
	uint8_t letters[128];

	memset(letters, 'x', sizeof(letters));
	expect_digest(letters, 55,
	              "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
	expect_digest(letters, 56,
	              "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
	expect_digest(letters, 63,
	              "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2");
	expect_digest(letters, 64,
	              "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
	expect_digest(letters, 65,
	              "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9");
	expect_digest(letters, 119,
	              "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c");
	expect_digest(letters, 120,
	              "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98");
	expect_digest(letters, 128,
	              "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464");
}
