"""The boot matrix, boot-soak, and that the machine's end is told right."""

import os
import re

from grading.machine import Disk, Machine, Verdict
from grading.rings import regions
from grading.rings.boot_line import check_line, guest_config, run_line
from grading.rings.report import Job

LIMIT_SECONDS = 60
MODERN = ["-global", "virtio-mmio.force-legacy=false"]
LINE = "echo boot $((6 * 7))"
EXPECTED = b"boot 42\n"
SOAK_HARTS = 4
COLORED_KINDS = 3
FW_JUMP = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf"

# What the kernel does to itself for boot argument crash=NAME -> what the panic must say.
CRASHES = {
    "stack": r"stack overflow",
    "null": r"null",
    "jump": r"ffffffe012345678",
    "init-code": r"wild jump to [\s\S]*init memory, which was freed after the boot",
    "text": r"store|write",
    "user": r"user",
    "assert": r"assertion failed",
    "double-free": r"free",
    "slab-large-interior": r"wrong free: \S+: it is within whole pages of kmalloc",
    "oom-stall": r'no memory for "crasher" in ([2-9]|[1-5]\d) s and \d+ attempts .*: nothing moves',
}
CRASH_APPEND = {"oom-stall": " oom_stall=2"}
DEBUG_CRASHES = {
    "lock-order": r"order|rank",
    "sleep-atomic": r"sleep|atomic|spin",
    "kmap-sleep": r"may sleep, called with 1 kmap windows open",
    "kmap-leak": r"gettid returns with 1 kmap windows open",
    "reclaim-waits": r"reclaim would wait for a lock: outer",
    "alloc-atomic": r"may sleep",
    "high-kva": r"page_in_directmap",
}

# Misuse of objects, found by slab_debug= -> what the panic must say in slub and slab, and in slob.
SLAB_CRASHES = {
    "slab-double-free": (r"double free: object \S+ of cache crash", None),
    "slab-kfree-twice": (r"double free: object \S+ of cache kmalloc-64", None),
    "slab-overflow": (r"right red zone overwritten: object \S+ of cache crash", None),
    "slab-kmalloc-overflow": (r"right red zone overwritten: object \S+ of cache kmalloc-64", None),
    "slab-underflow": (r"left red zone overwritten: object \S+ of cache crash", None),
    "slab-use-after-free": (r"use after free: .* object \S+ of cache crash", None),
    "slab-wrong-cache": (r"freed to cache theirs: it did not come from there",
                         r"freed, but it is no allocated object: .* cache theirs"),
    "slab-interior": (r"freed to cache crash: it is within an object",
                      r"freed, but it is no allocated object: .* cache crash"),
}
# Who did it, and the way there: up to three functions of the allocator, the crash's own, its thread's.
TRACK = (r'{} by "crasher" \(pid \d+\).*\n(?:.*\] \w+\+0x[0-9a-f]+\n){{0,3}}'
         r'.*\] {}\+0x[0-9a-f]+\n.*\] crasher\+0x')
# What frees before the panic, so that the report tells of it.
FREED_BEFORE = ("slab-double-free", "slab-kfree-twice", "slab-use-after-free")

# (name, variant, root, fields of Config)
MATRIX = (
    ("smp1", "default", "disk", {"smp": 1}),
    ("smp2", "default", "disk", {"smp": 2}),
    ("smp4", "default", "disk", {"smp": 4}),
    ("smp8", "default", "disk", {"smp": 8}),
    ("mem 16M", "default", "disk", {"mem": "16M"}),
    ("mem 32M", "default", "disk", {"mem": "32M"}),
    ("mem 4G", "default", "disk", {"mem": "4G", "smp": 2}),
    ("mem 16G", "default", "disk", {"mem": "16G", "smp": 2}),
    ("modern virtio", "default", "disk", {"qemuflags": MODERN, "smp": 2}),
    ("initrd", "default", "initrd", {"smp": 2}),
    ("initrd icount", "default", "initrd", {"icount": True}),
    ("swap", "default", "disk", {"swap": "64M"}),
    ("debug smp4", "debug", "disk", {"smp": 4}),
    ("no sstc", "default", "disk", {"qemuflags": ["-cpu", "rv64,sstc=false"]}),
    ("linux-gcc", "linux-gcc", "disk", {"smp": 2}),
    ("clang", "clang", "disk", {"smp": 2}),
    ("slab", "slab", "disk", {"smp": 2}),
    ("slob", "slob", "disk", {"smp": 2, "mem": "32M"}),
)


def boot_job(name, variant, root, fields):
    title = f"boot {name}"

    def run(report):
        config = guest_config(variant, root, limit=LIMIT_SECONDS, **fields)
        check_line(report, title, config, LINE, EXPECTED)
    return Job(title, run, 30)


# Until the root is mounted, 16 GiB may cost so much more than 1 GiB.
BOOT_STEP = re.compile(rb"\[ *(\d+)\.(\d+)\] root file system")
LARGE_MEMORY_RATIO = 1.2


