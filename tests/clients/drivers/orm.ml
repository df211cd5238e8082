(* SPDX-License-Identifier: PostgreSQL *)
(* Keeps a connection of postgresql-ocaml's, and gives one back.  What matters is marked at the ends of lines. *)
let connect name : Postgresql.connection = new Postgresql.connection ~dbname:name ()

let leaks name = Sys.opaque_identity (connect name) (* #: leaks
*)

let clean name = (connect name)#finish

let () =
  let name = Sys.getenv "PGDATABASE" in
  clean name;
  let kept = leaks name in
  Unix._exit (if kept#db = name then 0 else 1)
