//! Notes where people are: by the requests of their pages, and by the streams of events that these hold.

use super::guest::is_name;
use super::panel::{Panel, PanelState};
use super::presence::GRACE;
use axum::http::Method;
use axum::http::header::REFERER;
use axum::http::request::Parts;
use std::time::{Duration, Instant};
use url::Url;

/// The page that a part was read for, as htmx tells it.
const CURRENT: &str = "hx-current-url";

/// Notes where a person is, from a request of a page.
pub fn note(panel: &PanelState, person: &str, parts: &Parts) {
    let now = Instant::now();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let of_page = |address: Option<&str>| window_of(panel, Url::parse(address?).ok()?.path());
    if parts.headers.contains_key("hx-request") {
        if let Some(window) = of_page(header(CURRENT)) {
            tell(panel, panel.presence.moved(person, Some(&window), None, now));
        }
        return;
    }
    let path = parts.uri.path();
    let is_page = parts.method == Method::GET
        && !path.starts_with("/desk/events")
        && !path.starts_with("/desk/present")
        && !path.starts_with("/desk/messages");
    if is_page {
        let (to, from) = (window_of(panel, path), of_page(header(REFERER.as_str())));
        tell(panel, panel.presence.moved(person, to.as_deref(), from.as_deref(), now));
    }
}

/// The window of a page, if it is one that exists.
fn window_of(panel: &Panel, path: &str) -> Option<String> {
    let resources = panel.resources();
    let mut parts = path.strip_prefix("/desk/")?.split('/');
    match (parts.next()?, parts.next().filter(|name| is_name(name))?, parts.next()) {
        ("findings", name, None) => resources.finding(name).map(|_| name.to_string()),
        ("threads", name, None) => {
            let thread = resources.thread(name)?;
            let finding = thread.spec.finding.as_deref().filter(|finding| resources.finding(finding).is_some());
            Some(finding.unwrap_or(name).to_string())
        }
        _ => None,
    }
}

fn tell(panel: &Panel, windows: Vec<String>) {
    for window in windows {
        panel.live.tell(&format!("presence-{window}"));
    }
}

/// That the browser of a person follows the events, until it is dropped.
pub struct Attendance {
    panel: PanelState,
    person: String,
}

impl Attendance {
    pub fn begin(panel: &PanelState, person: &str) -> Attendance {
        tell(panel, panel.presence.arrives(person, Instant::now()));
        Attendance { panel: panel.clone(), person: person.to_string() }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.panel.presence.leaves(&self.person, Instant::now());
        let (panel, person) = (self.panel.clone(), self.person.clone());
        // Where there is no runtime any more, nobody reads it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(GRACE + Duration::from_millis(100)).await;
                tell(&panel, panel.presence.forget(&person, Instant::now()));
            });
        }
    }
}
