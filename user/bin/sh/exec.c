/*
 * Runs the syntax tree. Control flow such as break, return and errors is not done by jumps: a
 * command sets shell.flow, and every construct looks at it and ends early, so that descriptors,
 * parameters and memory are put back on the way out.
 */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"
#include "expand.h"
#include "jobs.h"
#include "redirect.h"
#include "shell.h"
#include "traps.h"
#include "vars.h"

#define FUNCTION_DEPTH_MAX 500

/* Status of the last command substitution, or -1: the status of a command that is only that. */
static int substitution_status;

static void child_run(const struct node *node) __attribute__((noreturn));

char *
command_output(const char *commands)
{
	struct strbuf output = {0};
	char block[512];
	int fds[2];
	ssize_t n;
	pid_t pid;

	buf_puts(&output, "");
	if (pipe2(fds, O_CLOEXEC) < 0) {
		shell_error("cannot make a pipe: %s", strerror(errno));
		shell_abort(2);
		return output.text;
	}
	pid = job_fork(NULL, 0);
	if (pid == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		shell_exit(shell_run_text(commands));
	}
	close(fds[1]);
	while ((n = read(fds[0], block, sizeof(block))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(&output, block, (size_t)n);
	close(fds[0]);
	if (pid > 0)
		substitution_status = process_wait(pid);
	while (output.len > 0 && output.text[output.len - 1] == '\n')
		output.text[--output.len] = '\0';
	return output.text;
}

/* => NULL with errno: ENOENT, or what kept it from looking */
char *
program_find(const char *name)
{
	const char *path = var_get("PATH");
	int error = ENOENT;
	struct stat st;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? arena_copy(&shell.temp, name) : NULL;
	while (path && *path) {
		size_t len = strcspn(path, ":");
		char *file = arena_alloc(&shell.temp, len + strlen(name) + 2);

		memcpy(file, path, len);
		file[len] = '/';
		strcpy(file + len + (len > 0), name);
		errno = 0;
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return file;
		if (errno == ENOMEM || errno == EIO)
			error = errno;
		path += len + (path[len] == ':');
	}
	errno = error;
	return NULL;
}

/* Runs a file without #! as a script, in this process, which is a child. */
static void script_run(const char *path, char **argv) __attribute__((noreturn));

static void
script_run(const char *path, char **argv)
{
	shell.name = path;
	shell.args = argv + 1;
	for (shell.nr_args = 0; shell.args[shell.nr_args]; shell.nr_args++)
		;
	if (shell_run_file(path) < 0) {
		shell_error("%s: %s", path, strerror(errno));
		shell_exit(126);
	}
	shell_exit(shell.status);
}

void
program_exec(char **argv)
{
	char *path = program_find(argv[0]);
	struct stat st;

	if (!path && strchr(argv[0], '/') && stat(argv[0], &st) == 0)
		path = argv[0];
	if (!path && (errno == ENOMEM || errno == EIO)) {
		shell_error("%s: %s", argv[0], strerror(errno));
		shell_exit(126);
	}
	if (!path) {
		shell_error("%s: not found", argv[0]);
		shell_exit(127);
	}
	fflush(stdout);
	execve(path, argv, vars_environment());
	if (errno == ENOEXEC)
		script_run(path, argv);
	if (errno == EACCES && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		errno = EISDIR;
	shell_error("%s: %s", argv[0], strerror(errno));
	shell_exit(126);
}

static void
assigns_do(const struct word *assigns, int save, int export)
{
	for (; assigns && shell.flow == FLOW_NORMAL; assigns = assigns->next) {
		char *text = expand_assignment(assigns->text);
		char *name = arena_copy_n(&shell.temp, text, strcspn(text, "="));

		if (shell.flow != FLOW_NORMAL)
			return;
		if (save)
			var_save(name);
		if (var_assign(text) < 0)
			shell_abort(2);
		if (export)
			var_export(name);
	}
}

static void
trace(char **argv)
{
	const char *prefix = var_get("PS4");

	if (!shell.xtrace)
		return;
	dprintf(2, "%s", prefix ? prefix : "");
	for (int i = 0; argv[i]; i++)
		dprintf(2, "%s%s", i ? " " : "", argv[i]);
	dprintf(2, "\n");
}

/* Only assignments and redirections. */
static int
bare_run(const struct node *node)
{
	struct saved_fd *saved = NULL;
	int failed = redirs_do(node->redirs, &saved) < 0;

	redirs_undo(saved);
	assigns_do(node->assigns, 0, 0);
	if (shell.flow == FLOW_ABORT)
		return shell.status;
	return failed ? 1 : substitution_status >= 0 ? substitution_status : 0;
}

static int
function_call(const struct node *body, char **argv)
{
	char **args = shell.args;
	int nr_args = shell.nr_args, loop_depth = shell.loop_depth, mark = vars_saved_mark();

	if (shell.function_depth == FUNCTION_DEPTH_MAX) {
		shell_error("%s: functions are nested too deeply", argv[0]);
		shell_abort(2);
		return shell.status;
	}
	shell.args = argv + 1;
	for (shell.nr_args = 0; shell.args[shell.nr_args]; shell.nr_args++)
		;
	shell.function_depth++;
	shell.loop_depth = 0;
	node_run(body);
	if (shell.flow == FLOW_RETURN)
		shell.flow = FLOW_NORMAL;
	vars_restore(mark);
	shell.loop_depth = loop_depth;
	shell.function_depth--;
	shell.args = args;
	shell.nr_args = nr_args;
	return shell.status;
}

/* A builtin or a function: redirections and assignments around it, in this process. */
static int
internal_run(const struct node *node, const struct builtin *builtin, const struct node *body,
	     char **argv, int argc)
{
	int special = builtin && builtin->special, mark = vars_saved_mark(), status = 1;
	struct saved_fd *saved = NULL;

	fflush(stdout);
	if (redirs_do(node->redirs, &saved) < 0) {
		redirs_undo(saved);
		if (special && !shell.interactive)
			shell_abort(2);
		return shell.flow == FLOW_ABORT ? shell.status : 1;
	}
	assigns_do(node->assigns, !special, !special);
	if (shell.flow == FLOW_NORMAL) {
		status = body ? function_call(body, argv) : builtin->run(argc, argv);
		if (shell.flow == FLOW_ABORT)
			status = shell.status;
	}
	if ((fflush(stdout) < 0 || ferror(stdout)) && status == 0) {
		shell_error("%s: write error: %s", argv[0], strerror(errno));
		status = 1;
	}
	clearerr(stdout);
	if (builtin && builtin->keeps_redirs)
		redirs_keep(saved);
	else
		redirs_undo(saved);
	if (node->assigns && !special)
		vars_restore(mark);
	return status;
}

/* In the child: everything that belongs to one program, then the program. */
static void external_exec(const struct node *node, char **argv) __attribute__((noreturn));

static void
external_exec(const struct node *node, char **argv)
{
	if (redirs_do(node->redirs, NULL) < 0)
		shell_exit(1);
	assigns_do(node->assigns, 0, 1);
	if (shell.flow != FLOW_NORMAL)
		shell_exit(shell.status);
	program_exec(argv);
}

static int
external_run(const struct node *node, char **argv)
{
	struct job *job = job_new(node->text ? node->text : argv[0]);
	pid_t pid = job_fork(job, 0);

	if (pid == 0)
		external_exec(node, argv);
	if (pid < 0) {
		job_free(job);
		return 2;
	}
	return job_wait(job);
}

static int
simple_run(const struct node *node, int may_exec)
{
	const struct builtin *builtin;
	const struct node *body;
	char **argv;
	int argc;

	substitution_status = -1;
	argv = expand_fields(node->words, &argc);
	if (shell_unwinding())
		return shell.status;
	if (argc == 0)
		return bare_run(node);
	trace(argv);
	builtin = builtin_find(argv[0]);
	body = builtin && builtin->special ? NULL : function_get(argv[0]);
	if (builtin || body)
		return internal_run(node, builtin, body, argv, argc);
	if (may_exec)
		external_exec(node, argv);
	return external_run(node, argv);
}

/* In a child: makes `from` descriptor `to`, and leaves no other that keeps the pipe open. */
static void
pipe_end_move(int from, int to)
{
	if (from < 0)
		return;
	if (from == to) {
		fcntl(from, F_SETFD, 0);
		return;
	}
	dup2(from, to);
	close(from);
}

/* Starts one stage of a pipeline; *input is what it reads, and becomes what the next one reads. */
static int
stage_start(struct job *job, const struct node *node, int *input, int background)
{
	int fds[2] = {-1, -1};
	pid_t pid;

	if (node->next && pipe2(fds, O_CLOEXEC) < 0) {
		shell_error("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	pid = job_fork(job, background);
	if (pid == 0) {
		if (fds[0] >= 0)
			close(fds[0]);
		pipe_end_move(*input, 0);
		pipe_end_move(fds[1], 1);
		child_run(node);
	}
	if (*input >= 0)
		close(*input);
	if (fds[1] >= 0)
		close(fds[1]);
	*input = fds[0];
	return pid < 0 ? -1 : 0;
}

/* Starts all stages, or those before one that fails. => the job, or null; *failed says if one did */
static struct job *
stages_start(const struct node *node, int background, int *failed)
{
	struct job *job = job_new(node->text);
	int input = -1, started = 0;

	*failed = 0;
	for (const struct node *stage = node->left; stage && !*failed; stage = stage->next) {
		*failed = stage_start(job, stage, &input, background) < 0;
		started += !*failed;
	}
	if (input >= 0)
		close(input);
	if (started > 0)
		return job;
	job_free(job);
	return NULL;
}

static int
pipe_run(const struct node *node)
{
	int failed, status = 2;
	struct job *job = stages_start(node, 0, &failed);

	if (job)
		status = job_wait(job);
	return failed ? 2 : status;
}

/* The shell is the parent of all stages, so that $! is the last of them. */
static int
pipe_background(const struct node *node)
{
	int failed;
	struct job *job = stages_start(node, 1, &failed);

	if (job)
		job_to_background(job);
	return failed ? 2 : 0;
}

static int
background_run(const struct node *node)
{
	struct job *job;
	pid_t pid;

	if (node->left->kind == NODE_PIPE && !node->left->redirs)
		return pipe_background(node->left);
	job = job_new(node->left->text);
	pid = job_fork(job, 1);
	if (pid == 0)
		child_run(node->left);
	if (pid < 0) {
		job_free(job);
		return 2;
	}
	job_to_background(job);
	return 0;
}

/* In a forked child: runs the tree and ends. A single program needs no other fork. */
static void
child_run(const struct node *node)
{
	if (node->kind == NODE_SIMPLE) {
		shell.line = node->line;
		shell_exit(simple_run(node, 1));
	}
	if (node->kind == NODE_SUBSHELL) {
		if (redirs_do(node->redirs, NULL) < 0)
			shell_exit(1);
		child_run(node->left);
	}
	shell_exit(node_run(node));
}

static int
subshell_run(const struct node *node)
{
	struct job *job = job_new(node->text ? node->text : "( ... )");
	pid_t pid = job_fork(job, 0);

	if (pid == 0)
		child_run(node);
	if (pid < 0) {
		job_free(job);
		return 2;
	}
	return job_wait(job);
}

/* Runs a tree whose failure is being tested: set -e does not apply to it. */
static int
condition_run(const struct node *node)
{
	int status;

	shell.condition_depth++;
	status = node_run(node);
	shell.condition_depth--;
	return status;
}

/* After a loop's body or condition: whether the loop ends. */
static int
loop_ends(void)
{
	int ends;

	if (!shell_unwinding())
		return 0;
	if (shell.flow != FLOW_BREAK && shell.flow != FLOW_CONTINUE)
		return 1;
	ends = shell.flow == FLOW_BREAK || shell.flow_count > 1;
	if (--shell.flow_count == 0)
		shell.flow = FLOW_NORMAL;
	return ends;
}

static int
while_run(const struct node *node)
{
	int status = 0, until = node->kind == NODE_UNTIL;

	shell.loop_depth++;
	for (;;) {
		int met = (condition_run(node->cond) == 0) != until;

		if (shell_unwinding()) {
			if (loop_ends())
				break;
			continue;
		}
		if (!met)
			break;
		status = node_run(node->left);
		if (loop_ends())
			break;
	}
	shell.loop_depth--;
	return shell.flow == FLOW_NORMAL ? status : shell.status;
}

static int
for_run(const struct node *node)
{
	char **values = shell.args;
	int count = shell.nr_args, status = 0;

	if (node->has_words)
		values = expand_fields(node->words, &count);
	if (shell.flow == FLOW_ABORT)
		return shell.status;
	shell.loop_depth++;
	for (int i = 0; i < count; i++) {
		if (var_set(node->name, values[i]) < 0) {
			shell_abort(2);
			break;
		}
		status = node_run(node->left);
		if (loop_ends())
			break;
	}
	shell.loop_depth--;
	return status;
}

static int
case_run(const struct node *node)
{
	const char *subject = expand_string(node->words->text);

	for (const struct case_item *item = node->items; item; item = item->next) {
		for (const struct word *word = item->patterns; word; word = word->next) {
			const char *pattern = expand_pattern(word->text);

			if (shell.flow == FLOW_ABORT)
				return shell.status;
			if (fnmatch(pattern, subject, 0) == 0)
				return item->body ? node_run(item->body) : 0;
		}
	}
	return 0;
}

static int
if_run(const struct node *node)
{
	int status = condition_run(node->cond);

	if (shell.flow != FLOW_NORMAL)
		return status;
	if (status == 0)
		return node_run(node->left);
	return node->right ? node_run(node->right) : 0;
}

static int
and_or_run(const struct node *node)
{
	int status = condition_run(node->left);

	if (shell.flow != FLOW_NORMAL || (status == 0) != (node->kind == NODE_AND))
		return status;
	return node_run(node->right);
}

static int
sequence_run(const struct node *node)
{
	for (; node->kind == NODE_SEQUENCE; node = node->right) {
		node_run(node->left);
		if (shell.flow != FLOW_NORMAL)
			return shell.status;
	}
	return node_run(node);
}

static int
kind_run(const struct node *node)
{
	switch (node->kind) {
	case NODE_SIMPLE:
		return simple_run(node, 0);
	case NODE_PIPE:
		return pipe_run(node);
	case NODE_NOT:
		return !condition_run(node->left);
	case NODE_AND:
	case NODE_OR:
		return and_or_run(node);
	case NODE_SEQUENCE:
		return sequence_run(node);
	case NODE_BACKGROUND:
		return background_run(node);
	case NODE_SUBSHELL:
		return subshell_run(node);
	case NODE_GROUP:
		return node_run(node->left);
	case NODE_IF:
		return if_run(node);
	case NODE_WHILE:
	case NODE_UNTIL:
		return while_run(node);
	case NODE_FOR:
		return for_run(node);
	case NODE_CASE:
		return case_run(node);
	case NODE_FUNCTION:
		function_set(node->name, node->left);
		return 0;
	}
	return 0;
}

/* A compound command: its redirections hold for all of it. */
static int
compound_run(const struct node *node)
{
	struct saved_fd *saved = NULL;
	int status = 1;

	if (redirs_do(node->redirs, &saved) == 0)
		status = kind_run(node);
	fflush(stdout);
	redirs_undo(saved);
	return status;
}

/* Whether the failure of such a command ends a shell with set -e. */
static int
failure_counts(const struct node *node)
{
	return node->kind == NODE_SIMPLE || node->kind == NODE_PIPE || node->kind == NODE_SUBSHELL;
}

int
node_run(const struct node *node)
{
	struct arena_mark mark = arena_mark(&shell.temp);
	int status;

	if (shell_unwinding())
		return shell.status;
	if (node->line)
		shell.line = node->line;
	if (node->redirs && node->kind != NODE_SIMPLE && node->kind != NODE_SUBSHELL)
		status = compound_run(node);
	else
		status = kind_run(node);
	if (shell.flow != FLOW_ABORT)
		shell.status = status;
	arena_release(&shell.temp, mark);
	if (status != 0 && shell.errexit && shell.condition_depth == 0 &&
	    shell.flow == FLOW_NORMAL && failure_counts(node))
		shell.flow = FLOW_EXIT;
	traps_run();
	return shell.status;
}
