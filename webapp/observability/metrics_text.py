"""What `/metrics` says, in Prometheus' text format."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

from webapp.kit.measures import MeasureKey, ProcessNumbers
from webapp.observability.metric_table import BUCKETS, OF_INSTALLATION, OF_PROCESSES, Kind, Metric

if TYPE_CHECKING:
    from prometheus_client.core import Metric as Family

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(processes: Iterable[ProcessNumbers], installation: Mapping[MeasureKey, float]) -> bytes:
    """Return all metrics: the numbers of this host's processes joined, and those of the installation."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - an extra of this package

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(_families(list(processes), installation)))
    return generate_latest(registry)


class _Collected:
    """What a registry of prometheus_client collects from."""

    def __init__(self, families: "Iterable[Family]") -> None:
        self._families = list(families)

    def collect(self) -> "Iterable[Family]":
        return self._families


def _families(processes: list[ProcessNumbers], installation: Mapping[MeasureKey, float]) -> "Iterator[Family]":
    for metric in OF_PROCESSES:
        told = [one.gauges if metric.kind is Kind.GAUGE else one.counted for one in processes]
        yield _family(metric, _joined(metric, told))
    for metric in OF_INSTALLATION:
        yield _family(metric, {key: value for key, value in installation.items() if key[0] == metric.key})


def _joined(metric: Metric, told: list[Mapping[MeasureKey, float]]) -> dict[MeasureKey, float]:
    """Return the numbers of several processes as one."""
    found: dict[MeasureKey, list[float]] = defaultdict(list)
    for numbers in told:
        for key, value in numbers.items():
            if key[0] == metric.key:
                found[key].append(value)
    return {key: max(values) if metric.largest else sum(values) for key, values in found.items()}


def _family(metric: Metric, numbers: Mapping[MeasureKey, float]) -> "Family":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily  # noqa: PLC0415 - an extra of this package

    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(metric.name, metric.says, labels=metric.labels)
        for work in sorted({key[1] for key in numbers}):
            in_buckets = [numbers.get((metric.key, work, bound), 0.0) for bound in (*map(str, BUCKETS), "+Inf")]
            bounds = zip((*map(str, BUCKETS), "+Inf"), accumulate(in_buckets), strict=True)
            histogram.add_metric([work], list(bounds), numbers.get((metric.key, work, "sum"), 0.0))
        return histogram
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(metric.name, metric.says, labels=metric.labels)
    if not metric.labels and metric.kind is Kind.COUNTER:
        numbers = {(metric.key,): 0.0} | dict(numbers)  # it is there before the first time
    for key, value in sorted(numbers.items()):
        family.add_metric(list(key[1:]), value)
    return family
