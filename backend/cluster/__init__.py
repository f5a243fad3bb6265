"""Ray from outside: starting, finding and ending a head, and its Jobs API over HTTP. Never a Ray driver."""
