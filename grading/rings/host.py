"""Ring 1 and the checks: what runs on the host alone."""

import contextlib
import os
import shutil

from grading.machine.options import make_command
from grading.rings import build
from grading.rings.process import command_job
from grading.rings.report import Job

CHECKS = ("check-layers", "check-headers", "check-symbols", "check-sizes", "check-text",
          "check-format", "check-docs", "check-sparse", "check-driver")
HOST_SECONDS = 1800  # of wall time, for what hangs
BUILDING_CHECKS = ("check-layers", "check-headers", "check-symbols", "check-sparse")


def host_target(report, target, timeout):
    """One target of tools/hosttest as a test."""
    directory = os.path.abspath(build.directory("default"))
    command_job(report, f"host {target}", [make_command(), "--no-print-directory", "-C", "tools/hosttest",
                                           f"BUILD={directory}", target], timeout)


def host_run(report):
    """The tests, then some seconds of each fuzzer; one after the other, they share a build."""
    host_target(report, "test", HOST_SECONDS)
    if shutil.which("clang") is None:
        report.skipped("host fuzz-short", "no clang")
    else:
        host_target(report, "fuzz-short", HOST_SECONDS)


def check_job(target):
    def run(report):
        build.require("default")
        with build.lock("default") if target in BUILDING_CHECKS else contextlib.nullcontext():
            command_job(report, target, [make_command(), f"BUILD={build.directory('default')}", target])
    return Job(target, run, 50)


def build_job(variant):
    def run(report):
        status, output = build.build(variant)
        log = report.save_log(f"build {variant}", output)
        if status == 0:
            report.ok(f"build {variant}")
        else:
            report.failed(f"build {variant}", f"status {status}", log, output)
    return Job(f"build {variant}", run, 90)


def host_jobs():
    return [Job("host", host_run, 80)]


def check_jobs():
    return [check_job(target) for target in CHECKS]


def build_jobs():
    """Every build; slab allocators that do not exist yet are none."""
    variants = [name for name in build.VARIANTS
                if name not in ("slab", "slob") or os.path.exists(f"kernel/mem/slab/{name}.c")]
    return [build_job(variant) for variant in variants]
