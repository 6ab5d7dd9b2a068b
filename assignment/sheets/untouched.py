# ---
# jupyter:
#   title: Untouched. The notebook as it was handed out.
# ---
