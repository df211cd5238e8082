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

/* BLOB_MODULE; the build-id in hexadecimal. */
#define MODULE_FIELDS(FIELD, BETWEEN) FIELD(path) BETWEEN FIELD(build_id)

/* BLOB_SCRIPT */
#define SCRIPT_FIELDS(FIELD, BETWEEN)                                                                                  \
	FIELD(language) BETWEEN FIELD(function)                                                                            \
	BETWEEN FIELD(file)

/* BLOB_TARGET; the last two are numbers, in decimal. */
#define TARGET_FIELDS(FIELD, BETWEEN)                                                                                  \
	FIELD(host)                                                                                                        \
	BETWEEN FIELD(port)                                                                                                \
	BETWEEN FIELD(database)                                                                                            \
	BETWEEN FIELD(user)                                                                                                \
	BETWEEN FIELD(application_name)                                                                                    \
	BETWEEN FIELD(server_version)                                                                                      \
	BETWEEN FIELD(ssl)

/* BLOB_SETTINGS, each under libpq's own keyword; empty when not set. */
#define SETTING_FIELDS(FIELD, BETWEEN)                                                                                 \
	FIELD(sslmode)                                                                                                     \
	BETWEEN FIELD(connect_timeout)                                                                                     \
	BETWEEN FIELD(keepalives)                                                                                          \
	BETWEEN FIELD(keepalives_idle)                                                                                     \
	BETWEEN FIELD(keepalives_interval)                                                                                 \
	BETWEEN FIELD(keepalives_count)                                                                                    \
	BETWEEN FIELD(tcp_user_timeout)                                                                                    \
	BETWEEN FIELD(target_session_attrs)

enum module_field {
#define FIELD(name) MODULE_##name,
	MODULE_FIELDS(FIELD, ) MODULE_FIELD_COUNT
#undef FIELD
};

enum script_field {
#define FIELD(name) SCRIPT_##name,
	SCRIPT_FIELDS(FIELD, ) SCRIPT_FIELD_COUNT
#undef FIELD
};

enum target_field {
#define FIELD(name) TARGET_##name,
	TARGET_FIELDS(FIELD, ) TARGET_FIELD_COUNT
#undef FIELD
};

enum setting_field {
#define FIELD(name) SETTING_##name,
	SETTING_FIELDS(FIELD, ) SETTING_FIELD_COUNT
#undef FIELD
};

#endif
