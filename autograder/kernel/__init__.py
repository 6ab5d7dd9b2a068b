"""The student's side: everything that runs beside student code.

The grader starts it by name, and nothing imports it. It imports only the rooms that both sides share: ``evidence``,
``networks``, ``datasets``, ``sandbox``, ``messages``, ``errors`` and ``files``. The sandbox shows student code these
rooms and no other. Nothing here decides a mark: whatever a student makes it send is checked on the other side.

- ``serve``: the kernel, forked or started, on the sockets of ``kernelapp``; ``streams``: what its cells print.
- ``otter``: what ``import otter`` gives; ``recorder``: writes evidence; ``send``: sends it.
- ``rpc_server``, with ``rpc_operations``, ``rpc_values``, ``rpc_errors``, ``printed`` and ``conversation``: what test
  cases do with functions and objects of a student; ``call_limit``: how long; ``event_loop``: beside the kernel's.
- ``fit_hook``, ``fit_request`` and ``trainer_client``: trainings, asked of the trainer; ``first_weights``: where they
  begin; ``budget``: their caps; ``keras_hooks``, ``given_pixels`` and ``loop_batches``: what is noted of the others.
- ``magics`` and ``stand_ins``: notebooks without a person, Colab or Otter.
- ``figures``, ``canvas`` and ``layouts``: figures, drawn once.
"""
