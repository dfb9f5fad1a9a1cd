"""The options of every command that can ask a cluster, written once, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

Kubeconfig: TypeAlias = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="PATH", help="A kubeconfig; else KUBECONFIG, as kubectl does.")
]
Context: TypeAlias = Annotated[str | None, typer.Option("--context", metavar="NAME", help="A context of it.")]
LiveNamespace: TypeAlias = Annotated[
    str | None, typer.Option("--namespace", "-n", help="The namespace; else that of the kubeconfig's context.")
]

OperationPaths: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH", help="The Operation, as with -f; or its name in the cluster."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which cluster and namespace the caller named; None is what the kubeconfig says."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether a cluster was asked for by name."""
        return self.kubeconfig is not None or self.context is not None

    def refuse(self, why: str) -> None:
        """A usage error where a cluster was named and none is asked."""
        if self.is_given:
            hint = "'--kubeconfig'" if self.kubeconfig is not None else "'--context'"
            raise typer.BadParameter(why, param_hint=hint)
