"""Hands notebooks in to a running service, and follows them."""

from grader.client.account import Account, keep, kept
from grader.client.client import Client
from grader.client.following import follow
from grader.client.interface import Standing, Told
from grader.client.listener import require_ours

__all__ = ["Account", "Client", "Standing", "Told", "follow", "keep", "kept", "require_ours"]
