"""Labs as data: grading/labs/NAME.py holds `LAB = Lab(...)` and nothing else.

Python modules, not JSON or TOML: Python 3.9 reads no TOML, JSON has neither comments nor
texts of several lines, and a misspelt field is an error at once with dataclasses.
"""

import importlib.util
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from grading.harness import probe
from grading.machine import EnvironmentProblem

LAB_NAMES = ("boot", "pgtbl", "pages", "slab", "lazy", "cow", "mmap", "reclaim", "swap", "oom")


@dataclass
class Check:
    """One behaviour. `text` is a sentence for students: what is so if the check passes.

    Exactly one source says what was seen:
      fact     a value that the test program told, judged by `want` (harness/want.py)
      probe    a function of harness/probes.py or disk_probes.py, called at checkpoint `at` with `args`; of
               end_probes.py when the machine has ended ("end"), or only if that was a panic ("panic")
      ktest    a test inside the kernel
      console  a regular expression that a line of the kernel must match
      status   the machine's exit status: a number, or the name of one of the run's numbers (harness/run.py)
    """
    id: str
    points: int
    text: str
    fact: Optional[str] = None
    want: Any = None
    probe: Optional[str] = None
    at: Optional[str] = None
    args: Dict[str, Any] = field(default_factory=dict)
    ktest: Optional[str] = None
    console: Optional[str] = None
    status: Any = None
    hint: str = ""


@dataclass
class MachineSpec:
    """The machine of a test. A tuple is a choice that each run makes anew."""
    mem: Any = "128M"
    smp: Any = 2
    swap: Optional[str] = None
    append: str = ""
    root: str = "disk"
    variant: str = "default"
    icount: bool = False
    qemuflags: Tuple[str, ...] = ()


@dataclass
class Test:
    """One machine, one run: a case of user/test/gradetest, or tests inside the kernel.

    `ends` is how the machine must end: "exit" or "panic". `limit` is in seconds that the
    machine had (machine/clock.py). `driver` names a function of harness/drivers.py that
    does something to the machine meanwhile.
    """
    id: str
    text: str
    checks: List[Check]
    case: Optional[str] = None
    args: Tuple[str, ...] = ()
    machine: MachineSpec = field(default_factory=MachineSpec)
    limit: float = 60
    ends: str = "exit"
    driver: Optional[str] = None
    lab: str = ""

    @property
    def points(self):
        return sum(check.points for check in self.checks)

    @property
    def name(self):
        return f"{self.lab}/{self.id}"


@dataclass
class Lab:
    """`files` are what a submission may bring: paths, or folders that end with a slash."""
    name: str
    title: str
    files: Tuple[str, ...]
    tests: List[Test]

    @property
    def points(self):
        return sum(test.points for test in self.tests)


def load(name):
    """A lab by name. => raises EnvironmentProblem for one that is not there or not sound"""
    if not has_lab(name):
        raise EnvironmentProblem(f"no such lab: {name} (there are {', '.join(filter(has_lab, LAB_NAMES))})")
    try:
        lab = importlib.import_module(f"grading.labs.{name}").LAB
    except ImportError as error:
        raise EnvironmentProblem(f"lab {name}: {error}") from None
    for problem in problems(lab):
        raise EnvironmentProblem(f"lab {name}: {problem}")
    for test in lab.tests:
        test.lab = lab.name
    return lab


def load_all():
    """The labs that there are."""
    return [load(name) for name in LAB_NAMES if has_lab(name)]


def has_lab(name):
    return name.isidentifier() and not name.startswith("_") and \
        importlib.util.find_spec(f"grading.labs.{name}") is not None


def problems(lab):
    """What is wrong with a definition."""
    seen = set()
    for test in lab.tests:
        if test.case is None and not any(
                check.ktest or check.console or check.at in probe.ENDS for check in test.checks):
            yield f"{test.id} runs nothing"
        for check in test.checks:
            sources = [check.fact, check.probe, check.ktest, check.console, check.status]
            if sum(source is not None for source in sources) != 1:
                yield f"{check.id}: one source, please"
            if (check.fact is None) != (check.want is None):
                yield f"{check.id}: a fact needs a want, and a want a fact"
            if check.probe and probe.find(check.probe) is None:
                yield f"{check.id}: there is no probe {check.probe}"
            if check.points <= 0 or not check.text.endswith("."):
                yield f"{check.id}: points, and a sentence that ends"
            if check.text.startswith("..."):
                yield f"{check.id}: a whole sentence, for it is shown alone"
            if check.id in seen:
                yield f"{check.id} is there twice"
            seen.add(check.id)
