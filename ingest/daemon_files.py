"""Names of the files by which the service shows that it is there."""

RUN = "run.json"
"""Written when everything listens: `{"pid", "started_at", "sftp": {"host", "port", "fingerprint"}}` (contract §3)."""
HEARTBEAT = "heartbeat.json"
