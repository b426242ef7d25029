//! The fields of an excerpt, as far as it has them.

/// Names of fields by which items of a list are told apart.
const IDENTITIES: &[&str] = &["id", "vmid", "name", "key", "uid", "host", "node"];
/// Begins the mark of what was left out.
const GAP: char = '…';
/// Lines that are looked at.
const LINES_MAX: usize = 2000;

/// A value and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Names, with `[2]` for items of lists; after what was left out only those that are known.
    path: Vec<String>,
    /// The innermost item of a list that it is in: how long the path of that is, and what tells the item apart.
    item: Option<(usize, Vec<String>)>,
    /// Whether the path begins at the root.
    is_rooted: bool,
    /// As people read it: a text without its quotes.
    pub value: String,
}

impl Field {
    /// Whether both are the same place.
    pub fn is_same_as(&self, other: &Field) -> bool {
        let by_identity = match (&self.item, &other.item) {
            (Some((depth, ids)), Some((other_depth, other_ids))) if !ids.is_empty() && !other_ids.is_empty() => {
                let is_same_item = ids.iter().any(|id| other_ids.contains(id));
                Some(is_same_item && self.path.get(*depth..) == other.path.get(*other_depth..))
            }
            _ => None,
        };
        by_identity.unwrap_or_else(|| self.is_rooted && other.is_rooted && self.path == other.path)
    }

    /// Whether it is in an item of a list.
    pub fn is_of_item(&self) -> bool {
        self.item.is_some()
    }

    /// Whether it is in the item that this key names.
    pub fn is_of(&self, key: &str) -> bool {
        self.item.as_ref().is_some_and(|(_, ids)| ids.iter().any(|id| id == key))
    }

    /// As it is shown: of an item of a list what tells that apart, and what is below.
    pub fn shown(&self) -> String {
        match &self.item {
            Some((depth, ids)) => {
                let below = self.path.get(*depth..).unwrap_or_default().join(".");
                // A name says more than a number or a path.
                let id = ids.iter().find(|id| id.parse::<f64>().is_err() && !id.contains('/')).or(ids.first());
                match id {
                    Some(id) => format!("{id} {below}"),
                    None => self.path.join("."),
                }
            }
            None => self.path.iter().skip(usize::from(self.path.len() > 1)).cloned().collect::<Vec<_>>().join("."),
        }
    }
}

/// The fields of an excerpt.
pub fn fields(excerpt: &str) -> Vec<Field> {
    let mut reader = Reader { is_rooted: true, ..Reader::default() };
    for line in excerpt.lines().take(LINES_MAX) {
        if reader.stack.is_empty() && reader.is_rooted {
            reader.top(line);
        } else {
            reader.line(line.trim());
        }
    }
    reader.finish()
}

