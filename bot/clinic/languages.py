"""The languages of the console, each by its own name. Those of patients are content's."""

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}
