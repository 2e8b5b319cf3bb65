"""What is published. Built by a later issue; see the status table in the README."""
