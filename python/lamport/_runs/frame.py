"""Tables of other libraries as those of pandas."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import pandas as pd

__all__ = ["Arrow", "Table", "as_frame"]


class Arrow(Protocol):
    """A table of any library that exports Arrow data."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


Table: TypeAlias = pd.DataFrame | Mapping[Any, Any] | Sequence[Mapping[Any, Any]] | Arrow
"""What is taken for a table."""


def as_frame(table: Any, what: str) -> pd.DataFrame:
    """Return a table of pandas, polars, pyarrow or duckdb, or a mapping of columns, as one of pandas.

    Parameters
    ----------
    table : DataFrame, mapping of columns, list of mappings, or anything that exports Arrow data
        The table.
    what : str
        What it should be, for messages.

    Raises
    ------
    TypeError
        It is not a table.
    ImportError
        It is not of pandas, and pyarrow is missing.
    """
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, Mapping) or (
        isinstance(table, list | tuple) and all(isinstance(row, Mapping) for row in table)
    ):
        try:
            return pd.DataFrame(table)
        except ValueError as error:
            raise ValueError(f"a mapping is not {what}: give lists of one length ({error})") from None
    if hasattr(table, "__arrow_c_stream__"):
        try:
            import pyarrow as pa
        except ImportError as error:
            raise ImportError(
                f"{_kind(table)} is read with pyarrow: pip install pyarrow, or give a pandas DataFrame"
            ) from error
        given = pa.table(table)
        plain = pa.schema([field.with_type(_plain(pa, field.type)) for field in given.schema])
        frame: pd.DataFrame = given.cast(plain).to_pandas()
        return frame
    raise TypeError(
        f"{_kind(table)} is not {what}: give a DataFrame of pandas or polars, a table of "
        "pyarrow or duckdb, or a mapping of columns"
    )


def _plain(pa: Any, kind: Any) -> Any:
    """Return the type that pandas takes in place of texts by reference, as polars has them in lists."""
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_list(kind):
        return pa.list_(_plain(pa, kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain(pa, kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(pa, field.type)) for field in kind])
    return kind


def _kind(value: object) -> str:
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
