# ---
# jupyter:
#   title: Half done.
# ---

# %% total
total = rain["rain"].sum()
