"""What people and other systems see of the gradebook: feedback, the report of the class, tables, files for an LMS.

- ``output``: the folder of them all; ``folders``: each submission's folder in it.
- ``feedback``: for a student; ``wording`` and ``comment``: in which words; ``notebook``: as it ran; ``formulas``.
- ``class_report``, with ``heat_map`` and ``accuracies``: for those who teach; ``course``: for several assignments.
- ``csv``, ``current_grades`` and ``workbook``: tables; ``gradescope``: its format.
- ``handback``: marks for an LMS; ``sent``: those that it has.
- ``pages``: the one environment of all pages, with ``templates/`` and ``static/``.
"""
