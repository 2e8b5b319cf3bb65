"""The « Suivi des échéances » (D9): the page, the picture, the sheet, and the words that they share with the mails."""
