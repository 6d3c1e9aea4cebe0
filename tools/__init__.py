"""What an operator types: the ``neo`` command and its sub-commands."""
