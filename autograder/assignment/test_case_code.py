"""What a test case needs, read off its code: names of the notebook, accuracies, or the notebook itself.

A test case is a doctest as text (Otter's OK format), or a function.
"""

from __future__ import annotations

import ast
import doctest
import re
import sys
from collections.abc import Collection

from autograder.assignment.code_names import GRADER_NAMES, parsed


def doctest_code(body: str) -> ast.Module:
    """The code of a doctest, without the examples that are no Python, such as one that asks what is wrong with it."""
    trees = [parsed(example.source) for example in doctest.DocTestParser().get_examples(body)]
    return ast.parse("\n".join(ast.unparse(tree) for tree in trees if tree is not None))


def parameter_names(function: ast.FunctionDef, assigned: Collection[str] = ()) -> list[str]:
    """The names that a test function takes from the notebook: its parameters without a default.

    For a parameter ``env`` (all names), these are the keys that it looks up there. The grader's own names are left out,
    except those in ``assigned``.
    """
    plain = [*function.args.posonlyargs, *function.args.args]
    plain = plain[: len(plain) - len(function.args.defaults)]
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    names = [argument.arg for argument in (*plain, *(argument for argument, default in keywords if default is None))]
    keys = keys_of("env", function, assigned) if "env" in names else []
    names = [name for name in names if name != "env" and (name in assigned or name not in GRADER_NAMES)]
    return list(dict.fromkeys(names + keys))


