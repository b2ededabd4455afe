/* Path names that match a pattern, one component after the other, sorted. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	glob_t *out;
	int flags;
	int (*on_error)(const char *path, int error);
	int result;
	char path[PATH_MAX];
};

static int
path_add(glob_t *out, const char *path)
{
	char **grown = realloc(out->gl_pathv, (out->gl_pathc + 2) * sizeof(*grown));

	if (!grown)
		return GLOB_NOSPACE;
	out->gl_pathv = grown;
	grown[out->gl_pathc] = strdup(path);
	if (!grown[out->gl_pathc])
		return GLOB_NOSPACE;
	grown[++out->gl_pathc] = NULL;
	return 0;
}

/* Copies one component, dropping the backslashes; true when it has pattern characters. */
static int
component_copy(char *out, const char *component, size_t len, int flags)
{
	int magic = 0;

	for (size_t i = 0; i < len; i++) {
		if (component[i] == '\\' && !(flags & GLOB_NOESCAPE) && i + 1 < len)
			i++;
		else if (strchr("*?[", component[i]))
			magic = 1;
		*out++ = component[i];
	}
	*out = '\0';
	return magic;
}

static void walk_from(struct walk *walk, size_t len, const char *pattern);

/* The component has no magic: it need only exist. */
static void
walk_plain(struct walk *walk, size_t len, const char *name, const char *rest)
{
	struct stat st;

	if (len + strlen(name) + 2 > sizeof(walk->path))
		return;
	strcpy(walk->path + len, name);
	if (lstat(walk->path, &st) == 0)
		walk_from(walk, len + strlen(name), rest);
}

/* Tries every name in the directory walk->path[0, len) against the component. */
static void
walk_directory(struct walk *walk, size_t len, const char *component, const char *rest)
{
	struct dirent *entry;
	DIR *dir;

	walk->path[len] = '\0';
	dir = opendir(len ? walk->path : ".");
	if (!dir) {
		if (walk->on_error && errno != ENOTDIR && walk->on_error(walk->path, errno))
			walk->result = GLOB_ABORTED;
		return;
	}
	while (!walk->result && (entry = readdir(dir))) {
		int flags = FNM_PERIOD | (walk->flags & GLOB_NOESCAPE ? FNM_NOESCAPE : 0);

		if (fnmatch(component, entry->d_name, flags) == 0)
			walk_plain(walk, len, entry->d_name, rest);
	}
	closedir(dir);
}

/* walk->path[0, len) exists; the rest of the pattern begins with its slashes, or is empty. */
static void
walk_from(struct walk *walk, size_t len, const char *pattern)
{
	char component[PATH_MAX], name[PATH_MAX];
	struct stat st;
	size_t part;

	for (; *pattern == '/' && len + 1 < sizeof(walk->path); pattern++)
		walk->path[len++] = '/';
	walk->path[len] = '\0';
	if (!*pattern) {
		if (len > 1 && walk->path[len - 1] == '/' && stat(walk->path, &st) < 0)
			return;
		if (walk->flags & GLOB_MARK && walk->path[len - 1] != '/' &&
		    stat(walk->path, &st) == 0 && S_ISDIR(st.st_mode))
			strcpy(walk->path + len, "/");
		walk->result = path_add(walk->out, walk->path);
		return;
	}
	part = strcspn(pattern, "/");
	if (part >= sizeof(component))
		return;
	memcpy(component, pattern, part);
	component[part] = '\0';
	if (component_copy(name, pattern, part, walk->flags))
		walk_directory(walk, len, component, pattern + part);
	else
		walk_plain(walk, len, name, pattern + part);
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
glob(const char *restrict pattern, int flags, int (*on_error)(const char *path, int error),
     glob_t *restrict out)
{
	struct walk *walk = malloc(sizeof(*walk));
	size_t before;
	int result;

	if (!(flags & GLOB_APPEND))
		*out = (glob_t){0};
	if (!walk)
		return GLOB_NOSPACE;
	before = out->gl_pathc;
	*walk = (struct walk){.out = out, .flags = flags, .on_error = on_error};
	if (*pattern)
		walk_from(walk, 0, pattern);
	result = walk->result;
	free(walk);
	if (result)
		return result;
	if (out->gl_pathc == before)
		return flags & GLOB_NOCHECK ? path_add(out, pattern) : GLOB_NOMATCH;
	if (!(flags & GLOB_NOSORT))
		qsort(out->gl_pathv + before, out->gl_pathc - before, sizeof(char *),
		      compare_paths);
	return 0;
}

void
globfree(glob_t *out)
{
	for (size_t i = 0; i < out->gl_pathc; i++)
		free(out->gl_pathv[i]);
	free(out->gl_pathv);
	*out = (glob_t){0};
}
