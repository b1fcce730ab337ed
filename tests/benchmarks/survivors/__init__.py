"""Which small changes of the source no test notices (mutation testing)."""
