(* SPDX-License-Identifier: PostgreSQL *)
(* Keeps a connection of postgresql-ocaml's, and gives one back.  What matters is marked at the ends of lines. *)
let leaks name : Postgresql.connection = new Postgresql.connection ~dbname:name () (* #: leaks
*)

let clean name = (new Postgresql.connection ~dbname:name ())#finish

let () =
  let name = Sys.getenv "PGDATABASE" in
  clean name;
  let kept = leaks name in
  Unix._exit (if kept#db = name then 0 else 1)
