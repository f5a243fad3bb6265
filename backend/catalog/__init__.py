"""What can be run, as data. Code is named "module:attribute" and imported only in a driver."""
