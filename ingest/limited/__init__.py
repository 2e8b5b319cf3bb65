"""Work on untrusted bytes in a process of its own: `client` asks, `server` forks one `child` a request, under limits.

What is done there is a `Job`: reading (`ingest.reading`) or annotating (`ingest.annotating`). Standard library only.
"""
