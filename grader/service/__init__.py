"""The HTTP API: parse, call, render. Starts without torch."""
