"""Builds a company's warehouse in memory: dbt compiles the models once, each replay runs their SQL anew."""

from .compiled import CompiledModel, CompiledWarehouse, compile_nodes, compiled_warehouse
from .replayed import Replayer, replay, replayer_of

__all__ = [
    "CompiledModel",
    "CompiledWarehouse",
    "Replayer",
    "compile_nodes",
    "compiled_warehouse",
    "replay",
    "replayer_of",
]
