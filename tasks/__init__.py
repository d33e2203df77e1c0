"""Celery around `grader.work`: its apps, their settings, and the processes of a worker."""
