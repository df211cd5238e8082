// SPDX-License-Identifier: PostgreSQL
// orm.cc - keeps a session of Poco's, and gives one back.  The lines that matter are marked at their ends.
#include <Poco/Data/PostgreSQL/Connector.h>
#include <Poco/Data/Session.h>
#include <cstdlib>

using namespace Poco::Data;
using namespace Poco::Data::Keywords;

static std::string server()
{
	return std::string("host=") + getenv("PGHOST") + " port=" + getenv("PGPORT") + " user=" + getenv("PGUSER") +
		   " dbname=" + getenv("PGDATABASE");
}

static int ask(Session &session)
{
	int answer = 0;
	session << "SELECT 42", into(answer), now; //: ask
	return answer;
}

static int clean()
{
	Session session("PostgreSQL", server());
	return ask(session);
}

static int leaks()
{
	return ask(*new Session("PostgreSQL", server())); //: leaks
}

int main()
{
	PostgreSQL::Connector::registerConnector();
	return clean() == 42 && leaks() == 42 ? 0 : 1;
}
