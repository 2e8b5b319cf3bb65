"""What is published: tables as pure functions of facts, their documents, their editions (contract §10)."""
