//! `GET /desk/findings`: the list of Findings.

use super::list::{self, Frame, Watched, address_with, given};
use crate::api::Severity;
use crate::desk::layout::{Place, say};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::{Look, Visit};
use crate::desk::{symbols, time};
use crate::domain::clip;
use crate::domain::texts::Language;
use crate::domain::texts::desk::Page as GuestPage;
use crate::domain::texts::panel::{lists as said, words};
use crate::views::{
    FindingFilter, FindingPhase, FindingView, Order, Page, PageRequest, Parameters, PhaseFilter, Sort, happened,
};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

const PATH: &str = "/desk/findings";
/// Parameters that make the list.
const NAMES: [&str; 6] = ["phase", "severity", "scenario", "agent", "text", "sort"];
/// Characters of a headline that are shown.
const HEADLINE_MAX: usize = 240;

/// The list, of which one page is shown.
struct Listing<'a> {
    frame: Frame<'a>,
    asked: &'a Parameters,
    filter: &'a FindingFilter,
    total: usize,
    page: &'a Page<FindingView>,
}

pub async fn show(
    State(panel): State<PanelState>,
    look: Look,
    visit: Option<Visit>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let Some(visit) = visit else { return panel.guest.answer(look.asked, GuestPage::Findings) };
    let asked = given(parameters);
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Findings };
    let language = visit.language();
    let found = FindingFilter::parse(&asked).and_then(|filter| {
        let sort = if asked.contains_key(Sort::PARAMETER) { Sort::parse(&asked)? } else { usual(filter.phase) };
        let request = PageRequest::parse(&asked, Order::Findings(sort))?;
        let found = panel.resources().find_findings(&filter, &request, &visit.caller.name)?;
        Ok((filter, found))
    });
    let (filter, (total, page)) = match found {
        Ok(found) => found,
        Err(error) => {
            return frame.wrong_filter(said::findings(language), &filters(&panel, language, &asked), &asked, &error);
        }
    };
    let listing = Listing { frame, asked: &asked, filter: &filter, total, page: &page };
    listing.answer()
}

/// What is most urgent comes first, of those that are over the last ones.
fn usual(phase: PhaseFilter) -> Sort {
    if phase == PhaseFilter::Resolved { Sort::Created } else { Sort::Severity }
}

impl Listing<'_> {
    fn answer(&self) -> Response {
        let language = self.frame.language();
        let here = address_with(PATH, self.asked, &NAMES, &[]);
        let watched = Watched { language, list: &here, topics: &["finding"] };
        let parts = self.page.items.iter().flat_map(|finding| [finding.id.as_str(), phase(language, finding)]);
        let mark = list::mark(parts);
        if let Some(answer) = watched.answer(self.asked, &mark) {
            return answer;
        }
        let count = self.count();
        let first = self.asked.contains_key("cursor").then_some(here.as_str());
        let next = self.page.next.as_deref().map(|next| address_with(PATH, self.asked, &NAMES, &[("cursor", next)]));
        let content = html! {
            (list::top(said::findings(language), (self.total > 0).then_some(&count), &html! {}))
            (filters(self.frame.panel, language, self.asked))
            // A page further on is one of its own: what comes before it is not news.
            @if first.is_none() { (watched.line(&mark)) }
            @if self.page.items.is_empty() { (self.empty()) } @else { (self.table()) }
            (list::pager(language, first, next.as_deref()))
        };
        self.frame.answer(StatusCode::OK, said::findings(language), &content)
    }

    fn count(&self) -> String {
        let (language, shown) = (self.frame.language(), self.page.items.len());
        let all = said::count_findings(language, self.total);
        if shown == self.total { all } else { said::of_all(language, shown, &all) }
    }

    fn empty(&self) -> Markup {
        let language = self.frame.language();
        let others = FindingFilter { phase: self.filter.phase, ..FindingFilter::default() };
        let resolved = address_with(PATH, &Parameters::new(), &[], &[("phase", "resolved")]);
        match (*self.filter == others, self.filter.phase) {
            (true, PhaseFilter::Active) => {
                let see = Some((resolved.as_str(), said::see_resolved(language)));
                say(said::no_findings(language), said::no_findings_more(language), see)
            }
            (true, _) => say(said::none_of_phase(language), "", Some((PATH, said::clear(language)))),
            (false, _) => say(said::nothing_found(language), "", Some((PATH, said::clear(language)))),
        }
    }

    fn table(&self) -> Markup {
        let language = self.frame.language();
        html! {
            table class="tab tab--findings" {
                thead {
                    tr {
                        th scope="col" { (said::severity(language)) }
                        th scope="col" { (said::happened(language)) }
                        th scope="col" { (said::scenario(language)) }
                        th scope="col" { (said::agent(language)) }
                        th scope="col" { (said::since(language)) }
                        th scope="col" { (said::phase(language)) }
                        th scope="col" { (said::who(language)) }
                    }
                }
                tbody { @for finding in &self.page.items { (self.row(finding)) } }
            }
        }
    }

    /// What happened, in the words of the check; its first lines.
    fn headline(&self, finding: &FindingView) -> String {
        let message = self.frame.panel.resources().finding(&finding.id).and_then(|finding| happened(&finding));
        let message = message.as_deref().map(str::trim).filter(|message| !message.is_empty());
        clip::chars(message.or(finding.title.as_deref()).unwrap_or(&finding.id), HEADLINE_MAX)
    }

    fn row(&self, finding: &FindingView) -> Markup {
        let (language, look) = (self.frame.language(), &self.frame.visit.look);
        let is_over = finding.phase == Some(FindingPhase::Resolved);
        let at = if is_over { finding.resolved_at.or(finding.opened_at) } else { finding.opened_at };
        let agent = finding.agent.as_ref().map_or("", |agent| agent.name.as_str());
        html! {
            tr class=[is_over.then_some("is-over")] {
                td class="tab__m" {
                    @if let Some(severity) = finding.severity { (symbols::severity(language, severity)) }
                }
                th scope="row" class="tab__t" {
                    a href={ "/desk/findings/" (finding.id) } { (self.headline(finding)) }
                    small { (place(finding)) }
                }
                td class="tab__s" { a href={ "/desk/scenarios/" (finding.scenario_id) } class="fact" { (list::dotted(&finding.scenario_id)) } }
                td class="tab__a" { (agent) }
                td class="tab__w" { @if let Some(at) = at { (time::age(look, at)) } }
                td class="tab__p" { (phase(language, finding)) }
                td class="tab__o" { (who(language, finding)) }
            }
        }
    }
}

