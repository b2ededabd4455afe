/* Rename files; across file systems, copy and remove. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
run(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
move(char *from, char *to)
{
	char *const copy[] = {"cp", "-a", "--", from, to, NULL};
	char *const clean[] = {"rm", "-r", "--", from, NULL};

	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV) {
		warn("%s to %s", from, to);
		return 1;
	}
	return run(copy) || run(clean);
}

int
main(int argc, char **argv)
{
	int c, status = 0, into;
	char *target;
	struct stat st;

	while ((c = getopt(argc, argv, "f")) != -1)
		if (c == '?')
			cmd_usage("[-f] FILE... TARGET");
	if (argc - optind < 2)
		cmd_usage("[-f] FILE... TARGET");
	target = argv[argc - 1];
	into = stat(target, &st) == 0 && S_ISDIR(st.st_mode);
	if (argc - optind > 2 && !into)
		errx(1, "%s: not a directory", target);
	for (; optind < argc - 1; optind++) {
		char *name = strdup(argv[optind]);
		char *to = into ? cmd_join(target, basename(name)) : strdup(target);

		status |= move(argv[optind], to);
		free(name);
		free(to);
	}
	return status;
}
