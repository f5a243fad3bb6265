"""Finding runs: the query language, what it asks the database, and what runs are found by."""
