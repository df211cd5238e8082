// SPDX-License-Identifier: PostgreSQL
// One query by pgjdbc, which speaks the protocol itself.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

public class Query {
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0]);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT 41 + 1")) {
            result.next();
            System.out.println(result.getInt(1));
        }
    }
}
