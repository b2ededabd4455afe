/* The builtins that change the shell itself, and the table of all. */
#include "builtins.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exec.h"
#include "jobs.h"
#include "lineedit.h"
#include "parser.h"
#include "shell.h"
#include "traps.h"
#include "vars.h"

int
builtin_usage(const char *name)
{
	shell_error("usage: %s", builtin_find(name)->help);
	return 2;
}

/* The number that an argument is; -1 with a message when it is none. */
static int
number_arg(const char *command, const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0) {
		shell_error("%s: %s: not a number", command, text);
		return -1;
	}
	return (int)value;
}

static int
builtin_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int
builtin_false(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

static int
builtin_cd(int argc, char **argv)
{
	const char *target = argc > 1 ? argv[1] : var_get("HOME");
	char *pwd;

	if (argc > 2)
		return builtin_usage("cd");
	if (argc > 1 && strcmp(target, "-") == 0) {
		target = var_get("OLDPWD");
		if (target)
			printf("%s\n", target);
	}
	if (!target) {
		shell_error("cd: no directory to go to");
		return 1;
	}
	if (chdir(target) < 0) {
		shell_error("cd: %s: %s", target, strerror(errno));
		return 1;
	}
	if (var_get("PWD"))
		var_set("OLDPWD", var_get("PWD"));
	pwd = getcwd(NULL, 0);
	if (pwd)
		var_set("PWD", pwd);
	free(pwd);
	return 0;
}

static int
builtin_pwd(int argc, char **argv)
{
	char *pwd = getcwd(NULL, 0);

	(void)argc;
	if (!pwd) {
		shell_error("%s: %s", argv[0], strerror(errno));
		return 1;
	}
	printf("%s\n", pwd);
	free(pwd);
	return 0;
}

static int
builtin_exit(int argc, char **argv)
{
	int status = shell.status;

	if (argc > 1) {
		status = number_arg("exit", argv[1]);
		if (status < 0)
			status = 2;
	}
	shell.flow = FLOW_EXIT;
	return status & 0xff;
}

static int
builtin_return(int argc, char **argv)
{
	int status = shell.status;

	if (argc > 1) {
		status = number_arg("return", argv[1]);
		if (status < 0)
			status = 2;
	}
	shell.flow = FLOW_RETURN;
	return status & 0xff;
}

/* break and continue. */
static int
builtin_loop(int argc, char **argv)
{
	int count = argc > 1 ? number_arg(argv[0], argv[1]) : 1;

	if (count <= 0)
		return 2;
	if (shell.loop_depth == 0)
		return 0;
	shell.flow = argv[0][0] == 'b' ? FLOW_BREAK : FLOW_CONTINUE;
	shell.flow_count = count < shell.loop_depth ? count : shell.loop_depth;
	return 0;
}

/* export and readonly. */
static int
builtin_export(int argc, char **argv)
{
	int readonly = argv[0][0] == 'r', status = 0, first = 1;

	if (argc > 1 && strcmp(argv[1], "-p") == 0)
		first = 2;
	if (argc == first)
		vars_print(readonly ? VARS_READONLY : VARS_EXPORTED,
			   readonly ? "readonly " : "export ");
	for (int i = first; i < argc; i++) {
		size_t len = strcspn(argv[i], "=");
		char *name = arena_copy_n(&shell.temp, argv[i], len);

		if (!name_is_valid(name, len)) {
			shell_error("%s: %s: not a variable name", argv[0], argv[i]);
			status = 1;
			continue;
		}
		if (argv[i][len] == '=' && var_assign(argv[i]) < 0)
			status = 1;
		if (readonly)
			var_make_readonly(name);
		else
			var_export(name);
	}
	return status;
}

static int
builtin_local(int argc, char **argv)
{
	if (shell.function_depth == 0) {
		shell_error("local: only in a function");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		size_t len = strcspn(argv[i], "=");

		if (!name_is_valid(argv[i], len)) {
			shell_error("local: %s: not a variable name", argv[i]);
			return 1;
		}
		var_save(arena_copy_n(&shell.temp, argv[i], len));
		if (argv[i][len] == '=' && var_assign(argv[i]) < 0)
			return 1;
	}
	return 0;
}

static int
builtin_unset(int argc, char **argv)
{
	int functions = argc > 1 && strcmp(argv[1], "-f") == 0, status = 0;
	int first = functions || (argc > 1 && strcmp(argv[1], "-v") == 0) ? 2 : 1;

	for (int i = first; i < argc; i++) {
		if (functions)
			function_unset(argv[i]);
		else if (var_unset(argv[i]) < 0)
			status = 1;
	}
	return status;
}

static void
args_set(int count, char **values)
{
	char **args = mem_alloc((size_t)(count + 1) * sizeof(*args));

	for (int i = 0; i < count; i++)
		args[i] = mem_copy(values[i]);
	args[count] = NULL;
	shell.args = args;
	shell.nr_args = count;
}

/* The option that a letter of set means; null when there is none. */
static int *
option_of(char letter)
{
	switch (letter) {
	case 'e':
		return &shell.errexit;
	case 'x':
		return &shell.xtrace;
	case 'u':
		return &shell.nounset;
	case 'f':
		return &shell.noglob;
	case 'v':
		return &shell.verbose;
	default:
		return NULL;
	}
}

static int
builtin_set(int argc, char **argv)
{
	int i;

	if (argc == 1)
		vars_print(VARS_ALL, "");
	for (i = 1; i < argc && (argv[i][0] == '-' || argv[i][0] == '+') && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0) {
			args_set(argc - i - 1, argv + i + 1);
			return 0;
		}
		for (const char *letter = argv[i] + 1; *letter; letter++) {
			if (!option_of(*letter)) {
				shell_error("set: unknown option -%c", *letter);
				return builtin_usage("set");
			}
			*option_of(*letter) = argv[i][0] == '-';
		}
	}
	if (i < argc)
		args_set(argc - i, argv + i);
	return 0;
}