def boot_instructions(report, mem):
    """Instructions until the root is mounted: what the kernel's clock says under -icount."""
    title = f"boot cost {mem}"
    config = guest_config("default", "initrd", limit=LIMIT_SECONDS, mem=mem, icount=True)
    result = run_line(report, title, config, "true")
    found = BOOT_STEP.search(result.console)
    return int(found.group(1)) * 10**9 + int(found.group(2)) * 1000 if found else None


def boot_cost_job(report):
    """Struct pages are written when they are needed, so much memory costs little to boot with."""
    small, large = (boot_instructions(report, mem) for mem in ("1G", "16G"))
    if small is None or large is None:
        report.failed("boot cost", "the kernel did not say when its root was mounted")
    elif large > small * LARGE_MEMORY_RATIO:
        report.failed("boot cost", f"1 GiB {small:,}, 16 GiB {large:,} instructions")
    else:
        report.ok("boot cost", f"1 GiB {small:,}, 16 GiB {large:,} instructions")


def fw_jump_job(report):
    """Debian's own OpenSBI, which jumps to a fixed address, instead of QEMU's."""
    if not os.path.exists(FW_JUMP):
        report.skipped("boot fw_jump", f"no {FW_JUMP}")
        return
    check_line(report, "boot fw_jump", guest_config(bios=FW_JUMP, smp=2, limit=LIMIT_SECONDS),
               LINE, EXPECTED)


def status_job(line, status):
    title = f"run status {line!r}"

    def run(report):
        check_line(report, title, guest_config(limit=LIMIT_SECONDS), line, status=status)
    return Job(title, run)


def output_job(report):
    """Output is the line's alone, whatever its bytes."""
    check_line(report, "run output", guest_config(smp=2, limit=LIMIT_SECONDS),
               "printf 'a\\tb\\n'; echo '  \"q\" %20 $HOME, ü'; echo -n end",
               'a\tb\n  "q" %20 $HOME, ü\nend'.encode())


def file_systems_job(report):
    """What is mounted where before the first program starts, and what df says of a file there."""
    check_line(report, "boot file systems", guest_config(smp=1, limit=LIMIT_SECONDS),
               "while read device path type rest; do echo $path $type; done </proc/mounts; "
               "ls -ld /tmp /dev | cut -c 1-10; echo >/tmp/a; "
               "df /tmp/a /bin/ls | tail -n 2 | tr -s ' ' | cut -d ' ' -f 1,6",
               b"/ qfs\n/dev devtmpfs\n/dev/shm tmpfs\n/tmp tmpfs\n/proc proc\n/sys sysfs\n"
               b"/sys/kernel/debug debugfs\ndrwxr-xr-x\ndrwxrwxrwt\ntmpfs /tmp\n/dev/vda /\n")


def bases_job(report):
    """Where a program's parts are is chance, unless norandmaps."""
    for append, expected in (("", b"other\n"), ("norandmaps", b"same\n")):
        check_line(report, f"boot bases {append}".strip(),
                   guest_config(append=append, smp=1, limit=LIMIT_SECONDS),
                   "cat /proc/self/maps >/tmp/a; cat /proc/self/maps >/tmp/b; "
                   "if cmp -s /tmp/a /tmp/b; then echo same; else echo other; fi", expected)


def watchdog_job(report):
    """A line that does not end is a timeout after the limit of guest time."""
    config = guest_config(limit=3)
    result = run_line(report, "run timeout", config, "sleep 1000")
    if result.exit_status == 124:
        report.ok("run timeout", str(result.machine))
    else:
        report.failed("run timeout", f"{result.machine}, exit status {result.exit_status}",
                      config.log, result.console)


def colors_boot(report, append):
    """For each kind of memory (pages of the right colour, all pages, conflict misses); {}: it failed."""
    config = guest_config(append=append, smp=2, limit=LIMIT_SECONDS,
                          disks=[Disk(None, "swap0", size=64 << 20)])
    result = run_line(report, f"page colours {append or 'off'}", config,
                      "mkswap /dev/vdb >/dev/null && swapon /dev/vdb && colors && framecheck")
    found = re.findall(rb"(.*): (\d+) of (\d+) pages have .*\n.*: conflict misses: (\d+) of", result.output)
    if result.exit_status != 0 or len(found) != COLORED_KINDS:
        report.failed("boot page colours", str(result.machine), config.log, result.output)
        return {}
    return {kind.decode(): tuple(map(int, numbers)) for kind, *numbers in found}


def colors_job(report):
    """With page_colors= every page has its colour, and a cache has fewer conflicts."""
    plain, colored = colors_boot(report, ""), colors_boot(report, "page_colors=16")
    for kind in colored if plain else ():
        right, pages, misses = colored[kind]
        plain_right, _, plain_misses = plain[kind]
        name = f"boot page colours {kind}"
        what = f"{misses} conflict misses with colours, {plain_misses} without"
        if right == pages and plain_right < pages and misses < plain_misses:
            report.ok(name, what)
        else:
            report.failed(name, f"{what}; {right} of {pages} pages, without {plain_right}")


