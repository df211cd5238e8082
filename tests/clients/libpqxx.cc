// SPDX-License-Identifier: PostgreSQL
// libpqxx.cc - a C++ program on libpqxx: opens five connections, two of them with new and without delete; throws once.
#include <cstdio>
#include <memory>
#include <pqxx/pqxx>

static int ask(pqxx::connection &connection)
{
	pqxx::work transaction(connection);
	int answer = transaction.exec("SELECT 42")[0][0].as<int>();
	transaction.commit();
	return answer;
}

static int forgetful()
{
	auto *connection = new pqxx::connection("application_name=forgetful");
	return ask(*connection);
}

int main()
{
	int answers = 0;
	{
		pqxx::connection scoped;
		answers += ask(scoped);
		auto owned = std::make_unique<pqxx::connection>();
		answers += ask(*owned);
	}
	answers += forgetful();
	answers += forgetful();
	try {
		pqxx::connection doomed;
		pqxx::work transaction(doomed);
		transaction.exec("SELECT * FROM no_such_table");
	} catch (const pqxx::sql_error &) {
		answers += 42; // the stack unwound, and the connection with it
	}
	std::printf("%d\n", answers);
	return answers == 5 * 42 ? 0 : 1;
}
