"""Every use of Keras's private parts, and every change to its classes: what a new version of Keras may break.

- ``graph``: the layers of a model, and how they are connected.
- ``training``: training, as Keras prepares, shows and counts it.
- ``seeds``: where random numbers begin.
- ``dispatch``: functions of TensorFlow, given Keras's symbolic tensors.
- ``changes``: what is changed in Keras's classes and modules, for good or for the time of a block.

``tests/networks/test_private.py`` forbids such uses elsewhere. Keras is imported when a function is called, for many
notebooks do without it.
"""
