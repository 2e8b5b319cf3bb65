"""Mail that arrives for us: read from a folder, told apart, kept.

`mime` and `reports` look at hostile bytes and never raise; `judging` says what a mail is; `folder` takes it in.
"""
