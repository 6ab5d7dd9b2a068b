"""SymPy runs texts as code: those that it is given for expressions, and those that ``lambdify`` makes of expressions.

A test case gives it what a student's notebook gave. So once this is imported, which a checker does whose test cases may
use SymPy, a text that does more than compute is refused. The names in these texts are SymPy's and NumPy's.
"""

from __future__ import annotations

import ast
import builtins
from importlib import import_module
from typing import Any

from autograder.errors import EvidenceError

#: What computes; comprehensions are those of sums and products.
_COMPUTES = (
    *(ast.Expression, ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.Expr, ast.Name),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Attribute, ast.Constant),
    *(ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Subscript, ast.Slice, ast.Starred, ast.GeneratorExp, ast.ListComp),
    *(ast.comprehension, ast.Lambda, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
_BUILT_IN = {"abs", "all", "any", "bool", "complex", "divmod", "float", "int", "len", "list", "max", "min", "pow"}
_BUILT_IN |= {"range", "round", "set", "sorted", "sum", "tuple", "zip"}
#: What a text may name with a text of its own.
_NAMED_BY_TEXT = ("Symbol", "Dummy", "Wild", "Function", "Integer", "Float", "Rational")


def _check(tree: ast.AST) -> None:
    names = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMED_BY_TEXT
        for argument in node.args
    }
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        is_built_in = hasattr(builtins, name) and name.islower() and name not in _BUILT_IN
        is_kept_out = is_built_in or name.startswith("_" if isinstance(node, ast.Attribute) else "__")
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in names
        if not isinstance(node, _COMPUTES) or is_kept_out or is_text:
            what = name or type(node).__name__
            raise EvidenceError(f"a text that SymPy runs must compute and do nothing else (got {what[:60]!r})")


def _compile(code: Any, filename: str, mode: str, *arguments: Any, **keywords: Any) -> Any:
    _check(code if isinstance(code, ast.AST) else ast.parse(code, mode=mode))
    return compile(code, filename, mode, *arguments, **keywords)


def _eval(code: Any, *names: Any) -> Any:
    """What a text comes to; one that was compiled was checked then."""
    return eval(_compile(code.strip(), "<string>", "eval") if isinstance(code, str) else code, *names)


#: SymPy's modules that run texts, and what with: a name of a module hides the built-in one.
_RUNNING: dict[str, dict[str, Any]] = {
    "sympy.parsing.sympy_parser": {"eval": _eval, "compile": _compile},
    "sympy.parsing.ast_parser": {"eval": _eval, "compile": _compile},
    "sympy.utilities.lambdify": {"compile": _compile},
}
for _module, _hiding in _RUNNING.items():
    for _name, _function in _hiding.items():
        setattr(import_module(_module), _name, _function)
