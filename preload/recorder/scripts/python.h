// SPDX-License-Identifier: PostgreSQL
/*
 * python.h - CPython's functions, and the watch over the code objects whose names were taken.
 *
 * Owns the list of functions that script-python.c and python-watch.c call.  A
 * watch lasts for a walk: the frames that are walked are compared with those
 * that were read before (python-chain.h), and each one's code object gets a mark that
 * CPython hands back when the object is freed (PEP 523).  The caller has the
 * GIL.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_PYTHON_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/scripts/python-chain.h"
#include "preload/recorder/scripts/script.h"

#define PYTHON_FUNCTIONS(F)                                                                                            \
	F(GET_FRAME, "PyThreadState_GetFrame") /* since 3.9 */                                                             \
	F(GET_BACK, "PyFrame_GetBack")                                                                                     \
	F(GET_CODE, "PyFrame_GetCode")                                                                                     \
	F(GET_LINE, "PyFrame_GetLineNumber")                                                                               \
	F(GET_ATTRIBUTE, "PyObject_GetAttr")                                                                               \
	F(INTERN, "PyUnicode_InternFromString")                                                                            \
	F(AS_UTF8, "PyUnicode_AsUTF8AndSize")                                                                              \
	F(DEC_REF, "Py_DecRef")                                                                                            \
	F(IS_INITIALIZED, "Py_IsInitialized")                                                                              \
	F(INTERPRETER_HEAD, "PyInterpreterState_Head")                                                                     \
	F(INTERPRETER_MAIN, "PyInterpreterState_Main")                                                                     \
	F(GIL_STATE, "PyGILState_GetThisThreadState")                                                                      \
	F(GIL_ENSURE, "PyGILState_Ensure")                                                                                 \
	F(GIL_RELEASE, "PyGILState_Release")                                                                               \
	F(ERROR_FETCH, "PyErr_Fetch")                                                                                      \
	F(ERROR_RESTORE, "PyErr_Restore")                                                                                  \
	F(ERROR_CLEAR, "PyErr_Clear")                                                                                      \
	F(MARK, "")                                                                                                        \
	F(AS_ENCODED, "PyUnicode_AsEncodedString")                                                                         \
	F(AS_BYTES, "PyBytes_AsString")                                                                                    \
	F(THREAD_CURRENT, "PyThreadState_GetUnchecked")      /* since 3.13 */                                              \
	F(THREAD_CURRENT_OLD, "_PyThreadState_UncheckedGet") /* until 3.12 */                                              \
	F(GC_DISABLE, "PyGC_Disable")                        /* since 3.10 */                                              \
	F(GC_ENABLE, "PyGC_Enable")                                                                                        \
	F(VERSION, "Py_Version") /* data, since 3.11 */                                                                    \
	F(FREE_THREADED, "_Py_MergeZeroLocalRefcount")                                                                     \
	F(RUNTIME, "_PyRuntime")                                  /* data */                                               \
	F(GET_LASTI, "PyFrame_GetLasti")                          /* since 3.11 */                                         \
	F(REQUEST_EXTRA, "PyUnstable_Eval_RequestCodeExtraIndex") /* since 3.12, as the next two */                        \
	F(GET_EXTRA, "PyUnstable_Code_GetExtra")                                                                           \
	F(SET_EXTRA, "PyUnstable_Code_SetExtra")                                                                           \
	F(REQUEST_EXTRA_OLD, "_PyEval_RequestCodeExtraIndex")                                                              \
	F(GET_EXTRA_OLD, "_PyCode_GetExtra")                                                                               \
	F(SET_EXTRA_OLD, "_PyCode_SetExtra")                                                                               \
	F(GET_DICT, "PyInterpreterState_GetDict")                                                                          \
	F(DICT_GET, "PyDict_GetItemString")                                                                                \
	F(DICT_SET, "PyDict_SetItemString")                                                                                \
	F(LONG_FROM, "PyLong_FromSsize_t")                                                                                 \
	F(LONG_AS, "PyLong_AsSsize_t")

enum { PYTHON_FUNCTIONS(SCRIPT_NUMBER) };

typedef struct object object; /* PyObject */

/* Calls function `n` of the interpreter. */
#define CALL(type, n, parameters) FUNCTION_OF(interpreter, n, type(*) parameters)

static inline void drop(const struct script_interpreter *interpreter, object *held)
{
	if (held != NULL)
		CALL(void, DEC_REF, (object *))(held);
}

/* As Py_Version has it; before there was one, as far as it matters. */
static inline uint32_t version_of(const struct script_interpreter *interpreter)
{
	const unsigned long *version = interpreter->function[VERSION];
	if (version != NULL)
		return (uint32_t)*version;
	return interpreter->function[GC_DISABLE] != NULL ? 0x030a0000 : 0x03090000;
}

static inline bool python_layout_of(const struct script_interpreter *interpreter, struct python_layout *ret)
{
	return python_layout(version_of(interpreter), interpreter->function[RUNTIME], ret);
}

struct python_watch {
	bool is_sound;   /* so far all frames are those that were read, and watched */
	ptrdiff_t index; /* of our mark among what is attached to code objects */
	struct python_layout layout;
	const uintptr_t *word;
	size_t left;
};

struct python_watch python_watch_begin(const struct script_interpreter *interpreter, const struct script_walk *walk);

/* The next frame outwards, and its code object. */
void python_watch_frame(const struct script_interpreter *interpreter, struct python_watch *watch, object *frame,
						object *code);

#endif