/// The title of the Scenario, the check and the item.
fn place(finding: &FindingView) -> Markup {
    let title = finding.title.as_deref().unwrap_or(&finding.scenario_id);
    html! {
        (title) " · " span class="fact" { (finding.check) @if !finding.key.is_empty() { " / " (finding.key) } }
    }
}

fn phase(language: Language, finding: &FindingView) -> &'static str {
    match finding.phase {
        Some(FindingPhase::Acknowledged) => said::acknowledged(language),
        Some(FindingPhase::Resolved) => said::resolved(language),
        Some(FindingPhase::Open) | None => said::open(language),
    }
}

/// Who works on it, else who acknowledged it.
fn who(language: Language, finding: &FindingView) -> Markup {
    let owner = finding.owner.as_ref().map(|owner| (&owner.by, owner.proven));
    let person = owner.or(finding.acknowledgement.as_ref().map(|ack| (&ack.by, ack.proven)));
    html! {
        @match (person, finding.phase) {
            (Some((by, proven)), _) => { (by) @if !proven { small { (words::not_proven(language)) } } }
            (None, Some(FindingPhase::Resolved)) => {}
            (None, _) => b { (said::nobody(language)) },
        }
    }
}

fn filters(panel: &Panel, language: Language, asked: &Parameters) -> Markup {
    let value = |name: &str| asked.get(name).map_or("", String::as_str);
    let phases = PhaseFilter::ALL.map(|phase| {
        let word = match phase {
            PhaseFilter::Active => said::phase_active,
            PhaseFilter::Open => said::phase_open,
            PhaseFilter::Acknowledged => said::phase_acknowledged,
            PhaseFilter::Resolved => said::phase_resolved,
        };
        let value = if phase == PhaseFilter::default() { "" } else { phase.as_str() };
        (value.to_string(), word(language).to_string())
    });
    let severities = Severity::ALL.map(|one| (one.as_str().to_string(), words::severity(language, one).to_string()));
    let orders = [("severity", said::most_serious(language)), ("created", said::newest(language))];
    let orders = orders.map(|(value, word)| (value.to_string(), word.to_string()));
    let usual = usual(FindingFilter::parse(asked).map(|filter| filter.phase).unwrap_or_default());
    let order = if usual == Sort::Severity { "severity" } else { "created" };
    let order = asked.get("sort").map_or(order, String::as_str);
    let is_filtered = NAMES.iter().any(|name| asked.contains_key(*name));
    let fields = html! {
        (list::select("phase", said::phase(language), None, value("phase"), &phases))
        (list::select("severity", said::severity(language), Some(said::any(language)), value("severity"), &severities))
        (list::select_scenario(panel, said::scenario(language), said::any_m(language), value("scenario")))
        (list::select("agent", said::agent(language), Some(said::any_m(language)), value("agent"), &list::agents(panel)))
        (list::select("sort", said::order(language), None, order, &orders))
        (list::input("text", said::text(language), "search", value("text"), said::search_findings(language)))
    };
    list::sieve(language, PATH, is_filtered, &fields)
}
