"""Tala: a spoken complaint becomes a tracked case."""

__version__ = "0.1.0"
