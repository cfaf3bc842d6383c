"""The collector as Python sees it: every method asks one endpoint of docs/API.md and gives its answer as dicts and lists."""

from __future__ import annotations

import asyncio
import atexit
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from . import _native
from .errors import InvalidArgument, MonitorError, exception_of

_settings = ("provider", "db_path", "region", "table_prefix", "endpoint_url")

# Those with a thread: a thread that outlives the interpreter would find nobody to tell.
_open_engines: set[Any] = set()


def _close_all() -> None:
    while _open_engines:
        _open_engines.pop().close()


atexit.register(_close_all)


def create_enhanced_collector(database_config: Mapping[str, Any] | None = None) -> EnhancedCollector:
    """A collector over the store that `database_config` names: provider (sqlite or dynamodb), db_path, region,
    table_prefix, endpoint_url. What is left out comes from the environment (docs/CONFIGURATION.md), else is the default.

    Raises InvalidArgument, with every mistake in both.
    """
    config = dict(database_config or {})
    unknown = [name for name in config if name not in _settings]
    if unknown:
        raise InvalidArgument(f"database_config has no {', '.join(map(str, unknown))}; it takes {', '.join(_settings)}")
    made = _native.create(*(None if config.get(name) is None else str(config[name]) for name in _settings))
    if isinstance(made, tuple):
        raise exception_of(*made)
    return EnhancedCollector(made)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone().isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)


def _settle(answer: asyncio.Future[Any], error: tuple[Any, ...] | None, content_type: str, body: bytes) -> None:
    if answer.done():  # whoever waited was cancelled
        return
    if error is not None:
        answer.set_exception(exception_of(*error))
    else:
        answer.set_result(json.loads(body) if content_type.startswith("application/json") else body)


