"""The demonstration: a fictional network, its deposits, and the story that plays them (`guichet demo`)."""
