"""`python -m tala`: the same as the command `tala`."""

from tala.cli.main import app

app(prog_name="tala")
