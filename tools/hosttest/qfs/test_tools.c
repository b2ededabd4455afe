/* mkfs and fsck as programs: what they accept, what they return, and that images are reproducible. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/qfs/format.h"
#include "hosttest.h"

static char dir[256];

/* Runs a shell command in the scratch directory, with $M and $F for the tools. => exit status */
static int
run(const char *command)
{
	char line[2048];
	int status;

	snprintf(line, sizeof(line),
		 "cd %s; M=%s/qfs/mkfs F=%s/qfs/fsck; export ASAN_OPTIONS=%s; %s", dir,
		 getenv("HOSTTEST_DATA"), getenv("HOSTTEST_DATA"), "detect_leaks=0", command);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
setup(void)
{
	const char *place = getenv("TMPDIR");

	CHECK(getenv("HOSTTEST_DATA") != NULL);
	snprintf(dir, sizeof(dir), "%s/qfs-tools-XXXXXX", place ? place : "/tmp");
	CHECK(mkdtemp(dir) != NULL);
	CHECK_EQ(run("mkdir -p t/sub/deeper t/empty && echo hello >t/a && ln -s a t/link && "
		     "ln t/a t/sub/hard && chmod 4751 t/a && "
		     "ln -s $(printf %0300d 0) t/long && mkfifo t/pipe && "
		     "dd if=/dev/urandom of=t/sub/big bs=4096 count=1100 2>/dev/null && "
		     "dd if=/dev/null of=t/sub/sparse bs=1048576 seek=100 2>/dev/null && "
		     "for i in $(seq 300); do echo $i >t/sub/deeper/a-long-file-name-$i; done"),
		 0);
}

static void
finish(void)
{
	char line[sizeof(dir) + 8];

	snprintf(line, sizeof(line), "rm -rf %s", dir);
	CHECK_EQ(system(line), 0);
}

HOSTTEST(qfs_mkfs_is_reproducible)
{
	setup();
	CHECK_EQ(run("$M -o 1.img t >out && $F 1.img >>out"), 0);
	CHECK_EQ(run("cp -a t u && touch u/a && $M -o 2.img u >out && cmp 1.img 2.img"), 0);
	CHECK_EQ(run("echo other >u/a; $M -o 2.img u >out; cmp -s 1.img 2.img"), 1);
	CHECK_EQ(run("SOURCE_DATE_EPOCH=5 $M -o 2.img t >out; cmp -s 1.img 2.img"), 1);
	CHECK_EQ(run("$F -v 2.img >out && grep -q '310 of' out"), 0);
	finish();
}

HOSTTEST(qfs_mkfs_sizes_and_options)
{
	struct stat st;
	char path[sizeof(dir) + 8];

	setup();
	CHECK_EQ(run("$M -o 1.img -s 64M -i 1000 -L label t >out && $F 1.img >>out"), 0);
	snprintf(path, sizeof(path), "%s/1.img", dir);
	CHECK(stat(path, &st) == 0);
	CHECK_EQ(st.st_size, 64 << 20);
	CHECK_EQ(run("grep -q label 1.img"), 0);
	CHECK_EQ(run("$M -o 1.img -s min t >out && $F 1.img >>out"), 0);
	CHECK_EQ(run("$M -o 1.img -s min >out && $F 1.img >>out"), 0);
	CHECK_EQ(run("mkdir v && echo two >v/a && $M -o 1.img t v >out && $F 1.img >>out && "
		     "grep -q two 1.img"),
		 0);
	CHECK_EQ(run("$M -o 1.img -U 01234567-89ab-cdef-0123-456789abcdef t >out"), 0);
	CHECK_EQ(run("$M -o small.img -s 2M t 2>out || { test ! -e small.img && exit 1; }"), 1);
	CHECK_EQ(run("$M -o 1.img -s 64M -i 10 t 2>out"), 1);
	CHECK_EQ(run("$M -o 1.img -s 64X t 2>out"), 1);
	CHECK_EQ(run("$M -o 1.img nothing-here 2>out"), 1);
	CHECK_EQ(run("$M 2>out"), 2);
	CHECK_EQ(run("$M -o 1.img -z 2>out"), 2);
	finish();
}

HOSTTEST(qfs_fsck_exit_status)
{
	setup();
	CHECK_EQ(run("$F 2>out"), 2);
	CHECK_EQ(run("$F nothing-here 2>out"), 2);
	CHECK_EQ(run("$F -z x 2>out"), 2);
	CHECK_EQ(run(": >empty; $F empty >out"), 1);
	CHECK_EQ(run("head -c 100000 /dev/urandom >noise; $F noise >out"), 1);
	CHECK_EQ(run("$M -o 1.img -s 64M t >out && $F 1.img >out && grep -q clean out"), 0);
	/* The superblock is gone: its copy serves. */
	CHECK_EQ(run("dd if=/dev/zero of=1.img bs=512 count=1 conv=notrunc 2>out; $F 1.img >out"),
		 1);
	CHECK_EQ(run("grep -q 'copy in the last block is good' out && grep -q ': 2 problems' out"),
		 0);
	/* Half of the image is missing. */
	CHECK_EQ(run("$M -o 1.img -s 64M t >out; truncate -s 30M 1.img; $F 1.img >out"), 1);
	CHECK_EQ(run("grep -q 'larger than the device' out"), 0);
	finish();
}
