"""Fields that the forms of several kinds share."""
