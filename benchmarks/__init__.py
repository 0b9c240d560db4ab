"""What the performance page measures: `make bench`. Each row is a ratio to a bare baseline run beside it."""