def keys_of(mapping: str, function: ast.FunctionDef, assigned: Collection[str] = ()) -> list[str]:
    """The constant keys that a function looks up in ``mapping``, in the order of the source.

    ``env["x"]``, ``env.get("x")`` and ``"x" in env`` give ``x``; ``"x" not in env`` needs no ``x``. For ``env[name]``,
    these are the texts in the function that are ``assigned`` names.
    """
    keys = _looked_up(mapping, function)
    constant = [key for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    keyed = sorted((key.lineno, key.col_offset, str(key.value)) for key in constant)
    computed = [text for text in texts_in(function) if text in assigned] if len(constant) < len(keys) else []
    return list(dict.fromkeys([*(key for _, _, key in keyed), *computed]))


def _looked_up(mapping: str, function: ast.FunctionDef) -> list[ast.expr]:
    """The expressions by which a function looks something up in ``mapping``."""
    keys: list[ast.expr] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and _is_name(node.value, mapping):
            keys.append(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            keys += node.args[:1] if _is_name(node.func.value, mapping) else []
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            keys += [node.left] if _is_name(node.comparators[0], mapping) else []
    return keys


def names_called(code: ast.AST) -> set[str]:
    """The names that a piece of code calls as functions."""
    called = [node.func for node in ast.walk(code) if isinstance(node, ast.Call)]
    return {function.id for function in called if isinstance(function, ast.Name)}


#: Functions that work with the names of the notebook, its classes, or the state that it left in a library or in Python,
#: and attributes.
_NAMESPACE = ("dir", "exec", "eval", "get_ipython", "globals", "locals", "patch", "vars")
_STATEFUL = """
    MonkeyPatch assertLogs cwd environ gca gcf get_fignums get_option get_printoptions getLogger getcontext getcwd
    getenv geterr getmembers gci getrecursionlimit new_event_loop patch rcParams run_coroutine_threadsafe
    run_until_complete
"""
_PLACES = """
    asyncio.run pandas.options pd.options pickle.dumps pl.testing polars.testing sys.argv sys.modules sys.path sys.stdin
"""
_STATE_OF = frozenset(_PLACES.split())
#: Functions that change such a state, or have threads and processes call others: for functions of the notebook, if the
#: test case calls one.
_SETTING = """
    Pool Process ProcessPoolExecutor Thread ThreadPoolExecutor chdir errstate localcontext option_context printoptions
    set_option set_printoptions setcontext seterr setrecursionlimit
"""
_STATE = frozenset(_STATEFUL.split())
_STATE_OF_CALLS = _STATE | frozenset(_SETTING.split())
#: Functions and attributes that say whether two values are one in memory, as their copies elsewhere are not.
_MEMORY = ("base", "may_share_memory", "owndata", "shares_memory")


def quoted_names(code: ast.AST, assigned: Collection[str]) -> list[str]:
    """The names of the notebook that a piece of code may look up there as texts: ``'f' in dir()``."""
    if names_called(code).isdisjoint(_NAMESPACE):
        return []
    return [text for text in texts_in(code) if text in assigned]


def texts_in(code: ast.AST) -> list[str]:
    """The texts that stand in code, as constants."""
    return [node.value for node in ast.walk(code) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def needs_notebook(code: ast.AST, names: Collection[str] = ()) -> bool:
    """Whether a test case needs the notebook's own names, and not only their values.

    It lists, replaces or deletes them (``dir()``, ``"x" not in env``, ``f(env)``, ``globals()``, ``__main__``,
    ``mock.patch``, ``del x``) or what a module has (``builtins.input = …``), uses the current figure (``plt.gca()``),
    the folder (``os.getcwd()``) or the settings of a library, keeps an object with its class (``pickle.dumps``), runs
    coroutines (``asyncio.run``), hands objects to a library that knows no others (``polars.testing``), asks whether two
    values share memory or items (``a[0] is b[0]``), writes files for the notebook's functions, derives a class from one
    of its ``names``, or takes gradients through one by a library that it uses (``net(torch.ones(3)).backward()``).
    So it does if it calls one of these under settings of its own (``np.errstate``).
    """
    state = _STATE if names_called(code).isdisjoint(names) else _STATE_OF_CALLS
    if _uses_whole("env", code) or any(_needs_notebook(node, names, state) for node in ast.walk(code)):
        return True
    used = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)} | modules_imported(code)
    return not used.isdisjoint(DIFFERENTIATING) and not names_differentiated(code).isdisjoint(names)


def _uses_whole(mapping: str, code: ast.AST) -> bool:
    """Whether a function does more with its parameter ``mapping`` than look something up in it."""
    if not isinstance(code, ast.FunctionDef) or mapping not in [argument.arg for argument in code.args.args]:
        return False
    uses = sum(isinstance(node, ast.Name) and node.id == mapping for node in ast.walk(code))
    return uses > len(_looked_up(mapping, code))


def _needs_notebook(node: ast.AST, names: Collection[str], state: Collection[str]) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id in names for base in node.bases)
    if isinstance(node, ast.Attribute):
        return node.attr in state or node.attr in _MEMORY or ast.unparse(node) in _STATE_OF
    if isinstance(node, ast.ImportFrom) and any(
        alias.name in state or not {node.module, f"{node.module}.{alias.name}"}.isdisjoint(_STATE_OF)
        for alias in node.names
    ):
        return True
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
        sides = [side.value for side in (node.left, *node.comparators) if isinstance(side, ast.Subscript)]
        return len(sides) > 1 and all(isinstance(side, ast.Name) and side.id in names for side in sides)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn) and _is_name(node.comparators[0], "env"):
        return True
    if isinstance(node, ast.Delete):
        return any(isinstance(target, ast.Name) for target in node.targets)
    if isinstance(node, ast.Import | ast.ImportFrom) and "__main__" in modules_imported(node):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMESPACE:
        return not (node.args and node.func.id in ("dir", "vars"))
    return _writes_file(node) or _replaces_in_module(node, names)


def asks_for_layers(code: ast.AST, imported: Collection[str] = ()) -> bool:
    """Whether code asks for a layer of Keras by ``isinstance``: only in the kernel is one of the notebook's own one.

    ``imported`` are the layers that the notebook imports (see ``layers_imported``).
    """
    calls = [node for node in ast.walk(code) if isinstance(node, ast.Call) and len(node.args) == 2]
    names = "|".join(map(re.escape, {"Layer", *imported, *layers_imported(code)}))
    return any(
        _is_name(node.func, "isinstance") and re.search(rf"\blayers\.|\b({names})\b", ast.unparse(node.args[1]))
        for node in calls
    )


