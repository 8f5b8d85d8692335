"""Third places and their news: asks every configured instance, reads each with its family and mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from connectors.core.errors import BadConfig, ConnectorError, Defect, Fatal, NotConfigured, Retriable
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream
from connectors.tiers_lieux import checks
from connectors.tiers_lieux.families import FAMILIES, Family, Item
from connectors.tiers_lieux.instances import Instance, instance_mapping, load_instances
from connectors.tiers_lieux.values import Mapped, Mapper

NO_RECORDS = "no_records"
"""``meta["role"]`` of parts that hold settings or are joined to another part."""
_SHOWN = 200
_NARROWING = ("bbox", "query", "resource_id", "search", "countries")
"""Options that decide which records an instance lists."""


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Yield the parts of every instance of the stream, and the settings they are read with.

    All instances are tried before the first failure is raised, so that one run names every problem. The
    settings are landed as a part of their own: a changed mapping is a changed input.

    Raises:
        NotConfigured: no instance of the stream is configured.
        BadConfig: one is configured wrongly.
        Retriable, Fatal: an instance could not be read completely; nothing of the run may be used.
    """
    instances = _instances(context.source, stream)
    if not instances:
        raise NotConfigured(
            f"no instance of stream '{stream.name}' is configured under options.instances",
            source=context.source.id, rule="no_instance",
        )  # fmt: skip
    settings = [_settings(instance) for instance in instances]
    yield Part(
        f"settings.{stream.name}.json", orjson.dumps(settings, option=orjson.OPT_SORT_KEYS), "application/json",
        "settings", meta={"role": NO_RECORDS},
    )  # fmt: skip
    failures: list[ConnectorError] = []
    for instance in instances:
        try:
            yield from FAMILIES[instance.family].fetch(instance, context)
        except (Retriable, Fatal) as error:
            failures.append(error)
    context.notes["instances"] = [instance.id for instance in instances]
    doubts = list(_doubts(context.notes))
    context.notes["keep_absent"] = [
        f"{i.id}:" for i in instances if not _complete(i, stream) or any(i.id == name for name, _ in doubts)
    ]
    context.notes["notices"] = [f"{name}: {line}" for name, line in doubts]
    if failures:
        _raise_together(failures, len(instances))


