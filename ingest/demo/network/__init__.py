"""A fictional national network: five platforms, some forty CIL/CCI (package data; import it like any register)."""
