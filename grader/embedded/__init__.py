"""The service on one machine: starts Redis, the worker and the API, and ends them together."""
