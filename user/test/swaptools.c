/* mkswap, swapon and swapoff: their options, what they print, and what they refuse. On a disk without swap. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK	"/dev/vdb"
#define OUTPUT	"/tmp/swaptools.out"
#define SKIP	77
#define UUID	"11223344-5566-7788-99aa-bbccddeeff00"
#define SET_UP	"Setting up swapspace version 1, size = "
#define NO_SWAP "swapon --show"

/* Lines of the shell, their output with that of standard error, and their status. */
struct row {
	const char *line, *output;
	int status;
};

static char text[8192];
static int failures;

static int
run(const char *line)
{
	char command[512];
	FILE *file;
	int status;

	snprintf(command, sizeof(command), "{ %s; } >%s 2>&1", line, OUTPUT);
	status = system(command);
	file = fopen(OUTPUT, "r");
	text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	unlink(OUTPUT);
	return WEXITSTATUS(status);
}

static void
check(const char *line, const char *wanted, int wanted_status)
{
	int status = run(line);

	if (status == wanted_status && strcmp(text, wanted) == 0)
		return;
	printf("%s\n  status %d, wanted %d\n%s  wanted\n%s", line, status, wanted_status, text,
	       wanted);
	failures++;
}

static const struct row mkswap_rows[] = {
	{"mkswap -L quire -U " UUID " " DISK " 32768",
	 SET_UP "32 MiB (33550336 bytes)\nLABEL=quire, UUID=" UUID "\n", 0},
	{"mkswap " DISK " 30000 --uuid=clear",
	 SET_UP "29.3 MiB (30715904 bytes)\nno label, UUID=00000000-0000-0000-0000-000000000000\n",
	 0},
	{"mkswap -L 1234567890123456 -U " UUID " -v1 -p 4096 " DISK " 40",
	 "mkswap: Label was truncated.\n" SET_UP
	 "36 KiB (36864 bytes)\nLABEL=123456789012345, UUID=" UUID "\n",
	 0},
	{"mkswap -q -U time " DISK, "", 0},
	{"mkswap -U nonsense " DISK, "mkswap: error: parsing UUID failed\n", 1},
	{"mkswap " DISK " 39", "mkswap: error: swap area needs to be at least 40 KiB\n", 1},
	{"mkswap " DISK " 1x", "mkswap: invalid block count argument: '1x'\n", 1},
	{"mkswap -v0 " DISK, "mkswap: swapspace version 0 is not supported\n", 1},
	{"mkswap -p 8192 " DISK,
	 "mkswap: a page size of 8192 is not supported: pages have 4096 bytes\n", 1},
	{"mkswap /missing", "mkswap: cannot open /missing: No such file or directory\n", 1},
	{"d=$(sed -n 's,^\\(/dev/[^ ]*\\) / .*,\\1,p' /proc/mounts); [ -z \"$d\" ] || mkswap $d "
	 "2>&1 | sed \"s,$d,,\" | "
	 "grep -v 'error:  is mounted; will not make swapspace'; true",
	 "", 0},
};