static int
builtin_shift(int argc, char **argv)
{
	int count = argc > 1 ? number_arg("shift", argv[1]) : 1;

	if (count < 0)
		return 2;
	if (count > shell.nr_args) {
		shell_error("shift: there are only %d parameters", shell.nr_args);
		return 1;
	}
	shell.args += count;
	shell.nr_args -= count;
	return 0;
}

static int
builtin_eval(int argc, char **argv)
{
	struct strbuf text = {0};
	int status;

	buf_puts(&text, "");
	for (int i = 1; i < argc; i++) {
		if (i > 1)
			buf_putc(&text, ' ');
		buf_puts(&text, argv[i]);
	}
	status = argc > 1 ? shell_run_text(text.text) : 0;
	buf_free(&text);
	return status;
}

/* . file: looked for in PATH when its name has no slash. */
static int
builtin_dot(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "";
	int result;

	if (argc < 2)
		return builtin_usage(".");
	if (!strchr(path, '/') && access(path, R_OK) < 0 && program_find(path))
		path = program_find(path);
	result = shell_run_file(path);
	if (result < 0) {
		shell_error(".: %s: %s", path, strerror(errno));
		if (!shell.interactive)
			shell_abort(2);
		return 1;
	}
	if (shell.flow == FLOW_RETURN)
		shell.flow = FLOW_NORMAL;
	return shell.status;
}

static int
builtin_exec(int argc, char **argv)
{
	if (argc > 1) {
		jobs_end();
		if (shell.interactive) {
			signals_default(1);
			keys_pass_to(getpid());
		}
		program_exec(argv + 1);
	}
	return 0;
}

static int
builtin_umask(int argc, char **argv)
{
	mode_t mask = umask(0);
	char *end;
	long value;

	umask(mask);
	if (argc == 1) {
		printf("%04o\n", mask);
		return 0;
	}
	value = strtol(argv[1], &end, 8);
	if (*end || value < 0 || value > 0777) {
		shell_error("umask: %s: not an octal mask", argv[1]);
		return 1;
	}
	umask((mode_t)value);
	return 0;
}

