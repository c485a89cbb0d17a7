"""The same posts by other schedulers, each as its manual has it, in an environment of their own that is thrown away.

`make bench-peers` runs `__main__`; the peers' scripts are beside it and know nothing of our packages, which are not
installed where they run. None of them is a dependency of the project: `requirements.txt` has them, with hashes, made
from `requirements.in` by `uv pip compile --universal --generate-hashes`.
"""
