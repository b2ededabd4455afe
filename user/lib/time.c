/* Clocks, sleeping and the calendar (UTC, proleptic Gregorian). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_PER_DAY 86400L

static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					"Thursday", "Friday", "Saturday"};
static const char *const month_names[] = {"January",   "February", "March",    "April",
					  "May",       "June",	   "July",     "August",
					  "September", "October",  "November", "December"};

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	return (int)syscall_result(sys_clock_gettime(clock, ts));
}

int
clock_getres(clockid_t clock, struct timespec *ts)
{
	return (int)syscall_result(sys_clock_getres(clock, ts));
}

/* Returns the error itself and leaves errno alone, as POSIX wants. */
int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remain)
{
	return (int)-sys_clock_nanosleep(clock, flags, request, remain);
}

int
nanosleep(const struct timespec *request, struct timespec *remain)
{
	return (int)syscall_result(sys_nanosleep(request, remain));
}

unsigned int
sleep(unsigned int seconds)
{
	struct timespec ts = {seconds, 0};

	if (nanosleep(&ts, &ts) == 0)
		return 0;
	return (unsigned int)ts.tv_sec + (ts.tv_nsec > 0);
}

int
usleep(useconds_t usec)
{
	struct timespec ts = {usec / 1000000, usec % 1000000 * 1000L};

	return nanosleep(&ts, NULL);
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	(void)tz;
	return (int)syscall_result(sys_gettimeofday(tv, NULL));
}

int
getitimer(int which, struct itimerval *value)
{
	return (int)syscall_result(sys_getitimer(which, value));
}

int
setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
	return (int)syscall_result(sys_setitimer(which, value, old));
}

time_t
time(time_t *out)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

clock_t
clock(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) < 0)
		return -1;
	return ts.tv_sec * CLOCKS_PER_SEC + ts.tv_nsec / 1000;
}

double
difftime(time_t end, time_t start)
{
	return (double)(end - start);
}

/*
 * Days are counted in years that begin in March, so that the leap day is a year's last: then the
 * days before a month are (153 * month + 2) / 5, and 400 years have 146097 days.
 */
struct tm *
gmtime_r(const time_t *restrict when, struct tm *restrict out)
{
	long days = *when / SECONDS_PER_DAY, seconds = *when % SECONDS_PER_DAY;
	long era, day_of_era, year, day, month;

	if (seconds < 0) {
		seconds += SECONDS_PER_DAY;
		days--;
	}
	memset(out, 0, sizeof(*out));
	out->tm_sec = (int)(seconds % 60);
	out->tm_min = (int)(seconds / 60 % 60);
	out->tm_hour = (int)(seconds / 3600);
	out->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
	days += 719468; /* from 1 March of year 0 */
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day = day_of_era - (365 * year + year / 4 - year / 100);
	month = (5 * day + 2) / 153;
	out->tm_mday = (int)(day - (153 * month + 2) / 5 + 1);
	out->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
	out->tm_year = (int)(year + era * 400 + (out->tm_mon < 2) - 1900);
	struct tm new_year = {.tm_year = out->tm_year, .tm_mday = 1};
	out->tm_yday = (int)((*when - seconds - timegm(&new_year)) / SECONDS_PER_DAY);
	return out;
}

time_t
timegm(struct tm *tm)
{
	long month = tm->tm_mon % 12, year = tm->tm_year + 1900L + tm->tm_mon / 12;
	long era, year_of_era, day;

	if (month < 0) {
		month += 12;
		year--;
	}
	year -= month < 2;
	month = month < 2 ? month + 10 : month - 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day = (153 * month + 2) / 5 + tm->tm_mday - 1;
	day += year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + era * 146097 - 719468;
	return day * SECONDS_PER_DAY + tm->tm_hour * 3600L + tm->tm_min * 60L + tm->tm_sec;
}

struct tm *
gmtime(const time_t *when)
{
	static struct tm tm;

	return gmtime_r(when, &tm);
}

struct tm *
localtime_r(const time_t *restrict when, struct tm *restrict out)
{
	return gmtime_r(when, out);
}

struct tm *
localtime(const time_t *when)
{
	return gmtime(when);
}

time_t
mktime(struct tm *tm)
{
	time_t when = timegm(tm);

	gmtime_r(&when, tm);
	return when;
}

/* One conversion of strftime; false when it is not known or does not fit. */
static int
time_conversion(char *out, size_t size, char conversion, const struct tm *tm)
{
	switch (conversion) {
	case 'Y':
		return snprintf(out, size, "%d", tm->tm_year + 1900);
	case 'y':
		return snprintf(out, size, "%02d", tm->tm_year % 100);
	case 'm':
		return snprintf(out, size, "%02d", tm->tm_mon + 1);
	case 'd':
		return snprintf(out, size, "%02d", tm->tm_mday);
	case 'e':
		return snprintf(out, size, "%2d", tm->tm_mday);
	case 'H':
		return snprintf(out, size, "%02d", tm->tm_hour);
	case 'M':
		return snprintf(out, size, "%02d", tm->tm_min);
	case 'S':
		return snprintf(out, size, "%02d", tm->tm_sec);
	case 'j':
		return snprintf(out, size, "%03d", tm->tm_yday + 1);
	case 'a':
		return snprintf(out, size, "%.3s", day_names[tm->tm_wday]);
	case 'A':
		return snprintf(out, size, "%s", day_names[tm->tm_wday]);
	case 'b':
		return snprintf(out, size, "%.3s", month_names[tm->tm_mon]);
	case 'B':
		return snprintf(out, size, "%s", month_names[tm->tm_mon]);
	case 'F':
		return snprintf(out, size, "%d-%02d-%02d", tm->tm_year + 1900, tm->tm_mon + 1,
				tm->tm_mday);
	case 'T':
		return snprintf(out, size, "%02d:%02d:%02d", tm->tm_hour, tm->tm_min, tm->tm_sec);
	case 's':
		return snprintf(out, size, "%ld", timegm((struct tm *)tm));
	case 'Z':
		return snprintf(out, size, "UTC");
	case 'z':
		return snprintf(out, size, "+0000");
	default:
		return snprintf(out, size, "%c", conversion);
	}
}

size_t
strftime(char *restrict buf, size_t size, const char *restrict format, const struct tm *restrict tm)
{
	size_t len = 0;

	for (; *format && len < size; format++) {
		if (*format == '%' && format[1])
			len += (size_t)time_conversion(buf + len, size - len, *++format, tm);
		else
			buf[len++] = *format;
	}
	if (len >= size)
		return 0;
	buf[len] = '\0';
	return len;
}
