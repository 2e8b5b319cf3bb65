"""The words that everything else speaks. Standard library only, no input or output."""
