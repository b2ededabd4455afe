"""The crash ring: power fails at random points of a file-system workload.

helper_crash works on files and tells, step by step, what it has made durable; it waits
for our answer, so at each step we know which writes had reached the disk. Two ways to fail:

- kill: QEMU is killed at a random moment; the disk keeps every write that was issued.
- cut:  QEMU records all writes; an image is made as the disk may be at a random point,
        with any part of the writes since the last flush missing or torn.

Either way fsck must find nothing wrong, the kernel must mount the image, what was durable
must be there, and fsck must find nothing wrong after that, too.
"""

import functools
import os
import random
import time
from dataclasses import dataclass, field

from grading.machine import (Config, ConsoleEnded, Disk, ExpectTimeout, Machine, command, disk,
                             run_command, write_log)
from grading.rings import build
from grading.rings.process import run_host
from grading.rings.report import Job

STEP = r"@step (\d+) (\d+) (\d+):(\d+):(\d+)\r?\n"
DIRECTORY = "/crash"
STEPS = 60
CUTS_PER_RUN = 20
KILL_SHARE = 5
KILL_SEEDS = 100000
LIMIT_SECONDS = 300
STEP_SECONDS = 60
KILL_DELAY_SECONDS = 0.05


@dataclass
class Moment:
    """What was durable when the record of writes had `position` bytes: {slot: (gen, bytes)}."""
    position: int
    touched: int
    durable: dict


@dataclass
class Workload:
    """One run of helper_crash, seen from outside."""
    seed: int
    moments: list = field(default_factory=list)
    durable: dict = field(default_factory=dict)

    def config(self, log_writes, log):
        append = f"init.cmd={command.encode(self.line())}"
        root = Disk(build.image("default"), "root", log_writes=log_writes)
        return Config(kernel=build.kernel("default"), smp=2, disks=[root], append=append,
                      limit=LIMIT_SECONDS, log=log)

    def line(self):
        return f"helper_crash work {DIRECTORY} {self.seed} {STEPS}"

    def follow(self, machine, steps):
        """Answers the workload's announcements until step `steps` has begun."""
        writes = machine.disks["root"] + ".writes"
        for _ in range(steps):
            match = machine.console.expect(STEP, STEP_SECONDS)
            step, touched, slot, generation, size = map(int, match.groups())
            if step > 1:
                self.durable[slot] = (generation, size)
            position = os.path.getsize(writes) if os.path.exists(writes) else 0
            self.moments.append(Moment(position, touched, dict(self.durable)))
            machine.console.send("\n")

    def promised_at(self, position):
        """What must be there if the record of writes is cut at `position`."""
        past = [moment for moment in self.moments if moment.position <= position]
        if not past:
            return {}
        promised = dict(past[-1].durable)
        promised.pop(past[-1].touched, None)
        return promised


def fsck(image):
    """(status, output) of the host's fsck."""
    return run_host([os.path.join(build.directory("default"), "mkfs", "fsck"), image])


def check_image(report, title, image, promised):
    """fsck, then what the kernel finds, then fsck again. Says what is wrong, once."""
    status, output = fsck(image)
    if status != 0:
        report.failed(title, f"fsck before mounting: status {status}", keep(report, title, image),
                      output)
        return
    words = " ".join(f"{slot}:{gen}:{size}" for slot, (gen, size) in sorted(promised.items()))
    config = Config(kernel=build.kernel("default"), smp=2, limit=LIMIT_SECONDS,
                    disks=[Disk(image, "root", private=False)], log=report.log_path(title))
    before = keep_copy(image)
    result = run_command(config, f"helper_crash verify {DIRECTORY} {words} && framecheck")
    if result.exit_status != 0:
        report.failed(title, f"verify: {result.machine}, status {result.status}",
                      keep(report, title, before), result.output or result.console)
    else:
        status, output = fsck(image)
        if status != 0:
            report.failed(title, f"fsck after mounting: status {status}",
                          keep(report, title, before), output)
        else:
            report.ok(title, f"{len(promised)} promises kept")
    os.unlink(before)


def keep_copy(image):
    """A copy of the image as it is before the kernel touches it."""
    disk.copy_sparse(image, image + ".before")
    return image + ".before"


def keep(report, title, image):
    """Saves a bad image beside the logs; returns its path."""
    path = report.log_path(title)[:-len(".log")] + ".img"
    disk.copy_sparse(image, path)
    return path


def follow_or_tell(report, title, workload, machine, steps):
    """Follows the workload; if it does not get there, that is the result."""
    try:
        workload.follow(machine, steps)
        return True
    except (ConsoleEnded, ExpectTimeout):
        why = str(machine.wait()) if not machine.running() else "the workload does not go on"
        report.failed(title, why, machine.config.log, machine.console.text())
        return False


def cut_run(report, number, seed, cuts):
    """One recorded run, checked at `cuts` points."""
    workload, chance = Workload(seed), random.Random(seed)
    log = report.log_path(f"crash run {number}")
    with Machine(workload.config(True, log)) as machine:
        if not follow_or_tell(report, f"crash run {number}", workload, machine, STEPS + 1):
            return
        machine.kill()
        entries = write_log.read_log(machine.disks["root"] + ".writes")
        first, last = workload.moments[0].position, workload.moments[-1].position
        for cut in range(cuts):
            point = chance.choice([entry.end for entry in entries if first <= entry.end <= last])
            target = os.path.join(machine.directory, "cut.img")
            write_log.image_at(build.image("default"), entries, point, target, chance)
            title = f"crash run {number} (seed {seed}) cut {cut} at {point}"
            check_image(report, title, target, workload.promised_at(point))


def kill_run(report, number, seed):
    """One run that is killed in the middle of a step."""
    workload, chance = Workload(seed), random.Random(seed)
    title = f"crash kill {number} (seed {seed})"
    with Machine(workload.config(False, report.log_path(title))) as machine:
        if not follow_or_tell(report, title, workload, machine, chance.randint(1, STEPS)):
            return
        time.sleep(chance.random() * KILL_DELAY_SECONDS)
        machine.kill()
        check_image(report, title, machine.disks["root"], workload.promised_at(0))


def jobs(count, seed=None):
    """`count` points; one in KILL_SHARE a kill. Each run has a seed of its own."""
    seed = seed if seed is not None else random.SystemRandom().randrange(1 << 30)
    kills = max(1, count // KILL_SHARE)
    cuts = count - kills
    result = []
    for number in range((cuts + CUTS_PER_RUN - 1) // CUTS_PER_RUN):
        points = min(CUTS_PER_RUN, cuts - number * CUTS_PER_RUN)
        result.append(Job(f"crash run {number}", functools.partial(
            cut_run, number=number, seed=seed + number, cuts=points), 75))
    result += [Job(f"crash kill {number}", functools.partial(
        kill_run, number=number, seed=seed + KILL_SEEDS + number), 20)
               for number in range(kills)]
    return result
