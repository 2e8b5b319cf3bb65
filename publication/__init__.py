"""What is published: tables, editions, distribution. Not built yet; see the status table in the README."""
