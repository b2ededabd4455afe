"""`make test`: rings of jobs, run side by side, each result told as it comes.

A ring is a module with jobs() -> list of Job. report has what a job tells, runner runs
them, build knows the builds that they share. Logs are in build/test-logs/.
"""
