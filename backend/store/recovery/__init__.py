"""What is done about a database that is damaged or gone: looking, copies, and saving what can be read."""
