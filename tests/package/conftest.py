from tests.support.cli_process import INSTALLED

# Only `make package` builds and installs what is looked at here; a plain run leaves it out.
collect_ignore_glob = [] if INSTALLED else ["test_*.py"]
