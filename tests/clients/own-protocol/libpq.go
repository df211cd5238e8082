// SPDX-License-Identifier: PostgreSQL
// One query by libpq, through cgo; its argument "leak" leaves the connection open.
package main

/*
#cgo pkg-config: libpq
#include <stdlib.h>
#include <libpq-fe.h>
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

func main() {
	empty, query := C.CString(""), C.CString("SELECT 41 + 1")
	defer C.free(unsafe.Pointer(empty))
	defer C.free(unsafe.Pointer(query))
	connection := C.PQconnectdb(empty)
	result := C.PQexec(connection, query)
	fmt.Println(C.GoString(C.PQgetvalue(result, 0, 0)))
	C.PQclear(result)
	if len(os.Args) < 2 || os.Args[1] != "leak" {
		C.PQfinish(connection)
	}
}
