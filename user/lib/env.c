/*
 * The environment. The list that exec passed is copied the first time it changes; strings made
 * here are leaked when replaced, since putenv and getenv give out pointers into them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **own_list;

/* The index of name (len bytes long), or of the null at the list's end. */
static size_t
env_find(const char *name, size_t len)
{
	size_t i = 0;

	while (environ && environ[i] &&
	       (strncmp(environ[i], name, len) != 0 || environ[i][len] != '='))
		i++;
	return i;
}

char *
getenv(const char *name)
{
	size_t len = strlen(name), i = env_find(name, len);

	return environ && environ[i] ? environ[i] + len + 1 : NULL;
}

/* Puts "name=value", whose name is len bytes long, into the list. */
static int
env_put(char *string, size_t len)
{
	size_t i = env_find(string, len), count = i;
	char **list;

	while (environ && environ[count])
		count++;
	list = realloc(environ == own_list ? own_list : NULL, (count + 2) * sizeof(*list));
	if (!list)
		return -1;
	if (environ != own_list && environ)
		memcpy(list, environ, count * sizeof(*list));
	list[i] = string;
	list[count + (i == count)] = NULL;
	environ = own_list = list;
	return 0;
}

static int
name_check(const char *name)
{
	if (*name && !strchr(name, '='))
		return 0;
	errno = EINVAL;
	return -1;
}

int
setenv(const char *name, const char *value, int overwrite)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	char *string;

	if (name_check(name) < 0)
		return -1;
	if (!overwrite && getenv(name))
		return 0;
	string = malloc(name_len + value_len + 2);
	if (!string)
		return -1;
	memcpy(string, name, name_len);
	string[name_len] = '=';
	memcpy(string + name_len + 1, value, value_len + 1);
	return env_put(string, name_len);
}

int
unsetenv(const char *name)
{
	size_t i;

	if (name_check(name) < 0)
		return -1;
	i = env_find(name, strlen(name));
	for (; environ && environ[i]; i++)
		environ[i] = environ[i + 1];
	return 0;
}

int
putenv(char *string)
{
	size_t len = strcspn(string, "=");

	return string[len] ? env_put(string, len) : unsetenv(string);
}

int
clearenv(void)
{
	if (environ)
		environ[0] = NULL;
	return 0;
}
