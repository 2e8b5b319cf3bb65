"""What a table suffers from, told as one root cause instead of its symptoms."""
