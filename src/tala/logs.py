"""Logs: one line an event, ids and numbers only, never what somebody said or who they are."""

import logging
import sys
from typing import Any

import structlog

from tala.settings import Settings

# Libraries that say at "info" what Tala says better, or that would quote addresses.
_QUIETER = ("alembic", "arq", "asyncio", "faster_whisper", "httpx", "httpcore", "sqlalchemy", "_granian")


def configure(settings: Settings, *, stream: Any = None) -> None:
    """Write logs to stderr: for people on a terminal, as JSON elsewhere."""
    stream = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    interactive = bool(getattr(stream, "isatty", lambda: False)())
    if interactive:
        # Plain tracebacks: rich ones print the values of variables, which may be somebody's words.
        last: Any = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    else:
        shared.append(structlog.processors.format_exc_info)
        last = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
