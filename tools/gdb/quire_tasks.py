"""ps and bt-task: threads."""

import gdb

from quire_memory import PRIV_SUPERVISOR, MachineCommand, list_entries, privilege, text

MAX_FRAMES = 40


def all_tasks():
    """Every thread but the idle ones."""
    return list_entries(gdb.parse_and_eval("'kernel/sched/pid.c'::all_tasks"), "struct task",
                        "all_link")


def find_task(tid):
    """The thread with this id, or None."""
    return next((task for task in all_tasks() if int(task["tid"]) == tid), None)


def state_name(task):
    """RUNNING and so on."""
    names = {field.enumval: field.name for field in gdb.lookup_type("enum task_state").fields()}
    return names.get(int(task["state"]), "?").replace("TASK_", "").lower()


class Ps(MachineCommand):
    """ps: lists all threads."""

    def __init__(self):
        super().__init__("ps", gdb.COMMAND_STATUS)

    def look(self, _argument):
        with privilege(PRIV_SUPERVISOR):
            lines = [self._line(task) for task in all_tasks()]
        print("\n".join(["  TID   PID STATE           CPU NAME", *lines]))

    @staticmethod
    def _line(task):
        process = task["process"]
        pid = int(process["pid"]) if int(process) else 0
        running = "*" if int(task["on_cpu"]) else " "
        name = text(task["name"])
        return (f"{int(task['tid']):5d} {pid:5d} {state_name(task):15s}"
                f"{running}{int(task['ti']['cpu_id']):3d} {name if pid else f'[{name}]'}")


class BacktraceTask(MachineCommand):
    """bt-task TID: the kernel call chain of a thread that does not run now."""

    def __init__(self):
        super().__init__("bt-task", gdb.COMMAND_STACK)

    def look(self, argument):
        if not argument.strip().isdigit():
            raise gdb.GdbError("usage: bt-task TID (`ps` lists them)")
        with privilege(PRIV_SUPERVISOR):
            task = find_task(int(argument))
            if task is None:
                raise gdb.GdbError(f"there is no thread {argument.strip()}")
            if int(task["on_cpu"]):
                raise gdb.GdbError("it runs now: use `thread` and `bt`")
            self._print_chain(task)

    @staticmethod
    def _print_chain(task):
        """Follows the frame pointers: [fp - 8] is the return address, [fp - 16] the next fp."""
        word = gdb.lookup_type("unsigned long").pointer()
        pc, fp = int(task["context"]["ra"]), int(task["context"]["s"][0])
        base = int(task["ti"]["kstack_base"])
        top = int(task["ti"]["kernel_sp"])
        for depth in range(MAX_FRAMES):
            place = gdb.execute(f"info symbol {pc:#x}", to_string=True).strip()
            print(f"#{depth:<2d} {pc:#x} {place.split(' in section')[0]}")
            if not base < fp <= top:
                return
            pc = int(gdb.Value(fp - 8).cast(word).dereference())
            fp = int(gdb.Value(fp - 16).cast(word).dereference())
            if pc == 0:
                return


def register():
    Ps()
    BacktraceTask()
