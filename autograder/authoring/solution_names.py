"""The names of a solved notebook: what they are bound to, and which of them students receive."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from autograder.assignment.code_names import (
    Definition,
    assigned_names,
    collections_changed,
    definitions,
    library_names,
    live_names,
    modules_named,
    parsed,
)
from autograder.assignment.paths_in_code import paths_assigned
from autograder.assignment.test_case_code import (
    DIFFERENTIATING,
    gradients_taken,
    layers_imported,
    modules_imported,
    texts_in,
)
from autograder.authoring.notebooks import cleaned, code
from autograder.authoring.otter_assign import Assigned
from autograder.evidence.definitions import digest_of_source

#: Classes from which a notebook derives its own: of Keras and PyTorch, or what makes it say which objects are its own.
_OF_NETWORKS = "Callback Constraint Initializer Layer Loss Metric Model Module Regularizer Sequential"
_BASES = frozenset(["Protocol", "type", *_OF_NETWORKS.split()])


@dataclass(frozen=True)
class SolutionNames:
    """The names that a solved notebook assigns: in the solution of a question, anywhere, and those bound to code.

    ``changed_in_solution`` is what the solution of a question puts into values that it does not assign
    (see ``parts_changed``).

    ``classes`` are the names of classes, also in the files that students receive; ``unfinished`` those of functions and
    classes that students receive to change them, ``given`` those of functions that stay as they receive them. ``files``
    are the files that it and test cases find (None: unknown), ``handed_in`` those that students hand in beside it, and
    modules that it writes. ``kernel_only`` are classes that are derived from one of Keras or PyTorch, metaclasses,
    protocols, and functions that take gradients: only in the kernel are their objects and arguments whole. ``paths``
    are texts and paths by the names that have them, ``changed`` are the collections that a function or class changes,
    by its name, ``libraries`` those of which values cannot be recorded, by the names that they are imported to,
    ``layers`` those that are imported from Keras. ``takes_gradients``: it imports a library that does.
    """

    in_solution: Collection[str]
    in_notebook: Collection[str]
    changed_in_solution: Collection[tuple[str, str]] = ()
    live: Collection[str] = ()
    classes: Collection[str] = ()
    unfinished: Collection[str] = ()
    given: Collection[str] = ()
    files: Collection[str] | None = None
    handed_in: Collection[str] = ()
    kernel_only: Collection[str] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, Collection[str]] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    layers: Collection[str] = ()
    takes_gradients: bool = False


def solution_names(assigned: Assigned, files: Collection[str], handed_in: Collection[str]) -> SolutionNames:
    """The names of what Otter Assign made, without those in the solution of a question."""
    sources = [*map(cleaned, code(assigned.solution))]
    trees = [tree for tree in map(parsed, sources) if tree]
    solved, received = _definitions(sources), _definitions(code(assigned.student))
    defined = _definitions(assigned.modules) | solved
    written = {f"{name}.py" for source in code(assigned.solution) for name in modules_named(source)}
    takes_gradients = any(not modules_imported(tree).isdisjoint(DIFFERENTIATING) for tree in trees)
    return SolutionNames(
        in_solution=(),
        in_notebook={name for source in sources for name in assigned_names(source)},
        live=live_names(sources),
        classes={name for name, node in defined.items() if isinstance(node, ast.ClassDef)},
        unfinished={name for name, node in received.items() if name in solved and _is_changed(node, solved[name])},
        given=_given(assigned, received, solved),
        files=files,
        handed_in={*handed_in, *(written - set(files))},
        kernel_only={name for name, node in solved.items() if _is_kernel_only(node, takes_gradients)},
        paths={name: path for tree in trees for name, path in paths_assigned(tree).items()},
        changed={name: collections_changed(node) for name, node in solved.items()},
        libraries=library_names(sources),
        layers={name for tree in trees for name in layers_imported(tree)},
        takes_gradients=takes_gradients,
    )


def parts_changed(source: str) -> set[tuple[str, str]]:
    """What a cell puts into values outside functions, by name and key: ``df["z"] = 1``, ``df.index.name = "i"``."""
    changed: set[tuple[str, str]] = set()
    tree = parsed(source)
    statements = [one for one in (tree.body if tree else ()) if not isinstance(one, Definition)]
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            root: ast.expr = node
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            keys = {node.attr} if isinstance(node, ast.Attribute) else texts_in(node.slice)
            changed |= {(root.id, key) for key in keys} if isinstance(root, ast.Name) else set()
    return changed


def _definitions(sources: Iterable[str]) -> dict[str, Definition]:
    """The functions and classes that code defines, by name; of several the last."""
    return {name: node for source in sources for name, node in definitions(source).items()}


def _is_changed(received: Definition, solved: Definition) -> bool:
    """Whether what the solution changes in a definition can be told from its digest, as a new base class cannot."""
    return digest_of_source(received) != digest_of_source(solved)


def _is_kernel_only(definition: ast.stmt, takes_gradients: bool) -> bool:
    """Whether a class is derived from one of these, or a function takes gradients of what it is given."""
    if isinstance(definition, ast.ClassDef):
        return any(ast.unparse(base).rpartition(".")[2] in _BASES for base in definition.bases)
    return takes_gradients and bool(gradients_taken(definition))


def _given(assigned: Assigned, received: Mapping[str, ast.stmt], solved: Mapping[str, ast.stmt]) -> set[str]:
    """The functions that students receive as the solution has them, each defined in one cell of both notebooks."""
    bound = Counter(
        name
        for notebook in (assigned.student, assigned.solution)
        for source in code(notebook)
        for name in assigned_names(cleaned(source))
    )
    functions = {name: ast.dump(node) for name, node in received.items() if isinstance(node, ast.FunctionDef)}
    return {
        name
        for name, code in functions.items()
        if bound[name] == 2 and name in solved and ast.dump(solved[name]) == code
    }
