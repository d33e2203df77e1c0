"""Celery: the app, its settings, and tasks that only call `grader.work`."""
