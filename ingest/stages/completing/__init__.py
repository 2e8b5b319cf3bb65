"""Correction kits: given back with the answer, recognised when they come back, merged with what was accepted."""
