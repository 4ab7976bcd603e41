"""Rules: taxonomy, lifecycle, clocks, numbers. No I/O, no clock."""
