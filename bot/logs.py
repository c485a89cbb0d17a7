"""The log: one line for each thing worth knowing, ids only. A patient's words and number never stand in it."""

import logging
import traceback


def configure_logging() -> None:
    """Write the log to standard error, from the level INFO on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def log_fault(log: logging.Logger, what: str, error: BaseException) -> None:
    """Write an error with its kind and its places in the code. Its message stays out: it may quote a patient."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, places)
