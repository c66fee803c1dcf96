"""The command line. One line a command; what a command needs is imported when it runs."""

import typer

from agents.commands import COMMANDS

app = typer.Typer(
    name="p3",
    help="dbcrew: a database team that works in your GitHub issues.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    # Panels drawn by rich take longer to load than everything else that --help needs.
    rich_markup_mode=None,
)
for name, command in COMMANDS.items():
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)

if __name__ == "__main__":
    app(prog_name="./p3")
