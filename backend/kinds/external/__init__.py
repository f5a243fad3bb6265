"""What somebody's own script records: never launched."""
