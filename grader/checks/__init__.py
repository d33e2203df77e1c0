"""The families of checks, one file each.

Nothing is imported here: an assignment without models starts without torch.
"""
