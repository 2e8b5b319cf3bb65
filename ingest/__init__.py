"""The service: everything that touches the disk, the database and the network."""
