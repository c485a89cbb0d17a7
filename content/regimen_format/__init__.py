"""The format of regimen files (docs/regimens.md): its types, its small notations, its reader and its judge.

`model.py` says what a regimen is; `notation.py` reads "1-21, 28", "mon-fri", "21 days"; `regimen.py` and `sections.py`
turn a TOML table into a regimen; `judge.py` finds what no single line can show. `content.regimens` is the way in.
"""
