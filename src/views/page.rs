//! Lists in pages.

use super::query::{Parameters, QueryError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Items of a page where the request names no limit.
pub const LIMIT_DEFAULT: usize = 50;
/// Items of a page at most.
pub const LIMIT_MAX: usize = 500;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub next: Option<String>,
}

/// Which page of a list to return.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// Items of the page at most.
    #[param(value_type = Option<u32>, nullable = false, minimum = 1, maximum = 500, default = 50)]
    pub limit: usize,
    /// `next` of the previous page; the first page without it.
    #[param(value_type = Option<String>, nullable = false)]
    pub cursor: Option<Cursor>,
}

/// A position in a list: the sort key of the last item returned, so that items that appear or disappear between two requests
/// neither repeat nor hide others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Default for PageRequest {
    fn default() -> PageRequest {
        PageRequest { limit: LIMIT_DEFAULT, cursor: None }
    }
}

impl PageRequest {
    /// Names of the parameters that [`PageRequest::parse`] reads.
    pub const PARAMETERS: [&'static str; 2] = ["limit", "cursor"];

    /// Refuses parameters other than those of paging and the given ones.
    pub fn check_names(parameters: &Parameters, others: &[&str]) -> Result<(), QueryError> {
        let known: Vec<_> = others.iter().copied().chain(PageRequest::PARAMETERS).collect();
        match parameters.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(QueryError::new(name, format!("not a parameter here; there is {}", known.join(", ")))),
            None => Ok(()),
        }
    }

    /// Reads the page from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<PageRequest, QueryError> {
        let limit =
            match parameters.get("limit") {
                None => LIMIT_DEFAULT,
                Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
                    QueryError::new("limit", format!("{text:?} is not a number from 1 to {LIMIT_MAX}"))
                })?,
            };
        let cursor = parameters.get("cursor").map(|text| Cursor::decode(text)).transpose()?;
        Ok(PageRequest { limit, cursor })
    }
}

impl<T> Page<T> {
    /// The requested page of `items`, which are sorted by `key`, ascending. `view` is called for the items of the page only.
    pub fn new<I>(
        request: &PageRequest,
        items: impl IntoIterator<Item = I>,
        key: impl Fn(&I) -> String,
        view: impl Fn(&I) -> T,
    ) -> Page<T> {
        let after = request.cursor.as_ref().map(|cursor| cursor.0.as_str());
        let mut rest = items.into_iter().filter(|item| after.is_none_or(|after| key(item).as_str() > after)).peekable();
        let items: Vec<I> = rest.by_ref().take(request.limit).collect();
        let next = rest.peek().and_then(|_| items.last()).map(|last| Cursor(key(last)).encode());
        Page { items: items.iter().map(view).collect(), next }
    }
}

impl Cursor {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    fn decode(text: &str) -> Result<Cursor, QueryError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let invalid = || QueryError::new("cursor", format!("{text:?} is not a cursor of this server"));
        key.map(Cursor).ok_or_else(invalid)
    }
}

/// A sort key that puts later times first, then sorts by name.
pub(super) fn newest_first(at: Option<Timestamp>, name: &str) -> String {
    let seconds = at.map_or(0, |t| t.as_second());
    format!("{:020}/{name}", i64::MAX - seconds)
}
