"""`tala demo`: believable cases to try Tala out with. Nobody in them exists."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import terminal

if TYPE_CHECKING:
    from tala.services.context import Context


def demo(
    cases: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many.")] = 25,
    bulk: Annotated[
        bool,
        typer.Option(
            "--bulk", help="Write rows directly, for measuring with very many; one receipt opens all."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Another number makes other cases.")] = 0,
    as_json: terminal.AsJson = False,
) -> None:
    """Make up cases, file them and work on them, as far back as they would have come in."""

    async def work(ctx: "Context") -> Any:
        from tala.services import demo as made_up
        from tala.services import demo_bulk

        with terminal.progress() as bar:
            task = bar.add_task("Filing", total=cases)

            def told(done: int) -> None:
                bar.update(task, completed=done)

            if bulk:
                return await demo_bulk.make_bulk(ctx, cases, seed=seed, progress=told)
            return await made_up.make_cases(ctx, cases, seed=seed, progress=told)

    with terminal.exits(as_json):
        made = terminal.run_async(work)
    if bulk:
        if as_json:
            terminal.answer({"cases": cases, "receipt_secret": made})
        else:
            print(f"{cases} cases; this receipt opens each of them: {made}")
        return
    for one in made:
        if as_json:
            terminal.answer(one.model_dump(mode="json"))
        else:
            print(f"{one.ctn}  {one.state:<22} receipt {one.receipt_secret}")
