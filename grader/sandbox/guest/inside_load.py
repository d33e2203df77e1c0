"""Executed in the kernel by the first, silent request, with CONFIG among its globals.

Our modules are taken out of `sys.modules` and our folder out of `sys.path` again, so that no name
of ours hides one of the student's. They live on in what they installed.
"""

import sys

_FOLDER = CONFIG["guest"]  # noqa: F821 - given by the request
sys.path.insert(0, _FOLDER)
try:
    from inside_agent import install

    install(CONFIG)  # noqa: F821 - given by the request
finally:
    sys.path.remove(_FOLDER)
    for _name in [name for name in sys.modules if name.startswith(("inside_", "shared_"))]:
        del sys.modules[_name]
