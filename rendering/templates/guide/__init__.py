"""The guide's pages and scripts. A package only so that they are installed."""