/// The fields of a JSON object, as an item that its own fields tell apart; none of anything else.
pub fn of_object(json: &str) -> Vec<Field> {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(json) else { return Vec::new() };
    let leaves: Vec<(String, String)> = object
        .iter()
        .filter(|(_, value)| !value.is_object() && !value.is_array())
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect();
    let ids = identities(leaves.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let field = |(name, value): (String, String)| Field {
        path: vec![name],
        item: Some((0, ids.clone())),
        is_rooted: false,
        value,
    };
    leaves.into_iter().map(field).collect()
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// What tells an item apart, of its own fields.
fn identities<'a>(leaves: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let of = |name: &&str| leaves.clone().find(|(field, _)| field == name).map(|(_, value)| value.to_string());
    IDENTITIES.iter().filter_map(of).filter(|id| !id.is_empty()).collect()
}

/// An object or a list that is open.
#[derive(Debug)]
struct Frame {
    /// What it adds to the path.
    name: Option<String>,
    is_list: bool,
    /// Items of a list so far.
    count: usize,
    /// Of an item of a list: the first field that is in it.
    first: Option<usize>,
}

#[derive(Debug, Default)]
struct Reader {
    stack: Vec<Frame>,
    is_rooted: bool,
    fields: Vec<Field>,
}

impl Reader {
    /// A line outside of JSON: `status: 200`, or `json: {`.
    fn top(&mut self, line: &str) {
        if line.trim_start().starts_with(GAP) {
            self.gap();
            return;
        }
        let Some((name, value)) = line.split_once(": ").or_else(|| line.split_once(':')) else { return };
        match value.trim() {
            "{" | "[" => self.open(Some(name.to_string()), value.trim() == "["),
            value => self.leaf(Some(name.to_string()), value),
        }
    }

    fn line(&mut self, line: &str) {
        if line.starts_with(GAP) {
            return self.gap();
        }
        let line = line.strip_suffix(',').unwrap_or(line);
        match line {
            "}" | "]" => return self.close(),
            "{" | "[" => return self.open(None, line == "["),
            "" => return,
            _ => {}
        }
        // An item in one line.
        if line.starts_with('{') {
            if let Ok(serde_json::Value::Object(item)) = serde_json::from_str(line) {
                self.open(None, false);
                item.iter().for_each(|(name, value)| self.leaf(Some(name.clone()), &value.to_string()));
                self.close();
            }
            return;
        }
        // After what was left out, what is in no item that began since belongs nowhere.
        if !self.is_rooted && self.stack.is_empty() {
            return;
        }
        let Some((name, rest)) = name_of(line) else { return self.leaf(None, line) };
        match rest {
            "{" | "[" => self.open(Some(name), rest == "["),
            value => self.leaf(Some(name), value),
        }
    }

    fn gap(&mut self) {
        while !self.stack.is_empty() {
            self.close();
        }
        self.is_rooted = false;
    }

    fn open(&mut self, name: Option<String>, is_list: bool) {
        let is_item = name.is_none() && (self.stack.last().is_some_and(|frame| frame.is_list) || !self.is_rooted);
        let name = match (name, self.stack.last_mut()) {
            (Some(name), _) => Some(name),
            (None, Some(list)) if list.is_list => {
                list.count += 1;
                Some(format!("[{}]", list.count - 1))
            }
            (None, _) => None,
        };
        let first = (is_item && !is_list).then_some(self.fields.len());
        self.stack.push(Frame { name, is_list, count: 0, first });
    }

    fn close(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        let Some(first) = frame.first else { return };
        let depth = self.stack.iter().chain([&frame]).filter(|frame| frame.name.is_some()).count();
        let own = || {
            let fields = self.fields.get(first..).unwrap_or_default();
            fields
                .iter()
                .filter(move |field| field.path.len() == depth + 1)
                .filter_map(move |field| Some((field.path.last()?.as_str(), field.value.as_str())))
        };
        let ids = identities(own().collect::<Vec<_>>().into_iter());
        for field in self.fields.iter_mut().skip(first).filter(|field| field.item.is_none()) {
            field.item = Some((depth, ids.clone()));
        }
    }

    fn leaf(&mut self, name: Option<String>, value: &str) {
        let name = match (name, self.stack.last_mut()) {
            (Some(name), _) => name,
            (None, Some(list)) if list.is_list => {
                list.count += 1;
                format!("[{}]", list.count - 1)
            }
            (None, _) => return,
        };
        let names = self.stack.iter().filter_map(|frame| frame.name.clone());
        let path = names.chain([name]).collect();
        let value = match serde_json::from_str::<serde_json::Value>(value) {
            Ok(value) => plain(&value),
            Err(_) => value.to_string(),
        };
        self.fields.push(Field { path, item: None, is_rooted: self.is_rooted, value });
    }

    fn finish(mut self) -> Vec<Field> {
        while !self.stack.is_empty() {
            self.close();
        }
        self.fields
    }
}

/// The name and the value of `"name": value`.
fn name_of(line: &str) -> Option<(String, &str)> {
    if !line.starts_with('"') {
        return None;
    }
    let mut ends = line.char_indices().skip(1).scan(false, |escaped, (at, c)| {
        let is_end = c == '"' && !*escaped;
        *escaped = c == '\\' && !*escaped;
        Some((at, is_end))
    });
    let end = ends.find(|(_, is_end)| *is_end).map(|(at, _)| at)?;
    let rest = line.get(end + 1..)?.strip_prefix(':')?;
    let name = serde_json::from_str(line.get(..=end)?).ok()?;
    Some((name, rest.trim()))
}