#: Functions that take gradients, of what functions of the notebook made: only there is it whole enough for that.
_GRADIENTS = "GradientTape backward grad gradcheck gradgradcheck hessian jacfwd jacobian jacrev jvp value_and_grad vjp"
_TAKING_GRADIENTS = frozenset(_GRADIENTS.split())
#: Libraries that take gradients of what they have computed, by the names that they have.
DIFFERENTIATING = ("jax", "tensorflow", "tf", "torch")


def gradients_taken(code: ast.AST) -> list[ast.Call]:
    """The calls by which code takes gradients: ``loss.backward()``, ``torch.autograd.grad(y, x)``, ``jax.grad(f)``."""
    calls = [node for node in ast.walk(code) if isinstance(node, ast.Call)]
    return [call for call in calls if getattr(call.func, "attr", None) in _TAKING_GRADIENTS]


def names_differentiated(code: ast.AST, live: Collection[str] = ()) -> set[str]:
    """The names of the notebook through which code takes gradients: ``live`` ones, called ones, ones handed over."""
    taking = gradients_taken(code)
    handed = {argument.id for call in taking for argument in call.args if isinstance(argument, ast.Name)}
    return {*live, *names_called(code), *handed} if taking else set()


def layers_imported(code: ast.AST) -> set[str]:
    """The names that code imports from Keras's layers: ``from keras.layers import Dense``."""
    imports = [node for node in ast.walk(code) if isinstance(node, ast.ImportFrom)]
    from_layers = [node for node in imports if (node.module or "").endswith("keras.layers")]
    return {alias.asname or alias.name for node in from_layers for alias in node.names}


#: Functions that write a file, or make a folder for some.
_WRITERS = ("makedirs", "mkdir", "savetxt", "to_csv", "to_json", "write_bytes", "write_text")


def _writes_file(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "tempfile" in modules_imported(node)
    if not isinstance(node, ast.Call):
        return False
    function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    modes = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    return function in _WRITERS or (
        function == "open"
        and any(isinstance(mode, ast.Constant) and set("wax+") & set(str(mode.value)) for mode in modes)
    )


#: What prints go to: remote calls print there, too.
_STREAMS = ("sys.stdout", "sys.stderr")


def _replaces_in_module(node: ast.AST, names: Collection[str]) -> bool:
    """Whether a statement replaces what a module of Python's library has: ``sys.stdin = io.StringIO("3")``.

    What is printed may go somewhere else, but by the ``sys`` of the test case, not by that among the notebook's names.
    """
    targets = node.targets if isinstance(node, ast.Assign) else []
    replaced = [target for target in targets if isinstance(target, ast.Attribute)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr" and node.args:
        return isinstance(node.args[0], ast.Name) and node.args[0].id in sys.stdlib_module_names
    return any(
        isinstance(target.value, ast.Name)
        and target.value.id in sys.stdlib_module_names
        and (ast.unparse(target) not in _STREAMS or "sys" in names)
        for target in replaced
    )


_IMPORTING = ("__import__", "import_module", "importlib.import_module")


def modules_imported(code: ast.AST) -> set[str]:
    """The modules that code imports, by the first parts of their names."""
    found = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in _IMPORTING and node.args:
            found.add(str(getattr(node.args[0], "value", "")).partition(".")[0])
    return found


def accuracies_asked(code: ast.Module | ast.FunctionDef) -> tuple[str, ...]:
    """The accuracies that a test case asks for, if it does nothing else: all of it is ``reference.accuracy(…, "mlp")``.

    Docstrings and imports do not count.
    """
    asked = []
    for statement in code.body:
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
            continue
        if not isinstance(statement, ast.Expr):
            return ()
        if isinstance(statement.value, ast.Constant):
            continue
        name = accuracy_name(statement.value)
        if name is None:
            return ()
        asked.append(name)
    return tuple(asked)


def accuracy_name(node: ast.AST) -> str | None:
    """The name of the accuracy in ``reference.accuracy(model, "name")``; None for other code, or a computed name."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "accuracy"):
        return None
    named = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "threshold")]
    return str(named[0].value) if named and isinstance(named[0], ast.Constant) else None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
