"""All that knows Keras: which networks are allowed, how they are rebuilt, traced, compared and measured.

- ``allowed``: what evidence may hold; ``rebuild``: a network from it; ``canonical``: one form for equal networks.
- ``steps``: a network as it is applied; ``layers``: what that computes, however written; ``activations``: by effect.
- ``trace``: the network of a student's own class, from a call of it; ``written_layers``: its layers by effect.
- ``measure``: its accuracy; ``outputs``: what it puts out; ``samples`` and ``pixels``: how the test set is put in.
- ``keras_datasets``: the grader's data in Keras's functions; ``preload`` and ``versions``: Keras itself.
- ``private/``: every use of Keras's private parts.
"""
