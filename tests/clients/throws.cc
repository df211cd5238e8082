// SPDX-License-Identifier: PostgreSQL
// throws.cc - a C++ class whose constructor throws after the connect: no destructor runs, and the connection is lost.
// argv[1]: 'wrong', or 'right' for a class that keeps its connection in a member with a destructor of its own.
#include <libpq-fe.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

static void demand_extension(PGconn *conn)
{
	PGresult *result = PQexec(conn, "SELECT 1 FROM pg_extension WHERE extname = 'no such extension'");
	int rows = PQntuples(result);
	PQclear(result);
	if (rows == 0)
		throw std::runtime_error("the extension is missing");
}

class Careless
{
  public:
	Careless() : conn(PQconnectdb(""))
	{
		demand_extension(conn);
	}
	Careless(const Careless &) = delete;
	Careless &operator=(const Careless &) = delete;
	~Careless()
	{
		PQfinish(conn);
	}

  private:
	PGconn *conn;
};

struct Finish {
	void operator()(PGconn *conn) const
	{
		PQfinish(conn);
	}
};

class Careful
{
  public:
	Careful() : conn(PQconnectdb(""))
	{
		demand_extension(conn.get());
	}

  private:
	std::unique_ptr<PGconn, Finish> conn;
};

template <typename Class> static int construct_thrice()
{
	int thrown = 0;
	for (int i = 0; i < 3; i++) {
		try {
			Class object;
		} catch (const std::runtime_error &) {
			thrown++;
		}
	}
	return thrown == 3 ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool wrong = argc > 1 && std::strcmp(argv[1], "wrong") == 0;
	return wrong ? construct_thrice<Careless>() : construct_thrice<Careful>();
}
