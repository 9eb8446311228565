"""``wlra-exact verify``: the standalone verifier under another name, with the same output and exit codes.

Guarantee: nothing is added to ``wlra_exact.verify``, and nothing else of this package is imported for it.
"""

from __future__ import annotations

import click

__all__ = ["verify"]


@click.command(short_help="Check certificates with the independent verifier.")
@click.argument("certificates", nargs=-1, required=True, metavar="CERT...")
@click.option("--data", metavar="DIR", help="Folder of the files that certificates name. Default: beside each of them.")
@click.pass_context
def verify(ctx: click.Context, certificates: tuple[str, ...], data: str | None) -> None:
    """Check certificates: one line a file with verdict, bracket, size and time.

    The verifier shares no code with the solver and uses no floating point. It is one file of the standard library
    alone, so it also runs without this package: python -I -S wlra_exact/verify.py CERT...

    \b
    Verdicts:
      valid       the claimed bracket is proved
      invalid     a step or the claim fails its check
      malformed   the file is not a certificate
      incomplete  a step uses a rule this verifier does not know, or the
                  file of the data that the certificate names is not there

    Exit code over all files: 1 if one is invalid, else 2 if malformed, else 3 if incomplete, else 0.

    \b
    Example:
      wlra-exact verify hair_eye.json
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.verify import check_files

    ctx.exit(check_files(certificates, data))