class EnhancedCollector:
    """Awaitable questions, the same on every provider. Made by create_enhanced_collector().

    The store is opened by the first question. Close it when it is not needed any more, or use it with `async with`. May
    be used by any asyncio loop, by several at once as well. Besides what a method names, every parameter of its endpoint
    may be given by name, for example `until` or `offset_minutes`; what is left out is the endpoint's default. What is
    wrong raises a MonitorError. A cancelled question is answered to nobody.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        _open_engines.add(engine)

    async def __aenter__(self) -> EnhancedCollector:
        await self.initialize()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _told(self, start: Any, *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        def tell(*outcome: Any) -> None:  # on the engine's thread
            try:
                loop.call_soon_threadsafe(_settle, answer, *outcome)
            except RuntimeError:
                pass  # that loop is closed: nobody waits any more

        start(*arguments, tell)
        return await answer

    async def initialize(self) -> None:
        """Opens the store; creates or migrates its tables. Questions do so by themselves."""
        await self._told(self._engine.open)

    async def close(self) -> None:
        """Waits for what is under way and lets go of the store; what is asked later raises Unavailable."""
        await asyncio.get_running_loop().run_in_executor(None, self._engine.close)
        _open_engines.discard(self._engine)

    async def ask(self, path: str, *, method: str = "GET", **parameters: Any) -> Any:
        """What the endpoint of docs/API.md at `path` answers: dicts and lists of its JSON, else its bytes. `path` as it
        stands there, `/commits/{sha}`; its parameters, those of the path as well, by name. None leaves one out.
        """
        given = [(name, _as_text(value)) for name, value in parameters.items() if value is not None]
        return await self._told(self._engine.ask, method, path, given)

    async def health_check(self) -> dict[str, Any]:
        """What /health answers. Never raises: what is wrong is in the answer."""
        try:
            return await self.ask("/health")
        except MonitorError as error:
            database = {"status": "unhealthy", "error": str(error)}
            return {"status": "unhealthy", "collector_status": "disabled", "database": database}

    async def get_database_info(self) -> dict[str, Any]:
        return await self.ask("/database/info")

    # ---- commits -----------------------------------------------------------------------------------------------------

    async def get_recent_commits(self, repo: str, hours: int | None = None, limit: int | None = None, **more: Any) -> list[dict[str, Any]]:
        """The commits themselves, newest first; ask("/commits/recent") tells of their window as well."""
        return (await self.ask("/commits/recent", repo=repo, hours=hours, limit=limit, **more))["commits"]

    async def get_repository_change_summary(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/commits/summary", repo=repo, hours=hours, **more)

    async def get_commit_details(self, sha: str, repo: str | None = None) -> dict[str, Any]:
        return await self.ask("/commits/{sha}", sha=sha, repo=repo)

    async def get_commit_files(self, sha: str, repo: str | None = None) -> dict[str, Any]:
        return await self.ask("/commits/{sha}/files", sha=sha, repo=repo)

    async def monitor_multiple_repositories(self, repos: Iterable[str], hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/monitoring/commits", repos=repos, hours=hours, **more)

    async def get_commits_by_category(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/monitoring/commits/categories", repo=repo, hours=hours, **more)

    async def get_commits_by_author(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/monitoring/commits/authors", repo=repo, hours=hours, **more)

    async def get_high_impact_commits(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/monitoring/commits/impact", repo=repo, hours=hours, **more)

    # ---- events ------------------------------------------------------------------------------------------------------

    async def list_events(self, repo: str | None = None, limit: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/events", repo=repo, limit=limit, **more)

    async def get_event_counts(self, hours: int | None = None, repo: str | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/event-counts", hours=hours, repo=repo, **more)

    async def get_event_counts_timeseries(self, hours: int | None = None, repo: str | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/event-counts-timeseries", hours=hours, repo=repo, **more)

    async def get_event_types_summary(self, hours: int | None = None, repo: str | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/event-types-summary", hours=hours, repo=repo, **more)

    async def get_trending_repositories(self, hours: int | None = None, limit: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/trending", hours=hours, limit=limit, **more)

    async def get_repository_activity(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/repository-activity", repo=repo, hours=hours, **more)

    # ---- how a repository does ---------------------------------------------------------------------------------------

    async def get_repository_health_score(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/repository-health", repo=repo, hours=hours, **more)

    async def compare_repositories(self, repos: Iterable[str], hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/comparison/repositories", repos=repos, hours=hours, **more)

    async def get_avg_pr_interval(self, repo: str, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/pr-interval", repo=repo, **more)

    async def get_pr_merge_time(self, repo: str, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/pr-merge-time", repo=repo, **more)

    async def get_issue_first_response(self, repo: str, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/issue-first-response", repo=repo, **more)

    async def get_developer_productivity_metrics(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/developer-productivity", repo=repo, hours=hours, **more)

    async def get_community_engagement_metrics(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/community-engagement", repo=repo, hours=hours, **more)

    async def get_security_monitoring_report(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/security-monitoring", repo=repo, hours=hours, **more)

    async def detect_event_anomalies(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/event-anomalies", repo=repo, hours=hours, **more)

    async def get_release_deployment_metrics(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/release-deployment", repo=repo, hours=hours, **more)

    async def get_dora_metrics(self, repo: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/metrics/dora", repo=repo, hours=hours, **more)

    # ---- monitors and alerts, as a server keeps them -----------------------------------------------------------------

    async def get_active_monitors(self) -> dict[str, Any]:
        return await self.ask("/monitors")

    async def get_monitor_events(self, id: str, hours: int | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/monitors/{id}/events", id=id, hours=hours, **more)

    async def list_alerts(self, repo: str | None = None, state: str | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask("/alerts", repo=repo, state=state, **more)

    # ---- charts, collecting ------------------------------------------------------------------------------------------

    async def get_trending_chart_image(self, hours: int | None = None, format: str = "png", **more: Any) -> bytes:
        return await self.ask("/visualization/trending-chart", hours=hours, format=format, **more)

    async def get_pr_timeline_chart(self, repo: str, format: str = "png", **more: Any) -> bytes:
        return await self.ask("/visualization/pr-timeline", repo=repo, format=format, **more)

    async def collect_events_now(self, limit: int | None = None) -> dict[str, Any]:
        """One cycle of polling over TARGET_REPOSITORIES and the watch list; at most `limit` events."""
        return await self.ask("/collect", method="POST", limit=limit)
