//! What comes before what: checks that require others, Scenarios that depend on others.

use super::Check;
use std::collections::{BTreeSet, HashMap};

/// Each check after those that it requires; an error names a circle.
pub(super) fn order(checks: &[Check]) -> Result<Vec<usize>, String> {
    let mut order = Vec::with_capacity(checks.len());
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while order.len() < checks.len() {
        let ready = (0..checks.len()).find(|&i| {
            let free = |r: &String| placed.contains(r.as_str()) || !checks.iter().any(|c| c.name == *r);
            !order.contains(&i) && checks[i].requires.iter().all(free)
        });
        let Some(i) = ready else {
            let stuck: Vec<_> =
                checks.iter().filter(|c| !placed.contains(c.name.as_str())).map(|c| c.name.as_str()).collect();
            return Err(format!("{} require one another in a circle", stuck.join(", ")));
        };
        placed.insert(&checks[i].name);
        order.push(i);
    }
    Ok(order)
}

/// A circle in `dependsOn` that `name` is part of, as the names along it; `None` when there is none.
pub fn dependency_cycle(name: &str, depends_on: &HashMap<String, Vec<String>>) -> Option<Vec<String>> {
    let mut came_from: HashMap<&str, &str> = HashMap::new();
    let mut queue = std::collections::VecDeque::from([name]);
    while let Some(at) = queue.pop_front() {
        for next in depends_on.get(at).into_iter().flatten() {
            if next == name {
                let mut path = vec![name.to_string(), at.to_string()];
                let mut back = at;
                while back != name {
                    back = came_from[back];
                    path.push(back.to_string());
                }
                path.reverse();
                return Some(path);
            }
            if let std::collections::hash_map::Entry::Vacant(slot) = came_from.entry(next) {
                slot.insert(at);
                queue.push_back(next);
            }
        }
    }
    None
}