def arguments_job(report):
    """A boot argument that nobody knows, or with a value that nobody knows, is told."""
    line = 'zsawp=1 "page colors=4" panic=never kmemleak=maybe init.own=3 zone_dma=big loglevel=7'
    wanted = {"unknown boot argument: zsawp", "unknown boot argument: page colors",
              "panic=never: want halt, exit or reboot", "kmemleak=maybe: want on or off",
              "zone_dma=big: not a number that fits (such as 7 or 64M), ignored"}
    config = guest_config("default", "initrd", limit=LIMIT_SECONDS, append=line)
    console = run_line(report, "boot arguments", config, "true").console.decode("utf-8", "replace")
    told = {found for found in re.findall(r"\] (.*)", console.replace("\r", ""))
            if "unknown" in found or ": want" in found or "ignored" in found}
    if told == wanted:
        report.ok("boot arguments")
    else:
        report.failed("boot arguments", f"missing or too much: {sorted(told ^ wanted)}")


def prompt_job(report):
    """The banner and the prompt come; what is typed is answered; poweroff ends the machine."""
    config = guest_config(limit=LIMIT_SECONDS)
    config.log = report.log_path("prompt")
    with Machine(config) as machine:
        machine.console.expect(r"(?m)^\$ ", LIMIT_SECONDS)
        machine.console.send("echo typed $((1 + 1))\n")
        machine.console.expect("typed 2", LIMIT_SECONDS)
        machine.console.expect(r"\$ ", LIMIT_SECONDS)
        machine.console.send("poweroff\n")
        result = machine.wait()
    if result.ok():
        report.ok("prompt")
    else:
        report.failed("prompt", str(result), config.log)


def crash_job(name, pattern, variant="default"):
    """A bug of the kernel's is a panic that names the thread and the cause."""
    title = f"panic {name}"

    def run(report):
        config = guest_config(variant, limit=LIMIT_SECONDS, smp=2,
                              append=f"crash={name}{CRASH_APPEND.get(name, '')}")
        config.log = report.log_path(title)
        with Machine(config) as machine:
            result = machine.wait()
            console = machine.console.text().decode("utf-8", "replace")
        if result.verdict is not Verdict.PANIC:
            report.failed(title, str(result), config.log, console)
        elif not re.search(pattern, console[console.index("kernel panic"):]):
            report.failed(title, f"{result}: does not say {pattern!r}", config.log, console)
        elif "crasher" not in console or "backtrace" not in console:
            report.failed(title, f"{result}: no thread or no backtrace", config.log, console)
        else:
            report.ok(title, result.detail)
    return Job(title, run)


def slab_crash_job(name, variant):
    """Each report names the object, and who allocated and freed it, with the calls that led there."""
    title = f"panic {name} {variant}"
    pattern = SLAB_CRASHES[name][variant == "slob"] or SLAB_CRASHES[name][0]
    function = name.removeprefix("slab-").replace("-", "_")
    said = [TRACK.format("allocated", function)] if pattern == SLAB_CRASHES[name][0] else []
    if name in FREED_BEFORE:
        said.append(TRACK.format("freed", function))

    def run(report):
        config = guest_config(variant, limit=LIMIT_SECONDS, smp=2,
                              append=f"crash={name} slab_debug=FZPU")
        config.log = report.log_path(title)
        with Machine(config) as machine:
            result = machine.wait()
            console = machine.console.text().decode("utf-8", "replace").replace("\r", "")
        missing = [text for text in [pattern, *said] if not re.search(text, console)]
        if result.verdict is not Verdict.PANIC:
            report.failed(title, str(result), config.log, console)
        elif missing:
            report.failed(title, f"{result}: does not say {missing[0]!r}", config.log, console)
        else:
            report.ok(title, result.detail)
    return Job(title, run)


def jobs():
    return ([slab_crash_job(name, variant) for name in SLAB_CRASHES
             for variant in ("default", "slab", "slob")] + boot_jobs() + regions.jobs())


def boot_jobs():
    return ([boot_job(*row) for row in MATRIX] +
            [Job("boot fw_jump", fw_jump_job, 30), Job("boot cost", boot_cost_job, 30)] +
            [status_job("true", 0), status_job("exit 7", 7), status_job("no-such-command", 127),
             status_job("kill -9 $$", 137),
             Job("run output", output_job), Job("boot file systems", file_systems_job),
             Job("run timeout", watchdog_job),
             Job("prompt", prompt_job), Job("boot page colours", colors_job),
             Job("boot bases", bases_job), Job("boot arguments", arguments_job)] +
            [crash_job(*item) for item in CRASHES.items()] +
            [crash_job(*item, "debug") for item in DEBUG_CRASHES.items()])


def soak_jobs(count):
    """Boots with four harts, again and again; one failure is a failure."""
    def soak(number):
        title = f"boot-soak {number}"

        def run(report):
            config = guest_config(smp=SOAK_HARTS, limit=LIMIT_SECONDS)
            result = run_line(report, title, config, LINE)
            ended = result.machine.verdict is Verdict.EXITED and result.exit_status == 0
            if ended and result.output == EXPECTED:
                report.ok(title)
            else:
                report.failed(title, str(result.machine), config.log, result.console)
        return Job(title, run)
    return [soak(number) for number in range(1, count + 1)]
