"""`python -m zhichao` is the command `zhichao`."""

from zhichao.cli import main

main()
