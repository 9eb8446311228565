"""The float quarantine: descent, semidefinite proposals, factors.

Everything here returns candidates (NumPy arrays, or rationals made from them) and proves nothing. No other package
of the project touches a float.
"""
