"""Rebuild the reference seeds: ``python -m schemas.reference.build [--check] [seed …]``.

Reads packages and hand-written lists, checks what came out, writes ``dbt_project/seeds/reference/*.csv``.
``--check`` writes nothing and exits 1 when a committed seed differs from what the sources say today.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterable, Sequence

from schemas.reference import activity, company, crossing, currency, material, place_name, territory, vocabulary, waste
from schemas.reference.seed import SEEDS, ReferenceDataError, Row, load_specs, render

BUILDERS: dict[str, Callable[[], Iterable[Row]]] = {
    "nuts": territory.nuts,
    "nuts_eligibility": territory.nuts_eligibility,
    "territory_lau": territory.territory_lau,
    "lau_former": place_name.lau_former,
    "lau_alias": place_name.lau_alias,
    "postcode_lau": place_name.postcode_lau,
    "low_code": waste.low_code,
    "waste_operation": waste.waste_operation,
    "hazard_property": waste.hazard_property,
    "activity_nomenclature": activity.activity_nomenclature,
    "nace_class": activity.nace_class,
    "naf_ateco": activity.naf_ateco,
    "nace_crosswalk": activity.nace_crosswalk,
    "unit": vocabulary.unit,
    "unit_term": vocabulary.unit_term,
    "legal_form": company.legal_form,
    "legal_form_pattern": company.legal_form_pattern,
    "physical_state_term": vocabulary.physical_state_term,
    "third_place_type_term": vocabulary.third_place_type_term,
    "cost_category_term": vocabulary.cost_category_term,
    "fx_rate": currency.fx_rate,
    "alcotra_pass": crossing.alcotra_pass,
    "material_concept": material.material_concept,
    "material_concept_term": material.material_concept_term,
    "material_false_friend": material.material_false_friend,
}

log = logging.getLogger("schemas.reference")


def build(names: Sequence[str] = ()) -> dict[str, str]:
    """CSV text of the named seeds, of all when none is named.

    Raises:
        ReferenceDataError: a source is missing, or what it says breaks a rule of the seed.
    """
    specs = load_specs()
    unknown = sorted(set(names) - set(BUILDERS))
    undeclared = sorted(set(BUILDERS) ^ set(specs))
    if unknown or undeclared:
        raise ReferenceDataError(f"unknown seeds {unknown}; declared or built, but not both: {undeclared}")
    return {name: render(specs[name], BUILDERS[name]()) for name in names or BUILDERS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m schemas.reference.build", description=__doc__)
    parser.add_argument("seeds", nargs="*", help="seeds to rebuild (all when none is named)")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on a difference")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    stale = []
    for name, text in build(options.seeds).items():
        path = SEEDS / f"{name}.csv"
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if not same and not options.check:
            path.write_text(text, encoding="utf-8", newline="")
        if not same:
            stale.append(name)
        state = "unchanged" if same else "differs" if options.check else "written"
        log.info("%-26s %6d rows  %s", name, text.count("\n") - 1, state)
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
