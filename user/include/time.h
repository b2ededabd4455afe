/* Clocks and calendar time. The only time zone is UTC. */
#pragma once

#include <sys/types.h>

#define CLOCK_REALTIME		 0
#define CLOCK_MONOTONIC		 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID	 3
#define CLOCK_MONOTONIC_RAW	 4
#define CLOCK_REALTIME_COARSE	 5
#define CLOCK_MONOTONIC_COARSE	 6
#define CLOCK_BOOTTIME		 7
#define TIMER_ABSTIME		 1
#define CLOCKS_PER_SEC		 1000000L

struct tm {
	int tm_sec;
	int tm_min;
	int tm_hour;
	int tm_mday;
	int tm_mon;
	int tm_year;
	int tm_wday;
	int tm_yday;
	int tm_isdst;
};

time_t time(time_t *out);
clock_t clock(void);
int clock_gettime(clockid_t clock, struct timespec *ts);
int clock_getres(clockid_t clock, struct timespec *ts);
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
		    struct timespec *remain);
int nanosleep(const struct timespec *request, struct timespec *remain);
double difftime(time_t end, time_t start);
struct tm *gmtime(const time_t *when);
struct tm *gmtime_r(const time_t *restrict when, struct tm *restrict out);
struct tm *localtime(const time_t *when);
struct tm *localtime_r(const time_t *restrict when, struct tm *restrict out);
time_t timegm(struct tm *tm);
time_t mktime(struct tm *tm);
size_t strftime(char *restrict buf, size_t size, const char *restrict format,
		const struct tm *restrict tm);
