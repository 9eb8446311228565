"""The tool that wrote tests/corpus: certificates that must not be accepted, one attack a file.

The folder is the verdict, the name is ``<flag>_<what>.json``, and ``provenance`` says what the file tries and what it
would prove. Run ``python tests/verify/make_corpus.py`` to write the files again: the output is always the same.
"""

from __future__ import annotations

import json
from pathlib import Path

import corpus_bernstein
import corpus_bounds
import corpus_boxes
import corpus_cad
import corpus_claims
import corpus_geometric
import corpus_instances
import corpus_plucker
import corpus_projections
import corpus_reductions
import corpus_syntax

CORPUS = Path(__file__).parent.parent / "corpus"
PARTS = {
    "invalid": [
        corpus_claims.claims,
        corpus_claims.premises,
        corpus_claims.combine,
        corpus_reductions.reductions,
        corpus_bounds.minors_and_psd,
        corpus_bounds.orthogonal,
        corpus_bounds.spectral_minorants,
        corpus_bounds.witnesses,
        corpus_boxes.on_boxes,
        corpus_boxes.splits,
        corpus_boxes.covers,
        corpus_boxes.beside,
        corpus_bernstein.bernstein_proofs,
        corpus_geometric.geometric_proofs,
        corpus_cad.cad_proofs,
        corpus_plucker.plucker_proofs,
        corpus_projections.projections_proofs,
        corpus_instances.instances,
    ],
    "malformed": [
        corpus_syntax.malformed,
        corpus_boxes.malformed_boxes,
        corpus_bernstein.malformed_bernstein,
        corpus_geometric.malformed_geometric,
        corpus_cad.malformed_cad,
        corpus_plucker.malformed_plucker,
        corpus_projections.malformed_projections,
        corpus_instances.malformed_instances,
    ],
    "incomplete": [corpus_syntax.incomplete, corpus_instances.incomplete_instances],
}


def written(name, comment, would_prove, content):
    """The bytes of a file: an object gets its provenance second; in text and bytes it stands where @ is."""
    provenance = {"comment": comment, "flags": [name.partition("_")[0]], "would_prove": would_prove}
    if isinstance(content, dict):
        head = {"format": content["format"], "provenance": provenance}
        content = json.dumps(head | {key: x for key, x in content.items() if key not in head}, indent=1) + "\n"
        return content.encode()
    content = content if isinstance(content, bytes) else content.encode()
    return content.replace(b"@", json.dumps(provenance).encode(), 1)


def build():
    """All files of the corpus: (folder, name) -> bytes."""
    files = {}
    for folder, parts in PARTS.items():
        for part in parts:
            for name, *rest in part():
                assert (folder, name) not in files, name
                files[folder, name] = written(name, *rest)
    return files


if __name__ == "__main__":
    for (folder, name), content in build().items():
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        (CORPUS / folder / f"{name}.json").write_bytes(content)
    for (folder, name), content in corpus_instances.SOURCES.items():
        (CORPUS / folder / name).write_bytes(content)
