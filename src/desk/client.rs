//! What a page carries for its scripts: the lines that they show, the number of pending Messages, and the list of keys.

use super::assets::assets;
use super::visit::Look;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{inbox, session, words};
use maud::{Markup, html};

/// Lines that are hidden until something is so. `sign_in`: where to begin a new session.
pub fn lines(language: Language, sign_in: &str) -> Markup {
    html! {
        p class="lost" id="lost" role="alert" hidden data-failed=(words::not_done(language)) {
            span { b { (words::server_away(language)) } " " (words::server_away_since(language)) " " time {} ". " (words::server_away_more(language)) }
            button class="btn" type="button" { (words::try_now(language)) }
        }
        p class="lost" id="crowded" role="status" hidden { (words::too_many_windows(language)) }
        p class="lost" id="ended" role="alert" hidden {
            span { b { (session::ended(language)) "." } " " (session::ended_more(language)) }
            a class="btn" href=(sign_in) { (words::sign_in(language)) }
        }
    }
}

/// The number of pending Messages in the navigation, kept up to date.
pub fn count(language: Language, pending: usize) -> Markup {
    html! {
        span class="n" id="pendentes" data-count=(pending) hx-get="/desk/pending" hx-trigger="sse:inbox, sse:reset"
            hx-swap="outerHTML" {
            @if pending > 0 { (pending) span class="vh" { " " (inbox::pending(language, pending)) } }
        }
    }
}

/// What the scripts need to know before anything is shown.
pub fn head() -> Markup {
    let files = assets();
    html! {
        meta name="desk-worker" content=(files.worker);
        meta name="desk-icons" content=(files.icons.join(" "));
    }
}

/// A word of the catalogue.
type Word = fn(Language) -> &'static str;

/// The keys and what they do.
const KEYS: [(&[&str], Word); 11] = [
    (&["j", "k"], words::key_move_more),
    (&["Enter"], words::key_open),
    (&["x"], words::key_select),
    (&["e"], words::key_acknowledge),
    (&["z"], words::key_undo),
    (&["r"], words::key_reply),
    (&["Ctrl", "Enter"], words::key_send),
    (&["a"], words::key_take),
    (&["g"], words::key_run),
    (&["s"], words::key_silence),
    (&["?"], words::key_help),
];

/// The list of keys, which `?` opens.
pub fn sheet(look: &Look) -> Markup {
    let language = look.language;
    html! {
        @if look.keys {
            dialog class="sheet" id="atalhos" aria-labelledby="atalhos-t" {
                form method="dialog" {
                    h2 id="atalhos-t" { (words::keys(language)) }
                    dl {
                        @for (keys, what) in KEYS {
                            div {
                                dt { @for key in keys { kbd { (key) } " " } }
                                dd { (what(language)) }
                            }
                        }
                    }
                    p class="quiet" { (words::keys_more(language)) }
                    button class="btn" { (words::close(language)) }
                }
            }
        }
    }
}

/// Hints below a list, which the script shows.
pub fn hints(look: &Look) -> Markup {
    let language = look.language;
    html! {
        @if look.keys {
            p class="keys" hidden {
                span { kbd { "j" } " " kbd { "k" } " " (words::key_move(language)) }
                span { kbd { "Enter" } " " (words::key_open(language)) }
                span { kbd { "x" } " " (words::key_mark(language)) }
                span { kbd { "e" } " " (words::key_ack(language)) }
                button class="btn btn--bare" type="button" data-sheet { kbd { "?" } " " (words::keys(language)) }
            }
        }
    }
}
