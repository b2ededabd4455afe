/* Temporary files, and the canonical name of a path. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_TRIES 100
#define LINKS_MAX  40

/* Replaces the six X at the end of the template; -1 when they are not there. */
static int
template_fill(char *template)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = strlen(template);
	unsigned char random[6];
	struct timespec now;

	if (len < 6)
		return -1;
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		memcpy(random, &now.tv_nsec, sizeof(random));
	}
	for (int i = 0; i < 6; i++)
		template[len - 6 + i] = letters[random[i] % 36];
	return 0;
}

static int
template_check(const char *template)
{
	size_t len = strlen(template);

	if (len >= 6 && strcmp(template + len - 6, "XXXXXX") == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

int
mkstemp(char *template)
{
	if (template_check(template) < 0)
		return -1;
	for (int i = 0; i < NAME_TRIES; i++) {
		int fd;

		template_fill(template);
		fd = open(template, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

char *
mkdtemp(char *template)
{
	if (template_check(template) < 0)
		return NULL;
	for (int i = 0; i < NAME_TRIES; i++) {
		template_fill(template);
		if (mkdir(template, 0700) == 0)
			return template;
		if (errno != EEXIST)
			return NULL;
	}
	return NULL;
}

/* Drops the last component of done. */
static void
component_drop(char *done)
{
	char *slash = strrchr(done, '/');

	if (slash)
		*slash = '\0';
}

/*
 * Puts a link's target before what is left of the path; an absolute target starts again. left has
 * room for PATH_MAX bytes.
 */
static int
link_follow(char *done, char *left)
{
	char target[PATH_MAX];
	ssize_t len = readlink(done, target, sizeof(target) - 1);

	if (len < 0)
		return errno == EINVAL ? 0 : -1;
	if ((size_t)len + strlen(left) + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	target[len] = '\0';
	memmove(left + len + 1, left, strlen(left) + 1);
	memcpy(left, target, (size_t)len);
	left[len] = '/';
	if (target[0] == '/')
		done[0] = '\0';
	else
		component_drop(done);
	return 1;
}

/* Resolves left onto done, component by component; 0, or -1 with errno. */
static int
path_resolve(char *done, char *left)
{
	int links = 0;

	while (*left) {
		size_t skip = strspn(left, "/"), len = strcspn(left + skip, "/");
		char component[NAME_MAX + 1];
		int followed;

		if (len > NAME_MAX || strlen(done) + len + 2 > PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(component, left + skip, len);
		component[len] = '\0';
		memmove(left, left + skip + len, strlen(left + skip + len) + 1);
		if (len == 0 || strcmp(component, ".") == 0)
			continue;
		if (strcmp(component, "..") == 0) {
			component_drop(done);
			continue;
		}
		strcat(done, "/");
		strcat(done, component);
		followed = link_follow(done, left);
		if (followed < 0)
			return -1;
		if (followed && ++links > LINKS_MAX) {
			errno = ELOOP;
			return -1;
		}
	}
	return 0;
}

char *
realpath(const char *restrict path, char *restrict resolved)
{
	char done[PATH_MAX] = "", left[PATH_MAX];

	if (strlcpy(left, path, sizeof(left)) >= sizeof(left) || !*path) {
		errno = *path ? ENAMETOOLONG : ENOENT;
		return NULL;
	}
	if (*path != '/') {
		if (!getcwd(done, sizeof(done)))
			return NULL;
		if (strcmp(done, "/") == 0)
			done[0] = '\0';
	}
	if (path_resolve(done, left) < 0)
		return NULL;
	if (!*done)
		strcpy(done, "/");
	return resolved ? strcpy(resolved, done) : strdup(done);
}
