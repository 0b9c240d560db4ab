"""Requests to addresses that people typed or other services named: guarded against private addresses."""
