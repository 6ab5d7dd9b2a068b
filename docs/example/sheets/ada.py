# ---
# jupyter:
#   title: Everything right, in a style of its own.
# ---

# %% total
total = sum(rain.rain)

# %% wettest
ordered = rain.sort_values("rain")
wettest = int(ordered.month.iloc[-1])
share = ordered.rain.iloc[-1] / total

# %% inches
inches = lambda mm: mm / 25.4

# %% [markdown] season
# Hardly. July to November bring 381 of 800 mm, which is 48 % of the rain in 42 % of the months.
