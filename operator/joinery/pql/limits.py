"""How much a query may hold. Source: spec 2, *Grammar*.

The limits keep every later step small: what the parser accepts, the store can compile.
"""

MAX_BYTES = 16 * 1024  # of UTF-8, as written; what templates bind is counted by MAX_BOUND
MAX_NESTING = 64  # parentheses, one inside the other
MAX_CLAUSES = 256
MAX_SORT_KEYS = 32
MAX_BOUND = 10_000  # values that templates bind in one query, each element of a list counted
MAX_PROBLEMS = 100  # reported of one query: nobody reads more
