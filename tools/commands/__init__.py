"""The commands of ``neo``, a file each."""
