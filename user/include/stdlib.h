/* Memory, numbers, sorting, environment, end of the program. */
#pragma once

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX     2147483647

typedef struct {
	int quot;
	int rem;
} div_t;

typedef struct {
	long quot;
	long rem;
} ldiv_t;

void free(void *block);
void *malloc(size_t bytes) __attribute__((malloc));
void *calloc(size_t count, size_t bytes) __attribute__((malloc));
void *realloc(void *block, size_t bytes);
void *reallocarray(void *block, size_t count, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes);
int posix_memalign(void **block, size_t alignment, size_t bytes);
size_t malloc_usable_size(void *block);

int atoi(const char *s);
long atol(const char *s);
long long atoll(const char *s);
double atof(const char *s);
long strtol(const char *restrict s, char **restrict end, int base);
unsigned long strtoul(const char *restrict s, char **restrict end, int base);
long long strtoll(const char *restrict s, char **restrict end, int base);
unsigned long long strtoull(const char *restrict s, char **restrict end, int base);
double strtod(const char *restrict s, char **restrict end);

int abs(int value);
long labs(long value);
div_t div(int numerator, int denominator);
ldiv_t ldiv(long numerator, long denominator);

typedef int (*compare_fn)(const void *a, const void *b);
void qsort(void *base, size_t count, size_t size, compare_fn compare);
void *bsearch(const void *key, const void *base, size_t count, size_t size, compare_fn compare);

int rand(void);
int rand_r(unsigned int *seed);
void srand(unsigned int seed);
long random(void);
void srandom(unsigned int seed);

extern char **environ;
char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
int putenv(char *string);
int clearenv(void);

int atexit(void (*function)(void));
void exit(int status) __attribute__((noreturn));
void _Exit(int status) __attribute__((noreturn));
void abort(void) __attribute__((noreturn));
int system(const char *command);

int mkstemp(char *template);
char *mkdtemp(char *template);
char *realpath(const char *restrict path, char *restrict resolved);
