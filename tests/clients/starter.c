// SPDX-License-Identifier: PostgreSQL
/*
 * starter.c - starts a program with a cleared environment, by each call that can.
 *
 * starter CALL COMMAND...: the environment is PATH and what begins with PG in its own; after "whole" it stays as it is.
 * The command has four words; by system and popen they become one.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char **clear(void)
{
	size_t kept = 0;
	char **cleared = calloc(1000, sizeof *cleared);
	for (char **entry = environ; *entry != NULL && kept < 999; entry++)
		if (strncmp(*entry, "PG", 2) == 0 || strncmp(*entry, "PATH=", 5) == 0)
			cleared[kept++] = *entry;
	return cleared;
}

static int by_shell(const char *call, char **words)
{
	char command[4096] = "";
	for (; *words != NULL; words++)
		snprintf(command + strlen(command), sizeof command - strlen(command), "%s ", *words);
	int status = -1;
	if (strcmp(call, "system") == 0) {
		status = system(command);
	} else {
		char line[256];
		FILE *pipe = popen(command, "r");
		while (pipe != NULL && fgets(line, sizeof line, pipe) != NULL)
			fputs(line, stdout);
		status = pipe != NULL ? pclose(pipe) : -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

static int by_spawn(const char *call, char **words, char **given)
{
	pid_t pid;
	int status;
	int error = strcmp(call, "posix_spawn") == 0 ? posix_spawn(&pid, words[0], NULL, NULL, words, given)
												 : posix_spawnp(&pid, words[0], NULL, NULL, words, given);
	if (error != 0 || waitpid(pid, &status, 0) != pid)
		return 3;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "whole") == 0)
		argc--, argv++;
	else
		environ = clear();
	if (argc < 3)
		return 2;
	const char *call = argv[1];
	char **words = argv + 2, **given = environ;
	if (strncmp(call, "posix_spawn", 11) == 0)
		return by_spawn(call, words, given);
	if (strcmp(call, "execve") == 0)
		execve(words[0], words, given);
	if (strcmp(call, "execvpe") == 0)
		execvpe(words[0], words, given);
	if (strcmp(call, "execle") == 0)
		execle(words[0], words[0], words[1], words[2], words[3], (char *)NULL, given);
	if (strcmp(call, "fexecve") == 0)
		fexecve(open(words[0], O_RDONLY | O_CLOEXEC), words, given);
	if (strcmp(call, "execveat") == 0)
		execveat(AT_FDCWD, words[0], words, given, 0);
	if (strcmp(call, "system") == 0 || strcmp(call, "popen") == 0)
		return by_shell(call, words);
	if (strcmp(call, "execv") == 0)
		execv(words[0], words);
	if (strcmp(call, "execvp") == 0)
		execvp(words[0], words);
	if (strcmp(call, "execl") == 0)
		execl(words[0], words[0], words[1], words[2], words[3], (char *)NULL);
	if (strcmp(call, "execlp") == 0)
		execlp(words[0], words[0], words[1], words[2], words[3], (char *)NULL);
	perror(call);
	return 3;
}
