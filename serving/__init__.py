"""Questions to the published copy of the marts, one module per subject: every reader asks here, nobody opens it itself.

Answers are data frames with the columns that the docstring names, rows by column name, or dataclasses. Nothing is kept
between two questions, and no publication holds a ciphertext.
"""
