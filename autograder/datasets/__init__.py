"""The datasets that networks are trained and measured on: where they come from, and their arrays.

- A dataset has a name in ``course.toml``. It is one of ``keras.datasets``, or a file that the assignment ships.
- Its file is one ``.npz`` of plain arrays (``npz``), of any shape, or a ``table`` in CSV. Nothing in it is ever
  unpickled: what Keras publishes (``built_in``) as a pickle is converted once, by a command (``convert``).
- ``find`` resolves each outside the sandbox: ``--data``, the cache of Keras, that of the grader, a ``download`` (only
  MNIST), or generated ``digits`` in place of MNIST. What is in none of these places is an error that says where to put
  it.
- A resolved ``Dataset`` is a value: name, file, digest, and the ``kind`` whose thresholds hold (its name, or
  ``stand-in``). Whoever works with data is handed the files by name.
- A fork server loads ``arrays`` once (``preload``), for all processes that it forks. In kernels, the functions of
  ``keras.datasets`` give copies of them (``networks.keras_datasets``); only those datasets enter a kernel.
- ``overlap`` says how many of some images are images of the test set.
"""
