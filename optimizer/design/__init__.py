"""What can be built from a die: knobs, their finite domains, exact quantities of a design."""

from optimizer.design.boards import Board, boards_of
from optimizer.design.design import Design, fuse_map
from optimizer.design.memory import MemoryOption
from optimizer.design.space import DesignSpace, Incomplete, build_space

__all__ = [
    "Board",
    "Design",
    "DesignSpace",
    "Incomplete",
    "MemoryOption",
    "boards_of",
    "build_space",
    "fuse_map",
]
