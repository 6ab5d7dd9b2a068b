"""Evidence: the values of a question's named answers, as data that cannot execute.

The kernel writes it beside student code (``kernel.recorder``), and a checker reads it (``checks.evidence``). This page
and ``networks.allowed`` define the format; ``kinds_plain``, ``kinds_tuples``, ``kinds_typing``, ``kinds_made``,
``kinds_images``, ``kinds_pandas`` and ``kinds_keras`` hold the writing and the reading of each kind side by side. A
question's evidence is a folder:

- ``evidence.json``: ``{"format": 1, "question": id, "values": {name: node}, "others": {name: type}}``, and where a
  name has no value, ``"models": {name: {"config": …, "shapes": …}}`` with the notebook's models in outline
- ``0.npy``, ``1.npy``, …: the arrays of the nodes

A node is ``{"kind": …}`` with the fields of its kind:

- ``plain`` (None, a bool, an int, a float or a string), ``int`` (a large one, in hexadecimal), ``complex``, ``bytes``,
  ``range``, ``datetime``, ``date`` and ``duration`` hold their ``value``
- ``list``, ``tuple``, ``set``, ``frozenset`` and ``dict`` hold ``items``; or ``bare`` ones, of which ``dtype`` is the
  type where they are NumPy's numbers; or arrays as the ``rows`` of one
- ``array`` names its ``file``; ``objects`` holds the ``items`` of an array of objects and its ``shape``; ``tensor`` and
  ``ragged`` hold arrays
- ``made`` names the form that it is ``of`` and holds the ``parts`` of its value (``kinds_made``, and ``form``,
  ``forms`` and ``forms_sympy`` for those of libraries); ``namedtuple`` holds the ``name``, the ``fields``, and the
  ``items`` of a value or the ``defaults`` of a class
- ``annotation`` holds the ``parts`` of a type such as ``list[int]``, and its ``name`` in ``typing``
- pandas' ``series``, ``frame``, ``index``, ``multiindex``, ``rangeindex``, ``column``, ``timestamp``, ``timedelta``
  and ``na`` hold nodes
- ``image`` holds the ``pixels`` of one of Pillow's, its ``mode``, ``size``, ``palette`` and ``format``
- ``model`` and ``layer`` hold a Keras ``config`` and ``weights``, a model that was trained also the weights that it
  ``started`` with; ``history`` is the result of ``fit``; ``same`` is the model of another ``name`` of the question
- ``module`` has the ``name`` of a library, ``library`` the ``module`` and ``name`` of a function or class of one
- ``missing``, ``placeholder`` (``...``), ``callable`` and ``other`` say why a name has no value

What writes and reads them:

- ``nodes``: a value to nodes and back; ``kinds``: all kinds, by type and by name; ``libraries``: what may be named.
- ``arrays``: arrays in files; ``wire``: messages with arrays; ``training_request``: one to the trainer.
- ``zones``: time zones, in moments of Python and of pandas.
- ``inline``, ``shared`` and ``random_state``: what remote calls exchange.
- ``model_trainings``: how the models of this process were trained, for ``kinds_keras``; ``sampled_rows``: on what.
- ``definitions``: is a function still as students received it?
"""
