#!/usr/bin/env python3
"""Our Python runs with Python 3.9: its grammar, and no part of the library that came later.

What is looked for is in the tables below. It is a net, not a proof: attributes of objects whose type
only the running program knows are found by their name alone.
"""

import ast
import os

from check_common import TOP, finish

OLDEST = (3, 9)
FOLDERS = ("grading", "tools", "user")

# Names of modules, and of things in modules, that came after 3.9.
MODULES = {"tomllib", "wsgiref.types", "compression"}
MEMBERS = {
    "asyncio": {"TaskGroup", "Runner", "timeout", "timeout_at", "Barrier"},
    "contextlib": {"aclosing", "chdir"}, "dataclasses": {"KW_ONLY"},
    "datetime": {"UTC"}, "enum": {"StrEnum", "verify", "member", "nonmember", "global_enum",
                                  "EnumCheck", "FlagBoundary", "ReprEnum", "property"},
    "functools": {"Placeholder"}, "hashlib": {"file_digest"},
    "inspect": {"get_annotations", "markcoroutinefunction"}, "itertools": {"pairwise", "batched"},
    "logging": {"getLevelNamesMapping", "getHandlerByName"}, "math": {"cbrt", "exp2", "sumprod", "fma"},
    "operator": {"call", "is_none"}, "os": {"EFD_CLOEXEC", "eventfd", "process_cpu_count", "splice",
                                            "login_tty", "unshare", "setns", "listdrives"},
    "random": {"binomialvariate"}, "re": {"NOFLAG"},
    "statistics": {"covariance", "correlation", "linear_regression"},
    "sys": {"orig_argv", "stdlib_module_names", "exception", "activate_stack_trampoline", "monitoring"},
    "threading": {"setprofile_all_threads", "settrace_all_threads"},
    "types": {"NoneType", "EllipsisType", "NotImplementedType", "UnionType"},
    "typing": {"Concatenate", "LiteralString", "Never", "NotRequired", "ParamSpec", "Required", "Self",
               "TypeAlias", "TypeGuard", "TypeVarTuple", "Unpack", "assert_never", "assert_type",
               "dataclass_transform", "get_overloads", "override", "reveal_type", "TypeIs",
               "is_typeddict", "clear_overloads"},
}
BUILTINS = {"aiter", "anext", "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup",
            "PythonFinalizationError"}
# Methods, by their name alone, and keywords of calls, by the function's last name.
METHODS = {"bit_count", "add_note", "enterContext", "enterClassContext", "assertNoLogs",
           "addModuleContext", "enterModuleContext", "walk_up", "assertStartsWith", "assertEndsWith"}
KEYWORDS = {
    "zip": {"strict"}, "dataclass": {"slots", "kw_only", "match_args", "weakref_slot"},
    "field": {"kw_only"}, "Popen": {"process_group", "pipesize"}, "run": {"process_group"},
    "rmtree": {"onexc", "dir_fd"}, "TemporaryDirectory": {"delete"}, "bisect": {"key"},
    "NamedTemporaryFile": {"delete_on_close"}, "bisect_left": {"key"}, "bisect_right": {"key"},
    "insort": {"key"}, "glob": {"root_dir", "include_hidden", "dir_fd"}, "iglob": {"root_dir"},
    "map": {"strict", "buffersize"}, "rglob": {"case_sensitive"},
}


class Finder(ast.NodeVisitor):
    """`findings`: (line, what) of what a newer Python is needed for."""

    def __init__(self):
        self.findings = []
        self.late = False  # annotations are not evaluated

    def found(self, node, what):
        self.findings.append((node.lineno, what))

    def visit_Import(self, node):
        for name in node.names:
            if name.name in MODULES:
                self.found(node, f"module {name.name}")

    def visit_ImportFrom(self, node):
        if node.module in MODULES:
            self.found(node, f"module {node.module}")
        for name in node.names:
            self.late |= node.module == "__future__" and name.name == "annotations"
            if name.name in MEMBERS.get(node.module, ()):
                self.found(node, f"{node.module}.{name.name}")

    def visit_Attribute(self, node):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr in MEMBERS.get(owner, ()):
            self.found(node, f"{owner}.{node.attr}")
        if node.attr in METHODS:
            self.found(node, f".{node.attr}()")
        self.generic_visit(node)

    def visit_Name(self, node):
        if node.id in BUILTINS:
            self.found(node, node.id)

    def visit_Call(self, node):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for keyword in node.keywords:
            if keyword.arg in KEYWORDS.get(name, ()):
                self.found(node, f"{name}({keyword.arg}=)")
        if name in ("isinstance", "issubclass") and len(node.args) == 2:
            self.check_union(node.args[1])
        self.generic_visit(node)

    def check_union(self, node):
        """`X | Y` of types is an error where it is evaluated."""
        if node is not None:
            for each in ast.walk(node):
                if isinstance(each, ast.BinOp) and isinstance(each.op, ast.BitOr):
                    self.found(each, "a union of types with |")

    def visit_AnnAssign(self, node):
        if not self.late:
            self.check_union(node.annotation)
        self.generic_visit(node)

    def visit_arg(self, node):
        if not self.late:
            self.check_union(node.annotation)

    def visit_FunctionDef(self, node):
        if not self.late:
            self.check_union(node.returns)
        self.generic_visit(node)


def findings(text, name="text"):
    """(line, what) for each thing in a source that Python 3.9 does not have."""
    try:
        tree = ast.parse(text, name, feature_version=OLDEST)
    except SyntaxError as error:
        return [(error.lineno or 0, f"grammar: {error.msg}")]
    finder = Finder()
    finder.visit(tree)
    return finder.findings


def is_python(path):
    if path.endswith(".py"):
        return True
    if os.path.splitext(path)[1] or os.path.islink(path):
        return False
    with open(path, "rb") as file:
        first = file.readline(100)
    return first.startswith(b"#!") and b"python" in first


def sources():
    for top in FOLDERS:
        for folder, folders, files in os.walk(os.path.join(TOP, top)):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (os.path.join(folder, name) for name in sorted(files)
                        if is_python(os.path.join(folder, name)))


def main():
    complaints, nr = [], 0
    for path in sources():
        nr += 1
        with open(path, encoding="utf-8") as file:
            complaints += [f"{os.path.relpath(path, TOP)}:{line}: {what} is newer than Python 3.9"
                           for line, what in findings(file.read(), path)]
    finish("python", complaints, f"{nr} files for Python {'.'.join(map(str, OLDEST))}")


if __name__ == "__main__":
    main()
