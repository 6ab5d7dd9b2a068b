# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# export_cell: false
# generate: false
# files:
#     - rain.csv
# tests:
#     ok_format: false

# %% [markdown]
# # A year of rain
#
# `rain.csv` has the rain of each month of a made-up year, in millimetres.

# %%
import pandas as pd

rain = pd.read_csv("rain.csv")

# %% [raw]
# # BEGIN QUESTION
# name: total
# points: 2

# %% [markdown]
# **1.** How much rain fell in the year? Put the sum into `total`.

# %% [raw]
# # BEGIN SOLUTION

# %%
total = rain["rain"].sum()  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_total_is_a_number(total):
    assert total > 0, f"`total` should be above 0, found {total!r}"

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1.5
""" # END TEST CONFIG
def test_total(total, expect):
    expect.whole(total, 800, "total")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: wettest
# points: 2

# %% [markdown]
# **2.** Which month (a number from 1 to 12) was the wettest, and what share of the year's rain fell in it?

# %% [raw]
# # BEGIN SOLUTION

# %%
wettest = rain.loc[rain["rain"].idxmax(), "month"]  # SOLUTION
share = rain["rain"].max() / total  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_wettest_is_a_month(wettest):
    assert wettest in range(1, 13), f"`wettest` should be from 1 to 12, found {wettest!r}"

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_wettest(wettest, expect):
    expect.whole(wettest, 10, "wettest")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_share(share, expect):
    expect.number(share, 83 / 800, "share")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: inches
# points: 2

# %% [markdown]
# **3.** Write a function `inches` that turns millimetres into inches; an inch has 25.4 of them.

# %% [raw]
# # BEGIN SOLUTION

# %%
def inches(millimetres):
    return millimetres / 25.4  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_an_inch(inches):
    assert inches(25.4) == 1, f"`inches(25.4)` should be 1, found {inches(25.4)!r}"

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1.5
""" # END TEST CONFIG
def test_other_lengths(inches, expect):
    for millimetres in (0, 127, 800):
        expect.number(inches(millimetres), millimetres / 25.4, f"inches({millimetres})")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: season
# manual: true
# points: 4

# %% [markdown]
# **4.** Is there a rainy season? Answer in two or three sentences, and name figures.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Barely: it rains in each month. July to November have 381 of the 800 mm, 48 % in five of twelve months, the wettest of
# them (October, 83 mm) less than twice what the driest has (February, 47 mm).

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
