"""Code as its languages read it: the syntax of Bicep and of HCL, each within a whole resource."""

from collections.abc import Iterator
from typing import Any

import hcl2
import tree_sitter
import tree_sitter_bicep

from checks import Wrong

BICEP = """\
resource gateway 'Microsoft.Network/applicationGateways@2025-07-01' = {{
  name: 'agw-prod'
  location: resourceGroup().location
  properties: {{
{}
  }}
}}
"""
TERRAFORM = """\
resource "azurerm_application_gateway" "gateway" {{
  name = "agw-prod"
{}
}}
"""


def bicep(properties: str) -> list[str]:
    """Properties of a gateway: the strings in them, once their syntax is found to be right."""
    text = BICEP.format(properties).encode()
    root = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language())).parse(text).root_node
    nodes = list(_all(root))
    for node in nodes:
        if node.is_error or node.is_missing:
            raise Wrong(f"line {node.start_point[0] + 1} is no Bicep:\n{text.decode()}")
    return [node.text.decode().strip("'") for node in nodes if node.type == "string"]


def terraform(blocks: str) -> dict[str, list[dict[str, Any]]]:
    """Blocks of a gateway, by their kind."""
    options = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False, explicit_blocks=False)
    read = hcl2.loads(TERRAFORM.format(blocks), serialization_options=options)
    ((_, named),) = read["resource"][0].items()
    ((_, gateway),) = named.items()
    return {kind: found for kind, found in gateway.items() if isinstance(found, list)}


def _all(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from _all(child)
