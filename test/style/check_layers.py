"""Every #include against src/LAYERS: who may include whom, and what is private to a folder."""

import os
import re
import sys

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def read_layers(root):
    """Layer name -> set of layers it may include; '*' means all but decoder."""
    layers, faults = {}, []
    for number, line in enumerate(tree.text(root, "src/LAYERS").splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        name, _, below = (part.strip() for part in line.partition(":"))
        allowed = set(layers) if below == "*" else set(below.split())
        for unknown in sorted(allowed - set(layers)):
            faults.append(f"src/LAYERS:{number}: {name} names {unknown}, which is not above it")
        layers[name] = (allowed | {name}) - ({"decoder"} - {name})
    return layers, faults


def fault_of_include(layers, path, target):
    """Why `path` may not include `target`, or None."""
    own = path.split("/")[1]
    layer, *rest = target.split("/")
    if not rest:
        return "includes are written from src/, as \"layer/file.h\""
    if layer == "assay":
        return None
    if layer not in layers:
        return f"{layer} is no layer of src/LAYERS"
    if layer == "decoder" and own != "decoder":
        return "nobody includes the decoder: it is another process"
    if layer not in layers[own]:
        return f"{own} may not include {layer}"
    if target.endswith("_impl.h") and os.path.dirname(target) != os.path.dirname(path[4:]):
        return "*_impl.h is private to its folder"
    if own == "flow" and layer == "flow" and len(rest) > 1 and rest[0] != path.split("/")[2]:
        if len(path.split("/")) > 3:
            return "a step of flow includes flow/flow.h, never another step"
    return None


def check(root):
    layers, faults = read_layers(root)
    for path in tree.files(root):
        if not path.endswith((".c", ".h", ".inc")):
            continue
        if not path.startswith(("src/", "include/")):
            continue
        source = tree.without_comments(tree.text(root, path))
        if path.startswith("src/") and path.split("/")[1] not in layers:
            faults.append(f"{path}: its folder is not in src/LAYERS")
            continue
        for match in INCLUDE.finditer(source):
            quote, target = match.groups()
            where = f"{path}:{tree.line_of(source, match.start())}"
            if path.startswith("include/"):
                if quote == '"' and not target.startswith("assay/"):
                    faults.append(f"{where}: an installed header includes {target}")
            elif quote == '"':
                fault = fault_of_include(layers, path, target)
                if fault:
                    faults.append(f"{where}: {fault} ({target})")
    return faults


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1] if len(sys.argv) > 1 else "."), "layers are kept"))
