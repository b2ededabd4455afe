#include "proc/exec_script.h"

#include "fs/file.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"

/* The file, a reference or an error, is the script's from now on. => 0 or -errno */
static int
read_start(struct exec_script *script, struct file *file)
{
	ssize_t got;

	if (IS_ERR_OR_NULL(file))
		return err_or_null_to_errno(file);
	if (script->file)
		file_put(script->file);
	script->file = file;
	got = file_read_kernel(file, script->start, sizeof(script->start), 0);
	if (got < 0)
		return got;
	script->start_bytes = got;
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Ends the line where it does in the file, or where no more of it was read: then an argument may lack
 * its end, for the interpreter can read it in the script, but the interpreter's name may not.
 * => false when it may
 */
static bool
end_line(char *line)
{
	size_t length = strcspn(line, "\n");

	if (length == SCRIPT_LINE_MAX - 2) {
		char *interp = line + strspn(line, " \t");

		if (interp[strcspn(interp, " \t")] == '\0')
			return false;
		length--;
	}
	line[length] = '\0';
	return true;
}

/*
 * Cuts the line after the interpreter; *argument is the rest without blanks at its ends, or NULL.
 * => the interpreter, within line; NULL when there is none
 */
static char *
split_line(char *line, char **argument)
{
	char *interp, *end;

	if (!end_line(line))
		return NULL;
	for (end = line + strlen(line); end > line && is_blank(end[-1]); end--)
		end[-1] = '\0';
	interp = line + strspn(line, " \t");
	end = interp + strcspn(interp, " \t");
	*argument = NULL;
	if (*end) {
		*end++ = '\0';
		*argument = end + strspn(end, " \t");
	}
	return *interp ? interp : NULL;
}

static void
prepend(struct exec_script *script, const char *arg)
{
	script->args[--script->first_arg] = arg;
}

/* script->start is a script's. => the path of its interpreter; ERR_PTR */
static const char *
add_level(struct exec_script *script, const char *path)
{
	size_t bytes = MIN(script->start_bytes, (size_t)SCRIPT_LINE_MAX);
	char *line, *interp, *argument;

	if (script->depth == SCRIPT_DEPTH_MAX)
		return ERR_PTR(-ELOOP);
	line = kstrndup(script->start + 2, bytes - 2, GFP_KERNEL);
	if (!line)
		return ERR_PTR(-ENOMEM);
	script->lines[script->depth] = line;
	interp = split_line(line, &argument);
	if (!interp)
		return ERR_PTR(-ENOEXEC);
	if (script->depth++ == 0)
		prepend(script, path);
	if (argument)
		prepend(script, argument);
	prepend(script, interp);
	return interp;
}

int
exec_script_open(struct exec_script *script, struct file *file, const char *path)
{
	script->first_arg = SCRIPT_ARGS_MAX;
	for (;;) {
		const char *interp;
		int err = read_start(script, file);

		if (err)
			return err;
		if (script->start_bytes < 2 || memcmp(script->start, "#!", 2) != 0)
			return 0;
		interp = add_level(script, path);
		if (IS_ERR(interp))
			return PTR_ERR(interp);
		path = interp;
		file = file_open_exec(NULL, path, 0);
	}
}

void
exec_script_destroy(struct exec_script *script)
{
	if (script->file)
		file_put(script->file);
	for (unsigned i = 0; i < SCRIPT_DEPTH_MAX; i++)
		kfree(script->lines[i]);
}
