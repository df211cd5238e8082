// SPDX-License-Identifier: PostgreSQL
/*
 * no-math.c - the functions of libm that SQLite's SQL functions are made of.
 *
 * No statement of a drain calls them; without these a process would load libm
 * for them at its first call of libpq.  What they answer SQL sees as NULL.
 */
#include <math.h>

#define ONE(name)                                                                                                      \
	double name(double unused)                                                                                         \
	{                                                                                                                  \
		(void)unused;                                                                                                  \
		return (double)NAN;                                                                                            \
	}
#define TWO(name)                                                                                                      \
	double name(double unused, double too)                                                                             \
	{                                                                                                                  \
		(void)unused, (void)too;                                                                                       \
		return (double)NAN;                                                                                            \
	}

ONE(acos)
ONE(acosh)
ONE(asin)
ONE(asinh)
ONE(atan)
TWO(atan2)
ONE(atanh)
ONE(ceil)
ONE(cos)
ONE(cosh)
ONE(exp)
ONE(floor)
TWO(fmod)
ONE(log)
ONE(log10)
ONE(log2)
TWO(pow)
ONE(sin)
ONE(sinh)
ONE(sqrt)
ONE(tan)
ONE(tanh)
ONE(trunc)
