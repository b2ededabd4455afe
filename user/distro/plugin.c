/* Shared libraries: linked ones, loaded ones, their thread-local storage, whose symbols count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>

#include "distro.h"

extern int tally_is_ready;
extern __thread long tally_shared;
long tally_up(void);
long tally_text(void);

/* In place of the library's. */
long
tally_step(void)
{
	return 10;
}

static void *
tally_in_thread(void *unused)
{
	(void)unused;
	CHECK(tally_shared == 5);
	tally_shared = 6;
	return (void *)tally_up();
}

static void
linked_library(void)
{
	pthread_t thread;
	void *result;

	CHECK(tally_is_ready);
	CHECK(tally_up() == 1010 && tally_up() == 1020);
	CHECK(pthread_create(&thread, NULL, tally_in_thread, NULL) == 0);
	CHECK(pthread_join(thread, &result) == 0 && result == (void *)1010);
	CHECK(tally_shared == 5);
	CHECK((void *)tally_text() == (void *)tally_up);
}

static void *
plugin_open(void)
{
	void *plugin = dlopen("libplugin.so", RTLD_NOW | RTLD_LOCAL);

	if (!plugin)
		printf("%s\n", dlerror());
	CHECK(plugin);
	return plugin;
}

static long (*plugin_up)(void);

static void *
plugin_in_thread(void *unused)
{
	(void)unused;
	return (void *)plugin_up();
}

static void
loaded_library(void)
{
	void *plugin = plugin_open(), *result;
	pthread_t thread;

	plugin_up = (long (*)(void))dlsym(plugin, "tally_up");
	CHECK(plugin_up && plugin_up != tally_up);
	CHECK(plugin_up() == 1010 && plugin_up() == 1020 && tally_up() == 1010);
	CHECK(pthread_create(&thread, NULL, plugin_in_thread, NULL) == 0);
	CHECK(pthread_join(thread, &result) == 0 && result == (void *)1010);
	CHECK(dlsym(plugin, "no_such_symbol") == NULL && dlerror());
	CHECK(dlopen("no-such-library.so", RTLD_NOW) == NULL && dlerror());
}

static void
unloaded_library(void)
{
	char text[4] = "";
	int fds[2];

	CHECK(pipe(fds) == 0);
	for (int i = 0; i < 20; i++) {
		void *plugin = plugin_open();
		void (*farewell)(int fd) = (void (*)(int))dlsym(plugin, "tally_farewell");

		CHECK(farewell);
		farewell(fds[1]);
		CHECK(dlclose(plugin) == 0);
		CHECK(read(fds[0], text, 3) == 3 && strcmp(text, "bye") == 0);
	}
}

static int
count_object(struct dl_phdr_info *info, size_t size, void *count)
{
	(void)size;
	CHECK(info->dlpi_phnum > 0);
	++*(int *)count;
	return 0;
}

static void
what_is_loaded(void)
{
	Dl_info info;
	int count = 0;

	CHECK(dladdr(dlsym(RTLD_DEFAULT, "strtod"), &info) && strstr(info.dli_fname, "libc.so.6"));
	dl_iterate_phdr(count_object, &count);
	CHECK(count >= 3);
}

static const struct distro_test tests[] = {
	{"linked_library", linked_library},
	{"loaded_library", loaded_library},
	{"unloaded_library", unloaded_library},
	{"what_is_loaded", what_is_loaded},
};

int
main(void)
{
	return tests_run(tests, COUNT(tests));
}
