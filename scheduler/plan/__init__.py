"""The course of treatment as pure functions of a regimen, a start date and its changes; imports content alone."""
