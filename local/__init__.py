"""The two commands, `bin/up` and `bin/test`: everything that a laptop needs and production never sees."""