static const struct row swapon_rows[] = {
	{"mkswap -q -L quire -U " UUID " " DISK " 32768", "", 0},
	{"swapon -p 3 " DISK " -p 4 && swapon --noheadings --show", DISK " partition 32M 0B 4\n",
	 0},
	{"swapon --noheadings --raw --bytes --show=PRIO,size,UUID,LABEL",
	 "4 33550336 " UUID " quire\n", 0},
	{"swapon --bytes",
	 "NAME     TYPE          SIZE USED PRIO\n" DISK " partition 33550336    0    4\n", 0},
	{"swapon --show=x", "swapon: unknown column: x\n", 1},
	{"swapon " DISK, "swapon: " DISK ": swapon failed: Device or resource busy\n", 1},
	{"mkswap " DISK, "mkswap: error: " DISK " is in use as swap; will not make swapspace\n", 1},
	{"swapoff -v -L quire", "swapoff " DISK "\n", 0},
	{"swapoff " DISK, "swapoff: " DISK ": swapoff failed: Invalid argument\n", 1},
	{"swapon --verbose LABEL=quire", "swapon " DISK "\n", 0},
	{"swapoff -U " UUID, "", 0},
	{"swapon -U " UUID " -o pri=32767,discard=once && swapon --noheadings --show=PRIO",
	 "32767\n", 0},
	{"swapoff /missing " DISK, "swapoff: /missing: swapoff failed: No such file or directory\n",
	 1},
	{"swapon -p 7 --priority=-1 " DISK " && swapon --show=PRIO --noheadings --raw", "-2\n", 0},
	{"swapoff -a -v", "swapoff " DISK "\n", 0},
	{"swapon -L other", "swapon: cannot find the device for LABEL=other\n", 1},
	{"swapon -p 32768 " DISK,
	 "swapon: priority 32768 is out of range: 0 to 32767, or -1 for the default\n", 1},
	{"swapon --priority -2 " DISK,
	 "swapon: priority -2 is out of range: 0 to 32767, or -1 for the default\n", 1},
	{"swapon -p 1k " DISK, "swapon: failed to parse priority: '1k'\n", 1},
	{"swapon -o pri=99999 " DISK,
	 "swapon: priority 99999 is out of range: 0 to 32767, or -1 for the default\n", 1},
	{"swapon -dall " DISK, "swapon: unsupported discard policy: all\n", 1},
	{"swapon -e /missing", "", 0},
	{"swapon /missing", "swapon: cannot open /missing: No such file or directory\n", 1},
	{"dd if=/dev/zero of=" DISK " bs=4096 count=1 2>/dev/null; swapon " DISK,
	 "swapon: " DISK ": read swap header failed\n", 1},
	{NO_SWAP, "", 0},
};

#define FILE_NAME "/a swap file"

static const struct row file_rows[] = {
	{"dd if=/dev/zero of='" FILE_NAME "' bs=4096 count=16 2>/dev/null; chmod 644 '" FILE_NAME
	 "'",
	 "", 0},
	{"mkswap -U " UUID " '" FILE_NAME "'",
	 "mkswap: " FILE_NAME ": insecure permissions 0644, fix with: chmod 0600 " FILE_NAME
	 "\n" SET_UP "60 KiB (61440 bytes)\nno label, UUID=" UUID "\n",
	 0},
	{"swapon '" FILE_NAME "'",
	 "swapon: " FILE_NAME ": insecure permissions 0644, 0600 suggested.\n", 0},
	/* swapoff -a succeeds when it has ended all of swap, else not */
	{"swapoff -a 2>/dev/null; s=$?; n=$(grep -c '^/' /proc/swaps); swapoff '" FILE_NAME
	 "' 2>/dev/null; echo $((s == 0)) $((n == 0)) | grep -v '0 0\\|1 1'; true",
	 "", 0},
	/* where blanks are \\040 the name is shown as it is */
	{"chmod 600 '" FILE_NAME "'; swapon '" FILE_NAME
	 "' && if grep -q 040 /proc/swaps; then swapon --show=NAME "
	 "--noheadings; swapon --show=NAME --noheadings --raw; else echo '" FILE_NAME
	 "'; echo '/a\\x20swap\\x20file'; fi",
	 FILE_NAME "\n/a\\x20swap\\x20file\n", 0},
	{"swapoff '" FILE_NAME "' && rm '" FILE_NAME "'", "", 0},
	{NO_SWAP, "", 0},
};

#define CHECK_ROWS(rows)                                                           \
	do {                                                                       \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)      \
			check((rows)[i].line, (rows)[i].output, (rows)[i].status); \
	} while (0)

int
main(void)
{
	int fd = open(DISK, O_RDWR);

	if (fd < 0 || run(NO_SWAP) || *text) {
		puts("there is no " DISK ", or swap is on");
		return SKIP;
	}
	close(fd);
	CHECK_ROWS(mkswap_rows);
	CHECK_ROWS(swapon_rows);
	CHECK_ROWS(file_rows);
	return failures > 0;
}
