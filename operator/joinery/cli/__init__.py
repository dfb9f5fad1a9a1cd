"""``joinery`` and ``kubectl joinery``: the command line. Each subcommand is a file in ``commands``."""
