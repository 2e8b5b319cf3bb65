"""The documents of an edition, each made whole from the typed tables; the same tables give the same bytes."""
