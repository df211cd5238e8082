# SPDX-License-Identifier: PostgreSQL
# Keeps a connection of RPostgreSQL's, and gives one back.
library(RPostgreSQL)

connect <- function() {
  server <- Sys.getenv(c("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"))
  dbConnect(PostgreSQL(), host = server[1], port = as.integer(server[2]), user = server[3], dbname = server[4])
}

invisible(dbDisconnect(connect()))
Sys.setenv(PGAPPNAME = "kept_here")
kept <- connect()
