"""Defences that several attacks take out."""

from weakened import Weakening, dropped

NO_SECCOMP = Weakening(drop=dropped("--seccomp *"))
NO_PROFILE = Weakening(
    drop=dropped("--security-opt seccomp=*"), first=("--security-opt", "seccomp=unconfined")
)
AS_ROOT = dropped("--unshare-user", "--uid *", "--gid *", "--disable-userns", "--cap-drop ALL")
"""bubblewrap without a user namespace, started by root: the guest is root with all capabilities."""
ROOT_IN_CONTAINER = dropped("--user *", "--cap-drop ALL")
