"""The rules of the content linter, a file for each family; ``content/check.py`` runs them all.

A rule is about what could be sent but should not be. What could not be sent at all is found when the content is loaded.
"""
