/*
 * The first process. It opens the console, runs /etc/rc when there is one, and then:
 *
 *   init.cmd=LINE        runs LINE in the shell, and powers off with its status;
 *   init.cmdfile=PATH    the same with a script;
 *   neither              keeps an interactive shell running on the console.
 *
 * These words stand on the kernel's command line (/proc/cmdline). A value may be quoted with ""
 * and may hold %XX for any character. init.nonce=N asks for marks on the console before and after
 * the command, from which a script tells the command's output from everything else.
 *
 * Orphans are reaped for ever.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONSOLE	      "/dev/console"
#define SHELL	      "/bin/sh"
#define CONSOLE_DEV   makedev(5, 1)
#define MARK	      "\x1e"
#define QUICK_SECONDS 1

/* What the keyboard can send is for the others. */
static const int ignored[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTOU};

static char cmdline[8192];

static void
console_open(void)
{
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY);

	if (fd < 0) {
		mkdir("/dev", 0755);
		mknod(CONSOLE, S_IFCHR | 0600, CONSOLE_DEV);
		fd = open(CONSOLE, O_RDWR | O_NOCTTY);
	}
	if (fd < 0)
		return;
	for (int target = 0; target <= 2; target++)
		if (fd != target)
			dup2(fd, target);
	if (fd > 2)
		close(fd);
}

static void
cmdline_read(void)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, cmdline, sizeof(cmdline) - 1);
	cmdline[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int
hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Decodes the value that begins at text: up to a blank, or between quotes. The caller frees it. */
static char *
value_decode(const char *text)
{
	int quoted = *text == '"';
	char *value = malloc(strlen(text) + 1), *out = value;

	if (!value)
		return NULL;
	for (text += quoted; *text && (quoted ? *text != '"' : !isspace((unsigned char)*text));
	     text++) {
		if (*text == '%' && isxdigit((unsigned char)text[1]) &&
		    isxdigit((unsigned char)text[2])) {
			*out++ = (char)(hex_digit(text[1]) << 4 | hex_digit(text[2]));
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
	return value;
}

/* The value of `name=` on the kernel's command line, NULL when it is not there. */
static char *
boot_option(const char *name)
{
	size_t len = strlen(name);
	const char *word = cmdline;

	for (;;) {
		int quoted = 0;

		word += strspn(word, " \t\n");
		if (!*word)
			return NULL;
		if (strncmp(word, name, len) == 0 && word[len] == '=')
			return value_decode(word + len + 1);
		for (; *word && (quoted || !isspace((unsigned char)*word)); word++)
			quoted ^= *word == '"';
	}
}

/* In a child: a session of its own whose controlling terminal is the console. */
static void
session_start(void)
{
	setsid();
	ioctl(0, TIOCSCTTY, 1L);
	tcsetpgrp(0, getpid());
}

static pid_t
spawn(char *const argv[])
{
	pid_t pid = fork();

	if (pid < 0)
		fprintf(stderr, "init: cannot fork: %s\n", strerror(errno));
	if (pid != 0)
		return pid;
	session_start();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_DFL);
	execv(SHELL, argv);
	fprintf(stderr, "init: cannot run %s: %s\n", SHELL, strerror(errno));
	_exit(127);
}

/* Reaps children until pid has ended; its status as a shell counts it. */
static int
reap_until(pid_t pid)
{
	int status;

	for (;;) {
		pid_t ended = wait(&status);

		if (ended < 0 && errno != EINTR)
			return 127;
		if (ended == pid)
			break;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void
end_machine(int status)
{
	sync();
	power_off(status);
	fprintf(stderr, "init: cannot power off: %s\n", strerror(errno));
}

static void
run_to_the_end(char *const argv[])
{
	char *nonce = boot_option("init.nonce");
	int status;
	pid_t pid;

	if (nonce)
		dprintf(1, MARK "%sbegin\n", nonce);
	pid = spawn(argv);
	status = pid < 0 ? 127 : reap_until(pid);
	if (nonce)
		dprintf(1, MARK "%send %d\n", nonce, status);
	end_machine(status);
}

/* A shell that ends at once is not started again in a tight loop. */
static void
shell_keep_running(void)
{
	for (;;) {
		time_t start = time(NULL);

		reap_until(spawn((char *[]){"sh", NULL}));
		if (time(NULL) - start < QUICK_SECONDS)
			sleep(QUICK_SECONDS);
	}
}

static void
environment_set(void)
{
	struct stat st;
	int have_root = stat("/root", &st) == 0 && S_ISDIR(st.st_mode);

	setenv("PATH", "/bin", 1);
	setenv("HOME", have_root ? "/root" : "/", 1);
	setenv("TERM", "vt100", 0);
	setenv("SHELL", SHELL, 1);
}

int
main(void)
{
	char *command, *script;

	console_open();
	if (getpid() != 1) {
		fprintf(stderr, "init: already running; `poweroff` ends the machine\n");
		return 1;
	}
	cmdline_read();
	environment_set();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	if (access("/etc/rc", R_OK) == 0)
		reap_until(spawn((char *[]){"sh", "/etc/rc", NULL}));
	command = boot_option("init.cmd");
	script = boot_option("init.cmdfile");
	if (command)
		run_to_the_end((char *[]){"sh", "-c", command, NULL});
	else if (script)
		run_to_the_end((char *[]){"sh", script, NULL});
	shell_keep_running();
}
