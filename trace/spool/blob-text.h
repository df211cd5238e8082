// SPDX-License-Identifier: PostgreSQL
/*
 * blob-text.h - the blobs that consist of texts: which, and in which order.
 *
 * Owns these lists.  The shim writes each text with a NUL behind it (the last
 * one may lack it, and be cut); trace/store/blobs.c makes a row of them, with
 * a column of the same name for each.  A list is used as FIELDS(WHAT, BETWEEN).
 */
#ifndef PQLEAK_TRACE_SPOOL_BLOB_TEXT_H
#define PQLEAK_TRACE_SPOOL_BLOB_TEXT_H

// clang-format off
/* BLOB_MODULE; the build-id in hexadecimal. */
#define MODULE_FIELDS(FIELD, BETWEEN) FIELD(path) BETWEEN FIELD(build_id)

/* BLOB_SCRIPT */
#define SCRIPT_FIELDS(FIELD, BETWEEN) FIELD(language) BETWEEN FIELD(function) BETWEEN FIELD(file)

/* BLOB_TARGET; the last two are numbers, in decimal. */
#define TARGET_FIELDS(FIELD, BETWEEN) \
	FIELD(host) BETWEEN FIELD(port) BETWEEN FIELD(database) BETWEEN FIELD(user) BETWEEN FIELD(application_name) \
	BETWEEN FIELD(server_version) BETWEEN FIELD(ssl)

/* BLOB_SETTINGS, each under libpq's own keyword; empty when not set. */
#define SETTING_FIELDS(FIELD, BETWEEN) \
	FIELD(sslmode) BETWEEN FIELD(connect_timeout) BETWEEN FIELD(keepalives) BETWEEN FIELD(keepalives_idle) \
	BETWEEN FIELD(keepalives_interval) BETWEEN FIELD(keepalives_count) BETWEEN FIELD(tcp_user_timeout) \
	BETWEEN FIELD(target_session_attrs)
// clang-format on

#define MODULE_NUMBER(name) MODULE_##name,
enum module_field { MODULE_FIELDS(MODULE_NUMBER, ) MODULE_FIELD_COUNT };

#define SCRIPT_NUMBER(name) SCRIPT_##name,
enum script_field { SCRIPT_FIELDS(SCRIPT_NUMBER, ) SCRIPT_FIELD_COUNT };

#define TARGET_NUMBER(name) TARGET_##name,
enum target_field { TARGET_FIELDS(TARGET_NUMBER, ) TARGET_FIELD_COUNT };

#define SETTING_NUMBER(name) SETTING_##name,
enum setting_field { SETTING_FIELDS(SETTING_NUMBER, ) SETTING_FIELD_COUNT };

#endif
