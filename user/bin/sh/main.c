/*
 * sh: a shell in the manner of POSIX.
 *
 *	sh [-efuvx]                 commands from standard input; with prompts on a terminal
 *	sh [-efuvx] FILE [ARG ...]  commands from a file
 *	sh [-efuvx] -c TEXT [NAME [ARG ...]]
 *
 * A line goes through source.c (text), lexer.c (tokens), parser.c (tree), exec.c (processes), which
 * calls expand.c (words), redirect.c (descriptors), builtins.c and jobs.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "jobs.h"
#include "parser.h"
#include "shell.h"
#include "traps.h"
#include "vars.h"

struct shell shell;

void
shell_error(const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fflush(stdout);
	if (shell.at_prompt || !shell.line)
		dprintf(2, "%s: %s\n", "sh", message);
	else
		dprintf(2, "%s: line %d: %s\n", shell.name, shell.line, message);
}

void
shell_abort(int status)
{
	shell.flow = FLOW_ABORT;
	shell.status = status;
}

int
shell_unwinding(void)
{
	if (interrupt_pending) {
		interrupt_pending = 0;
		if (shell.interactive)
			dprintf(2, "\n");
		shell_abort(128 + SIGINT);
	}
	return shell.flow != FLOW_NORMAL;
}

void
shell_exit(int status)
{
	shell.status = status;
	trap_run_exit();
	if (shell.interactive)
		jobs_end();
	exit(shell.status & 0xff);
}

/* At the prompt again: what went wrong is over. */
static void
prompt_recover(struct source *source)
{
	source_reset(source);
	shell.flow = FLOW_NORMAL;
	shell.loop_depth = shell.function_depth = shell.condition_depth = 0;
	interrupt_pending = 0;
	traps_run();
}

/* Parses and runs line after line; at_prompt is set for the commands that a person types. */
static int
source_run(struct source *source, int at_prompt)
{
	for (;;) {
		struct arena arena = {0};
		struct node *node;
		int has_function = 0;
		enum parse_result result = parse_line(source, &arena, &node, &has_function);

		if (at_prompt && (result == PARSE_ERROR || shell.flow == FLOW_ABORT)) {
			if (shell.flow == FLOW_NORMAL)
				shell.status = 2;
			arena_free(&arena);
			prompt_recover(source);
			if (shell.flow == FLOW_NORMAL)
				continue;
			return shell.status;
		}
		if (result == PARSE_ERROR)
			shell_abort(2);
		if (result == PARSE_COMMAND && node)
			node_run(node);
		if (!has_function)
			arena_free(&arena);
		if (at_prompt && shell.flow != FLOW_EXIT && shell_unwinding())
			prompt_recover(source);
		if (result == PARSE_END || shell.flow != FLOW_NORMAL)
			return shell.status;
	}
}

int
shell_run_text(const char *text)
{
	struct source source;
	int status, line = shell.line;

	shell.status = 0;
	source_from_text(&source, text);
	status = source_run(&source, 0);
	source_free(&source);
	shell.line = line;
	return status;
}

int
shell_run_file(const char *path)
{
	struct source source;
	int line = shell.line;

	if (source_from_file(&source, path) < 0)
		return -1;
	source_run(&source, 0);
	source_free(&source);
	shell.line = line;
	return 0;
}

static void usage(void) __attribute__((noreturn));

static void
usage(void)
{
	dprintf(2, "usage: sh [-efiuvx] [FILE [ARG ...] | -c TEXT [NAME [ARG ...]]]\n");
	exit(2);
}

struct options {
	int command; /* -c */
	int interactive;
	int index; /* of the first operand */
};

static struct options
options_parse(int argc, char **argv)
{
	struct options options = {0};
	int option;

	while ((option = getopt(argc, argv, "cefilsuvx")) != -1) {
		switch (option) {
		case 'c':
			options.command = 1;
			break;
		case 'e':
			shell.errexit = 1;
			break;
		case 'f':
			shell.noglob = 1;
			break;
		case 'i':
			options.interactive = 1;
			break;
		case 'l':
		case 's':
			break;
		case 'u':
			shell.nounset = 1;
			break;
		case 'v':
			shell.verbose = 1;
			break;
		case 'x':
			shell.xtrace = 1;
			break;
		default:
			usage();
		}
	}
	options.index = optind;
	return options;
}

static void
standard_input_run(const struct options *options)
{
	struct source source;

	shell.interactive = options->interactive || (isatty(0) && isatty(2));
	shell.at_prompt = shell.interactive;
	jobs_init();
	if (shell.interactive)
		source_from_terminal(&source);
	else
		source_from_fd(&source, 0);
	source_run(&source, shell.interactive);
	source_free(&source);
}

int
main(int argc, char **argv)
{
	struct options options;

	/* A builtin's output goes out when it is done, to a terminal, too: so its errors are seen then. */
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	shell.name = argc > 0 && argv[0] ? argv[0] : "sh";
	shell.pid = getpid();
	vars_init();
	options = options_parse(argc, argv);
	argv += options.index;
	argc -= options.index;
	if (options.command && argc == 0)
		usage();
	if (argc > 0 && (!options.command || argc > 1))
		shell.name = argv[options.command];
	shell.args = argv + (argc > options.command ? options.command + 1 : argc);
	while (shell.args[shell.nr_args])
		shell.nr_args++;
	if (options.command) {
		shell_run_text(argv[0]);
	} else if (argc > 0) {
		if (shell_run_file(argv[0]) < 0) {
			int status = errno == ENOENT ? 127 : 126;

			shell_error("%s: %s", argv[0], strerror(errno));
			shell_exit(status);
		}
	} else {
		standard_input_run(&options);
	}
	shell_exit(shell.status);
}
