// SPDX-License-Identifier: PostgreSQL
// One query by lib/pq, which speaks the protocol itself, in a program that makes its system calls itself.
package main

import (
	"database/sql"
	"fmt"
	"log"

	_ "github.com/lib/pq"
)

func main() {
	db, err := sql.Open("postgres", "sslmode=disable")
	if err != nil {
		log.Fatal(err)
	}
	var answer int
	if err := db.QueryRow("SELECT 41 + 1").Scan(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer)
}
