// SPDX-License-Identifier: PostgreSQL
/* host-narrow.c - hosts that leave little room: small stacks, a pending cancellation, signals, calls that may not be
 * made. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "host.h"

enum { MANY_PAIRS = 20000 }; /* the spool is drained several times meanwhile */

static PGconn *conn;

static void pairs(int count)
{
	for (int i = 0; i < count; i++)
		PQclear(PQexec(conn, "SELECT 1"));
}

static void leave(int number)
{
	(void)number;
	exit(3);
}

static void *idle(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void allocate(void)
{
	void *volatile blocks[64];
	for (size_t i = 0; i < 64; i++)
		blocks[i] = malloc(2000 + i * 100);
	for (size_t i = 0; i < 64; i++)
		free(blocks[i]);
}

/* alarm MICROSECONDS [idle]: exit() in a handler that interrupts malloc; with an idle second thread, malloc has locks.
 */
static int in_malloc(int argc, char **argv)
{
	require(argc > 1, "microseconds");
	conn = PQconnectdb("");
	pairs(1);
	say("working");
	require(signal(SIGALRM, leave) != SIG_ERR, "signal");
	pthread_t thread;
	if (argc > 2)
		require(pthread_create(&thread, NULL, idle, NULL) == 0, "pthread_create");
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = atoi(argv[1])}, NULL);
	for (int i = 0; i < 100000000; i++)
		allocate();
	return 97;
}

/* altstack: exit() in a handler on a stack of 8 KiB, with nothing mapped below it. */
static int altstack(int argc, char **argv)
{
	(void)argc, (void)argv;
	enum { GUARD = 65536, ROOM = 8192 };
	char *memory = mmap(NULL, GUARD + ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	require(memory != MAP_FAILED && mprotect(memory + GUARD, ROOM, PROT_READ | PROT_WRITE) == 0, "mmap");
	require(sigaltstack(&(stack_t){.ss_sp = memory + GUARD, .ss_size = ROOM}, NULL) == 0, "sigaltstack");
	require(sigaction(SIGTERM, &(struct sigaction){.sa_handler = leave, .sa_flags = SA_ONSTACK}, NULL) == 0,
			"sigaction");
	conn = PQconnectdb("");
	pairs(1);
	raise(SIGTERM);
	return 97;
}

/* --- small threads --- */

static void connect_first(void)
{
	conn = PQconnectdb("");
}

static void use_much(void)
{
	pairs(MANY_PAIRS);
}

static void end(void)
{
	exit(3);
}

/* With something of its own on the stack, as a thread has. */
static void *work_small(void *work)
{
	char own[1536];
	memset(own, 1, sizeof own);
	__asm__ volatile("" ::"r"(own) : "memory");
	(*(void (**)(void))work)();
	__asm__ volatile("" ::"r"(own) : "memory");
	return NULL;
}

static void run_small(void (*work)(void))
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	require(pthread_attr_setstacksize(&attributes, 16384) == 0, "pthread_attr_setstacksize");
	require(pthread_create(&thread, &attributes, work_small, &work) == 0, "pthread_create");
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

/* small WHAT: a thread of 16 KiB makes the first call, or uses libpq much, or ends the process. */
static int small(int argc, char **argv)
{
	require(argc > 1, "first, much or exit");
	if (strcmp(argv[1], "first") == 0) {
		run_small(connect_first);
		return 3;
	}
	conn = PQconnectdb("");
	pairs(1);
	run_small(strcmp(argv[1], "much") == 0 ? use_much : end);
	say_counts("libpq", pqstub_control());
	return 3;
}

/* --- cancellation --- */

enum { DEPTH = 13 };

/* Reaches libpq by as many ways as there are numbers. */
__attribute__((noinline)) static void by_way(unsigned number, volatile int *depth)
{
	if (number <= 1) {
		pairs(1);
	} else if (number & 1) {
		by_way(number / 2, depth);
		__asm__ volatile("# not the same call as the one below");
	} else {
		by_way(number / 2, depth);
	}
	*depth += 1; /* no tail call */
}

static void *be_cancelled(void *unused)
{
	(void)unused;
	volatile int depth = 0;
	pthread_cancel(pthread_self());
	for (unsigned i = 1u << DEPTH; i < 2u << DEPTH; i++)
		by_way(i, &depth);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return &conn;
}

/* cancel: a thread is to be cancelled, and comes to no point where it may be, on thousands of new stacks. */
static int cancel(int argc, char **argv)
{
	(void)argc, (void)argv;
	conn = PQconnectdb("");
	pairs(1);
	pthread_t thread;
	void *answer = NULL;
	require(pthread_create(&thread, NULL, be_cancelled, NULL) == 0, "pthread_create");
	pthread_join(thread, &answer);
	say("the thread %s", answer == PTHREAD_CANCELED ? "was cancelled" : "is done");
	pairs(10);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* --- forbidden calls --- */

static void trapped(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
#if defined __x86_64__
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined __aarch64__
	((ucontext_t *)context)->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#else
#error "which register holds a system call's answer?"
#endif
}

/* trap: opening files is answered by the host's handler of SIGSYS, as sandboxes do it. */
static int trap(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
	require(sigaction(SIGSYS, &(struct sigaction){.sa_sigaction = trapped, .sa_flags = SA_SIGINFO}, NULL) == 0,
			"sigaction");
	conn = PQconnectdb("");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		say("seccomp is not allowed here");
		return 77;
	}
	require(open("/dev/null", O_RDONLY) == -1 && errno == EPERM, "the filter works");
	pairs(MANY_PAIRS);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* --- descriptors --- */

static _Atomic bool is_enough;

static void *use_always(void *unused)
{
	while (!is_enough)
		pairs(1);
	return unused;
}

/*
 * closed: standard input is closed, while another thread drains.  What the shim opens may lie there until it is moved
 * away, which under load is as long as the thread waits for its turn; /dev/null, with which SQLite fills a hole for
 * good, never does, nothing stays, and a file that the host opens there stays open.
 */
static int closed(int argc, char **argv)
{
	(void)argc, (void)argv;
	conn = PQconnectdb("");
	pthread_t thread;
	struct stat status;
	int filled = 0, lost = 0;
	close(STDIN_FILENO);
	require(pthread_create(&thread, NULL, use_always, NULL) == 0, "pthread_create");
	for (int i = 0; i < 1000; i++) {
		usleep(200);
		filled += fstat(STDIN_FILENO, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
	}
	for (int i = 0; i < 2000; i++) {
		int fd = open("/dev/null", O_RDWR);
		usleep(200);
		lost += fcntl(fd, F_GETFD) == -1;
		close(fd);
	}
	is_enough = true;
	pthread_join(thread, NULL);
	require(fcntl(STDIN_FILENO, F_GETFD) == -1, "it is closed again");
	say("filled %d lost %d", filled, lost);
	return 0;
}

/* --- a library that works while it is loaded --- */

/* starter PATH: its constructor starts a thread that uses libpq, and waits for it; not the first use in the process. */
static int starter(int argc, char **argv)
{
	require(argc > 1, "a path");
	conn = PQconnectdb("");
	pairs(1);
	must_open(argv[1], RTLD_NOW);
	say_counts("libpq", pqstub_control());
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"alarm", in_malloc},
												{"altstack", altstack},
												{"small", small},
												{"cancel", cancel},
												{"trap", trap},
												{"closed", closed},
												{"starter", starter},
												{0}},
					 argc, argv);
}
