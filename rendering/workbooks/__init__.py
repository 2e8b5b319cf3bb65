"""Workbooks that we hand out: templates, annotated copies, correction kits."""
