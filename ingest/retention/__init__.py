"""What has come to its end is destroyed, and stays so (contract §12, ADR 13).

Decided (a row of `destruction`) → listed (`home/destructions.jsonl`) → files overwritten and removed → rows deleted →
the database's own files rewritten → told. A crash at any step is taken up at the next pass.
"""

from ingest.retention.restoring import apply_destructions

__all__ = ["apply_destructions"]
