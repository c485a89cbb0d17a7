"""The clinic's console: what nurses, administrators and auditors work with in a browser.

One folder a family of screens, each with its views, its forms and its templates; `console.py` puts them together, and
`access.py` says who may call which route.
"""
