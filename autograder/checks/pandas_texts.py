"""Texts that pandas computes (``df.query("…")``) may name whatever is at hand where a test case stands: ``@pd.io…``.

A test case may give it what a student's notebook gave. So once this is imported, which a checker does that has pandas,
such a text gets at values and at functions that only compute, and from these no further.
"""

from __future__ import annotations

import ast
from types import ModuleType
from typing import Any

from pandas.core.computation.expr import BaseExprVisitor

from autograder.errors import EvidenceError
from autograder.evidence.libraries import MODULES, may_export

_LOCAL = "__pd_eval_local_"
_visit_name, _visit_attribute = BaseExprVisitor.visit_Name, BaseExprVisitor.visit_Attribute


def _refuse(what: str) -> None:
    raise EvidenceError(f"a text that pandas computes must name values alone (got {what[:60]!r})")


def _name(self: Any, node: ast.Name, **keywords: Any) -> Any:
    name = node.id.removeprefix(_LOCAL)
    if name.startswith("__") and (name.endswith("__") or name != node.id):
        _refuse(name)
    return _visit_name(self, node, **keywords)


def _attribute(self: Any, node: ast.Attribute, **keywords: Any) -> Any:
    if node.attr.startswith("_"):
        _refuse(node.attr)
    base = self.visit(node.value)
    base = base.value if hasattr(base, "value") else base(self.env)
    if isinstance(base, ModuleType):
        found = getattr(base, node.attr, None)
        known = found.__name__ in MODULES if isinstance(found, ModuleType) else may_export(base.__name__, node.attr)
        if not known and callable(found) | isinstance(found, ModuleType):
            _refuse(f"{base.__name__}.{node.attr}")
    return _visit_attribute(self, node, **keywords)


BaseExprVisitor.visit_Name, BaseExprVisitor.visit_Attribute = _name, _attribute
