// SPDX-License-Identifier: PostgreSQL
// shop.cc - a test that leaks a connection and its clean twin, for the test runner of C++ that a macro chooses.
#if defined(CATCH2)
#include <catch2/catch.hpp>
#elif defined(GOOGLETEST)
#include <gtest/gtest.h>
#else
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE shop
#include <boost/test/unit_test.hpp>
#endif
#include <libpq-fe.h>

static PGconn *visit()
{
	return PQconnectdb(""); //: visit
}

static void leave()
{
	PQfinish(PQconnectdb(""));
}

#if defined(CATCH2)
TEST_CASE("leaks")
{
	REQUIRE(visit() != nullptr); //: leaks
}
TEST_CASE("clean")
{
	leave();
}
#elif defined(GOOGLETEST)
TEST(Shop, Leaks)
{
	ASSERT_NE(visit(), nullptr); //: leaks
}
TEST(Shop, Clean)
{
	leave();
}
#else
BOOST_AUTO_TEST_CASE(leaks)
{
	BOOST_REQUIRE(visit() != nullptr); //: leaks
}
BOOST_AUTO_TEST_CASE(clean)
{
	leave();
}
#endif
