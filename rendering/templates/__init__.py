"""Templates of the pages and of the mails; a package so that they travel in the wheel."""
