"""The tables, one module for each kind; pure: facts in, table out."""
