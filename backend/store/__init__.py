"""What is kept: runs, trials, series of points, events. One database, read and written only from here."""
