"""Builds Go programs and finds files of Go modules, from the pins in the recipe's folder."""

from pathlib import Path

from govcloud_infra.bundle import command, host, recipe


def arguments(build: recipe.GoBuild, program: recipe.GoProgram, output: Path) -> list[str]:
    """The arguments behind `go` that build one program, stripped, with its version told to the linker. Pure."""
    variables = {**build.variables, **program.variables}
    linker = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in variables.items())])
    return ["build", *_tags(build, program), "-ldflags", linker, "-o", str(output), program.package]


def fetch(go: Path, one: recipe.Recipe, shell: command.Shell) -> None:
    """Bring the sources of all programs into the module cache; each is checked against go.sum."""
    if one.go is None:
        return
    for program in one.go.programs.values():
        tags = _tags(one.go, program)
        shell.run([go, "list", "-deps", *tags, program.package], cwd=one.folder, env=host.go_environment(go))


def build(go: Path, one: recipe.Recipe, name: str, output: Path, shell: command.Shell) -> None:
    """Compile and link the program `name` of the recipe into `output`."""
    if one.go is not None:
        arguments_ = arguments(one.go, one.go.programs[name], output)
        shell.run([go, *arguments_], cwd=one.folder, env=host.go_environment(go))


def module_folder(go: Path, one: recipe.Recipe, module: str, scratch: Path, shell: command.Shell) -> Path:
    """The folder of a pinned module in the module cache (read-only), downloaded when it is not there."""
    environment = host.go_environment(go)
    shell.run([go, "mod", "download", module], cwd=one.folder, env=environment)
    answer = scratch / "module-folder"
    shell.write([go, "list", "-m", "-f", "{{.Dir}}", module], answer, cwd=one.folder, env=environment)
    return Path(answer.read_text().strip())


def _tags(build: recipe.GoBuild, program: recipe.GoProgram) -> list[str]:
    tags = [*build.tags, *program.tags]
    return ["-tags", ",".join(tags)] if tags else []
