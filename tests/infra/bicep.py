"""What a Bicep compiler would say of names: a small checker over the syntax tree.

It knows nothing of resource types and their properties. It finds what does not parse, names that nobody declares, what is declared
twice or for nothing, modules and files that are not there, parameters that a module does not know or lacks, outputs that it has
not, a module that is deployed where its scope does not fit, and parameters in a .bicepparam file that its template does not know.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_bicep.language()))

# Of the functions that Bicep has ("Bicep functions", Microsoft Learn), those that are used here. A new one is added on purpose.
FUNCTIONS = set(
    "bool cidrSubnet concat contains empty environment filter guid int items join length listKeys loadJsonContent loadTextContent "
    "map readEnvironmentVariable resourceGroup split subscription subscriptionResourceId take tenant toLower toObject union "
    "uniqueString uriComponent".split()
)

DECORATORS = {"description", "minLength", "maxLength", "minValue", "maxValue"}

DECLARATIONS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}


@dataclass
class Declared:
    """Something that has a name."""

    kind: str
    name: str
    node: Node
    has_default: bool = False
    used: bool = False


@dataclass
class File:
    """One Bicep file, as far as names go."""

    path: Path
    source: bytes
    root: Node
    names: dict[str, Declared] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    scope: str = "resourceGroup"
    faults: list[str] = field(default_factory=list)

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode()

    def fault(self, node: Node, says: str) -> None:
        self.faults.append(f"{self.path}:{node.start_point[0] + 1}:{node.start_point[1] + 1}: {says}")

    def params(self) -> dict[str, Declared]:
        return {name: one for name, one in self.names.items() if one.kind == "param"}


def everything(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from everything(child)


def named(node: Node) -> list[Node]:
    return [child for child in node.children if child.is_named and child.type != "comment"]


def identifier(node: Node) -> Node:
    """The name in a declaration."""
    return next(child for child in named(node) if child.type in ("identifier", "compatible_identifier"))


def plain(file: File, node: Node) -> str:
    """The content of a text without anything in it to be filled in."""
    return file.text(node).strip("'")


def read(path: Path, source: bytes | None = None) -> File:
    """Parses a file, and lists what it declares."""
    source = path.read_bytes() if source is None else source
    file = File(path, source, PARSER.parse(source).root_node)
    for node in everything(file.root):
        if node.is_error or node.is_missing:
            file.fault(node, "syntax error")
    for node in everything(file.root):
        if node.type == "target_scope_assignment":
            file.scope = plain(file, named(node)[-1])
        elif kind := DECLARATIONS.get(node.type):
            declare(file, node, kind)
    return file


def declare(file: File, node: Node, kind: str) -> None:
    name = file.text(identifier(node))
    book = file.outputs if kind == "output" else file.names
    if name in book:
        file.fault(node, f"{name} is declared twice")
    has_default = kind == "param" and any(child.type == "=" for child in node.children)
    book[name] = Declared(kind, name, node, has_default)


def check(path: Path, source: bytes | None = None) -> list[str]:
    """Everything that is wrong with a file, and with how it uses others."""
    file = read(path, source)
    if file.faults:
        return file.faults  # Of a tree with holes in it nothing more can be said.
    visit(file, file.root, frozenset())
    for node in everything(file.root):
        if node.type == "module_declaration":
            check_module(file, node)
        elif node.type == "member_expression":
            check_output(file, node)
        elif node.type == "call_expression":
            check_loaded(file, node)
    for one in file.names.values():
        if one.kind in ("param", "var") and not one.used:
            file.fault(one.node, f"{one.kind} {one.name} is not used")
    return file.faults


def visit(file: File, node: Node, local: frozenset[str]) -> None:
    """Looks up each name that is used, within the loops and lambdas around it."""
    if node.type == "identifier":
        return refer(file, node, local)
    children = named(node)
    if node.type in DECLARATIONS:
        children.remove(identifier(node))
        # Types are checked by nobody here.
        children = [child for child in children if child.type not in ("type", "compatible_identifier")]
    elif node.type == "object_property" and children[0].type in ("identifier", "compatible_identifier"):
        children = children[1:]
    elif node.type == "for_statement":
        variables, children = loop(children)
        # What is gone through is outside of the loop.
        visit(file, children[0], local)
        children, local = children[1:], local | {file.text(variable) for variable in variables}
    elif node.type == "arguments":
        # The grammar takes `x => x.a` for `(x => x).a`, so a lambda's parameters hold for its whole argument.
        for child in children:
            visit(file, child, local | lambdas(file, child))
        return None
    elif node.type == "lambda_expression":
        children = children[-1:]
    for child in children:
        visit(file, child, local)
    return None


def loop(children: list[Node]) -> tuple[list[Node], list[Node]]:
    """The variables of a loop, and the rest: what it goes through, and its body."""
    if children[0].type == "for_loop_parameters":
        return named(children[0]), children[1:]
    return children[:1], children[1:]


def lambdas(file: File, node: Node) -> set[str]:
    found = [one for one in everything(node) if one.type == "lambda_expression"]
    return {file.text(parameter) for one in found for parameter in everything_named(one, "identifier")[:1]}


def everything_named(node: Node, kind: str) -> list[Node]:
    return [one for one in everything(node) if one.type == kind]


def refer(file: File, node: Node, local: frozenset[str]) -> None:
    name = file.text(node)
    is_call = file.source[node.end_byte :].lstrip()[:1] == b"("
    if is_call:
        if name not in FUNCTIONS | DECORATORS:
            file.fault(node, f"{name} is no function that is known here")
    elif name in file.names:
        file.names[name].used = True
    elif name not in local:
        file.fault(node, f"{name} is not declared")


def body(node: Node) -> Node | None:
    """The object of a module, within its loop and condition."""
    objects = [child for child in named(node) if child.type == "object"]
    if objects:
        return objects[0]
    within = [child for child in named(node) if child.type in ("for_statement", "if_statement")]
    return body(within[-1]) if within else None


def properties(file: File, node: Node) -> dict[str, Node]:
    found = {}
    for one in named(node):
        if one.type == "object_property":
            parts = named(one)
            found[file.text(parts[0]).strip("'")] = parts[-1]
    return found


def module_file(file: File, node: Node) -> Path:
    return file.path.parent / plain(file, next(child for child in named(node) if child.type == "string"))


def check_module(file: File, node: Node) -> None:
    path, inside = module_file(file, node), body(node)
    if not path.is_file():
        return file.fault(node, f"there is no file {path}")
    if inside is None:
        return file.fault(node, "a module without a body")
    module, own = read(path), properties(file, inside)
    if "name" not in own:
        file.fault(node, "a module without a name: older compilers want one")
    if module.scope != file.scope and "scope" not in own:
        file.fault(node, f"{path.name} is for a {module.scope}, and this file for a {file.scope}: it needs a scope")
    given = set(properties(file, own["params"])) if "params" in own else set()
    params = module.params()
    for name in sorted(given - params.keys()):
        file.fault(node, f"{path.name} has no param {name}")
    for name in sorted(name for name, one in params.items() if not one.has_default and name not in given):
        file.fault(node, f"{path.name} is not given its param {name}")
    return None


def check_output(file: File, node: Node) -> None:
    """`module.outputs.name`, with an index or an exclamation mark behind the module."""
    parts = re.fullmatch(r"(\w+)(?:\[[^\]]*\])?!?\.outputs\.(\w+)", file.text(node))
    if not parts:
        return
    one = file.names.get(parts[1])
    if one is None or one.kind != "module":
        return
    path = module_file(file, one.node)
    if path.is_file() and parts[2] not in read(path).outputs:
        file.fault(node, f"{path.name} has no output {parts[2]}")


def check_loaded(file: File, node: Node) -> None:
    parts = re.fullmatch(r"load(Json|Text)Content\('([^']*)'\)", file.text(node))
    if not parts:
        return
    path = file.path.parent / parts[2]
    if not path.is_file():
        return file.fault(node, f"there is no file {path}")
    if path.suffix == ".json":
        try:
            json.loads(path.read_text())
        except ValueError as error:
            file.fault(node, f"{path} is no JSON: {error}")
    return None


def check_params(path: Path) -> list[str]:
    """A .bicepparam file. The grammar does not know it, so each param is read as a variable."""
    text = path.read_text()
    using = re.search(r"^using '([^']+)'$", text, re.MULTILINE)
    if not using:
        return [f"{path}: names no template (using '….bicep')"]
    rewritten = re.sub(r"^using .*$", "", text, flags=re.MULTILINE)
    file = read(path, re.sub(r"^param ", "var ", rewritten, flags=re.MULTILINE).encode())
    if file.faults:
        return file.faults
    visit(file, file.root, frozenset())
    params = read(path.parent / using[1]).params()
    for name, one in file.names.items():
        if name not in params:
            file.fault(one.node, f"{using[1]} has no param {name}")
    for name in sorted(name for name, one in params.items() if not one.has_default and name not in file.names):
        file.fault(file.root, f"{using[1]} is not given its param {name}")
    return file.faults
