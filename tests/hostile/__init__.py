"""Hostile submissions, as data, among ordinary ones: nobody gains a point, sees a secret, or costs others anything.

``submissions/KIND.toml`` holds what notebooks try and ``attacks`` reads them; ``uploads`` makes what is no ordinary
notebook. ``suite`` lays all of it out with traps around it, ``batch`` grades it in a process of its own, and ``report``
shows the outcome. ``python -m hostile`` runs it all. Hostile code refuses to run outside the sandbox.
"""
