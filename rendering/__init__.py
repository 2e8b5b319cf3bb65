"""How we write: French numbers and dates, escaping for every target, the answer model, the templates."""
