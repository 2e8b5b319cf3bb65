"""Reading: from an untrusted file's path to text tables, in a child process with limits.

The service talks to `client.Reader`; it gets back a `raw.RawFile` (one Arrow stream per visible sheet) or a
`raw.Unreadable` (why, in one word). Everything that touches the bytes of the file runs in `child`, forked per
file from `server`, and imports nothing but the standard library, pyarrow and the readers.
"""