static int
builtin_trap(int argc, char **argv)
{
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1, status = 0;
	const char *commands = argv[first];

	if (argc == first) {
		traps_print();
		return 0;
	}
	if (strcmp(commands, "-") == 0 || argc == first + 1)
		commands = NULL;
	for (int i = argc == first + 1 ? first : first + 1; i < argc; i++) {
		if (trap_set(signal_number(argv[i]), commands) < 0) {
			shell_error("trap: %s: cannot be trapped", argv[i]);
			status = 1;
		}
	}
	return status;
}

/* Prints what the name means; 127 when it means nothing. */
static int
meaning_print(const char *name, int brief)
{
	const struct builtin *builtin = builtin_find(name);
	char *path;

	if (function_get(name)) {
		printf(brief ? "%s\n" : "%s is a function\n", name);
		return 0;
	}
	if (builtin) {
		printf(brief ? "%s\n" : "%s is a shell builtin\n", name);
		return 0;
	}
	path = program_find(name);
	if (path && brief)
		printf("%s\n", path);
	else if (path)
		printf("%s is %s\n", name, path);
	else if (!brief)
		shell_error("type: %s: not found", name);
	return path ? 0 : 127;
}

static int
builtin_type(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		if (meaning_print(argv[i], 0) != 0)
			status = 127;
	return status;
}

/* Runs a command, but not the function of that name; -v tells what it is. */
static int
builtin_command(int argc, char **argv)
{
	const struct builtin *builtin;
	struct job *job;
	pid_t pid;

	if (argc > 2 && strcmp(argv[1], "-v") == 0)
		return meaning_print(argv[2], 1);
	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		argv++;
		argc--;
	}
	if (argc < 2)
		return 0;
	builtin = builtin_find(argv[1]);
	if (builtin)
		return builtin->run(argc - 1, argv + 1);
	job = job_new(argv[1]);
	pid = job_fork(job, 0);
	if (pid == 0)
		program_exec(argv + 1);
	if (pid < 0) {
		job_free(job);
		return 2;
	}
	return job_wait(job);
}

static int
builtin_history(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	history_print();
	return 0;
}

static int
builtin_getopts(int argc, char **argv)
{
	int nr_args = argc > 3 ? argc - 3 : shell.nr_args, index;
	char **args = argc > 3 ? argv + 3 : shell.args;
	static int letter = 1;
	const char *arg, *found;
	char name[2] = "?", number[12];

	if (argc < 3)
		return builtin_usage("getopts");
	index = atoi(var_get("OPTIND") ? var_get("OPTIND") : "1");
	arg = index >= 1 && index <= nr_args ? args[index - 1] : NULL;
	if (letter == 1 && (!arg || arg[0] != '-' || !arg[1] || strcmp(arg, "--") == 0)) {
		snprintf(number, sizeof(number), "%d", index + (arg && strcmp(arg, "--") == 0));
		var_set("OPTIND", number);
		var_set(argv[2], "?");
		return 1;
	}
	found = strchr(argv[1], arg[letter]);
	var_unset("OPTARG");
	if (found && arg[letter] != ':')
		name[0] = arg[letter];
	else
		shell_error("unknown option -%c", arg[letter]);
	letter++;
	if (name[0] != '?' && found[1] == ':') {
		if (!arg[letter] && index >= nr_args) {
			shell_error("no argument for option -%c", name[0]);
			name[0] = '?';
		} else {
			var_set("OPTARG", arg[letter] ? arg + letter : args[index++]);
		}
		letter = 1;
		index++;
	} else if (!arg[letter]) {
		letter = 1;
		index++;
	}
	snprintf(number, sizeof(number), "%d", index);
	var_set("OPTIND", number);
	var_set(argv[2], name);
	return 0;
}

static int builtin_help(int argc, char **argv);

