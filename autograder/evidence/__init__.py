"""Evidence: the values of a question's named answers, as data that cannot execute.

``record`` runs in the kernel beside student code and writes; ``restore`` runs in the grader and reads. They share
nothing but this format. A question's evidence is a folder:

- ``evidence.json``: ``{"format": 1, "question": id, "values": {name: node}, "others": {name: type}}``
- ``0.npy``, ``1.npy``, …: the arrays that the nodes name

A node is ``{"kind": …}`` with the fields of its kind: the plain ones hold their ``value``; ``list``, ``tuple``, ``set``
and ``dict`` hold ``items``; ``array`` names its ``file``; ``series`` and ``frame`` hold nodes; ``model`` and ``layer`` hold a
Keras ``config`` and ``weights`` (nodes); ``module`` its name; ``missing``, ``placeholder`` (``...``), ``callable`` and ``other``
say why there is no value.
"""

FORMAT = 1

#: Kinds that mean: this name has no value that evidence can carry.
VALUELESS = ("missing", "placeholder", "callable", "other")

__all__ = ["FORMAT", "VALUELESS", "Evidence"]


def __getattr__(name: str) -> object:
    if name == "Evidence":
        from autograder.evidence.restore import Evidence

        return Evidence
    raise AttributeError(name)