def _doubts(notes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Instance and sentence for every listing that may have hidden records (``connectors.core.paginate``)."""
    for name, note in notes.items():
        if name.startswith("listing."):
            yield from ((name.split(".")[1], line) for line in note.get("notices", ()))


def _settings(instance: Instance) -> dict[str, Any]:
    """What decides how the instance is read; local paths and secrets are not part of it."""
    mapping = None
    if FAMILIES[instance.family].STREAM == "lieux":
        mapping = instance_mapping(instance, FAMILIES[instance.family].MAPPING).model_dump(mode="json")
    own = instance.model_dump(mode="json", exclude={"path", "mapping", "mapping_file", "extends"})
    return {**own, "mapping": mapping}


def _complete(instance: Instance, stream: Stream) -> bool:
    if instance.options.get("incremental"):  # shows what changed, not what there is
        return False
    return stream.complete if instance.complete is None else instance.complete


def _raise_together(failures: list[ConnectorError], tried: int) -> None:
    if len(failures) == 1 and tried == 1:
        raise failures[0]
    kind = Retriable if any(isinstance(error, Retriable) for error in failures) else Fatal
    first = failures[0]
    raise kind(
        f"{len(failures)} of {tried} instances failed: " + "; ".join(str(error) for error in failures),
        source=first.source, rule=first.rule,
    ) from first  # fmt: skip


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
    """Yield the part's records in the vocabulary of the contract.

    Raises:
        BadConfig: the instance is no longer configured, or with another family.
        Fatal: the part cannot be read as a whole, or a table has not the columns its mapping needs.
    """
    if part.meta.get("role") == NO_RECORDS:
        return
    instance = _instance_of(source, part)
    family = FAMILIES[instance.family]
    try:
        if stream.name == "actualites":
            for item in family.read(instance, part):
                yield _news_record(instance, item)
        else:
            yield from _places(instance, family, part)
    except ConnectorError as error:
        error.source = error.source or source.id
        error.where = error.where or f"{instance.id}, {part.name}"
        raise


def _instances(source: Source, stream: Stream) -> list[Instance]:
    """Instances of the stream that are switched on, checked before anything is asked for."""
    chosen = []
    for instance in load_instances(source):
        family = FAMILIES.get(instance.family)
        if family is None:
            raise BadConfig(
                f"instance '{instance.id}': no family '{instance.family}'; there are {', '.join(sorted(FAMILIES))}",
                source=source.id, rule="unknown_family",
            )  # fmt: skip
        enabled = family.ENABLED if instance.enabled is None else instance.enabled
        if not enabled or stream.name != family.STREAM:
            continue
        if family.STREAM == "lieux":
            instance_mapping(instance, family.MAPPING)
        chosen.append(instance)
    return chosen


def _instance_of(source: Source, part: LandedPart) -> Instance:
    name, family = part.meta.get("instance"), part.meta.get("family")
    for instance in load_instances(source):
        if instance.id == name and instance.family == family:
            return instance
    raise BadConfig(
        f"'{part.name}' belongs to instance '{name}' of family '{family}', which is not configured",
        source=source.id, rule="unknown_instance",
    )  # fmt: skip


def _places(instance: Instance, family: Family, part: LandedPart) -> Iterator[RawRecord]:
    mapper = Mapper(instance_mapping(instance, family.MAPPING))
    layout: tuple[str, ...] | None = None
    for item in family.read(instance, part):
        if layout is None and (item.data or not item.defects):  # what is no row says nothing about the columns
            layout = _layout_doubts(instance, family, mapper, item) if family.TABULAR else ()
        yield _place_record(instance, mapper.apply(item.data), item, layout or ())


def _layout_doubts(instance: Instance, family: Family, mapper: Mapper, first: Item) -> tuple[str, ...]:
    """Columns the mapping needs and the table lost; refuses a table without id or name."""
    absent = mapper.absent(frozenset(first.data))
    needed = [target for target in ("identifiant", "nom") if target in absent]
    if needed:
        raise Fatal(
            f"has no column for {' and '.join(needed)}; its columns are {', '.join(first.data)}"[:500],
            rule="layout",
        )
    # A column the family's own mapping expects may be optional there; one the deployment named is not.
    named = set(mapper.mapping.fields) if family.MAPPING is None else _own_fields(instance)
    return tuple(f"colonne_absente:{target}" for target in absent if target in named)


def _own_fields(instance: Instance) -> set[str]:
    return set(instance.mapping.fields) if instance.mapping else set()


def _place_record(instance: Instance, mapped: Mapped, item: Item, layout: tuple[str, ...]) -> RawRecord:
    defaults = {"pays": instance.country, "langue": _language(instance)}
    data = {**{name: value for name, value in defaults.items() if value}, **mapped.data}
    data |= _terms(instance)
    data["perimetre"] = instance.perimetre or _query(instance)
    data["champs_inconnus"] = mapped.unknown
    data["avertissements"] = [
        *layout, *item.doubts, *mapped.doubts, *checks.doubts(data, instance.default_coordinates)
    ]  # fmt: skip
    defects = item.defects
    if instance.unknown_columns == "reject":
        defects += tuple(_unknown(name, item.data) for name in mapped.unknown)
    return RawRecord(item.position, data, defects)


def _news_record(instance: Instance, item: Item) -> RawRecord:
    data = {**item.data, **_terms(instance)}
    if language := _language(instance):
        data.setdefault("langue", language)
    if instance.lieu_reference:
        data["lieu_reference"] = instance.lieu_reference
    data["avertissements"] = [*item.doubts, *checks.doubts(data)]
    return RawRecord(item.position, data, item.defects)


def _terms(instance: Instance) -> dict[str, Any]:
    return {
        "instance": instance.id, "licence": instance.licence, "attribution": instance.attribution,
        "redistribuable": instance.redistributable,
    }  # fmt: skip


def _query(instance: Instance) -> str | None:
    """What was asked for, for an instance that does not say what it covers."""
    asked = {name: instance.options[name] for name in _NARROWING if name in instance.options}
    pairs = sorted({**instance.params, **asked}.items())
    return "&".join(f"{name}={value}" for name, value in pairs) or None


def _language(instance: Instance) -> str | None:
    return None if instance.language == "und" else instance.language


def _unknown(name: str, data: Mapping[str, Any]) -> Defect:
    value = data.get(name)
    return Defect(
        name, None if value is None else str(value)[:_SHOWN], "unknown_field",
        "the mapping neither uses nor ignores this column",
    )  # fmt: skip
