/* Variables and functions: lists, as a shell has few of them. */
#include "vars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "shell.h"

struct var {
	char *name;
	char *value; /* null: exported or read-only without a value */
	int exported;
	int readonly;
	struct var *next;
};

struct saved {
	char *name;
	char *value;
	int exported;
};

struct function {
	char *name;
	struct node *body;
	struct function *next;
};

static struct var *vars;
static struct saved *saved_vars;
static int nr_saved_vars;
static struct function *functions;

static struct var *
var_find(const char *name)
{
	for (struct var *var = vars; var; var = var->next)
		if (strcmp(var->name, name) == 0)
			return var;
	return NULL;
}

static struct var *
var_find_or_add(const char *name)
{
	struct var *var = var_find(name), **link = &vars;

	if (var)
		return var;
	while (*link && strcmp((*link)->name, name) < 0)
		link = &(*link)->next;
	var = mem_alloc(sizeof(*var));
	*var = (struct var){.name = mem_copy(name), .next = *link};
	*link = var;
	return var;
}

const char *
var_get(const char *name)
{
	struct var *var = var_find(name);

	return var ? var->value : NULL;
}

static int
readonly_check(const struct var *var)
{
	if (!var || !var->readonly)
		return 0;
	shell_error("%s: is read only", var->name);
	return -1;
}

int
var_set(const char *name, const char *value)
{
	struct var *var = var_find_or_add(name);
	char *copy;

	if (readonly_check(var) < 0)
		return -1;
	copy = value ? mem_copy(value) : NULL;
	free(var->value);
	var->value = copy;
	return 0;
}

int
var_unset(const char *name)
{
	for (struct var **link = &vars; *link; link = &(*link)->next) {
		struct var *var = *link;

		if (strcmp(var->name, name) != 0)
			continue;
		if (readonly_check(var) < 0)
			return -1;
		*link = var->next;
		free(var->name);
		free(var->value);
		free(var);
		return 0;
	}
	return 0;
}

void
var_export(const char *name)
{
	var_find_or_add(name)->exported = 1;
}

void
var_make_readonly(const char *name)
{
	var_find_or_add(name)->readonly = 1;
}

int
var_assign(const char *assignment)
{
	size_t len = strcspn(assignment, "=");
	char *name = mem_copy_n(assignment, len);
	int result = var_set(name, assignment + len + 1);

	free(name);
	return result;
}

/* Prints value in quotes that make it one word again. */
static void
quoted_print(const char *value)
{
	putchar('\'');
	for (; *value; value++) {
		if (*value == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*value);
	}
	putchar('\'');
}

void
vars_print(enum var_filter filter, const char *prefix)
{
	for (struct var *var = vars; var; var = var->next) {
		if ((filter == VARS_EXPORTED && !var->exported) ||
		    (filter == VARS_READONLY && !var->readonly) ||
		    (filter == VARS_ALL && !var->value))
			continue;
		printf("%s%s", prefix, var->name);
		if (var->value) {
			putchar('=');
			quoted_print(var->value);
		}
		putchar('\n');
	}
}

char **
vars_environment(void)
{
	size_t count = 0;
	char **list;

	for (struct var *var = vars; var; var = var->next)
		count += var->exported && var->value;
	list = arena_alloc(&shell.temp, (count + 1) * sizeof(*list));
	count = 0;
	for (struct var *var = vars; var; var = var->next) {
		size_t len = strlen(var->name);

		if (!var->exported || !var->value)
			continue;
		list[count] = arena_alloc(&shell.temp, len + strlen(var->value) + 2);
		memcpy(list[count], var->name, len);
		list[count][len] = '=';
		strcpy(list[count++] + len + 1, var->value);
	}
	list[count] = NULL;
	return list;
}

int
vars_saved_mark(void)
{
	return nr_saved_vars;
}

void
var_save(const char *name)
{
	struct var *var = var_find(name);
	struct saved *saved;

	saved_vars = mem_resize(saved_vars, (size_t)(nr_saved_vars + 1) * sizeof(*saved_vars));
	saved = &saved_vars[nr_saved_vars++];
	*saved = (struct saved){.name = mem_copy(name)};
	if (var) {
		saved->value = var->value ? mem_copy(var->value) : NULL;
		saved->exported = var->exported;
	}
}

void
vars_restore(int mark)
{
	while (nr_saved_vars > mark) {
		struct saved *saved = &saved_vars[--nr_saved_vars];

		if (saved->value || saved->exported) {
			var_set(saved->name, saved->value);
			var_find_or_add(saved->name)->exported = saved->exported;
		} else {
			var_unset(saved->name);
		}
		free(saved->name);
		free(saved->value);
	}
}

struct node *
function_get(const char *name)
{
	for (struct function *function = functions; function; function = function->next)
		if (strcmp(function->name, name) == 0)
			return function->body;
	return NULL;
}

void
function_set(const char *name, struct node *body)
{
	struct function *function;

	function_unset(name);
	function = mem_alloc(sizeof(*function));
	*function = (struct function){mem_copy(name), body, functions};
	functions = function;
}

void
function_unset(const char *name)
{
	for (struct function **link = &functions; *link; link = &(*link)->next) {
		struct function *function = *link;

		if (strcmp(function->name, name) == 0) {
			*link = function->next;
			free(function->name);
			free(function);
			return;
		}
	}
}

const char *
function_name(int i)
{
	struct function *function = functions;

	while (function && i-- > 0)
		function = function->next;
	return function ? function->name : NULL;
}

/* PWD is what getcwd says, whatever the environment claims. */
static void
pwd_init(void)
{
	char *pwd = getcwd(NULL, 0);

	if (pwd)
		var_set("PWD", pwd);
	var_export("PWD");
	free(pwd);
}

void
vars_init(void)
{
	char number[16];

	for (char **entry = environ; entry && *entry; entry++) {
		size_t len = strcspn(*entry, "=");

		if ((*entry)[len] == '=' && name_is_valid(*entry, len)) {
			char *name = mem_copy_n(*entry, len);

			var_set(name, *entry + len + 1);
			var_export(name);
			free(name);
		}
	}
	pwd_init();
	var_set("IFS", " \t\n");
	var_set("PS1", "$ ");
	var_set("PS2", "> ");
	var_set("PS4", "+ ");
	var_set("OPTIND", "1");
	snprintf(number, sizeof(number), "%d", (int)getppid());
	var_set("PPID", number);
	if (!var_get("PATH")) {
		var_set("PATH", "/bin");
		var_export("PATH");
	}
}
