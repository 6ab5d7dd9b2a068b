# ---
# jupyter:
#   title: A misspelt column, the cell raises, and what follows does without its answer.
# ---

# %% total
total = rain["rian"].sum()

# %% wettest
wettest = rain["rain"].idxmax()
share = rain["rain"].max() / rain["rain"].sum()

# %% inches
def inches(millimetres):
    return millimetres / 25.4

# %% [markdown] season
# October is the wettest month with 83 mm.
