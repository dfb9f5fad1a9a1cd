"""One open parenthesis while its clauses are being read, and what it comes to when it closes."""

from __future__ import annotations

from dataclasses import dataclass, field

from joinery.pql.ast import AndNode, Clause, Node, NotNode, OrNode, Raw, ValuesOperand

ANY = "_any_"


@dataclass(slots=True)
class Group:
    """One open parenthesis, or the query itself: the alternatives done, and the conjunction being read."""

    start: int
    negated: bool = False
    done: list[Node | None] = field(default_factory=list)
    items: list[Node | None] = field(default_factory=list)

    def close(self) -> Node | None:
        """The group as one node; None when `_any_` or mistakes left nothing in it."""
        alternatives = [node for node in (*self.done, joined(self.items)) if node is not None]
        node: Node | None
        match alternatives:
            case []:
                return None
            case [node]:
                pass
            case _:
                node = OrNode(tuple(alternatives))
        return NotNode(node) if self.negated else node


def joined(items: list[Node | None]) -> Node | None:
    kept = [node for node in items if node is not None]
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else AndNode(tuple(kept))


def is_any(clause: Clause) -> bool:
    """``field: _any_`` filters nothing, wherever it stands: it is taken out."""
    match clause.operand:
        case ValuesOperand((Raw((str(text),), quoted=False),), or_nil=False):
            return text == ANY and not clause.negated
        case _:
            return False
