"""Reading stage: the bytes of a bill become canonical lines, exactly or not at all."""

from .bill import LINE_COLUMNS, Bill, Context, Control, Problem, RefusedError, Unknown

__all__ = ["LINE_COLUMNS", "Bill", "Context", "Control", "Problem", "RefusedError", "Unknown"]
