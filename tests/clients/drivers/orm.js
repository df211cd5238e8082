// SPDX-License-Identifier: PostgreSQL
// Keeps a connection of the npm package libpq, and gives one back.  What matters is marked where its function begins: that
// is what V8 tells of it.
const Libpq = require('libpq')
const kept = []

function ask(connection) { //: ask
  connection.exec('SELECT 42')
  connection.clear()
}

function leaks() { //: leaks
  const connection = new Libpq()
  kept.push(connection)
  connection.connectSync('')
  ask(connection)
}

function clean() {
  const connection = new Libpq()
  connection.connectSync('')
  ask(connection)
  connection.finish()
}

clean()
leaks()
console.log(process.pid)
process.reallyExit(0)
