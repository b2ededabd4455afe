/* Completion: commands where one may stand, file names elsewhere. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"
#include "lineedit.h"
#include "vars.h"

static void
word_add(struct completions *found, const char *prefix, const char *name, const char *suffix)
{
	struct strbuf word = {0};

	buf_puts(&word, prefix);
	buf_puts(&word, name);
	buf_puts(&word, suffix);
	for (int i = 0; i < found->count; i++) {
		if (strcmp(found->words[i], word.text) == 0) {
			buf_free(&word);
			return;
		}
	}
	found->words = mem_resize(found->words, (size_t)(found->count + 1) * sizeof(char *));
	found->words[found->count++] = word.text;
}

static int
begins(const char *name, const char *part)
{
	return strncmp(name, part, strlen(part)) == 0;
}

/* Names in dir that begin with part; prefix goes before them. Only programs when asked. */
static void
directory_add(struct completions *found, const char *dir, const char *prefix, const char *part,
	      int programs)
{
	DIR *stream = opendir(*dir ? dir : ".");
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		struct stat st;
		int is_dir;

		if (!begins(entry->d_name, part) || (entry->d_name[0] == '.' && part[0] != '.'))
			continue;
		if (fstatat(dirfd(stream), entry->d_name, &st, 0) < 0)
			st.st_mode = 0;
		is_dir = S_ISDIR(st.st_mode);
		if (!programs || (!is_dir && st.st_mode & 0111))
			word_add(found, prefix, entry->d_name, is_dir ? "/" : "");
	}
	closedir(stream);
}

static void
commands_add(struct completions *found, const char *part)
{
	const struct builtin *builtin;
	const char *path = var_get("PATH"), *name;

	for (int i = 0; (builtin = builtin_at(i)); i++)
		if (begins(builtin->name, part))
			word_add(found, "", builtin->name, "");
	for (int i = 0; (name = function_name(i)); i++)
		if (begins(name, part))
			word_add(found, "", name, "");
	while (path && *path) {
		size_t len = strcspn(path, ":");
		char *dir = mem_copy_n(path, len);

		directory_add(found, dir, "", part, 1);
		free(dir);
		path += len + (path[len] == ':');
	}
}

static void
files_add(struct completions *found, const char *word)
{
	const char *slash = strrchr(word, '/');
	char *dir;

	if (!slash) {
		directory_add(found, "", "", word, 0);
		return;
	}
	dir = mem_copy_n(word, (size_t)(slash - word) + 1);
	directory_add(found, dir, dir, slash + 1, 0);
	free(dir);
}

/* Whether a command may begin at pos: only blanks stand between it and a separator. */
static int
command_place(const char *text, size_t pos)
{
	while (pos > 0 && (text[pos - 1] == ' ' || text[pos - 1] == '\t'))
		pos--;
	return pos == 0 || strchr(";|&(", text[pos - 1]) != NULL;
}

static int
words_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
completions_find(struct completions *found, const char *text, size_t pos)
{
	char *word;

	*found = (struct completions){.start = pos};
	while (found->start > 0 && !strchr(" \t;|&()<>=\"'", text[found->start - 1]))
		found->start--;
	word = mem_copy_n(text + found->start, pos - found->start);
	if (command_place(text, found->start) && !strchr(word, '/'))
		commands_add(found, word);
	else
		files_add(found, word);
	free(word);
	if (found->count > 0)
		qsort(found->words, (size_t)found->count, sizeof(char *), words_compare);
}

void
completions_free(struct completions *found)
{
	for (int i = 0; i < found->count; i++)
		free(found->words[i]);
	free(found->words);
	*found = (struct completions){0};
}
