# SPDX-License-Identifier: PostgreSQL
# The test puts the page's setup() here.

@test "checkout" {
	"$PQLEAK_TEST_CLIENTS/client-acquire" failed-leaked
}

@test "cart" {
	"$PQLEAK_TEST_CLIENTS/client-acquire" failed-finished
}
