"""From a master notebook to everything else: building, validating and calibrating an assignment.

- ``master``: the notebook as its author wrote it; ``configuration``, ``question_settings``, ``otter_settings``,
  ``settings_text`` and ``packages``: its settings.
- ``build``: everything that is generated; ``otter_assign``, ``test_files``, ``test_cases`` and ``solution_names``:
  through Otter Assign; ``notebooks``: their form; ``doubts``: what is probably a mistake.
- ``new``: a first assignment, from the files in ``start/``; ``imported`` and ``otter_output``: one that Otter made;
  ``nbgrader_source``: one that was nbgrader's.
- ``student_assignment`` and ``public_tests``: one for a preview, of what a student received.
- ``validate``: is it sound? ``calibration/``: which accuracies may be asked; ``fairness/``: are its test cases fair?
"""
