"""`govcloud completion`."""

import click

_COMPLETE = "_GOVCLOUD_COMPLETE"


@click.command(epilog="Example: govcloud completion bash > ~/.local/share/bash-completion/completions/govcloud")
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and site files of govcloud.

    \b
    bash:  eval "$(govcloud completion bash)"     in ~/.bashrc
    zsh:   eval "$(govcloud completion zsh)"      in ~/.zshrc, after compinit
    fish:  govcloud completion fish | source      in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from govcloud_cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"this version of click knows no completion for {shell}")
    click.echo(kind(cli, {}, "govcloud", _COMPLETE).source())
