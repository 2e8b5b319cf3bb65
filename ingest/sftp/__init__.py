"""The built-in SFTP server: its own process, which never opens the database (house plan).

The daemon talks to it through `supervisor`, and reads what it leaves behind through `closes`
(proof of receipt time) and `staging` (transfers that were never finished).
"""
