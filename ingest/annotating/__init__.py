"""Annotated copies: `client.Annotator` asks, a limited child opens the untrusted workbook and writes the copy.

Its process is its own, so that the reading children stay small; the machinery is `ingest.limited`, what is written
comes decided and worded in a `rendering.workbooks.annotation.AnnotationPlan`.
"""