static const struct builtin builtins[] = {
	{".", builtin_dot, 1, 0, ". FILE                      run FILE's commands in this shell"},
	{":", builtin_true, 1, 0, ": [ARG ...]                 do nothing"},
	{"[", builtin_test, 0, 0, "[ EXPRESSION ]              as test"},
	{"bg", builtin_bg, 0, 0, "bg [%JOB]                   let a stopped job go on"},
	{"break", builtin_loop, 1, 0, "break [N]                   leave N loops"},
	{"cd", builtin_cd, 0, 0, "cd [DIR | -]                change the directory"},
	{"command", builtin_command, 0, 0, "command [-v] NAME [ARG ...] run NAME, not a function"},
	{"continue", builtin_loop, 1, 0, "continue [N]                go on with the next turn"},
	{"echo", builtin_echo, 0, 0, "echo [-ne] [ARG ...]        print the arguments"},
	{"eval", builtin_eval, 1, 0, "eval [ARG ...]              run the arguments as commands"},
	{"exec", builtin_exec, 1, 1, "exec [COMMAND [ARG ...]]    replace the shell"},
	{"exit", builtin_exit, 1, 0, "exit [STATUS]               end the shell"},
	{"export", builtin_export, 1, 0, "export [NAME[=VALUE] ...]   give variables to programs"},
	{"false", builtin_false, 0, 0, "false                       fail"},
	{"fg", builtin_fg, 0, 0, "fg [%JOB]                   bring a job to the foreground"},
	{"getopts", builtin_getopts, 0, 0, "getopts LETTERS NAME [ARG ...]"},
	{"help", builtin_help, 0, 0, "help [NAME]                 this list"},
	{"history", builtin_history, 0, 0, "history                     the lines typed so far"},
	{"jobs", builtin_jobs, 0, 0, "jobs [-lp] [%JOB ...]       the jobs of this shell"},
	{"kill", builtin_kill, 0, 0, "kill [-SIGNAL] PID|%JOB ... send a signal; -l lists them"},
	{"local", builtin_local, 0, 0, "local NAME[=VALUE] ...      variables of this function"},
	{"printf", builtin_printf, 0, 0, "printf FORMAT [ARG ...]     print with a format"},
	{"pwd", builtin_pwd, 0, 0, "pwd                         print the directory"},
	{"read", builtin_read, 0, 0, "read [-r] [-p PROMPT] NAME ... read a line into variables"},
	{"readonly", builtin_export, 1, 0, "readonly [NAME[=VALUE] ...] protect variables"},
	{"return", builtin_return, 1, 0, "return [STATUS]             leave a function"},
	{"set", builtin_set, 1, 0, "set [-efuvx] [--] [ARG ...] options and parameters"},
	{"shift", builtin_shift, 1, 0, "shift [N]                   drop parameters"},
	{"test", builtin_test, 0, 0, "test EXPRESSION             look at files, text, numbers"},
	{"trap", builtin_trap, 1, 0, "trap [COMMANDS|-] SIGNAL ... commands to run on a signal"},
	{"true", builtin_true, 0, 0, "true                        succeed"},
	{"type", builtin_type, 0, 0, "type NAME ...               what a command name means"},
	{"ulimit", builtin_ulimit, 0, 0,
	 "ulimit [-HS] [-acdflmnstuv] [LIMIT|unlimited] what programs may use"},
	{"umask", builtin_umask, 0, 0, "umask [OCTAL]               mode bits that new files lack"},
	{"unset", builtin_unset, 1, 0, "unset [-f] NAME ...         forget variables, functions"},
	{"wait", builtin_wait, 0, 0, "wait [PID|%JOB ...]         wait for background jobs"},
};

#define NR_BUILTINS ((int)(sizeof(builtins) / sizeof(builtins[0])))

static int
builtin_help(int argc, char **argv)
{
	for (int i = 0; i < NR_BUILTINS; i++)
		if (argc < 2 || strcmp(argv[1], builtins[i].name) == 0)
			printf("%s\n", builtins[i].help);
	if (argc < 2)
		printf("Programs are in %s.\n", var_get("PATH") ? var_get("PATH") : "/bin");
	return 0;
}

const struct builtin *
builtin_find(const char *name)
{
	int low = 0, high = NR_BUILTINS;

	while (low < high) {
		int middle = (low + high) / 2, order = strcmp(name, builtins[middle].name);

		if (order == 0)
			return &builtins[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct builtin *
builtin_at(int i)
{
	return i < NR_BUILTINS ? &builtins[i] : NULL;
}
