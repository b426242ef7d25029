//! Lists in pages.

use super::order::{Key, Order, Place};
use super::query::{Parameters, QueryError};
use crate::runtime::objects::CachedObject;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Items of a page where the request names no limit.
pub const LIMIT_DEFAULT: usize = 50;
/// Items of a page at most.
pub const LIMIT_MAX: usize = 500;
/// Longest cursor, in characters: a name has at most 253.
const CURSOR_MAX: usize = 512;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Cursor of the next page; null on the last page.
    #[schema(required, example = json!(null))]
    pub next: Option<String>,
}

/// Which page of a list to return.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// Items of the page at most.
    #[param(value_type = Option<u32>, nullable = false, minimum = 1, maximum = 500, default = 50)]
    pub limit: usize,
    /// `next` of the previous page, with the same `sort`; the first page without it.
    #[param(value_type = Option<String>, nullable = false)]
    pub cursor: Option<Cursor>,
    /// Of the list.
    #[param(ignore)]
    pub(super) order: Order,
}

/// A position in a list: the place of the last item returned, so that items that appear or disappear between two requests neither
/// repeat nor hide others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Place);

impl PageRequest {
    /// Names of the parameters that [`PageRequest::parse`] reads.
    pub const PARAMETERS: [&'static str; 2] = ["limit", "cursor"];

    /// The first page of a list in this order.
    pub fn first(order: Order) -> PageRequest {
        PageRequest { limit: LIMIT_DEFAULT, cursor: None, order }
    }

    /// The first page with so many items.
    pub fn first_of(order: Order, limit: usize) -> PageRequest {
        PageRequest { limit, ..PageRequest::first(order) }
    }

    /// Refuses parameters other than those of paging and the given ones.
    pub fn check_names(parameters: &Parameters, others: &[&str]) -> Result<(), QueryError> {
        let known: Vec<_> = others.iter().copied().chain(PageRequest::PARAMETERS).collect();
        match parameters.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(QueryError::new(name, format!("not a parameter here; there is {}", known.join(", ")))),
            None => Ok(()),
        }
    }

    /// Reads the page of a list in this order from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters, order: Order) -> Result<PageRequest, QueryError> {
        let limit =
            match parameters.get("limit") {
                None => LIMIT_DEFAULT,
                Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
                    QueryError::new("limit", format!("{text:?} is not a number from 1 to {LIMIT_MAX}"))
                })?,
            };
        let cursor = parameters.get("cursor").map(|text| Cursor::decode(text, order)).transpose()?;
        Ok(PageRequest { limit, cursor, order })
    }

    /// After which item the page begins.
    pub(super) fn after(&self) -> Option<&Place> {
        self.cursor.as_ref().map(|cursor| &cursor.0)
    }
}

impl<T> Page<T> {
    /// The requested page of `objects`, sorted by `key` and then by name. `view` is called for the items of the page only.
    pub(super) fn new<K: CachedObject>(
        request: &PageRequest,
        objects: impl IntoIterator<Item = Arc<K>>,
        key: impl Fn(&K) -> Key,
        view: impl Fn(&K) -> T,
    ) -> Page<T> {
        Self::after(request, request.after(), objects, key, view)
    }

    /// The same, beginning after another place than that of the request.
    pub(super) fn after<K: CachedObject>(
        request: &PageRequest,
        after: Option<&Place>,
        objects: impl IntoIterator<Item = Arc<K>>,
        key: impl Fn(&K) -> Key,
        view: impl Fn(&K) -> T,
    ) -> Page<T> {
        let keyed = objects.into_iter().map(|object| (key(&object), object));
        Self::select(request, after, keyed, |object| object.name(), |object| Some(view(object)))
    }

    /// The same of anything that has a name. An item without a view, which was deleted just now, is left out.
    pub(super) fn select<I>(
        request: &PageRequest,
        after: Option<&Place>,
        keyed: impl IntoIterator<Item = (Key, I)>,
        name: impl Fn(&I) -> &str,
        view: impl Fn(&I) -> Option<T>,
    ) -> Page<T> {
        let is_after =
            |(key, item): &(Key, I)| after.is_none_or(|after| (*key, name(item)) > (after.key, after.name.as_str()));
        let in_order = |a: &(Key, I), b: &(Key, I)| a.0.cmp(&b.0).then_with(|| name(&a.1).cmp(name(&b.1)));
        let mut rest: Vec<(Key, I)> = keyed.into_iter().filter(is_after).collect();
        let is_last = rest.len() <= request.limit;
        if !is_last {
            // Only the items of the page are sorted.
            rest.select_nth_unstable_by(request.limit, in_order);
            rest.truncate(request.limit);
        }
        rest.sort_unstable_by(in_order);
        let place = |(key, item): &(Key, I)| Place { key: *key, name: name(item).to_string() };
        let next = rest.last().filter(|_| !is_last).map(|last| Cursor(place(last)).encode(request.order));
        Page { items: rest.iter().filter_map(|(_, item)| view(item)).collect(), next }
    }
}

impl Cursor {
    fn encode(&self, order: Order) -> String {
        let Place { key: Key(first, second), name } = &self.0;
        URL_SAFE_NO_PAD.encode(format!("{}/{first}/{second}/{name}", order.tag()))
    }

    fn decode(text: &str, order: Order) -> Result<Cursor, QueryError> {
        let error = |what: String| QueryError::new("cursor", what);
        let shown: String = text.chars().take(64).collect();
        let invalid = || error(format!("{shown:?} is not a cursor of this server"));
        let bytes =
            Some(text).filter(|text| text.len() <= CURSOR_MAX).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let content = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(invalid)?;
        let mut parts = content.splitn(4, '/');
        let (tag, first, second, name) = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(tag), Some(first), Some(second), Some(name)) = (tag, first, second, name) else {
            return Err(invalid());
        };
        let (Ok(first), Ok(second)) = (first.parse(), second.parse()) else { return Err(invalid()) };
        match Order::of_tag(tag) {
            Some(of_cursor) if of_cursor == order => Ok(Cursor(Place { key: Key(first, second), name: name.into() })),
            Some(of_cursor) => {
                Err(error(format!("it is of {of_cursor}, and this is {order}: begin again without a cursor")))
            }
            None => Err(invalid()),
        }
    }
}
