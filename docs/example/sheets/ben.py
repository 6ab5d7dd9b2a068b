# ---
# jupyter:
#   title: The mean for the sum, and a rounded function.
# ---

# %% total
total = rain["rain"].mean()

# %% wettest
wettest = 10
share = 83 / 800

# %% inches
def inches(millimetres):
    return round(millimetres / 25.4)

# %% [markdown] season
# Yes, in autumn.
