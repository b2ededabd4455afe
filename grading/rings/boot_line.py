"""One boot that runs one shell line, as a test."""

from grading.machine import Config, Disk, run_command
from grading.rings import build


def guest_config(variant="default", root="disk", **fields):
    """A Config for a variant's kernel and root, made if need be."""
    kernel = build.kernel(variant)
    if root == "initrd":
        fields["initrd"] = build.initrd(variant)
    else:
        fields.setdefault("disks", [])
        fields["disks"] = [Disk(build.image(variant), "root")] + fields["disks"]
    return Config(kernel=kernel, **fields)


def run_line(report, name, config, line):
    """The CommandResult of a line, its console logged."""
    config.log = report.log_path(name)
    return run_command(config, line)


def check_line(report, name, config, line, expected=None, status=0):
    """One test: the line's status and, if given, exact output."""
    result = run_line(report, name, config, line)
    if result.status is None:
        report.failed(name, str(result.machine), config.log, result.console)
    elif result.exit_status != status:
        report.failed(name, f"status {result.exit_status}, not {status}", config.log,
                      result.output or result.console)
    elif expected is not None and result.output != expected:
        report.failed(name, f"printed {result.output[:200]!r}, not {expected[:200]!r}", config.log)
    else:
        report.ok(name)
        return True
    return False
