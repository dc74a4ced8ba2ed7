"""A login in the Prefect UI: the form confirms, the secret is typed on the run's page, and is nowhere afterwards."""

from __future__ import annotations

import base64
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.oauth import SCHWAB, OAuthFace
from tests.contract.world import World
from tests.flows.conftest import FlowDesk
from tests.flows.credential_desk import rotate, with_key, with_token
from tieout.secret import KEY_ID, SECRET

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
PATIENCE_MS = 30_000


@pytest.fixture
def running() -> Iterator[Callable[[], Callable[[], Any]]]:
    """Starts the flow in a thread; what it gives waits for the flow's end."""
    threads: list[threading.Thread] = []

    def begin() -> Callable[[], Any]:
        ended: list[Any] = []
        context = contextvars.copy_context()
        run = lambda: ended.append(context.run(rotate, force=True, ask_for_s=120))  # noqa: E731
        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()

        def end() -> Any:
            threads[-1].join(timeout=120)
            return ended[0]

        return end

    yield begin
    for one in threads:
        one.join(timeout=120)


def paused_run(api: str) -> str:
    """The id of the run that waits."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType

    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])))
    deadline = time.monotonic() + 60
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            if found := client.read_flow_runs(flow_run_filter=wanted):
                return str(found[0].id)
            time.sleep(0.2)
    raise AssertionError(f"no run is paused at {api}")


def shown_form(page: Page, api: str) -> str:
    """Open the paused run's form as a person does; the address of the page that takes the secret."""
    page.goto(f"{api.removesuffix('/api')}/runs/flow-run/{paused_run(api)}")
    page.get_by_role("button", name="Resume").first.click(timeout=PATIENCE_MS)
    form = page.locator(".p-modal")
    expect(form.get_by_text("A credential waits for a person")).to_be_visible(timeout=PATIENCE_MS)
    link = form.get_by_text("127.0.0.1").first.inner_text()
    return "http://127.0.0.1" + link.partition("http://127.0.0.1")[2].split()[0]


def another_page(page: Page) -> Page:
    """As a person opens the address in another window."""
    browser = page.context.browser
    assert browser is not None
    return browser.new_page()


def confirm(page: Page) -> None:
    form = page.locator(".p-modal")
    form.locator("input[type=checkbox]").first.dispatch_event("click")  # a toggle of the UI is drawn over it
    form.locator("textarea, input[type=text]").last.fill("desk")
    form.get_by_role("button", name="Submit").click()
    expect(form).to_be_hidden(timeout=PATIENCE_MS)


def places(desk: FlowDesk, prefect_home: Path) -> list[Path]:
    """Every file that this run, its stores and the Prefect server have written."""
    folders = (desk.folder, prefect_home)
    return [file for folder in folders for file in folder.rglob("*") if file.is_file()]


def found_in(files: list[Path], secret: str) -> list[Path]:
    """Files that hold a secret: as it is, URL-encoded, or in base64 at any of its three offsets."""
    plain = secret.encode()
    coded = [base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)]
    needles = {plain, quote(secret, safe="").encode(), *coded}
    return [file for file in files if any(needle in file.read_bytes() for needle in needles)]


def test_a_new_key_is_typed_on_the_runs_page_and_is_nowhere_afterwards(
    running: Callable[[], Callable[[], Any]],
    flow_desk: FlowDesk,
    face: AlpacaFace,
    world: World,
    browser_page: Page,
    prefect_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    shots: Path,
) -> None:
    source = with_key(flow_desk, face, None, monkeypatch)
    made = world.venue.keys.add(world.account, "made by hand")
    end = running()

    where = shown_form(browser_page, flow_desk.api)
    browser_page.screenshot(path=shots / "form.png", full_page=True)
    ours = another_page(browser_page)
    ours.goto(where)
    ours.locator("input[name=key_id]").fill(made.key_id)
    ours.locator("input[name=secret]").fill("test-secret-that-is-wrong")
    ours.get_by_role("button", name="Store").click()
    expect(ours.get_by_text("Not stored")).to_be_visible(timeout=PATIENCE_MS)
    ours.locator("input[name=key_id]").fill(made.key_id)
    ours.locator("input[name=secret]").fill(made.secret)
    ours.screenshot(path=shots / "page.png")
    ours.get_by_role("button", name="Store").click()
    expect(ours.get_by_text("stored as main-key-1")).to_be_visible(timeout=PATIENCE_MS)
    ours.close()
    (old,) = [key for key in world.venue.keys.of(world.account) if key.handle != made.handle]
    world.venue.keys.revoke(old.handle)
    confirm(browser_page)

    assert end().name == "Rested", end().message
    assert dict(source.read().parts) == {KEY_ID: made.key_id, SECRET: made.secret}
    files = places(flow_desk, prefect_home)
    assert len(files) > 3
    for secret in (made.secret, made.key_id, "test-secret-that-is-wrong"):
        assert found_in(files, secret) == []
        assert secret not in caplog.text
    (flow_desk.folder / "canary.txt").write_text(f"a log that said {made.secret}")
    assert found_in(places(flow_desk, prefect_home), made.secret) == [flow_desk.folder / "canary.txt"]


def test_a_login_comes_back_to_the_runs_page_by_itself(
    running: Callable[[], Callable[[], Any]],
    flow_desk: FlowDesk,
    face: AlpacaFace,
    world: World,
    browser_page: Page,
    prefect_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from flows.cli.server import free_port

    with OAuthFace(world.venue, world.account, lambda: world.clock.now, SCHWAB) as oauth:
        back = f"http://127.0.0.1:{free_port()}/back"
        more = f'authorize_url = "{oauth.base_url}/oauth/authorize"\nredirect_url = "{back}"\n'
        source = with_token(flow_desk, face, oauth, monkeypatch, more)
        before = source.read().parts["refresh_token"]
        oauth.end_login()
        end = running()

        where = shown_form(browser_page, flow_desk.api)
        ours = another_page(browser_page)
        ours.goto(where)
        ours.get_by_role("link", name="Log in at the venue").click()
        ours.get_by_role("link", name="Allow").click()
        expect(ours.get_by_text("stored as main-login-1")).to_be_visible(timeout=PATIENCE_MS)
        ours.close()
        confirm(browser_page)

        assert end().name == "Rested", end().message
        parts = source.read().parts
        assert parts["refresh_token"] != before
        files = places(flow_desk, prefect_home)
        for secret in (parts["refresh_token"], parts["access_token"], oauth.client_secret):
            assert found_in(files, secret) == []
