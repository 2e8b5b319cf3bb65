"""The stages of a file's way. Stages do not know each other; `ingest.judging` and `ingest.pipeline` join them."""
