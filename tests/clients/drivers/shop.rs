// SPDX-License-Identifier: PostgreSQL
// shop.rs - a test that leaks a connection and its clean twin, for Rust's own test runner.
use std::os::raw::{c_char, c_void};

#[link(name = "pq")]
extern "C" {
    fn PQconnectdb(conninfo: *const c_char) -> *mut c_void;
    fn PQfinish(connection: *mut c_void);
}

fn visit() -> *mut c_void {
    unsafe { PQconnectdb(b"\0".as_ptr().cast()) } //: visit
}

#[test]
fn leaks() {
    assert!(!visit().is_null()); //: leaks
}

#[test]
fn clean() {
    unsafe { PQfinish(PQconnectdb(b"\0".as_ptr().cast())) }
}
