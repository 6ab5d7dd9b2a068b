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
# tests:
#     ok_format: false

# %% [markdown]
# # A tiny assignment

# %%
given = 6

# %% [raw]
# # BEGIN QUESTION
# name: total
# points: 1

# %% [markdown]
# **1.** Add the numbers 1 to 3.

# %% [raw]
# # BEGIN SOLUTION

# %%
numbers = [1, 2, 3]  # SOLUTION
total = sum(numbers)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.25
""" # END TEST CONFIG
def test_is_a_number(total):
    assert isinstance(total, int), f"expected a whole number, found {total!r}"

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 0.75
""" # END TEST CONFIG
def test_value(total, expect):
    expect.whole(total, 6, "total")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: table
# points: 1

# %% [markdown]
# **2.** Put 0 to 5 in two rows.

# %% [raw]
# # BEGIN SOLUTION

# %%
import numpy as np

table = np.arange(6).reshape(2, 3)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_shape(table):
    assert table.shape == (2, 3), f"expected two rows of three, found shape {table.shape}"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: square
# points: 1

# %% [markdown]
# **3.** Write a function.

# %% [raw]
# # BEGIN SOLUTION

# %%
def square(x):
    return x * x  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_square(square):
    assert square(3) == 9, f"expected 9 for square(3), found {square(3)!r}"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: why
# manual: true
# points: 2

# %% [markdown]
# **4.** Why?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Because six is the sum.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: again
# points: 1

# %% [markdown]
# **5.** Ten times the total.

# %% [raw]
# # BEGIN SOLUTION

# %%
value = total * 10  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_value(value, expect):
    expect.whole(value, 60, "value")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
